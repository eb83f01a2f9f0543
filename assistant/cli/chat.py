"""`assistant chat`: a conversation in writing."""

from assistant.cli.options import ConfigFile, Settings, load_config


def command(config: ConfigFile = None, setting: Settings = None) -> None:
    """Talk with it in writing; an empty line or Ctrl-D ends it.

    Questions may come from a pipe, one a line; then the answers alone are printed.
    """
    from assistant.cli.writing import chat  # noqa: PLC0415 - keeps --help quick

    chat(load_config(config, setting))
