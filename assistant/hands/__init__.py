"""What is done without a mind alone: it has tools of its own for these.

sums     arithmetic and units in words
moments  the time and the date in words, here and elsewhere
"""
