"""A broker in this process, for those who have none: amqtt, in a thread and a loop of its own.

It listens on the loopback address unless another one is given, and then wants the user name and
password. What it retains lives in memory: after a restart, devices tell their state again.
"""

import asyncio
import hmac
import importlib
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from assistant.errors import BackendTimeout, BackendUnavailable, ConfigError
from assistant.home.place import is_loopback

NAME = "home_mqtt"
STARTING_S = 30.0
"""Loading the broker takes 1 to 3 s; a slow machine may need more."""
ENDING_S = 1.0
SUBSCRIPTIONS = 20_000
"""Topic filters of all clients together; more are refused until some are given up."""
LONGEST_FILTER = 1024
"""Characters of one."""
REFUSED = 0x80
"""What MQTT answers to a subscription that is not taken."""
CONNECTIONS = 100
"""At once; who comes later waits."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where it listens, and whom it lets in; no user name: everybody of this machine."""

    address: str = "127.0.0.1"
    port: int = 1883
    username: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not is_loopback(self.address) and not (self.username and self.password):
            raise ConfigError(
                "home.listen",
                f"{self.address} can be reached from elsewhere, so home.username and "
                "home.password should be set, too",
            )


@asynccontextmanager
async def embedded(place: Place) -> AsyncIterator[None]:
    """Run the broker inside this context. Raises `BackendUnavailable` or `BackendTimeout`."""
    broker = _Thread(place, asyncio.get_running_loop())
    broker.start()
    try:
        async with asyncio.timeout(STARTING_S):
            await broker.ready
        yield
    except TimeoutError:
        raise BackendTimeout(NAME, f"the broker did not start within {STARTING_S:g} s") from None
    finally:
        broker.stop()
        await asyncio.to_thread(broker.join, ENDING_S)


class _Thread(threading.Thread):
    """A thread with a loop that runs nothing but the broker: neither can stall the assistant."""

    def __init__(self, place: Place, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(name="broker", daemon=True)
        self._place, self._caller = place, loop
        self._mine: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._stopped = threading.Event()
        self.ready: asyncio.Future[None] = loop.create_future()

    def run(self) -> None:
        """Be the broker until told to stop."""
        try:
            asyncio.run(self._serve())
        except BackendUnavailable as wrong:
            self._tell(wrong)

    def stop(self) -> None:
        """End it, from another thread."""
        self._stopped.set()
        mine, over = self._mine, self._over
        if mine is not None and over is not None and not mine.is_closed():
            try:
                mine.call_soon_threadsafe(over.set)
            except RuntimeError:
                return  # it has ended between the two lines

    async def _serve(self) -> None:
        self._mine, self._over = asyncio.get_running_loop(), asyncio.Event()
        for name in ("amqtt", "transitions"):
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            broker_module: Any = importlib.import_module("amqtt.broker")
            errors: Any = importlib.import_module("amqtt.errors")
            line: Any = importlib.import_module(f"{__name__}_line")
        except ImportError as missing:
            raise BackendUnavailable(
                NAME,
                f"an embedded broker needs the Python package {missing.name}; "
                "`pip install 'assistant[home]'`",
            ) from None
        place = self._place
        broker = broker_module.Broker(_settings(place))
        _bound_subscriptions(broker)
        visitors = _Visitors(broker, line)
        try:
            await broker.start()
        except errors.BrokerError as wrong:
            why = str(wrong.__cause__ or wrong)
            raise BackendUnavailable(
                NAME,
                f"no broker can listen at {place.address}:{place.port} ({why}); see home.listen",
            ) from None
        self._tell(None)
        if not self._stopped.is_set():
            await self._over.wait()
        await visitors.dismiss()
        await broker.shutdown()
        await visitors.dismiss()  # who came meanwhile

    def _tell(self, wrong: BackendUnavailable | None) -> None:
        def settle() -> None:
            if self.ready.done():
                return
            if wrong is None:
                self.ready.set_result(None)
            else:
                self.ready.set_exception(wrong)

        if not self._caller.is_closed():
            self._caller.call_soon_threadsafe(settle)


class _Visitors:
    """Who is connected.

    amqtt leaves those open that hang up, or talk nonsense, before they have said who they are:
    each would cost a file for good. It waits for ever for those that say nothing, too.
    """

    def __init__(self, broker: Any, line: Any) -> None:
        """`line`: the module `embedded_line`, which cannot be loaded where amqtt is not."""
        self._received, self._line = broker.external_connected, line
        self._mine = asyncio.get_running_loop()
        self._here: dict[asyncio.Future[None], asyncio.StreamWriter] = {}
        broker.stream_connected = self._receive

    async def _receive(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, **more: Any
    ) -> None:
        over = self._mine.create_future()
        self._here[over] = writer
        listening = self._line.Listening(reader)
        answering = self._line.Answering(writer, listening)
        try:
            await self._received(listening, answering, **more)
        finally:
            writer.close()
            del self._here[over]
            over.cancel()

    async def dismiss(self) -> None:
        """Hang up; who never said a word would be waited for otherwise."""
        await asyncio.sleep(0)  # who was let in just now has begun
        for writer in self._here.values():
            writer.close()
        if self._here:
            await asyncio.wait(self._here, timeout=ENDING_S / 2)


def _bound_subscriptions(broker: Any) -> None:
    """Take so many subscriptions and no more, and serve the others between two of them."""
    add = broker.add_subscription

    async def bounded(subscription: tuple[str, int], session: Any) -> int:
        await asyncio.sleep(0)  # amqtt takes all of a packet at once
        topic, known = subscription[0], broker.subscriptions
        if topic not in known and (len(known) >= SUBSCRIPTIONS or len(topic) > LONGEST_FILTER):
            return REFUSED
        return int(await add(subscription, session))

    broker.add_subscription = bounded


def _settings(place: Place) -> dict[str, Any]:
    address = f"[{place.address}]" if ":" in place.address else place.address
    door: dict[str, dict[str, Any]]
    if place.username:
        door = {f"{__name__}_door.Door": {"username": place.username, "password": place.password}}
    else:
        door = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    return {
        "listeners": {
            "default": {
                "type": "tcp",
                "bind": f"{address}:{place.port}",
                "max_connections": CONNECTIONS,
            }
        },
        "plugins": door,
    }


def same(given: str | None, wanted: str) -> bool:
    """Compare secrets in a time that tells nothing of them."""
    return hmac.compare_digest((given or "").encode(), wanted.encode())
