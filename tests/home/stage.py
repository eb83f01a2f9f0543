"""A scripted session at home: what the surface is given, and who looks at it from the bus."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import aiomqtt

from assistant.backends.home_mqtt.discovery import Names
from assistant.backends.home_mqtt.home import Home, Terms, connected
from assistant.backends.home_mqtt.link import Broker
from assistant.backends.home_mqtt.surface import Manner
from assistant.core.events import Event
from assistant.home.devices import Devices
from assistant.ports import (
    Button,
    Choice,
    Control,
    Dial,
    Seen,
    SessionState,
    Switch,
    TurnReport,
)
from assistant.views import Activity, Status

DEADLINE = 20.0


class ScriptedSession:
    """A session that says what it is told to, and notes what is asked of it."""

    def __init__(self) -> None:
        self.state = SessionState("listening", False, 0, "mic", "speaker", "ears", "mind", "voice")  # noqa: FBT003
        self.injected: list[Event] = []
        self.said: list[str] = []
        self.asked: list[str] = []
        self.observers: list[Callable[[Seen], None]] = []

    def inject(self, event: Event) -> None:
        self.injected.append(event)

    def watch(self, observer: Callable[[Seen], None]) -> Callable[[], None]:
        self.observers.append(observer)
        return lambda: self.observers.remove(observer)

    def show(self, seen: Seen) -> None:
        for observer in tuple(self.observers):
            observer(seen)

    def become(self, activity: Activity, **more: object) -> None:
        self.state = replace(self.state, activity=activity.value, **more)  # type: ignore[arg-type]
        self.show(Status(activity))

    async def ask(
        self, text: str, attachments: tuple[str, ...] = (), *, speak: bool = True
    ) -> TurnReport:
        assert speak
        assert not attachments
        self.asked.append(text)
        report = TurnReport(1, text, "It is noon.", "answered")
        self.show(report)
        return report

    async def say(self, text: str) -> TurnReport:
        self.said.append(text)
        return TurnReport(1, "", text, "answered")

    async def mute(self, *, on: bool) -> None:
        self.become(Activity.MUTED if on else Activity.LISTENING, muted=on)


@dataclass
class Knobs:
    """Things to turn that note how they were turned."""

    session: ScriptedSession
    values: dict[str, object] = field(
        default_factory=lambda: {"volume": 80.0, "patience": "quick"}
    )
    pressed: list[str] = field(default_factory=list)

    def controls(self) -> Sequence[Control]:
        async def microphone(on: bool) -> None:  # noqa: FBT001 - as ports.Switch
            await self.session.mute(on=not on)

        async def volume(value: float) -> None:
            self.values["volume"] = value

        async def patience(value: str) -> None:
            self.values["patience"] = value

        async def press() -> None:
            self.pressed.append("listen")

        return [
            Switch("microphone", lambda: not self.session.state.muted, microphone),
            Dial("volume", lambda: float(str(self.values["volume"])), volume, 0, 100, 1, "%"),
            Choice(
                "patience", lambda: str(self.values["patience"]), patience, ("quick", "normal")
            ),
            Button("listen", press),
        ]


@dataclass
class Bystander:
    """Somebody else on the bus, who has seen the newest message of each topic."""

    client: aiomqtt.Client
    seen: dict[str, str] = field(default_factory=dict)
    all: list[tuple[str, str, bool]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        async for message in self.client.messages:
            text = bytes(message.payload).decode(errors="replace")
            self.seen[message.topic.value] = text
            self.all.append((message.topic.value, text, message.retain))
            self.news.set()

    async def until(self, check: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not check():
                self.news.clear()
                await self.news.wait()

    async def comes(self, topic: str) -> None:
        await self.until(lambda: topic in self.seen)

    async def sees(self, topic: str, text: str) -> None:
        await self.until(lambda: self.seen.get(topic) == text)

    async def send(self, topic: str, text: str | bytes, *, retain: bool = False) -> None:
        await self.client.publish(topic, text, qos=1, retain=retain)


@asynccontextmanager
async def bystander(port: int, *topics: str, **more: object) -> AsyncIterator[Bystander]:
    at_once = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
    async with aiomqtt.Client("127.0.0.1", port, socket_options=at_once, **more) as client:  # type: ignore[arg-type]
        await client.subscribe([(topic, 1) for topic in topics or ("#",)])
        somebody = Bystander(client)
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(somebody.listen())
            yield somebody
            listening.cancel()


NAMES = Names("0123456789ab", "Ada", "0.1")


@dataclass
class AtHome:
    """A home that runs, and all that a test may look at."""

    home: Home
    session: ScriptedSession
    knobs: Knobs
    devices: Devices


@asynccontextmanager
async def at_home(
    port: int,
    *,
    manner: Manner | None = None,
    devices: Devices | None = None,
    broker: Broker | None = None,
    controls: Callable[[ScriptedSession], Sequence[Control]] | None = None,
    names: Names = NAMES,
) -> AsyncIterator[AtHome]:
    """`controls`: what else there is to turn than `Knobs` has."""
    session = ScriptedSession()
    knobs = Knobs(session)
    turned = [*knobs.controls(), *(controls(session) if controls else ())]
    devices = devices or Devices()
    terms = Terms(broker or Broker("127.0.0.1", port), names, manner or Manner())
    async with connected(terms, session, turned, devices) as home:
        yield AtHome(home, session, knobs, devices)


async def until(check: Callable[[], bool]) -> None:
    """Wait for what another task does."""
    async with asyncio.timeout(DEADLINE):
        while not check():  # noqa: ASYNC110 - what another task does
            await asyncio.sleep(0.005)
