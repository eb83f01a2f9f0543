"""A whole session in virtual time: scripted sound card, ears, mind and voice; the rest is real."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass, field, replace
from functools import cache

from assistant import app
from assistant.company import Kept
from assistant.config import load as load_config
from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import Policy, Quiet
from assistant.languages.pack import load
from assistant.listening.ear import EarBackends, EarSettings
from assistant.looking.sight import Lookout
from assistant.ports import (
    Frame,
    Samples,
    Seen,
    Track,
    Transcriber,
    TurnReport,
    WakeDetector,
)
from assistant.reasoning.toolbox import Toolbox
from assistant.recorder.flight import FlightLog, Record
from assistant.recorder.replay import replay
from assistant.session import LiveSession, Settings, Shared
from assistant.testing.detector import ScriptedDetector, sound
from assistant.testing.device import ScriptedDevice
from assistant.testing.ears import Script, ScriptedTranscriber
from assistant.testing.mind import Answer, ScriptedMind
from assistant.testing.virtual_time import run as run_virtually
from assistant.testing.voice import ScriptedSynthesizer
from assistant.views import Status

POLICY = Policy()
"""The shipped rules; each scenario that needs others says so."""


@dataclass
class Stage:
    """What a scenario can look at when it is over."""

    device: ScriptedDevice
    session: LiveSession
    mind: ScriptedMind
    voice: ScriptedSynthesizer
    ears: ScriptedTranscriber
    seen: list[tuple[float, Seen]] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)

    @property
    def reports(self) -> list[TurnReport]:
        return [seen for _, seen in self.seen if isinstance(seen, TurnReport)]

    @property
    def activities(self) -> list[tuple[float, str]]:
        told: list[tuple[float, str]] = []
        for at, seen in self.seen:
            if isinstance(seen, Status) and (not told or told[-1][1] != seen.activity.value):
                told.append((round(at, 3), seen.activity.value))
        return told

    @property
    def records(self) -> list[Record]:
        return list(self.session.flight._ring)

    def orders(self, kind: type[c.Command]) -> list[tuple[float, c.Command]]:
        """When the core ordered something of this kind, and what."""
        return [
            (round(record.at, 3), order)
            for record in self.records
            for order in record.commands
            if isinstance(order, kind)
        ]

    def instants(self, kind: type[c.Command]) -> list[float]:
        """When the core ordered something of this kind."""
        return [at for at, _ in self.orders(kind)]

    def events(self, kind: type[e.Event]) -> list[tuple[float, e.Event]]:
        return [(round(r.at, 3), r.event) for r in self.records if isinstance(r.event, kind)]


@cache
def as_shipped() -> Settings:
    """Return what a session is told to be like when nobody has configured anything."""
    shipped = app.settings(load_config(environ={}), ScriptedMind().info)
    return replace(shipped, ear=replace(shipped.ear, digest_key=b"scenario"))


Says = tuple[float, float]
"""Somebody speaks, from second to second."""


def perform(  # noqa: PLR0913 - a scenario has many actors
    speech: Iterable[Says],
    heard: Iterable[Script],
    answers: Iterable[Answer | str] = ("I hear you.",),
    *,
    policy: Policy = POLICY,
    ends: float = 30.0,
    full_duplex: bool = True,
    synthesizer: ScriptedSynthesizer | None = None,
    fallback: ScriptedSynthesizer | None = None,
    meanwhile: Callable[[Stage], Awaitable[None]] | None = None,
    also: Iterable[tuple[float, Samples]] = (),
    wake: Callable[[], WakeDetector] | None = None,
    settings: Settings | None = None,
    transcriber: Transcriber | None = None,
    keep_frames: bool = True,
    mind: ScriptedMind | None = None,
    toolbox: Toolbox | None = None,
    eyes: Lookout | None = None,
    language: str = "en",
    furnish: Callable[[], AbstractAsyncContextManager[Kept | None]] = nullcontext,
    share: Callable[[Shared], Shared] = lambda shared: shared,
) -> Stage:
    """Play a scenario to its end and return what there is to see.

    `also`: other sounds that the microphone hears, by the second. `wake`: it must be called.
    `mind` plays another script than `answers`, with the tools of `toolbox`; `furnish` opens its
    hands. `settings` replace the shipped ones and `policy`, `transcriber` the ears that are
    scripted. `eyes`: what it may look through. `share` changes what the session shares.
    """
    stages: list[Stage] = []
    furnished = AsyncExitStack()

    async def main() -> None:
        async with furnished:
            await play()

    async def play() -> None:
        spans = tuple(speech)
        device = ScriptedDevice(
            [*((start, sound(end - start)) for start, end in spans), *also],
            ends=ends,
            full_duplex=full_duplex,
        )
        thinks = mind or ScriptedMind(*answers)
        speaks = synthesizer or ScriptedSynthesizer()
        ears = ScriptedTranscriber(heard)
        backends = EarBackends(transcriber or ears, ScriptedDetector, wake=wake)
        kept = await furnished.enter_async_context(furnish())
        shared = Shared(
            *(backends, thinks, speaks, fallback, load(language)),
            toolbox=toolbox or Toolbox(),
            eyes=eyes or Lookout(),
            kept=kept,
        )
        shared = share(shared)
        stage = Stage(device, None, thinks, speaks, ears)  # type: ignore[arg-type]
        chosen = settings or Settings(policy, EarSettings(digest_key=b"scenario"))
        tap = stage.frames.append if keep_frames else None
        stage.session = LiveSession(
            device, shared, chosen, flight=FlightLog(chosen.policy), tap=tap
        )
        now = asyncio.get_running_loop().time
        stage.session.watch(lambda seen: stage.seen.append((now(), seen)))
        stages.append(stage)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(stage.session.run())
            if meanwhile is not None:
                await asyncio.sleep(0)
                await meanwhile(stage)

    run_virtually(main())
    return stages[0]


def sounds(stage: Stage) -> list[tuple[float, float]]:
    """When the speaker sounded, in seconds, from its own record."""
    spans = stage.device.sounding(Track.SPEECH)
    return [(round(start, 3), round(end, 3)) for start, end in spans]


def check_at_rest(stage: Stage) -> None:
    """Check that all is over: nothing runs or waits, and the flight log replays exactly."""
    session, conductor = stage.session, stage.session._conductor
    assert isinstance(conductor.state, Quiet)
    assert not conductor._timers
    assert not conductor._drafts
    assert not session._drafted
    assert conductor._inbox.empty()
    assert not session._ear._turns
    assert stage.mind.running == 0
    gains, holds = stage.device.did("gain"), stage.device.did("hold")
    assert not gains or gains[-1].value == 0, "as loud as before"
    assert not holds or holds[-1].value == 0
    for masked in (False, True):
        lines = [f"{line}\n" for line in session.flight.lines(masked=masked)]
        assert len(lines) == 1 + len(stage.records)
        assert list(replay(lines)) == []
