"""What the assistant can do: one file, one skill. The folder is the registry.

A public async function is a tool. Its name, its docstring and the types of its parameters are
all that a mind is told (`reasoning.signature`); `ports.tool` marks what it does to the world.

calculator  arithmetic and units
clock       the time and the date, anywhere
eyes        text, codes, colours, light, faces and motion, without a mind that sees
home        the devices of the home
look        the camera, the screen, or the newest picture again
memory      notes that last
"""
