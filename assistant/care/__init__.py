"""Keeps an installation well.

doctor        names each problem and its fix in one line; needs no device
findings      what a finding is
machine       interpreter, processor, memory, disks, clock, container
user          what this user may do: directories, priority, groups, camera
gpu           whether there is one, and whether the ears understand a sentence on it
sound         library, server, cards, devices, a second of the microphone, second mouth
mixer         muted or turned down in the sound server's mixer
installation  configuration, secrets, engines, models, wake word, control socket
started       systemd units, lingering, other assistants
reach         minds elsewhere: reached, keys taken
retirement    models of services that are switched off
tools         tools and their mistakes; each MCP server, started

microphones   all of them at once: which one hears somebody speak
chirp         how late and how loud the speaker comes back
levels        what a recording says of a microphone
minds         model servers in reach

watched       tells the service manager how it is
health        what it measures of itself while it runs
"""
