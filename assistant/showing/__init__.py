"""Views become something to look at.

screen  one living line and a line for each turn, in a terminal
"""
