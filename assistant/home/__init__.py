"""The devices of the home as data: what there is, how it is commanded, what is said of it.

templates  the few templates of discovery payloads that are understood, without running any
wires      how a device is commanded and what it reports, in topics and payloads
learned    discovery payloads → devices
devices    the household: devices by name and area, their state, intents → commands → an answer
commands   from an intent to what is done
phrases    what is said, by language
place      which addresses only this machine can reach

Pure: it publishes through a function that it is given, and knows neither broker nor loop.
"""
