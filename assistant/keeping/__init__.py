"""What is kept for the user over restarts.

store   one SQLite file, in a thread of its own
clock   what time it is, and how much has passed
alarms  timers, alarms and reminders: when each is due, and the watch over all of them
lists   shopping and other lists, notes
"""
