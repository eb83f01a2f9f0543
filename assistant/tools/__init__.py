"""What the assistant can do: one file, one skill. The folder is the registry.

memory  notes that last
"""
