"""How a verb ends that is asked to: cleanly, or at once where there is nothing to keep."""

import subprocess
import sys

import pytest

PROGRAM = """
import asyncio
from assistant.cli.live import until_ended

async def main(stop):
    asyncio.get_running_loop().call_soon(stop)
    try:
        await asyncio.sleep(60)
    finally:
        print("closed")

until_ended(main, at_once=lambda: {at_once})
"""


@pytest.mark.parametrize("at_once", [False, True])
def test_what_is_open_is_closed_unless_there_is_nothing_to_keep(*, at_once: bool) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(at_once=at_once)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == ("" if at_once else "closed\n")
