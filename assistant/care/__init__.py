"""Keeps an installation well.

doctor        names each problem and its fix in one line; needs no device
findings      what a finding is
machine       interpreter, processor, memory, disk, clock
sound         library, server, cards, devices, second mouth
installation  configuration, secrets, engines, models, model server, control socket
watched       what the service manager is told while it runs
health        what it measures of itself while it runs
"""
