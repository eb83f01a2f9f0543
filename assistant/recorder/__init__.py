"""What happened, kept: for faults, for exact replay, and for finding where the time goes.

records    events, commands and states as plain data and back, words masked if wanted
flight     the flight log: a ring in RAM and, when asked, a file
replay     a flight log through the core again, and what came out differently
book       the open turns: what becomes of each, until it is a report
waterfall  the marks of a turn as spans, and the spans as a small chart
stalls     how long the event loop was held up
"""
