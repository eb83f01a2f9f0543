"""The connection to a broker: made again and again, with deadlines, never in anybody's way.

It speaks MQTT 5, in which a client says how large a packet it takes, and 3.1.1 with brokers that
know no better. Subscriptions do not outlive the connection (a clean start): what was asked of us
while we were away is over, and must not be obeyed late.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiomqtt
from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from assistant.errors import BackendTimeout, BackendUnavailable, ConfigError, leaves

_log = logging.getLogger(__name__)
_wire = logging.getLogger(f"{__name__}.wire")
"""What the library says; the same faults reach us as exceptions, and are told once."""
_wire.propagate = False
_wire.addHandler(logging.NullHandler())

NAME = "home_mqtt"
DEADLINE_S = 3.0
"""For the broker to answer."""
PARTING_S = 0.5
"""For saying that we go."""
KEEPALIVE_S = 15
"""A broker that vanished without a word is missed after 1.5 times as long."""
LARGEST = 256 * 1024
"""Bytes of a packet that we take (MQTT 5); the largest discovery payloads have some 20 KB."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 3.0
"""Before trying again; doubled each time."""
REFUSED_WAIT_S = 30.0
"""The same when it will not have us: asking again soon looks like an attack."""
TOPICS_AT_ONCE = 100
"""In one request to subscribe."""
_AT_ONCE = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
"""Else the second of two small packets waits 40 ms for the other side to acknowledge the first."""
_QUICKLY: int | None = getattr(socket, "TCP_QUICKACK", None)
_OLD_BROKER = {1, 132}
"""Unsupported protocol version, in the codes of 3.1.1 and of 5."""
_SILENT, _HUNG_UP = "Operation timed out", "the broker hung up"
_REFUSED = {4, 5, 134, 135, 138}
"""User name or password wrong, not authorised, banned."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is, and how it lets us in."""

    host: str
    port: int = 1883
    username: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None
    newest: bool = True
    """It may speak MQTT 5."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


Received = Callable[[str, bytes, bool], None]
"""Takes (topic, payload, retained)."""


def security(ca: Path | None) -> ssl.SSLContext:
    """Return how TLS is spoken with a broker; reads files. Raises `ConfigError`.

    `ca`: a file with the certificate of who signed the broker's; `None`: those of the system.
    """
    try:
        return ssl.create_default_context(cafile=None if ca is None else ca.expanduser())
    except (OSError, ssl.SSLError) as wrong:
        lost = isinstance(wrong, FileNotFoundError | PermissionError)
        why = wrong.strerror if lost else "it holds no certificate"
        raise ConfigError("home.tls_ca", f"{ca} cannot be used ({why}); check the file") from None


async def trouble(broker: Broker) -> str:
    """Connect once; returns why that cannot be done, or nothing."""
    link = Link(broker, "", Farewell("assistant/probe", ""), lambda *_: None, _nothing)
    for _ in range(2):  # the second time as an old broker wants it
        try:
            async with link.made():
                return ""
        except aiomqtt.MqttError as wrong:
            link.note(wrong)
    return link.trouble


async def _nothing() -> None:
    """Greet nobody."""


class _Client(aiomqtt.Client):
    """One that hands over each message as it comes, one in a turn of the loop.

    In a queue, thousands of retained messages would pile up faster than they are taken out.
    """

    def __init__(self, received: Received, *args: Any, **more: Any) -> None:
        self._received, self._dropped = received, False
        super().__init__(*args, **more)

    async def lost(self) -> None:
        """Wait until the connection is; raises why."""
        await asyncio.wait((self._disconnected,))
        why = self._disconnected.exception()
        if why is not None and not isinstance(why, OSError | aiomqtt.MqttError):
            raise why
        raise aiomqtt.MqttError("the connection was lost") from why

    def _on_message(self, client: Any, userdata: Any, message: Any) -> None:
        del client, userdata
        self._acknowledge()
        try:
            topic: str = message.topic
        except UnicodeDecodeError:
            _log.debug("a message with a damaged topic is dropped")
            return
        self._received(topic, message.payload, message.retain)

    def _on_disconnect(self, *args: Any) -> None:
        self._loop.call_soon_threadsafe(self._hung_up)
        super()._on_disconnect(*args)

    def _hung_up(self) -> None:
        """Do not wait for the answer of who has hung up."""
        if not self._connected.done():
            self._connected.set_exception(aiomqtt.MqttError(_HUNG_UP))

    def _on_publish(self, *args: Any) -> None:
        super()._on_publish(*args)
        self._acknowledge()

    def _on_subscribe(self, *args: Any) -> None:
        super()._on_subscribe(*args)
        self._acknowledge()

    def _acknowledge(self) -> None:
        """Tell the other machine at once that its packet has come, where Linux lets us.

        We would do so with our next packet, or after 40 ms; a broker that gathers small packets
        (mosquitto does) keeps the next command back until then.
        """
        opened = self._client.socket()
        if _QUICKLY is not None and isinstance(opened, socket.socket):
            with suppress(OSError):  # it was lost just now
                opened.setsockopt(socket.IPPROTO_TCP, _QUICKLY, 1)

    def _client_connect(self) -> None:
        """Connect, in a thread; one that is done with before that is closed after all."""
        super()._client_connect()
        if self._dropped:
            self._loop.call_soon_threadsafe(self.drop)

    def drop(self) -> None:
        """Close every socket that is still open: after some failures nobody else does."""
        self._dropped = True
        if self._client.socket() is not None:
            self._client.disconnect()
        # Two more are its own. They go after what it has just had the loop do with the first.
        self._loop.call_soon(self._client._reset_sockets)  # noqa: SLF001 - it does so too late


@dataclass(frozen=True, slots=True)
class Farewell:
    """What the broker tells others when we vanish, and what we tell when we go."""

    topic: str
    payload: str


class Link:
    """A connection that comes back. `run` it; `publish` says when there is none."""

    def __init__(
        self,
        broker: Broker,
        identifier: str,
        farewell: Farewell,
        received: Received,
        greet: Callable[[], Awaitable[None]],
    ) -> None:
        """`greet` is run at each connection, beside the messages that come."""
        self._broker, self._identifier, self._farewell = broker, identifier, farewell
        self._received, self._greet = received, greet
        self._client: _Client | None = None
        self._newest = broker.newest
        self._why = ""
        self.connections = 0

    @property
    def trouble(self) -> str:
        """Why there is no connection; empty: there is one."""
        return self._why if self._client is None else ""

    async def run(self) -> None:
        """Stay connected until cancelled; then say so and go."""
        wait, loop = FIRST_WAIT_S, asyncio.get_running_loop()
        while True:
            began, refused = loop.time(), False
            try:
                await self._connected()
            except* aiomqtt.MqttError as wrong:
                refused = self.note(leaves(wrong)[0])
            except* (BackendTimeout, BackendUnavailable) as wrong:
                self.note(leaves(wrong)[0])
            if loop.time() - began > 2 * LONGEST_WAIT_S:
                wait = FIRST_WAIT_S
            await asyncio.sleep(REFUSED_WAIT_S if refused else wait)
            wait = min(2 * wait, LONGEST_WAIT_S)

    async def publish(self, topic: str, payload: str, retain: bool = False) -> None:  # noqa: FBT001, FBT002 - as `devices.Send`
        """Publish; returns once the broker has it. Raises `BackendError`."""
        client = self._client
        if client is None:
            raise BackendUnavailable(NAME, f"{self._broker}: {self._why or 'not connected'}")
        try:
            await client.publish(topic, payload, qos=1, retain=retain)
        except aiomqtt.MqttError as wrong:
            raise BackendTimeout(NAME, f"{self._broker}: {wrong}") from None

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Receive what is published there. Raises `BackendError`."""
        client, wanted = self._client, list(topics)
        if client is None:
            raise BackendUnavailable(NAME, f"{self._broker}: not connected")
        try:
            for start in range(0, len(wanted), TOPICS_AT_ONCE):
                batch = [(topic, 1) for topic in wanted[start : start + TOPICS_AT_ONCE]]
                await client.subscribe(batch)
        except aiomqtt.MqttError as wrong:
            raise BackendTimeout(NAME, f"{self._broker}: {wrong}") from None

    async def unsubscribe(self, topics: list[str]) -> None:
        """Receive it no longer; where there is no connection, that is so already."""
        if self._client is not None:
            with suppress(aiomqtt.MqttError):
                await self._client.unsubscribe(topics)

    async def _connected(self) -> None:
        client = self.made()
        try:
            async with client, self._farewelled(client), asyncio.TaskGroup() as tasks:
                self._client = client
                self.connections += 1
                _log.info("connected to the broker at %s", self._broker)
                self._why = ""
                tasks.create_task(self._greeting(), name="greet the home")
                await client.lost()
        finally:
            self._client = None
            client.drop()

    async def _greeting(self) -> None:
        await self._greet()

    @asynccontextmanager
    async def _farewelled(self, client: _Client) -> AsyncIterator[None]:
        """Say that we go: a broker tells it for us only when we vanish."""
        try:
            yield
        finally:
            with suppress(aiomqtt.MqttError, TimeoutError):
                async with asyncio.timeout(PARTING_S):
                    gone = self._farewell
                    await client.publish(gone.topic, gone.payload, qos=1, retain=True)

    def made(self) -> _Client:
        """Make a client of the protocol that is to be spoken next."""
        broker, limits = self._broker, None
        if self._newest:
            limits = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            limits.MaximumPacketSize = LARGEST
        versions = aiomqtt.ProtocolVersion
        return _Client(
            self._received,
            broker.host,
            broker.port,
            username=broker.username or None,
            password=broker.password or None,
            identifier=self._identifier,
            protocol=versions.V5 if self._newest else versions.V311,
            clean_start=True if self._newest else MQTT_CLEAN_START_FIRST_ONLY,
            clean_session=None if self._newest else True,
            properties=limits,
            will=aiomqtt.Will(self._farewell.topic, self._farewell.payload, qos=1, retain=True),
            timeout=DEADLINE_S,
            keepalive=KEEPALIVE_S,
            logger=_wire,
            tls_context=broker.tls,
            socket_options=_AT_ONCE,
        )

    def note(self, wrong: BaseException) -> bool:
        """Remember and tell why there is no connection; returns whether we were refused."""
        code = getattr(wrong, "rc", None)
        code = getattr(code, "value", code)
        known = isinstance(wrong, aiomqtt.exceptions.MqttConnectError)
        refused = known and code in _REFUSED
        old = code in _OLD_BROKER if known else str(wrong) in {_SILENT, _HUNG_UP}
        if self._broker.newest and old and self.connections == 0:
            self._newest = not self._newest  # an old broker says so, or hangs up
        why = _plain(wrong, refused=refused)
        if why != self._why and self._identifier:
            _log.warning("the home is not connected (%s): %s", self._broker, why)
        self._why = why
        return refused


def _plain(wrong: BaseException, *, refused: bool) -> str:
    """Say why there is no connection, and what to do about it."""
    if refused:
        return "the broker refuses us; check home.username and home.password"
    text = str(wrong)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "its certificate is not one that we trust; see home.tls_ca"
    if "WRONG_VERSION_NUMBER" in text or "record layer" in text:
        return "it does not speak TLS at this port; check home.broker and home.tls"
    if "refused" in text.lower():
        return "nobody listens there; is the broker running?"
    if "timed out" in text:
        return f"no answer within {DEADLINE_S:g} s; is that a broker?"
    return text or type(wrong).__name__
