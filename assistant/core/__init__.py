"""Who has the floor: a pure state machine, without I/O, tasks or clocks.

events    what happened, in the past tense
commands  what to do about it, in the imperative
turns     Policy, the six states, and `step`, which alone decides
"""
