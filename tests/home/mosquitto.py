"""A real mosquitto on loopback, started and stopped by the test that needs it."""

import asyncio
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

MISSING = "mosquitto is not installed; `sudo apt-get install mosquitto` (scripts/test does it)"
PROGRAM = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
needs_mosquitto = pytest.mark.skipif(PROGRAM is None, reason=MISSING)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Mosquitto:
    """One broker; it can be killed and come back at the same port, with nothing remembered."""

    def __init__(self, folder: Path, settings: str = "allow_anonymous true") -> None:
        assert PROGRAM is not None, MISSING
        self.port = free_port()
        self._file = folder / f"mosquitto-{self.port}.conf"
        self._file.write_text(f"listener {self.port} 127.0.0.1\nuser root\n{settings}\n")
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self._process = await asyncio.to_thread(
            subprocess.Popen,
            [str(PROGRAM), "-c", str(self._file)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        async with asyncio.timeout(10):
            while True:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    await writer.wait_closed()
                    return
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.wait, 10)
            self._process = None


@asynccontextmanager
async def mosquitto(
    folder: Path, settings: str = "allow_anonymous true"
) -> AsyncIterator[Mosquitto]:
    broker = Mosquitto(folder, settings)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.kill()
