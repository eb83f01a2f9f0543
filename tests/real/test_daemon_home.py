"""The whole program at home: on a real broker, which dies and comes back, and on its own."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.home.mosquitto import Mosquitto, free_port, mosquitto, needs_mosquitto
from tests.home.stage import Bystander, bystander
from tests.real.daemon import Terminal
from tests.real.test_daemon_control import ANSWER, QUESTION, running

pytestmark = pytest.mark.real
Scene = Callable[[Terminal, Mosquitto], Awaitable[None]]


def played(tmp_path: Path, scene: Scene, *more: str) -> None:
    async def main() -> None:
        async with asyncio.timeout(120), mosquitto(tmp_path) as broker:
            place = ("-s", f"home.broker=127.0.0.1:{broker.port}")
            began = running(tmp_path, *place, *more)
            terminal = await asyncio.to_thread(began.__enter__)
            try:
                await scene(terminal, broker)
            finally:
                await asyncio.to_thread(began.__exit__, None, None, None)

    asyncio.run(main())


async def identifier(bus: Bystander) -> str:
    """Wait until the assistant has told of itself; return who it is."""
    await bus.until(lambda: any(t.startswith("homeassistant/device/") for t in bus.seen))
    (topic,) = (t for t in bus.seen if t.startswith("homeassistant/device/"))
    return topic.split("/")[2]


@needs_mosquitto
def test_it_is_at_home_and_the_end_is_told(tmp_path: Path) -> None:
    async def scene(terminal: Terminal, broker: Mosquitto) -> None:
        async with bystander(broker.port) as bus:
            own = f"assistant/{await identifier(bus)}"
            await bus.sees(f"{own}/availability", "online")
            await bus.send(f"{own}/set/microphone", "OFF")
            await bus.sees(f"{own}/state/microphone", "OFF")
            assert (await asyncio.to_thread(terminal.control, "status"))["muted"] is True
            await bus.send(f"{own}/set/patience", "patient")
            await bus.sees(f"{own}/state/patience", "patient")
            await bus.send(f"{own}/set/ask", QUESTION)
            await bus.comes(f"{own}/event")
            assert json.loads(bus.seen[f"{own}/event"])["event_type"] == "answered"
            assert not [text for _, text, _ in bus.all if ANSWER in text]
            code, _ = await asyncio.to_thread(terminal.end, signal.SIGTERM)
            assert code == 0
            await bus.sees(f"{own}/availability", "offline")

    played(tmp_path, scene)


@needs_mosquitto
def test_a_broker_that_dies_does_not_hurt_the_conversation(tmp_path: Path) -> None:
    async def scene(terminal: Terminal, broker: Mosquitto) -> None:
        async with bystander(broker.port) as bus:
            who = await identifier(bus)
        await broker.kill()
        answer = await asyncio.to_thread(terminal.control, "ask", text=QUESTION)
        assert answer["said"] == ANSWER
        await asyncio.to_thread(terminal.control, "mute")
        await broker.start()
        async with bystander(broker.port) as bus:
            assert await identifier(bus) == who
            await bus.sees(f"assistant/{who}/state/microphone", "OFF")

    played(tmp_path, scene)


def test_a_broker_of_its_own(tmp_path: Path) -> None:
    async def others(port: int) -> None:
        async with asyncio.timeout(60), bystander(port) as bus:
            own = f"assistant/{await identifier(bus)}"
            await bus.send(f"{own}/set/microphone", "OFF")
            await bus.sees(f"{own}/state/microphone", "OFF")

    port = free_port()
    settings = ("-s", "home.broker=embedded", "-s", f"home.listen=127.0.0.1:{port}")
    with running(tmp_path, *settings) as terminal:
        terminal.until("connected to the broker at")
        asyncio.run(others(port))
        assert terminal.control("status")["muted"] is True


@needs_mosquitto
def test_voice_and_profile_are_chosen_and_what_is_announced_goes_out(tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text(
        "tts: {backend: espeak}\n"
        "profiles: {evening: {turns: {patience: patient}, tts: {voice: en-gb}}}\n"
    )

    async def scene(terminal: Terminal, broker: Mosquitto) -> None:
        async with bystander(broker.port) as bus:
            await asyncio.to_thread(terminal.until, "connected to the broker at")
            who = await identifier(bus)
            own = f"assistant/{who}"
            described = json.loads(bus.seen[f"homeassistant/device/{who}/config"])["components"]
            assert described["profile"]["options"] == ["none", "evening"]
            assert {"en-us", "en-gb"} <= set(described["voice"]["options"])
            await bus.sees(f"{own}/state/voice", "en-us")
            await bus.send(f"{own}/set/voice", "en-gb-x-rp")
            await bus.sees(f"{own}/state/voice", "en-gb-x-rp")
            status = await asyncio.to_thread(terminal.control, "status")
            assert status["voice"] == "espeak-ng en-gb-x-rp"
            await bus.send(f"{own}/set/profile", "evening")
            await bus.sees(f"{own}/state/profile", "evening")
            await bus.sees(f"{own}/state/voice", "en-gb")
            await bus.sees(f"{own}/state/patience", "patient")
            answer = await asyncio.to_thread(terminal.control, "reload", profile="")
            assert answer["taken"] == ["profile", "tts.voice", "turns.patience"]
            await bus.sees(f"{own}/state/profile", "none")
            said = await asyncio.to_thread(
                terminal.control, "ask", text="Announce that dinner is ready."
            )
            assert said["said"] == "Announced."
            await bus.sees(f"assistant/announce/{who}", "Dinner is ready")
            status = await asyncio.to_thread(terminal.control, "status")
            assert status["turns"] == 1, "the conversation goes on"

    played(tmp_path, scene, "--config", str(config))
