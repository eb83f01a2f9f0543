"""A served session in a process of its own, which does as it is told, a line each.

hold SECONDS   nothing else can run, as while an engine loads
load           what was to be loaded is there; `serving` follows when it answers itself
"""

import asyncio
import ctypes
import sys
from pathlib import Path

from assistant.control.server import serve
from tests.control.test_control import ListedSession


def say(word: str) -> None:
    """Tell the test how far it is."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def main(path: Path) -> None:
    """Serve until there are no more orders."""
    loaded = asyncio.Event()
    over = asyncio.Event()
    session = ListedSession()
    async with serve(
        session,
        on_quit=over.set,
        path=path,
        loading=loaded.wait,
        serving=lambda: say("serving"),
    ):
        say("there")
        while line := await asyncio.to_thread(sys.stdin.readline):
            order, _, detail = line.strip().partition(" ")
            if order == "hold":
                say("held")
                ctypes.PyDLL(None).usleep(int(float(detail) * 1e6))  # keeps the lock
                say("free")
            else:
                loaded.set()
                await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
