"""`assistant ask`: one question in writing."""

from typing import Annotated

import typer

from assistant.cli.options import ConfigFile, Images, Settings, load_config


def command(
    text: Annotated[list[str], typer.Argument(metavar="TEXT…", help="The question.")],
    config: ConfigFile = None,
    setting: Settings = None,
    image: Images = None,
    *,
    speak: Annotated[bool, typer.Option("--speak", help="Speak the answer, too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As one object of JSON.")] = False,
) -> None:
    """Ask it in writing.

    The running assistant answers; where none runs, a mind is loaded for this.
    """
    from assistant.cli.writing import ask  # noqa: PLC0415 - keeps --help quick

    config_ = load_config(config, setting)
    ask(config_, " ".join(text), tuple(image or ()), speak=speak, as_json=json)
