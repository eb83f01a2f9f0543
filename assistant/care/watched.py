"""Tells the service manager how it is, and only while sound really flows.

The protocol of sd_notify(3): lines of NAME=VALUE in one datagram to the socket in `NOTIFY_SOCKET`.
https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, MutableMapping
from contextlib import suppress

from assistant.ports import Frame, SessionState

log = logging.getLogger(__name__)

STILL_S = 5.0
"""Frames come each 10 to 30 ms, silent ones while the microphone is closed or lost. None for so
long: the sound card's thread is dead, or the loop does not come to read them."""
USUAL_S = 10.0
"""How often the status is told where nobody wants to be pinged."""


class Manager:
    """Who started us and watches over us; nobody, where no service manager did."""

    def __init__(self, address: str = "", seconds: float | None = None) -> None:
        """`address`: of its socket. `seconds`: without a ping for so long, it kills us."""
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.seconds = seconds

    @classmethod
    def of(cls, environment: MutableMapping[str, str]) -> "Manager":
        """Read who it is, and take that out: what we start is not to speak for us."""
        address = environment.pop("NOTIFY_SOCKET", "")
        watched = environment.pop("WATCHDOG_USEC", "")
        pid = environment.pop("WATCHDOG_PID", "")
        ours = watched.isdigit() and pid in {"", str(os.getpid())}
        return cls(address, int(watched) / 1e6 if ours else None)

    def __bool__(self) -> bool:
        return bool(self._address)

    def tell(self, **fields: object) -> None:
        """Send what has changed; a manager that does not listen is no error."""
        if not self._address:
            return
        lines = "\n".join(f"{name}={value}" for name, value in fields.items())
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(0.0)  # it never waits for a manager
            sender.sendto(lines.encode(), self._address)


class Pulse:
    """When sound came last; to be given each frame."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._at = clock()

    def __call__(self, frame: Frame) -> None:
        """Note that there was a frame."""
        del frame
        self._at = self._clock()

    @property
    def still(self) -> float:
        """Seconds since the last frame."""
        return self._clock() - self._at


async def report(manager: Manager, pulse: Pulse, state: Callable[[], SessionState]) -> None:
    """Say that we are ready, then how we are, until cancelled.

    A ping goes out only while frames flow; that this task runs shows that the loop does.
    """
    if not manager:
        return
    manager.tell(READY=1, STATUS=_described(state()))
    every = USUAL_S if manager.seconds is None else min(manager.seconds / 3, USUAL_S)
    told = False
    try:
        while True:
            await asyncio.sleep(every)
            if pulse.still < STILL_S:
                manager.tell(WATCHDOG=1, STATUS=_described(state()))
                told = False
            else:
                manager.tell(STATUS=f"no sound has come for {pulse.still:.0f} s")
                if not told:
                    log.error("no frames for %.0f s: the sound card's thread is dead", pulse.still)
                told = True
    finally:
        manager.tell(STOPPING=1)


def _described(state: SessionState) -> str:
    """Say it in a line that holds no word of what was said."""
    if state.trouble:
        return f"deaf: {state.trouble}"
    return f"{'muted' if state.muted else state.activity}; {state.turns} turns"
