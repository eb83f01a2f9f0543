"""Other programs' sound, lowered while somebody has our attention, and put back whatever happens.

What was lowered is written to a file before it is: who kills us finds it mended at the next start.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

_CUBIC = 60.0
"""dB a factor of ten of a volume is worth: PulseAudio's volumes are the cube roots of factors."""
_SAME = 2 / 65536
"""Volumes are whole numbers of 65536ths."""
_KEPT = 50
"""Streams that ended while they were low: their program may be given the same volume again."""
_LEFT_ALONE = {"a11y", "phone"}
"""A screen reader and a call are not for us to lower."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """A stream that is quieter because of us; volumes of its channels, 1.0 is full."""

    server: int
    index: int
    program: str
    was: tuple[float, ...]
    low: tuple[float, ...]


class Ducking:
    """Which streams of a PulseAudio server are low, and were not."""

    def __init__(self, place: Path, decibels: float) -> None:
        """`place`: the file. `decibels`: how much lower; 0 is never."""
        self.wanted = False
        self.decibels = decibels
        self._place = place
        self._lowered = _read(place)
        self._touched: set[int] = set()
        """Streams whose volume somebody has changed meanwhile; it is theirs."""

    @property
    def lowered(self) -> tuple[Lowered, ...]:
        """What is to be put back."""
        return tuple(self._lowered)

    async def settle(
        self, pulse: Any, streams: Sequence[Any], server: int, sinks: set[int]
    ) -> None:
        """Lower or put back what is not as it should be.

        `streams`: the sink inputs of other programs, `server`: the number of this instance,
        `sinks`: those that we play to; what plays elsewhere is not in our way.
        """
        wanted = self.wanted and self.decibels > 0
        present = {stream.index for stream in streams}
        for stream in streams:
            mine = self._mine(stream, server, present)
            if mine is None:
                if wanted and stream.sink in sinks and self._may(stream):
                    await self._lower(pulse, stream, server)
            elif not _close(stream.volume.values, mine.low):
                self._touched.add(stream.index)
                self._keep(without=mine)
            elif not wanted:
                await _set(pulse, stream, mine.was)
                self._keep(without=mine)
            elif (mine.server, mine.index) != (server, stream.index):
                self._keep(replace(mine, server=server, index=stream.index), without=mine)
        if not wanted:
            self._touched.clear()

    def _may(self, stream: Any) -> bool:
        role = stream.proplist.get("media.role")
        return stream.index not in self._touched and role not in _LEFT_ALONE

    def _mine(self, stream: Any, server: int, present: set[int]) -> Lowered | None:
        """Return what is known of a stream, or of one of the same program that it follows."""
        program = _program(stream)
        for mine in self._lowered:
            if (mine.server, mine.index, mine.program) == (server, stream.index, program):
                return mine
        for mine in self._lowered:
            gone = mine.server != server or mine.index not in present
            if gone and mine.program == program and _close(stream.volume.values, mine.low):
                return mine
        return None

    async def _lower(self, pulse: Any, stream: Any, server: int) -> None:
        was = tuple(stream.volume.values)
        factor = 10 ** (-self.decibels / _CUBIC)
        low = tuple(round(volume * factor * 65536) / 65536 for volume in was)
        mine = Lowered(server, stream.index, _program(stream), was, low)
        self._keep(mine)
        if not await _set(pulse, stream, low):
            self._keep(without=mine)

    def _keep(self, mine: Lowered | None = None, *, without: Lowered | None = None) -> None:
        kept = [one for one in self._lowered if one is not without]
        self._lowered = [*kept, *([] if mine is None else [mine])][-_KEPT:]
        _write(self._place, self._lowered)


async def _set(pulse: Any, stream: Any, values: tuple[float, ...]) -> bool:
    """Set a stream's volume; False: it has ended, or has none."""
    from pulsectl import PulseOperationFailed, PulseVolumeInfo  # noqa: PLC0415 - an extra

    try:
        await pulse.sink_input_volume_set(stream.index, PulseVolumeInfo(list(values)))
    except PulseOperationFailed:
        return False
    return True


def _program(stream: Any) -> str:
    """Name what the server remembers a volume for: a program, not each of its streams."""
    told = stream.proplist
    name = told.get("application.name") or told.get("application.process.binary") or ""
    return f"{name} {told.get('media.role', '')}".strip()


def _close(values: Sequence[float], others: Sequence[float]) -> bool:
    if len(values) != len(others):
        return False
    return all(abs(one - other) <= _SAME for one, other in zip(values, others, strict=True))


def _read(place: Path) -> list[Lowered]:
    """Return what an earlier process has left low; a file that is damaged holds nothing."""
    try:
        return [
            Lowered(
                int(one["server"]),
                int(one["index"]),
                str(one["program"]),
                tuple(map(float, one["was"])),
                tuple(map(float, one["low"])),
            )
            for one in json.loads(place.read_text())
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _write(place: Path, lowered: Sequence[Lowered]) -> None:
    """Replace the file; a disk that is full costs what happens after a crash, no more."""
    with suppress(OSError):
        if not lowered:
            place.unlink(missing_ok=True)
            return
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = place.with_suffix(".new")
        draft.write_text(json.dumps([asdict(one) for one in lowered]))
        draft.replace(place)
