"""Shipped for authors of backends and skills: virtual time, and a fake of every port.

virtual_time  an event loop whose clock jumps
scripted      fakes that play a script
"""
