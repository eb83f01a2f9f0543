"""The assistant on a real broker: what is told, what is obeyed, and what is not."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.backends.home_mqtt.surface import LONGEST_COMMAND, Manner
from assistant.home.devices import Devices
from assistant.home.phrases import phrases
from assistant.ports import Span, TurnReport
from assistant.reasoning.hands import Handiwork
from assistant.reasoning.surroundings import Around
from assistant.views import Activity, Countdown
from tests.hands.home import hands
from tests.home.mosquitto import mosquitto, needs_mosquitto
from tests.home.stage import NAMES, AtHome, Bystander, at_home, bystander, until

pytestmark = needs_mosquitto
Scene = Callable[[AtHome, Bystander], Awaitable[None]]


def played(tmp_path: Path, scene: Scene, manner: Manner | None = None) -> None:
    async def main() -> None:
        async with (
            asyncio.timeout(60),
            mosquitto(tmp_path) as broker,
            bystander(broker.port) as somebody,
            at_home(broker.port, manner=manner) as run,
        ):
            await somebody.sees(NAMES.availability, "online")
            await scene(run, somebody)

    asyncio.run(main())


def test_every_state_is_told_and_kept_for_who_comes_later(tmp_path: Path) -> None:
    async def main() -> None:
        async with mosquitto(tmp_path) as broker, at_home(broker.port) as run:
            await until(lambda: run.home._surface._told.get("problem") == "OFF")
            async with bystander(broker.port) as later:
                await later.sees(NAMES.state("microphone"), "ON")
                await later.sees(NAMES.state("volume"), "80")
                await later.sees(NAMES.state("patience"), "quick")
                await later.sees(NAMES.state("state"), "listening")
                await later.sees(NAMES.state("last_latency"), "None")
                assert all(retained for topic, _, retained in later.all)

    asyncio.run(main())


def test_what_changes_is_told(tmp_path: Path) -> None:
    async def scene(run: AtHome, somebody: Bystander) -> None:
        run.session.become(Activity.THINKING)
        await somebody.sees(NAMES.state("state"), "thinking")
        run.session.become(Activity.SPEAKING, last_latency=0.3456, trouble="no microphone")
        await somebody.sees(NAMES.state("last_latency"), "0.346")
        await somebody.sees(NAMES.state("problem"), "ON")

    played(tmp_path, scene)


def test_what_was_turned_elsewhere_is_told(tmp_path: Path) -> None:
    """By `assistant reload`, say, of which the session shows nothing."""

    async def scene(run: AtHome, somebody: Bystander) -> None:
        await somebody.sees(NAMES.state("patience"), "quick")
        run.knobs.values["patience"] = "normal"
        await somebody.sees(NAMES.state("patience"), "normal")

    played(tmp_path, scene)


def test_entities_are_commanded(tmp_path: Path) -> None:
    async def scene(run: AtHome, somebody: Bystander) -> None:
        await somebody.send(NAMES.command("microphone"), "OFF")
        await somebody.sees(NAMES.state("microphone"), "OFF")
        assert run.session.state.muted
        await somebody.send(NAMES.command("volume"), "35.0")
        await somebody.sees(NAMES.state("volume"), "35")
        await somebody.send(NAMES.command("patience"), "normal")
        await somebody.sees(NAMES.state("patience"), "normal")
        await somebody.send(NAMES.command("listen"), "PRESS")
        await until(lambda: run.knobs.pressed == ["listen"])
        await somebody.send(NAMES.command("say"), "Dinner is ready.")
        await somebody.send(NAMES.everybody, "The door is open.")
        await until(lambda: run.session.said == ["Dinner is ready.", "The door is open."])
        await somebody.send(NAMES.command("ask"), "What time is it?")
        await until(lambda: run.session.asked == ["What time is it?"])

    played(tmp_path, scene)


def test_what_makes_no_sense_is_not_obeyed_and_hurts_nobody(tmp_path: Path) -> None:
    async def scene(run: AtHome, somebody: Bystander) -> None:
        for name, junk in (
            ("volume", b"\xff\xfe"),
            ("volume", "loud"),
            ("volume", "101"),
            ("volume", "nan"),
            ("patience", "angelic"),
            ("microphone", "MAYBE"),
            ("nothing", "ON"),
            ("say", b"\x80\x81"),
            ("ask", b"x" * (LONGEST_COMMAND + 1)),
        ):
            await somebody.send(NAMES.command(name), junk)
        await somebody.send(NAMES.command("say"), "Still here.")
        await until(lambda: run.session.said == ["Still here."])
        assert run.knobs.values == {"volume": 80.0, "patience": "quick"}
        assert not run.session.state.muted
        assert run.session.asked == []

    played(tmp_path, scene)


def test_a_retained_command_is_of_yesterday(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            asyncio.timeout(60),
            mosquitto(tmp_path) as broker,
            bystander(broker.port) as somebody,
        ):
            await somebody.send(NAMES.command("say"), "Good night.", retain=True)
            async with at_home(broker.port) as run:
                await somebody.sees(NAMES.availability, "online")
                await somebody.send(NAMES.command("say"), "Good morning.")
                await until(lambda: run.session.said == ["Good morning."])

    asyncio.run(main())


def test_events_are_told_once_and_not_kept(tmp_path: Path) -> None:
    async def scene(run: AtHome, somebody: Bystander) -> None:
        run.session.become(Activity.WAITING)
        run.session.become(Activity.LISTENING)
        await somebody.until(lambda: NAMES.event in somebody.seen)
        assert json.loads(somebody.seen[NAMES.event]) == {"event_type": "woken"}
        spans = (Span(1, "answer", 10.0, 10.25),)
        run.session.show(TurnReport(1, "secret words", "secret answer", "answered", spans))
        answered = {"event_type": "answered", "latency": 0.25}
        await somebody.until(lambda: json.loads(somebody.seen[NAMES.event]) == answered)
        told = [retained for topic, _, retained in somebody.all if topic == NAMES.event]
        assert told == [False, False]
        assert "secret" not in "".join(text for _, text, _ in somebody.all)

    played(tmp_path, scene)


def test_words_are_shared_where_that_is_wished(tmp_path: Path) -> None:
    async def scene(run: AtHome, somebody: Bystander) -> None:
        await somebody.send(NAMES.command("ask"), "What time is it?")
        await somebody.sees(NAMES.state("heard"), "What time is it?")
        await somebody.sees(NAMES.state("said"), "It is noon.")
        await somebody.until(lambda: NAMES.answer in somebody.seen)
        answer = {"heard": "What time is it?", "said": "It is noon."}
        assert json.loads(somebody.seen[NAMES.answer]) == answer
        run.session.show(TurnReport(2, "w" * 300, "", "answered"))
        await somebody.sees(NAMES.state("heard"), "w" * 254 + "…")

    played(tmp_path, scene, Manner(share_words=True))


def test_the_next_timer_is_told(tmp_path: Path) -> None:
    async def scene(run: AtHome, somebody: Bystander) -> None:
        await somebody.sees(NAMES.state("timer"), "None")
        run.session.show(Countdown("pizza", 600))
        await somebody.until(lambda: somebody.seen[NAMES.state("timer")] != "None")
        later = somebody.seen[NAMES.state("timer")]
        run.session.show(Countdown("tea", 60))
        await somebody.until(lambda: somebody.seen[NAMES.state("timer")] < later)
        run.session.show(Countdown("tea", None))
        await somebody.sees(NAMES.state("timer"), later)
        run.session.show(Countdown("pizza", None))
        await somebody.sees(NAMES.state("timer"), "None")

    played(tmp_path, scene, Manner(timers=True))


def test_the_end_is_told_by_us(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            asyncio.timeout(60),
            mosquitto(tmp_path) as broker,
            bystander(broker.port) as somebody,
        ):
            async with at_home(broker.port) as run:
                await somebody.sees(NAMES.availability, "online")
                observers = run.session.observers
            await somebody.sees(NAMES.availability, "offline")
            assert observers == []

    asyncio.run(main())


def test_a_broker_that_was_killed_and_is_back_knows_all_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(60), mosquitto(tmp_path) as broker, at_home(broker.port) as run:
            await until(lambda: run.home._surface._told.get("problem") == "OFF")
            await broker.kill()
            run.session.become(Activity.MUTED, muted=True)  # the conversation goes on
            await until(lambda: bool(run.home.trouble))
            await broker.start()
            began = asyncio.get_running_loop().time()
            async with bystander(broker.port) as somebody:
                await somebody.sees(NAMES.state("microphone"), "OFF")
                await somebody.sees(NAMES.state("state"), "muted")
                await somebody.sees(NAMES.availability, "online")
                assert NAMES.discovery in somebody.seen
                assert asyncio.get_running_loop().time() - began < 5.0
                await somebody.send(NAMES.command("microphone"), "ON")
                await somebody.sees(NAMES.state("microphone"), "ON")

    asyncio.run(main())


def test_too_many_commands_at_once_are_dropped(tmp_path: Path) -> None:
    async def scene(run: AtHome, somebody: Bystander) -> None:
        going_on = asyncio.Event()

        async def endless() -> None:
            run.knobs.pressed.append("listen")
            await going_on.wait()

        button = run.home._surface._controls["listen"]
        object.__setattr__(button, "press", endless)
        for _ in range(50):
            await somebody.send(NAMES.command("listen"), "PRESS")
        await somebody.send(NAMES.availability, "probe")  # all before it has been delivered
        await until(lambda: len(run.knobs.pressed) == 8)
        going_on.set()
        await until(lambda: run.home._surface._busy == 0)
        assert len(run.knobs.pressed) == 8

    played(tmp_path, scene)


def test_a_lost_connection_is_told_by_the_broker_and_made_again(tmp_path: Path) -> None:
    async def scene(run: AtHome, somebody: Bystander) -> None:
        client = run.home._link._client
        assert client is not None
        sock = client._client.socket()
        assert isinstance(sock, socket.socket)
        sock.shutdown(socket.SHUT_RDWR)
        await somebody.until(
            lambda: (
                [text for topic, text, _ in somebody.all if topic == NAMES.availability]
                == ["online", "offline", "online"]
            )
        )
        assert run.home._link.connections == 2

    played(tmp_path, scene)


SAID = {
    "en": ("Announce that dinner is ready and the table is set.", "Announced."),
    "de": ("Sag allen, das Essen ist fertig.", "Ich habe es durchgesagt."),
    "es": ("Anuncia que la cena está lista.", "Anunciado."),
    "fr": ("Annonce que le dîner est prêt.", "C'est annoncé."),
}
HEARD = {
    "en": "Dinner is ready and the table is set.",
    "de": "Das Essen ist fertig.",
    "es": "La cena está lista.",
    "fr": "Le dîner est prêt.",
}


@pytest.mark.parametrize("code", SAID)
def test_what_is_to_be_announced_is_said_by_the_others(code: str, tmp_path: Path) -> None:
    """From the sentence to the voices of the others, and to whoever else listens on the bus."""
    other = replace(NAMES, id="fedcba987654")

    async def main() -> None:
        devices = Devices(code)
        work = Handiwork(hands(code), Around(code, household=devices))
        sentence, answer = SAID[code]
        assert await work.answer(sentence) == phrases(code)["unreachable"]
        async with (
            asyncio.timeout(60),
            mosquitto(tmp_path) as broker,
            bystander(broker.port) as somebody,
            at_home(broker.port, devices=devices) as kitchen,
            at_home(broker.port, names=other) as bedroom,
        ):
            await somebody.sees(NAMES.availability, "online")
            await somebody.sees(other.availability, "online")
            assert await work.answer(sentence) == answer
            await until(lambda: len(bedroom.session.said) == 1)
            (heard,) = bedroom.session.said
            assert f"{heard.rstrip('.')}." == HEARD[code]
            await somebody.sees(NAMES.announcement, heard)
            assert NAMES.announcement == f"assistant/announce/{NAMES.id}"
            await somebody.send(NAMES.everybody, "All of you.")
            await until(lambda: bedroom.session.said[1:] == ["All of you."])
            await until(lambda: kitchen.session.said == ["All of you."])
            told = [kept for topic, _, kept in somebody.all if topic == NAMES.announcement]
            assert told == [False]

    asyncio.run(main())


def test_without_a_home_nothing_is_announced() -> None:
    async def main() -> None:
        work = Handiwork(hands(), Around("en"))
        assert await work.answer("Announce that dinner is ready.") is None

    asyncio.run(main())


def test_what_should_be_announced_is_asked(tmp_path: Path) -> None:
    async def scene(run: AtHome, somebody: Bystander) -> None:
        work = Handiwork(hands(), Around("en", household=run.devices))
        await somebody.sees(NAMES.availability, "online")
        assert await work.answer("Make an announcement.") == "What should I announce?"
        assert await work.answer("Stop playing and come down.") == "Announced."
        await somebody.sees(NAMES.announcement, "Stop playing and come down")

    played(tmp_path, scene)


@pytest.mark.parametrize("words", [False, True])
def test_what_rings_is_told_to_the_home(tmp_path: Path, *, words: bool) -> None:
    """An automation can flash the lights; what it is called is told where words may be."""

    async def scene(run: AtHome, somebody: Bystander) -> None:
        run.session.show(Countdown("Call Bob", 60))
        run.session.show(Countdown("Call Bob", None, rings=True))
        run.session.show(Countdown("tea", None))  # it was cancelled
        await somebody.until(lambda: NAMES.event in somebody.seen)
        wanted = {"event_type": "rang", "name": "Call Bob"} if words else {"event_type": "rang"}
        await somebody.send("probe", "x")
        await somebody.comes("probe")
        told = [json.loads(text) for topic, text, _ in somebody.all if topic == NAMES.event]
        assert told == [wanted]

    played(tmp_path, scene, Manner(share_words=words, timers=True))
