"""The broker in this process: in a thread of its own, guarded where others can reach it."""

import asyncio
import gc
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import aiomqtt
import pytest

from assistant.backends.home_mqtt.embedded import Place, embedded
from assistant.backends.home_mqtt.identity import identifier
from assistant.backends.home_mqtt.link import Broker
from assistant.errors import BackendUnavailable, ConfigError
from tests.home.mosquitto import free_port
from tests.home.stage import NAMES, at_home, bystander

SECRET = "s3cret"  # noqa: S105 - of this test
EVERYWHERE = "0.0.0.0"  # noqa: S104 - what is refused


def test_it_serves_the_assistant_and_others() -> None:
    async def main() -> None:
        port = free_port()
        ours = Broker("127.0.0.1", port, newest=False)
        async with (
            asyncio.timeout(60),
            embedded(Place(port=port)),
            bystander(port) as somebody,
            at_home(port, broker=ours) as run,
        ):
            await somebody.sees(NAMES.availability, "online")
            await somebody.send(NAMES.command("microphone"), "OFF")
            await somebody.sees(NAMES.state("microphone"), "OFF")
            assert run.session.state.muted
            async with bystander(port) as later:
                await later.sees(NAMES.state("microphone"), "OFF")

    asyncio.run(main())
    assert "broker" not in {thread.name for thread in threading.enumerate()}


def test_a_loop_that_is_busy_does_not_stall_the_broker() -> None:
    """Others talk with each other while the assistant's loop does nothing at all."""
    told: list[str] = []

    def others(port: int) -> None:
        async def talk() -> None:
            async with bystander(port, "a") as one:
                await one.send("a", "hello", retain=True)
                await one.sees("a", "hello")
                told.append("hello")

        asyncio.run(talk())

    async def main() -> None:
        port = free_port()
        async with asyncio.timeout(60), embedded(Place(port=port)):
            with ThreadPoolExecutor(1) as pool:
                pool.submit(others, port).result(40)  # blocks this loop on purpose

    asyncio.run(main())
    assert told == ["hello"]


def test_who_does_not_know_the_password_is_kept_out() -> None:
    async def main() -> None:
        port = free_port()
        place = Place(port=port, username="ada", password=SECRET)
        async with asyncio.timeout(60), embedded(place):
            for name, word in ((None, None), ("ada", "guess"), ("eve", SECRET)):
                with pytest.raises(aiomqtt.MqttError):
                    async with aiomqtt.Client("127.0.0.1", port, username=name, password=word):
                        pass
            async with bystander(port, username="ada", password=SECRET) as somebody:
                await somebody.send("a", "x")
                await somebody.sees("a", "x")

    asyncio.run(main())


def test_elsewhere_than_here_only_with_a_password() -> None:
    with pytest.raises(
        ConfigError, match=r"home\.listen: 0\.0\.0\.0 can be reached from elsewhere"
    ):
        Place(EVERYWHERE)
    assert SECRET not in repr(Place(EVERYWHERE, username="ada", password=SECRET))


def test_a_port_that_is_taken_is_said() -> None:
    async def main() -> None:
        async with asyncio.timeout(60):
            server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
            async with server:
                port = server.sockets[0].getsockname()[1]
                with pytest.raises(
                    BackendUnavailable, match=r"no broker can listen .*home\.listen"
                ):
                    async with embedded(Place(port=port)):
                        pass

    asyncio.run(main())


@pytest.mark.parametrize("words", [b"", b"GET / HTTP/1.1\r\n\r\n"])
def test_who_never_says_who_they_are_costs_no_file(words: bytes) -> None:
    """A scan of ports, or a browser; one of them is still there when the broker goes."""

    async def main() -> None:
        port = free_port()
        async with asyncio.timeout(60), embedded(Place(port=port)):
            for _ in range(5):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(words)
                writer.write_eof()
                assert await reader.read() == b""  # it hangs up, too
                writer.close()
                await writer.wait_closed()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()

    asyncio.run(main())
    gc.collect()  # a connection that was left open would complain here


def test_who_says_nothing_or_half_a_word_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They take all places there are; one that knows how to introduce itself is let in then."""
    monkeypatch.setattr("assistant.backends.home_mqtt.embedded.CONNECTIONS", 3)
    monkeypatch.setattr("assistant.backends.home_mqtt.embedded_line.INTRODUCTION_S", 1.0)

    async def main() -> None:
        port = free_port()
        async with asyncio.timeout(30), embedded(Place(port=port)):
            silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
            silent[0][1].write(CONNECT[:6])
            async with bystander(port, "a", timeout=20.0) as somebody:
                await asyncio.sleep(1.5)  # who has said it may say nothing more for as long
                await somebody.send("a", "x")
                await somebody.sees("a", "x")
            for reader, writer in silent:
                assert await reader.read() == b""
                writer.close()

    asyncio.run(main())


def test_a_message_that_is_too_large_ends_its_connection_and_no_other() -> None:
    async def main() -> None:
        port = free_port()
        async with (
            asyncio.timeout(30),
            embedded(Place(port=port)),
            bystander(port, "#") as somebody,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(CONNECT)
            assert await reader.readexactly(4) == b"\x20\x02\x00\x00"
            writer.write(b"\x31\xff\xff\xff\x7f\x00\x01b")  # 256 MB for the topic b
            writer.write(bytes(100_000))
            assert await reader.read() == b""
            writer.close()
            await somebody.send("a", bytes(500_000))
            await somebody.until(lambda: len(somebody.seen.get("a", "")) == 500_000)

    asyncio.run(main())


@pytest.mark.parametrize("length", [8, 2000])
def test_a_client_that_subscribes_to_everything_is_bounded(
    length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it may not have is refused; the others are served meanwhile, and later."""
    monkeypatch.setattr("assistant.backends.home_mqtt.embedded.SUBSCRIPTIONS", 2000)
    count = 400 if length > 1024 else 20_000

    async def main() -> None:
        port = free_port()
        async with (
            asyncio.timeout(60),
            embedded(Place(port=port)),
            bystander(port, "a", "b") as somebody,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(CONNECT)
            assert await reader.readexactly(4) == b"\x20\x02\x00\x00"
            writer.write(subscribe(f"{n:0{length}}" for n in range(count)))
            await somebody.send("a", "meanwhile")
            await somebody.sees("a", "meanwhile")
            assert (await reader.readexactly(1)) == b"\x90"
            size = shift = 0
            while (byte := (await reader.readexactly(1))[0]) & 0x80:
                size, shift = size | (byte & 0x7F) << shift, shift + 7
            size |= byte << shift
            answers = (await reader.readexactly(size))[2:]
            assert len(answers) == count
            assert answers.count(0) == (0 if length > 1024 else 2000 - 2)
            assert set(answers) <= {0, 0x80}
            writer.close()
            for n in range(100):  # what it had is given up when it has gone
                async with bystander(port, f"new{n}") as later:
                    await later.send(f"new{n}", "hello")
                    with suppress(TimeoutError):
                        async with asyncio.timeout(0.2):
                            await later.sees(f"new{n}", "hello")
                            return
            pytest.fail("nobody may subscribe any more")

    asyncio.run(main())


def subscribe(topics: Iterable[str]) -> bytes:
    """Return one SUBSCRIBE packet for all of them, with QoS 0."""
    body = b"\x00\x01" + b"".join(
        len(topic).to_bytes(2, "big") + topic.encode() + b"\x00" for topic in topics
    )
    size, length = len(body), bytearray()
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    return b"\x82" + bytes([*length, size]) + body


CONNECT = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01x"
"""Of a client that is called x."""
JUNK = {
    "noise": bytes(range(256)),
    "a name that is no text": b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02\xff\xfe",
    "an empty CONNECT": b"\x10\x00",
    "a length without end": b"\x10\xff\xff\xff\xff\xff\xff",
    "MQTT 5": b"\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x01x",
    "noise after a CONNECT": CONNECT + b"\xff" * 300,
    "a topic that is no text": CONNECT + b"\x30\x05\x00\x02\xff\xfex",
}


@pytest.mark.parametrize("junk", JUNK)
def test_who_talks_nonsense_takes_no_place(junk: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.backends.home_mqtt.embedded.CONNECTIONS", 2)

    async def main() -> None:
        port = free_port()
        async with asyncio.timeout(30), embedded(Place(port=port)):
            for _ in range(4):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(JUNK[junk])
                writer.write_eof()
                with suppress(ConnectionError):  # it has hung up before it had read all
                    await reader.read()
                writer.close()
            async with bystander(port, "a") as somebody:
                await somebody.send("a", "x")
                await somebody.sees("a", "x")

    asyncio.run(main())


def test_the_identifier_stays_the_same(tmp_path: Path) -> None:
    first = identifier(tmp_path / "state")
    assert identifier(tmp_path / "state") == first
    assert len(first) == 12
    (tmp_path / "state" / "home-id").write_bytes(b"\xff junk")
    again = identifier(tmp_path / "state")
    assert again != first
    assert identifier(tmp_path / "state") == again
    (tmp_path / "file").touch()
    with pytest.raises(BackendUnavailable, match="cannot be kept"):
        identifier(tmp_path / "file")
