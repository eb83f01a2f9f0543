"""The whole of it: the assistant as a device, and the devices of the home as its hands."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from assistant.backends.home_mqtt.discovery import OFFLINE, Names
from assistant.backends.home_mqtt.link import Broker, Farewell, Link
from assistant.backends.home_mqtt.surface import Manner, Surface
from assistant.errors import BackendError
from assistant.home.devices import Devices
from assistant.home.learned import NotUnderstood, learn
from assistant.ports import Control, Gauged, Measure, Session

_log = logging.getLogger(__name__)

SETTLE_S = 0.05
"""Topics of devices that were just learned are subscribed to together, after so many seconds."""
COMPLAINTS = 5
"""Payloads that are not understood and complained of; the rest is only counted."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How the home is to be connected."""

    broker: Broker
    names: Names
    manner: Manner = field(default_factory=Manner)
    learns: bool = True
    """Devices are learned from the discovery topics of others."""


class Home(Gauged):
    """One connection with both directions; `run` it beside the session."""

    def __init__(
        self, terms: Terms, session: Session, controls: Sequence[Control], devices: Devices
    ) -> None:
        self._terms, self._session, self._devices = terms, session, devices
        names = terms.names
        self._surface = Surface(session, controls, names, terms.manner)
        self._link = Link(
            terms.broker,
            f"assistant-{names.id}",
            Farewell(names.availability, OFFLINE),
            self._received,
            self._greet,
        )
        self._fresh: dict[str, bool] = {}
        self._learned = asyncio.Event()
        self.refused = 0
        """Discovery payloads that were not understood."""

    async def run(self) -> None:
        """Stay connected until cancelled. No trouble of the bus comes out of here."""
        unwatch = self._session.watch(self._surface.watch)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._surface.run(self._link), name="tell the home")
                tasks.create_task(self._listen_to_devices(), name="listen to the home")
                await self._link.run()
        finally:
            self._devices.connect(None)
            unwatch()

    @property
    def trouble(self) -> str:
        """Why there is no connection; empty: there is one."""
        return self._link.trouble

    @property
    def settled(self) -> bool:
        """All that was learned is listened to."""
        return not self._fresh

    def gauges(self) -> dict[str, Measure]:
        """Return what tells of its health."""
        return {
            "devices of the home": Measure(self._devices.count),
            "connections to the broker": Measure(self._link.connections),
            "payloads not understood": Measure(self.refused),
        }

    async def _greet(self) -> None:
        """Say who we are first: Home Assistant should not wait for ten thousand devices."""
        self._devices.connect(self._link.publish, self._terms.names.announcement)
        await self._link.subscribe(self._surface.commands)
        await self._surface.introduce(self._link)
        if self._terms.learns:
            prefix = self._terms.names.prefix
            await self._link.subscribe([f"{prefix}/+/+/config", f"{prefix}/+/+/+/config"])
        await self._link.subscribe(self._devices.topics)

    def _received(self, topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001 - as the link calls it
        if self._surface.received(topic, payload, retained=retained, bus=self._link):
            return
        prefix = f"{self._terms.names.prefix}/"
        if self._terms.learns and topic.startswith(prefix) and topic.endswith("/config"):
            self._learn(topic, topic.removeprefix(prefix).split("/")[0], payload)
        else:
            self._devices.report(topic, payload)

    def _learn(self, topic: str, component: str, payload: bytes) -> None:
        if topic == self._terms.names.discovery:
            return
        try:
            things = learn(component, payload) if payload else []
        except NotUnderstood as why:
            self.refused += 1
            if self.refused <= COMPLAINTS:
                _log.warning("%s is no discovery payload: %s", topic[:100], why)
            things = []
        fresh, stale = self._devices.put(topic, things)
        self._fresh |= dict.fromkeys(fresh, True) | dict.fromkeys(stale, False)
        if fresh or stale:
            self._learned.set()

    async def _listen_to_devices(self) -> None:
        """Subscribe to what was learned, many topics at a time."""
        while True:
            await self._learned.wait()
            await asyncio.sleep(SETTLE_S)
            self._learned.clear()
            changes = dict(self._fresh)
            with suppress(BackendError):  # the next connection subscribes to all
                await self._link.subscribe([t for t, wanted in changes.items() if wanted])
            if stale := [t for t, wanted in changes.items() if not wanted]:
                await self._link.unsubscribe(stale)
            for topic, wanted in changes.items():
                if self._fresh.get(topic) is wanted:
                    del self._fresh[topic]


@asynccontextmanager
async def connected(
    terms: Terms, session: Session, controls: Iterable[Control], devices: Devices
) -> AsyncIterator[Home]:
    """Run the home inside this context."""
    home = Home(terms, session, list(controls), devices)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(home.run(), name="home")
        try:
            yield home
        finally:
            running.cancel()
