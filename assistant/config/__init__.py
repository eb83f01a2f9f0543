"""The configuration: typed, frozen, and every complaint names the key, the file and the line.

sections   what can be set, with its default and its reason
marks      YAML with the line of every key
layers     the file, then the environment, then the command line
secrets    values that come from the environment, a file or a systemd credential
problems   what is wrong, as a line for a person
backends   `backend: whisper` to a module and its settings
loading    all of it: `load`
changes    what is different between two of them
schema     JSON schema for editors
pages      config.yaml and docs/configuration.md, written from the models
writing    changes the user's file, comments kept
"""

from assistant.config.backends import Chosen, resolve
from assistant.config.loading import load, load_section
from assistant.config.sections import Config, Stage

__all__ = ["Chosen", "Config", "Stage", "load", "load_section", "resolve"]
