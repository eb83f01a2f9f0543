"""Who has the floor: a pure state machine, without I/O, tasks or clocks.

events        what happened, in the past tense
commands      what to do about it, in the imperative
states        Policy, the six states, and what they hold
moves         what several states share
floor_theirs  steps while the user has the floor
floor_ours    steps while we have it
floor_both    steps while both speak
turns         `step`, which alone decides
"""
