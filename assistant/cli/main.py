"""The frame of the command line: the table of verbs, and what happens to errors."""

import importlib
import importlib.metadata
import os
import signal
import sys
from itertools import takewhile
from typing import Annotated, Any, NamedTuple, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from assistant.cli import journal
from assistant.errors import AssistantError, leaves

INTERRUPTED = 128 + signal.SIGINT
PIPE_CLOSED = 128 + signal.SIGPIPE


class Verb(NamedTuple):
    """Where a verb lives: `attribute` of assistant.cli.`module`, a function or a Typer."""

    panel: str
    module: str
    attribute: str
    help: str


VERBS = {
    "run": Verb("Talk", "run", "command", "Start the assistant and talk with it."),
    "converse": Verb("Talk", "converse", "command", "Play recordings to it as its microphone."),
    "ask": Verb("Talk", "ask", "command", "Ask it in writing."),
    "see": Verb("Talk", "see", "command", "Ask about a picture, or what the camera sees."),
    "say": Verb("Talk", "say", "command", "Have a text spoken."),
    "chat": Verb("Talk", "chat", "command", "Talk with it in writing."),
    "read": Verb("Talk", "read", "command", "Read a document: text, fields, tables."),
    "captions": Verb("Talk", "captions", "command", "Show live captions of what is said."),
    "status": Verb("Control", "control", "status", "Show what the running assistant does."),
    "mute": Verb("Control", "control", "mute", "Close its microphone."),
    "unmute": Verb("Control", "control", "unmute", "Open its microphone again."),
    "stop": Verb("Control", "control", "stop", "Make it fall silent."),
    "talk": Verb("Control", "control", "talk", "Press or release its key to talk."),
    "report": Verb(
        "Control", "control", "report", "Tell how healthy it is, for a report of a fault."
    ),
    "reload": Verb("Control", "control", "reload", "Have it read its configuration again."),
    "quit": Verb("Control", "control", "quit_", "End the running assistant."),
    "setup": Verb(
        "Care", "setup", "command", "Find microphone, speaker, models and mind with you."
    ),
    "models": Verb("Care", "models", "app", "List, fetch, check and remove models."),
    "config": Verb("Care", "config", "app", "Show, check and edit the configuration."),
    "devices": Verb("Care", "devices", "command", "List microphones and speakers."),
    "doctor": Verb("Care", "doctor", "command", "Find out what is wrong on this machine."),
    "service": Verb("Care", "service", "app", "Have it start with your session, watched."),
    "bench": Verb("Measure", "bench", "app", "Measure latency, errors, memory and idle load."),
    "replay": Verb("Measure", "replay", "command", "Decide a recorded flight log over again."),
}


class LazyGroup(TyperGroup):
    """Knows its verbs from the table and imports a verb only to run it.

    Help is plain text: typer's boxes take 0.15 s to import, and read badly aloud.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the verbs in the order of the table."""
        del ctx
        return list(self.commands)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """Find the verb to run, or the nearest one, and import it."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, found and load_verb(str(name)), rest

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the verbs, a paragraph for each panel."""
        del ctx
        for panel in dict.fromkeys(verb.panel for verb in VERBS.values()):
            with formatter.section(panel):
                formatter.write_dl(
                    [(name, verb.help) for name, verb in VERBS.items() if verb.panel == panel]
                )


def load_verb(name: str) -> Any:
    """Import a verb and return it as a command, with plain help."""
    verb = VERBS[name]
    found = getattr(importlib.import_module(f"assistant.cli.{verb.module}"), verb.attribute)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(add_completion=False)
        single.command(name)(found)
        found = single
    command = typer.main.get_command(found)
    command.name = name
    _make_plain(command)
    command.params = [p for p in command.params if not str(p.name).endswith("_completion")]
    return command


def _make_plain(command: Any) -> None:
    command.rich_markup_mode = None
    for param in command.params:
        if param.param_type_name == "argument":
            _name_alone(param)
    for inner in getattr(command, "commands", {}).values():
        _make_plain(inner)


def _name_alone(argument: Any) -> None:
    """Show "CLIP…" and not "{CLIP…}... <list[Path]>"."""
    if argument.metavar is None:
        argument.metavar = argument.name.upper() + ("…" if argument.nargs != 1 else "")
    name = argument.metavar
    shown = name if argument.required or name.startswith("[") else f"[{name}]"
    argument.get_usage_pieces = lambda _: [shown]
    argument.display_type_rich = lambda **_: None


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"assistant {importlib.metadata.version('assistant')}")
        raise typer.Exit


app = typer.Typer(
    name="assistant",
    cls=LazyGroup,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 99},
)


@app.callback()
def assistant(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.")] = False,
) -> None:
    """A voice assistant: hears, thinks and speaks on your own machine."""
    del version, debug  # --version has ended it; --debug is for `main`


def command_line() -> Any:
    """Build the group of all verbs."""
    group: Any = typer.main.get_command(app)
    for name, verb in VERBS.items():
        group.add_command(TyperCommand(name, help=verb.help, callback=None), name)
    return group


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code.

    An `AssistantError` is a line on stderr. Anything else is a bug, with its traceback.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    before_the_verb = takewhile(lambda word: word.startswith("-"), arguments)
    code = _run(arguments, debug="--debug" in before_the_verb)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at exit
        code = PIPE_CLOSED
    sys.exit(code)


def _run(arguments: list[str], *, debug: bool) -> Any:
    try:
        command_line().main(arguments, prog_name="assistant")
    except SystemExit as end:
        return end.code
    except BaseException as wrong:
        ends = leaves(wrong)  # task groups raise groups of groups
        if any(isinstance(leaf, KeyboardInterrupt) for leaf in ends):
            return INTERRUPTED
        if any(isinstance(leaf, BrokenPipeError) for leaf in ends):
            return PIPE_CLOSED
        errors = [leaf for leaf in ends if isinstance(leaf, AssistantError)]
        if debug or len(errors) < len(ends):
            raise
        return _report(errors)


def _report(errors: list[AssistantError]) -> int:
    lines = [line for error in errors for line in str(error).splitlines()]
    shown = journal.marked if journal.goes_there() else str
    for line in dict.fromkeys(lines):
        print(shown(f"assistant: {line}"), file=sys.stderr)  # noqa: T201 - this is the place for it
    return errors[0].exit_code
