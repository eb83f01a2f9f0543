"""status, mute, stop, reload and the like: one request to the running assistant, at once.

This imports next to nothing, so that a key bound to one of them works without delay: `quick` is
what `__main__` asks before it loads the whole command line.
"""

import json
import os
import select
import sys
from collections.abc import Sequence

from assistant.control import client
from assistant.control.client import TIMEOUT, NotRunning, call, default_path
from assistant.errors import AssistantError

QUITTING = 5.0
"""Seconds that a conversation may take to end cleanly."""
RELOADING = 20.0
"""Seconds that reading the configuration may take: it loads backends to know their settings."""
PIPE_CLOSED = 141
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
_ANEW = "\r\x1b[K"
"""Back to the start of a line that is empty then."""


def status(*, as_json: bool = False) -> None:
    """Print what the running assistant does and is made of."""
    answer = request("status")
    if as_json:
        _say(_json(answer))
        return
    bold = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for label, text in _lines(answer):
        name = f"{_BOLD}{label:<11}{_PLAIN}" if bold else f"{label:<11}"
        _say(f"{name} {text}")


def watch(*, as_json: bool = False) -> None:
    """Print what it does whenever that changes: a living line, or lines in a file or a pipe."""
    lives = sys.stdout.isatty() and not as_json
    before = ""
    for answer in client.watch(_where()):
        if as_json:
            _say(_json(answer))
        elif (line := _brief(answer)) != before:
            before = line
            if lives:
                sys.stdout.write(f"{_ANEW}{_fitted(line)}")
            else:
                _say(line)
        sys.stdout.flush()
    if not as_json:
        _say(f"{_ANEW if lives else ''}the assistant has ended")


def report(*, as_json: bool = False) -> None:
    """Print how healthy it is."""
    answer = request("report")
    _say(_json(answer) if as_json else str(answer["text"]))


def reload(profile: str | None = None) -> None:
    """Have the configuration read again; print what was taken and what needs a restart.

    `profile`: with this one of it, "none" for none.
    """
    wish = {} if profile is None else {"profile": "" if profile == "none" else profile}
    answer = request("reload", timeout=RELOADING, **wish)
    taken, restart = (_names(answer.get(key)) for key in ("taken", "restart"))
    if taken:
        _say(f"taken: {taken}")
    if restart:
        _say(f"needs a restart: {restart}")
    if not taken and not restart:
        _say("nothing has changed")


def mute() -> None:
    """Close the microphone."""
    request("mute")
    _say("the microphone is closed; open it with `assistant unmute`")


def unmute() -> None:
    """Open the microphone."""
    request("unmute")
    _say("the microphone is open")


def stop() -> None:
    """Fall silent and go back to listening."""
    request("stop")


def talk(*, press: bool = False, release: bool = False) -> None:
    """Press or release the key to talk: your turn begins, your turn is over."""
    if press == release:
        raise AssistantError("give one of --press and --release")
    request("talk", key="press" if press else "release")


def quit_() -> None:
    """End the running assistant; returns when its process is gone, so that another can start."""
    pid = request("status")["pid"]
    process = _opened(pid)
    request("quit")
    if process is None:
        return
    ended, _, _ = select.select([process], [], [], QUITTING)
    os.close(process)
    if not ended:
        raise AssistantError(
            f"the assistant (pid {pid}) is still ending; wait, or `kill -9 {pid}`"
        )
    _say("the assistant has ended")


def request(do: str, *, timeout: float = TIMEOUT, **details: object) -> dict[str, object]:
    """Send one request to where the socket is, or is configured to be.

    The configuration takes long to load, so it is asked only when nobody is at the usual place.
    """
    usual = default_path()
    message = {"do": do, **details}
    try:
        return call(usual, message, timeout)
    except NotRunning:
        configured = _configured()
        if configured in {None, usual}:
            raise
        return call(str(configured), message, timeout)


def quick(arguments: Sequence[str]) -> int | None:
    """Do a simple request at once and return its exit code; `None`: this is not one."""
    simple = {
        ("status",): status,
        ("status", "--json"): lambda: status(as_json=True),
        ("status", "--watch"): watch,
        ("status", "--watch", "--json"): lambda: watch(as_json=True),
        ("status", "--json", "--watch"): lambda: watch(as_json=True),
        ("report",): report,
        ("report", "--json"): lambda: report(as_json=True),
        ("reload",): reload,
        ("mute",): mute,
        ("unmute",): unmute,
        ("stop",): stop,
        ("talk", "--press"): lambda: talk(press=True),
        ("talk", "--release"): lambda: talk(release=True),
        ("quit",): quit_,
    }
    do = simple.get(tuple(arguments))
    if do is None:
        return None
    try:
        do()
    except AssistantError as wrong:
        sys.stderr.writelines(f"assistant: {line}\n" for line in str(wrong).splitlines())
        return wrong.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at the end
        return PIPE_CLOSED
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _json(answer: dict[str, object]) -> str:
    return json.dumps({key: answer[key] for key in answer if key not in {"v", "ok"}})


def _names(keys: object) -> str:
    return ", ".join(map(str, keys)) if isinstance(keys, list) else ""


def _where() -> str:
    """Return the socket at which an assistant listens. Raises `NotRunning`."""
    usual = default_path()
    if client.running(usual) is not None:
        return usual
    return _configured() or usual


def _opened(pid: object) -> int | None:
    """Return a handle that tells when a process ends, where the system has such handles."""
    opener = getattr(os, "pidfd_open", None)
    try:
        return None if opener is None else opener(pid)
    except OSError:  # another name space of processes: a container
        return None


def _configured() -> str | None:
    from assistant.config import load_section  # noqa: PLC0415 - slow, and seldom needed
    from assistant.config.sections import Control  # noqa: PLC0415 - the same

    path = load_section(Control).socket
    return None if path is None else str(path.expanduser())


def _brief(answer: dict[str, object]) -> str:
    """Say in a line what it does."""
    activity = "muted" if answer.get("muted") else str(answer.get("activity"))
    trouble = answer.get("trouble")
    turns = f"{answer.get('turns')} turns"
    latency = answer.get("last_latency")
    if isinstance(latency, int | float):
        turns += f", the newest answered after {latency:.2f} s"
    return f"{activity:<10} {trouble or turns}"


def _fitted(line: str) -> str:
    """Cut a line to the terminal, so that it can be written over."""
    try:
        return line[: os.get_terminal_size(sys.stdout.fileno()).columns - 1]
    except OSError:
        return line


def _lines(answer: dict[str, object]) -> list[tuple[str, object]]:
    latency, faults = answer.get("last_latency"), answer.get("faults")
    seen, tools = answer.get("looking"), answer.get("tools")
    turns = str(answer.get("turns"))
    if isinstance(latency, int | float):
        turns += f", the newest answered after {latency:.2f} s"
    activity = "muted" if answer.get("muted") else answer.get("activity")
    running = f"{activity}, running for {_duration(answer.get('up'))}, pid {answer.get('pid')}"
    return [
        ("assistant", running),
        ("microphone", answer.get("microphone") or "none"),
        ("speaker", answer.get("speaker") or "none"),
        *([("echo", told)] if (told := _echo(answer.get("echo"))) else []),
        ("ears", answer.get("ears")),
        ("mind", answer.get("mind")),
        ("voice", answer.get("voice")),
        *(("tools", told) for told in (tools if isinstance(tools, list) else [])),
        *([("sound", trouble)] if (trouble := answer.get("trouble")) else []),
        *(("looking", name) for name in (seen if isinstance(seen, list) else [])),
        ("turns", turns),
        *(("fault", fault) for fault in (faults if isinstance(faults, list) else [])),
    ]


def _echo(measured: object) -> str:
    """Say what it hears of itself, and what follows from that."""
    if not isinstance(measured, dict):
        return ""
    lower, late = measured.get("attenuation"), measured.get("delay_ms")
    heard = f"{lower} dB lower" if lower is not None else "its loudness is not measured yet"
    if late is not None:
        heard += f", {late} ms late"
    match measured.get("state"):
        case "none":
            return "it does not hear itself; you can interrupt it"
        case "cancelled":
            return f"{heard}; you can interrupt it"
        case "reduced":
            return f"{heard}; only its name or a phrase that silences interrupts it"
        case "loud":
            return f"{heard}; that is too loud to listen while it speaks"
        case _:
            return f"{heard}; until then it is deaf while it speaks"


def _duration(seconds: object) -> str:
    minutes, rest = divmod(int(seconds) if isinstance(seconds, int | float) else 0, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{rest} s"
