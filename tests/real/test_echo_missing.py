"""Without the echo canceller's library: really not to be imported, on a real sound server."""

import asyncio
import logging
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

from assistant.app import open_device
from assistant.backends.device_sounddevice import SoundCard
from assistant.config import load
from tests.real import virtual_audio
from tests.real.test_sounddevice import Listener

pytestmark = pytest.mark.real


class Missing(MetaPathFinder):
    """Has a package not be installed."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.asked = 0

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse it, before anybody finds it."""
        del path, target
        if name.partition(".")[0] != self.package:
            return None
        self.asked += 1
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_it_is_half_duplex_says_why_and_hears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "livekit"]:
        monkeypatch.delitem(sys.modules, name)
    missing = Missing("livekit")
    monkeypatch.setattr("sys.meta_path", [missing, *sys.meta_path])
    file = tmp_path / "config.yaml"
    file.write_text(
        "device: {backend: sounddevice, microphone: microphone, speaker: speaker}\n"
        "echo: {cancel: true}\n"
    )
    caplog.set_level(logging.WARNING)

    async def main(server: virtual_audio.VirtualAudio) -> None:
        async with asyncio.timeout(60), open_device(load(file), cancels=True) as card:
            assert isinstance(card, SoundCard)
            assert (card.info.full_duplex, card.info.echo) == (False, None)
            async with asyncio.TaskGroup() as scope:
                listener = Listener(card)
                listening = scope.create_task(listener.run())
                await listener.hears(server)
                listening.cancel()

    with virtual_audio.virtual_audio(tmp_path / "audio") as server:
        asyncio.run(main(server))
    assert missing.asked
    (line,) = [record.message for record in caplog.records if "echo" in record.message]
    assert line.startswith("on loudspeakers it is deaf while it speaks")
    assert "pip install livekit" in line
