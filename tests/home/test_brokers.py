"""Brokers as they are: refusing, hanging up, silent, sending garbage, asking for certificates."""

import asyncio
import json
import logging
import os
import shutil
import ssl
import struct
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from assistant.backends.home_mqtt.link import LARGEST, Broker
from assistant.home.devices import Devices
from tests.home.mosquitto import free_port, mosquitto, needs_mosquitto
from tests.home.stage import NAMES, at_home, bystander, until
from tests.home.test_learned import LAMP

Client = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SECRET = "s3cret"  # noqa: S105 - of this test
LAMP_TOPIC = "homeassistant/light/0x0017880108f2a3b4/light/config"


@asynccontextmanager
async def rogue(behave: Client) -> AsyncIterator[int]:
    """Something that listens where a broker should."""

    async def visited(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behave(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(visited, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def connack(code: int = 0) -> bytes:
    return bytes([0x20, 2, 0, code])


def publish(topic: bytes, payload: bytes) -> bytes:
    body = struct.pack("!H", len(topic)) + topic + payload
    length, encoded = len(body), b""
    while True:
        length, digit = divmod(length, 128)
        encoded += bytes([digit | (0x80 if length else 0)])
        if not length:
            return b"\x31" + encoded + body


@needs_mosquitto
def test_a_password_is_wanted_and_a_wrong_one_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    passwords = tmp_path / "passwords"
    tool = shutil.which("mosquitto_passwd")
    if tool is None:
        pytest.skip("mosquitto_passwd is not installed; it comes with mosquitto")
    subprocess.run([tool, "-b", "-c", passwords, "ada", SECRET], check=True, capture_output=True)
    passwords.chmod(0o644)

    async def main() -> None:
        async with mosquitto(tmp_path, f"password_file {passwords}") as broker:
            wrong = Broker("127.0.0.1", broker.port, "ada", "guess")
            async with at_home(broker.port, broker=wrong) as run:
                await until(lambda: "home.password" in run.home.trouble)
            right = Broker("127.0.0.1", broker.port, "ada", SECRET)
            async with (
                at_home(broker.port, broker=right),
                bystander(broker.port, username="ada", password=SECRET) as somebody,
            ):
                await somebody.sees(NAMES.availability, "online")

    with caplog.at_level(logging.DEBUG):
        asyncio.run(main())
    assert [r.message for r in caplog.records if "refuses" in r.message] != []
    assert "guess" not in caplog.text
    assert SECRET not in caplog.text
    assert SECRET not in repr(Broker("h", 1, "ada", SECRET))


def test_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with at_home(free_port()) as run:
            await until(lambda: "nobody listens there" in run.home.trouble)
            await asyncio.sleep(1)  # it tries again, and says nothing new
            assert await run.devices.carry_out("HassTurnOn", {"name": "x"}) is not None

    with caplog.at_level(logging.WARNING):
        asyncio.run(main())
    assert len(caplog.records) == 1


async def _hangs_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read(10)


async def _garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(range(256)))
    await writer.drain()


async def _garbage_later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1000)
    writer.write(connack() + b"\xff" * 3000)
    await writer.drain()
    await reader.read(1000)


@pytest.mark.parametrize("behave", [_hangs_up, _garbage, _garbage_later])
def test_what_is_no_broker_costs_a_warning_and_nothing_else(behave: Client) -> None:
    async def main() -> None:
        async with asyncio.timeout(30), rogue(behave) as port, at_home(port) as run:
            await until(lambda: bool(run.home.trouble))
            run.session.show(_Anything())  # type: ignore[arg-type]
            await run.session.mute(on=True)
            assert run.session.state.muted

    asyncio.run(main())


class _Anything:
    """Something that a surface has never heard of."""


def test_a_silent_broker_is_given_up() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async def main() -> None:
        async with asyncio.timeout(30), rogue(silent) as port, at_home(port) as run:
            await until(lambda: "no answer within" in run.home.trouble)

    asyncio.run(main())


def test_an_old_broker_is_spoken_with_as_it_can() -> None:
    versions: list[int] = []

    async def old(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        packet = await reader.read(1000)
        versions.append(packet[packet.index(b"MQTT") + 4])
        writer.write(connack(1) if versions[-1] == 5 else connack())
        await writer.drain()
        await reader.read()

    async def main() -> None:
        async with asyncio.timeout(30), rogue(old) as port, at_home(port) as run:
            await until(lambda: run.home._link.connections == 1)

    asyncio.run(main())
    assert versions[:2] == [5, 4]


def test_topics_that_are_no_text_and_payloads_that_are_none() -> None:
    done = asyncio.Event()

    async def odd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(connack())
        writer.write(publish(b"homeassistant/light/\xff\xfe/config", b"{}"))
        writer.write(publish(b"homeassistant/light/a/config", b"\x00\xff"))
        writer.write(publish(b"homeassistant/light/b/config", b"{" * 10_000))
        writer.write(publish(b"homeassistant/light/c/config", b"x" * (LARGEST // 2)))
        writer.write(publish(LAMP_TOPIC.encode(), json.dumps(LAMP).encode()))
        await writer.drain()
        await done.wait()

    async def main() -> None:
        broker_port: int
        async with asyncio.timeout(30), rogue(odd) as broker_port:
            old = Broker("127.0.0.1", broker_port, newest=False)
            async with at_home(broker_port, broker=old) as run:
                await until(lambda: run.devices.count == 1)
                assert run.home.refused == 3
                assert run.home._link.connections == 1
                done.set()

    asyncio.run(main())


@needs_mosquitto
def test_retained_junk_and_lamps_are_told_apart(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            asyncio.timeout(30),
            mosquitto(tmp_path) as broker,
            bystander(broker.port) as somebody,
        ):
            for number, junk in enumerate((b"\xff\x00", b"{}", b"[1]", b"x" * (LARGEST + 1000))):
                await somebody.send(f"homeassistant/light/j{number}/config", junk, retain=True)
            await somebody.send("homeassistant/sensor/s/config", b'{"name": "S"}', retain=True)
            await somebody.send(LAMP_TOPIC, json.dumps(LAMP), retain=True)
            async with at_home(broker.port) as run:
                await until(lambda: run.devices.count == 1)
                await until(lambda: run.home.settled)
                await somebody.send("zigbee2mqtt/Desk lamp", '{"state": "ON"}')
                slots = {"name": "desk lamp"}
                await until(lambda: run.devices.things[0].on is True)
                assert (
                    await run.devices.carry_out("HassTurnOff", slots) == "Turning off Desk lamp."
                )
                await somebody.sees("zigbee2mqtt/Desk lamp/set", '{"state": "OFF"}')
                await somebody.send(LAMP_TOPIC, b"", retain=True)
                await until(lambda: run.devices.count == 0)

    asyncio.run(main())


@needs_mosquitto
def test_many_retained_devices_are_learned_and_known_again(tmp_path: Path) -> None:
    many = 10_000

    async def main() -> None:
        devices = Devices()
        settings = "allow_anonymous true\nmax_queued_messages 0"
        async with (
            asyncio.timeout(120),
            mosquitto(tmp_path, settings) as broker,
            bystander(broker.port, "nothing") as somebody,
        ):
            for number in range(many):
                lamp = LAMP | {"name": f"Lamp {number}", "state_topic": f"lamp/{number}"}
                topic = f"homeassistant/light/{number}/config"
                await somebody.client.publish(topic, json.dumps(lamp), retain=True)
            before = _resident()
            async with at_home(broker.port, devices=devices) as run:
                await until(lambda: devices.count == many and run.home.settled)
                assert _resident() - before < 10e3 * many, "bytes for each"
                await somebody.send(f"lamp/{many - 1}", '{"state": "ON"}')
                await until(lambda: devices.things[-1].on is True or _lit(devices) == 1)

    asyncio.run(main())


def _resident() -> int:
    """Return how many bytes of memory this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _lit(devices: Devices) -> int:
    return sum(thing.on is True for thing in devices.things)


@needs_mosquitto
@pytest.mark.filterwarnings(  # the library does not close a socket whose certificate is unknown
    "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_tls_with_a_certificate_that_is_known_and_one_that_is_not(tmp_path: Path) -> None:
    tool = shutil.which("openssl")
    if tool is None:
        pytest.skip("openssl is not installed; `sudo apt-get install openssl`")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    names = "subjectAltName=IP:127.0.0.1"
    subprocess.run(
        [
            *(
                tool,
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=b",
            ),
            *("-addext", names, "-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    key.chmod(0o644)
    settings = f"allow_anonymous true\ncertfile {certificate}\nkeyfile {key}"

    async def main() -> None:
        async with asyncio.timeout(30), mosquitto(tmp_path, settings) as broker:
            unknown = Broker("127.0.0.1", broker.port, tls=ssl.create_default_context())
            async with at_home(broker.port, broker=unknown) as run:
                await until(lambda: "home.tls_ca" in run.home.trouble)
            async with at_home(broker.port) as run:  # no TLS where there is some
                await until(lambda: bool(run.home.trouble))
            trusted = ssl.create_default_context(cafile=certificate)
            known = Broker("127.0.0.1", broker.port, tls=trusted)
            async with at_home(broker.port, broker=known) as run:
                await until(lambda: run.home._link.connections == 1)

    asyncio.run(main())
