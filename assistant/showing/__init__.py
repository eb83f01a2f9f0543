"""Views become something to look at.

screen    what runs, one living line, and a line for each turn
terminal  lines above a living line, from a thread that alone waits for a slow terminal
"""
