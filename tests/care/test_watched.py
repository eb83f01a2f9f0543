"""What the service manager is told, and when it is told nothing."""

import asyncio
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.care.watched import STILL_S, Manager, Pulse, report
from assistant.ports import Frame, SessionState
from assistant.sound.card import silence
from assistant.testing.virtual_time import run as run_virtually

STATE = SessionState(
    "listening", muted=False, turns=3, microphone="USB", speaker=None, ears="", mind="", voice=""
)
LOST = replace(STATE, activity="deaf", microphone=None, trouble="'USB Audio' has gone")


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(0.0)
        yield listener


def received(inbox: socket.socket) -> list[list[str]]:
    told: list[list[str]] = []
    while True:
        try:
            told.append(inbox.recv(4096).decode().splitlines())
        except BlockingIOError:
            return told


def environment(inbox: socket.socket, seconds: float | None = None) -> dict[str, str]:
    given = {"NOTIFY_SOCKET": inbox.getsockname(), "HOME": "/root"}
    if seconds is not None:
        given |= {"WATCHDOG_USEC": str(round(seconds * 1e6)), "WATCHDOG_PID": str(os.getpid())}
    return given


def test_the_manager_is_read_once_and_not_handed_on(inbox: socket.socket) -> None:
    given = environment(inbox, 20.0)
    manager = Manager.of(given)
    assert manager
    assert manager.seconds == 20.0
    assert given == {"HOME": "/root"}
    other = Manager.of(environment(inbox, 20.0) | {"WATCHDOG_PID": "1"})
    assert other.seconds is None, "somebody else is watched"
    nobody = Manager.of({})
    assert not nobody
    nobody.tell(READY=1)
    Manager("/nonexistent/socket").tell(READY=1)
    assert received(inbox) == []


def test_it_is_pinged_while_sound_flows_and_only_then(inbox: socket.socket) -> None:
    told: dict[str, list[list[str]]] = {}
    state = STATE

    async def main() -> None:
        nonlocal state
        now = asyncio.get_running_loop().time
        pulse = Pulse(now)
        manager = Manager.of(environment(inbox, 6.0))

        async def flow(seconds: float) -> None:
            for _ in range(round(seconds * 10)):
                await asyncio.sleep(0.1)
                pulse(Frame(silence(), silence(), 0))

        async with asyncio.TaskGroup() as tasks:
            reporting = tasks.create_task(report(manager, pulse, lambda: state))
            await flow(5.0)
            told["flowing"] = received(inbox)
            await asyncio.sleep(STILL_S + 6.0)
            received(inbox)
            await asyncio.sleep(4.1)
            told["still"] = received(inbox)
            state = LOST
            await flow(3.0)
            told["lost"] = received(inbox)
            reporting.cancel()
        told["over"] = received(inbox)

    run_virtually(main())
    assert told["flowing"] == [
        ["READY=1", "STATUS=listening; 3 turns"],
        ["WATCHDOG=1", "STATUS=listening; 3 turns"],
        ["WATCHDOG=1", "STATUS=listening; 3 turns"],
    ]
    assert 2 <= len(told["still"]) <= 3
    assert all(lines[0].startswith("STATUS=no sound has come for") for lines in told["still"])
    assert told["lost"][-1] == ["WATCHDOG=1", "STATUS=deaf: 'USB Audio' has gone"]
    assert told["over"] == [["STOPPING=1"]]
