"""The local socket: how other processes of the same user talk to the running assistant.

client    one request, one answer; imports next to nothing, so that a command is done at once
entrance  the session as they see it, from before there is one
place     where the socket is, and that there is only one
porter    answers for it while it loads, from a small process
server    the requests of the session API, from a unix socket
"""
