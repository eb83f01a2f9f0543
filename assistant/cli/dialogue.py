"""The dialogue of `assistant setup`: sound, mode and name, ears and mind, then a file."""

import os
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from assistant.backends.wake_microwakeword import BUILT_IN
from assistant.care.levels import NOISY
from assistant.cli.asking import Asked
from assistant.cli.choosing_mind import offer_mind
from assistant.cli.choosing_models import fetch, offer_ears
from assistant.cli.choosing_sound import offer_microphone, offer_speaker
from assistant.cli.wishes import Wishes
from assistant.config import Config, load
from assistant.config.layers import users
from assistant.config.writing import fresh, revised, write
from assistant.control.client import default_path, running
from assistant.errors import ConfigError

MODES = {
    "always": "it always listens",
    "wake": "after its name, and for a while after each answer",
    "push": "while a key is held (`assistant talk --press` and `--release`)",
}


def set_up(file: Path | None, *, yes: bool) -> None:
    """Ask, measure, and write at the end. Raises `ConfigError` if the file is wrong already."""
    console = Console(highlight=False)
    path = file or users(os.environ)
    if path is None:
        raise ConfigError("", "there is no home to keep a configuration in; name one: --config")
    path = path.expanduser()
    config = load(path if path.exists() else None)
    wishes = Wishes(config)
    asked = Asked(console, yes=yes)
    try:
        _dialogue(asked, wishes)
        config = _save(asked, wishes, path)
    except KeyboardInterrupt:
        console.print("\nNothing was changed.")
        raise
    fetch(asked, config)
    console.print("\nReady: `assistant run` starts it, `assistant doctor` finds what is wrong.")


def _dialogue(asked: Asked, wishes: Wishes) -> None:
    console = asked.console
    console.print(Text("Setting up. Enter takes what is suggested; Ctrl-C changes nothing.\n"))
    noisy = False
    if wishes.config.device.backend in {"auto", "sounddevice"}:
        ear = offer_microphone(asked, wishes)
        noisy = ear is not None and ear.noise > NOISY
        offer_speaker(asked, wishes, hears=ear is not None)
    else:
        console.print(f"device.backend is {wishes.config.device.backend}: sound is left alone.")
    _offer_mode(asked, wishes, noisy=noisy)
    offer_ears(asked, wishes)
    offer_mind(asked, wishes)


def _offer_mode(asked: Asked, wishes: Wishes, *, noisy: bool) -> None:
    if noisy:
        asked.console.print(
            "Other voices and noise are loud here: a name keeps it from answering."
        )
    now = wishes.config.turns.mode
    suggested = "wake" if noisy and now == "always" and not asked.alone else now
    mode = asked.choose("When should it listen?", MODES, suggested)
    wishes.set("turns.mode", mode)
    if mode != "wake" or wishes.config.wake.backend != "microwakeword":
        return
    names: list[str] = list(getattr(wishes.config.wake.settings, "names", BUILT_IN[:1]))
    options = {name: f'"{name.replace("_", " ").title()}"' for name in (*BUILT_IN, *names)}
    name = asked.choose("What should it be called?", options, names[0])
    wishes.set("wake.names", names if name == names[0] else [name])


def _save(asked: Asked, wishes: Wishes, path: Path) -> Config:
    """Show what will change, and write it; return what holds now."""
    console = asked.console
    new = not path.exists()
    text = path.read_text() if not new else fresh(wishes.backends())
    after = revised(text, wishes.changes)
    config = _check(after, wishes)
    if not new and after == text:
        console.print(f"\n{path} says all of that already.")
        return config
    console.print(Text(f"\n{'New' if new else 'Changed'} in {path}:", "bold"), soft_wrap=True)
    for name, value in wishes.changes.items():
        console.print(Text(f"  {name}: {_shown(value)}"), soft_wrap=True)
    if not wishes.changes:
        console.print("  nothing but the defaults, each explained")
    if asked.sure("Write it?"):
        write(path, after)
        console.print(Text(f"Written: {path}"), soft_wrap=True)
        if running(wishes.config.control.socket or default_path()):
            console.print("The assistant that runs takes it when it starts again.")
        return config
    console.print("Nothing was changed.")
    return wishes.config


def _check(text: str, wishes: Wishes) -> Config:
    """Load it before it replaces anything. Raises `ConfigError`."""
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / "config.yaml"
        trial.write_text(text)
        environ = dict(os.environ)
        if wishes.credential and "CREDENTIALS_DIRECTORY" not in environ:  # systemd will have it
            (Path(folder) / wishes.credential).write_text("a key")
            environ["CREDENTIALS_DIRECTORY"] = folder
        return load(trial, environ=environ)


def _shown(value: object) -> Any:
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else value
