from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from assistant.config import Config, load
from assistant.errors import ConfigError

STAGES = """
device: {backend: pretend.plain}
vad: {backend: pretend.plain}
stt: {backend: pretend.plain}
llm: {backend: pretend.plain}
"""
"""Everything but the voice, so that a test's own text can be about that."""
VOICE = "tts: {backend: pretend.voice, fallback: null}\n"

Load = Callable[..., Config]
Complaints = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def _pretend_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a configuration name `pretend.voice`, a module beside these tests."""
    monkeypatch.syspath_prepend(Path(__file__).parent)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


@pytest.fixture
def load_text(file: Path) -> Load:
    """Load a text, with the stages that it does not speak of."""

    def loaded(text: str, environ: Mapping[str, str] | None = None, **flags: object) -> Config:
        file.write_text(text + STAGES + ("" if "tts:" in text else VOICE))
        dotted = {name.replace("__", "."): value for name, value in flags.items()}
        return load(file, environ=environ or {}, flags=dotted)

    return loaded


@pytest.fixture
def complaints(load_text: Load, file: Path) -> Complaints:
    """Load a text that is wrong, and return the lines of the error, with `FILE` for its path."""

    def lines(text: str, environ: Mapping[str, str] | None = None, **flags: object) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load_text(text, environ, **flags)
        assert caught.value.exit_code == 78
        return str(caught.value).replace(str(file), "FILE").splitlines()

    return lines
