"""Measures the home over MQTT against a real mosquitto, from outside: what the bus sees.

python scripts/measure_home.py            # writes a table for docs/home.md to stdout
"""

import asyncio
import gc
import json
import os
import statistics
import sys
import tempfile
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt

sys.path.insert(0, str(Path(__file__).parent.parent))

from assistant.home.devices import Devices
from tests.home.mosquitto import Mosquitto, mosquitto
from tests.home.stage import NAMES, Bystander, at_home, bystander, until

TOPICS = 10_000
ROUNDS = 200
PROMPT = "allow_anonymous true\nset_tcp_nodelay true"


def lamp(number: int) -> tuple[str, str]:
    """Return a discovery topic and payload as a bridge would publish them."""
    described = {
        "schema": "json",
        "name": None,
        "brightness": True,
        "brightness_scale": 254,
        "supported_color_modes": ["xy", "color_temp"],
        "command_topic": f"bridge/Lamp {number}/set",
        "state_topic": f"bridge/Lamp {number}",
        "unique_id": f"0x{number:016x}_light",
        "availability": [{"topic": "bridge/state", "value_template": "{{ value_json.state }}"}],
        "device": {
            "identifiers": [f"bridge_0x{number:016x}"],
            "manufacturer": "somebody",
            "model": "a lamp (E27)",
            "name": f"Lamp {number}",
            "suggested_area": f"Room {number % 40}",
        },
        "origin": {"name": "bridge", "sw": "1.0"},
    }
    return f"homeassistant/light/0x{number:016x}/light/config", json.dumps(described)


async def discovery(broker: Mosquitto) -> list[float]:
    """Seconds from the start of the connection until everything has been told."""
    loop, found = asyncio.get_running_loop(), []
    for _ in range(20):
        async with bystander(broker.port, f"{NAMES.own}/#", NAMES.discovery) as bus:
            await bus.until(lambda: True)
            bus.seen.clear()
            bus.all.clear()
            began = loop.time()
            async with at_home(broker.port):
                await bus.until(lambda: _complete(bus))
                found.append(loop.time() - began)
    return found


def _complete(bus: Bystander) -> bool:
    described = bus.seen.get(NAMES.discovery)
    if described is None or bus.seen.get(NAMES.availability) != "online":
        return False
    entities = json.loads(described)["components"].values()
    return all(
        e["platform"] == "event" or e.get("state_topic", "") in {"", *bus.seen} for e in entities
    )


async def obedience(broker: Mosquitto) -> list[float]:
    """Seconds from a switch's command until its new state is on the bus."""
    loop, found = asyncio.get_running_loop(), []
    async with bystander(broker.port, f"{NAMES.own}/state/#") as bus, at_home(broker.port):
        await bus.until(lambda: NAMES.state("microphone") in bus.seen)
        for number in range(ROUNDS):
            wanted = "ON" if number % 2 else "OFF"
            began = loop.time()
            await bus.client.publish(NAMES.command("microphone"), wanted, qos=0)
            await bus.sees(NAMES.state("microphone"), wanted)
            found.append(loop.time() - began)
    return found


async def hands(broker: Mosquitto) -> list[float]:
    """Seconds from an intent until the lamp has its command."""
    loop, found, devices = asyncio.get_running_loop(), [], Devices()
    async with (
        bystander(broker.port, "bridge/#") as bus,
        at_home(broker.port, devices=devices),
    ):
        await bus.client.publish(*lamp(0), qos=1, retain=True)
        await until(lambda: devices.count == 1)
        for number in range(ROUNDS):
            seen, began = len(bus.all), loop.time()
            intent = "HassTurnOn" if number % 2 else "HassTurnOff"
            await devices.carry_out(intent, {"name": "Lamp 0"})
            await bus.until(lambda: len(bus.all) > seen)  # noqa: B023 - the same round
            found.append(loop.time() - began)
    return found


async def return_(broker: Mosquitto, away: float) -> float:
    """Seconds from the broker's start until the state that changed meanwhile is right."""
    loop = asyncio.get_running_loop()
    async with at_home(broker.port) as run:
        async with bystander(broker.port, f"{NAMES.own}/#") as bus:
            await bus.sees(NAMES.state("microphone"), "ON")
        await broker.kill()
        await run.session.mute(on=True)
        await asyncio.sleep(away)
        began = loop.time()
        await broker.start()
        async with bystander(broker.port, f"{NAMES.own}/#") as bus:
            await bus.sees(NAMES.state("microphone"), "OFF")
            await bus.sees(NAMES.availability, "online")
            return loop.time() - began


async def learning(broker: Mosquitto) -> dict[str, float]:
    """What ten thousand retained descriptions cost."""
    loop, devices = asyncio.get_running_loop(), Devices()
    async with aiomqtt.Client("127.0.0.1", broker.port, max_inflight_messages=1000) as client:
        size = 0
        for number in range(TOPICS):
            topic, payload = lamp(number)
            size += len(payload)
            await client.publish(topic, payload, qos=0, retain=True)
        await client.publish("flush", "x", qos=1)
    gc.collect()
    before, began = _resident(), loop.time()
    stalls = _Stalls(loop)
    async with at_home(broker.port, devices=devices) as run, stalls.watched():
        await until(lambda: devices.count == TOPICS)
        took = loop.time() - began
        await until(lambda: run.home.settled)
        subscribed = loop.time() - began
    after = _resident()
    return {
        "megabytes on the bus": size / 1e6,
        "learned after, s": took,
        "listened to after, s": subscribed,
        "more memory, MB": after - before,
        "longest stall of the loop, ms": stalls.longest * 1000,
    }


class _Stalls:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self.longest = loop, 0.0

    async def _watch(self) -> None:
        while True:
            began = self._loop.time()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, self._loop.time() - began - 0.001)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(self._watch())
            yield
            watching.cancel()


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _allocated() -> float:
    """Megabytes that ten thousand learned devices hold."""
    from assistant.home.learned import learn  # noqa: PLC0415 - measured

    devices = Devices()
    tracemalloc.start()
    for number in range(TOPICS):
        topic, payload = lamp(number)
        devices.put(topic, learn("light", payload.encode()))
    devices.lists()
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / 1e6


def _told(name: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    p95 = ordered[int(len(ordered) * 0.95)]
    middle, most = statistics.median(ordered), ordered[-1]
    print(
        f"{name}: median {middle * 1000:.1f}, p95 {p95 * 1000:.1f}, most {most * 1000:.1f} ms "
        f"({len(ordered)} times)"
    )


async def main() -> None:
    """Measure all of it."""
    many: list[tuple[str, Callable[[Mosquitto], Awaitable[list[float]]]]] = [
        ("discovery complete after connecting", discovery),
        ("a switch command obeyed", obedience),
        ("an intent to the lamp's command", hands),
    ]
    print(f"devices held: {_allocated():.1f} MB for {TOPICS}")
    with tempfile.TemporaryDirectory() as folder:
        for name, measure in many:
            async with mosquitto(Path(folder)) as broker:
                _told(name, await measure(broker))
        async with mosquitto(Path(folder), PROMPT) as broker:
            _told("a switch command obeyed, set_tcp_nodelay", await obedience(broker))
        for away in (0.0, 1.0, 10.0):
            async with mosquitto(Path(folder)) as broker:
                took = await return_(broker, away)
                print(f"broker killed, away {away:g} s: state right again {took:.2f} s after it")
        async with mosquitto(
            Path(folder), "allow_anonymous true\nmax_queued_messages 0"
        ) as broker:
            for name, number in (await learning(broker)).items():
                print(f"{TOPICS} retained topics: {name} {number:.2f}")


if __name__ == "__main__":
    asyncio.run(main())
