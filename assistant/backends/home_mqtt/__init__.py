"""The home over MQTT: a device that Home Assistant discovers, and the devices of the home.

link       the connection to a broker, made again and again
discovery  how Home Assistant is told of us
surface    the assistant on the bus: what it does is told, what is asked of it is done
home       both directions over one connection
identity   who we are, for good
embedded   a broker in this process, for those who have none
"""
