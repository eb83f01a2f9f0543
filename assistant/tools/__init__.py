"""What the assistant can do: one file, one skill. The folder is the registry.

A public async function is a tool.

home        the devices of the home
memory      notes that last
"""
