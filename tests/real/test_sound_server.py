"""What the sound server does to us, and we to other programs on it: a real PulseAudio."""

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

from assistant.backends import device_sounddevice as sound
from assistant.backends.device_sounddevice.portaudio import PortAudio, Wedged, Wish
from assistant.backends.device_sounddevice.pulse import _connection, state_file
from assistant.errors import BackendUnavailable
from tests.real import virtual_audio
from tests.real.test_sounddevice import BACK_SECONDS, Listener
from tests.real.virtual_audio import VirtualAudio

pytest.importorskip("pulsectl_asyncio", reason="needs the extra desktop")
pytestmark = pytest.mark.real

NAMED = sound.Config(microphone="microphone", speaker="speaker", zeros_s=0)
DB = 14.0
LOW = 10 ** (-DB / 60)
"""PulseAudio's volumes are the cube roots of factors."""
OTHER = "load-module module-null-sink sink_name=other_in rate=48000 channels=1"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualAudio]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "our-state"))
    with virtual_audio.virtual_audio(tmp_path / "audio") as audio:
        yield audio


Act = Callable[[sound.SoundCard, Listener], Awaitable[None]]


def with_card(act: Act, config: sound.Config = NAMED) -> None:
    """Do something while a card is open, and somebody reads its frames."""

    async def main() -> None:
        async with asyncio.timeout(60), sound.open(config) as card, asyncio.TaskGroup() as scope:
            listener = Listener(card)
            listening = scope.create_task(listener.run())
            await act(card, listener)
            listening.cancel()

    asyncio.run(main())


async def until(check: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(check):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


# ── other programs' sound ─────────────────────────────────────────────────────────────────────


@contextmanager
def player(
    audio: VirtualAudio, name: str = "music", sink: str = "speaker", role: str = "music"
) -> Iterator[str]:
    """Have another program play for a minute; gives its name."""
    noise = np.random.default_rng(1).integers(-500, 500, 60 * 2 * virtual_audio.RATE)
    path = audio._folder / f"{name}.raw"
    noise.astype("<i2").tofile(path)
    with path.open("rb") as file:
        process = subprocess.Popen(
            [
                *("pacat", "--playback", "--raw", "--format=s16le", "--channels=2"),
                f"--rate={virtual_audio.RATE}",
                f"--device={sink}",
                f"--property=application.name={name}",
                f"--property=media.role={role}",
            ],
            env=audio._env,
            stdin=file,
        )
    try:
        until_sync(lambda: volume(audio, name) is not None)
        yield name
    finally:
        process.kill()
        process.wait(5)


def until_sync(check: Callable[[], bool], seconds: float = 10.0) -> None:
    asyncio.run(until(check, seconds))


def _inputs(audio: VirtualAudio) -> dict[str, tuple[int, float]]:
    """Return what plays: number and volume by the name of the program."""
    found = {}
    for part in audio.ask("list", "sink-inputs").split("Sink Input #")[1:]:
        name = re.search(r'application\.name = "(.*)"', part)
        told = re.search(r"Volume:.*?: (\d+) /", part)
        if name and told:
            found[name[1]] = int(part.split()[0]), int(told[1]) / 65536
    return found


def volume(audio: VirtualAudio, name: str) -> float | None:
    found = _inputs(audio).get(name)
    return None if found is None else round(found[1], 3)


def is_at(audio: VirtualAudio, name: str, wanted: float) -> Callable[[], bool]:
    def check() -> bool:
        now = volume(audio, name)
        return now is not None and abs(now - wanted) < 0.005

    return check


def set_volume(audio: VirtualAudio, name: str, percent: int) -> None:
    audio.ask("set-sink-input-volume", str(_inputs(audio)[name][0]), f"{percent}%")


def test_others_are_lowered_and_put_back(server: VirtualAudio) -> None:
    with player(server), player(server, "elsewhere", sink="mic_in"):
        set_volume(server, "music", 80)

        async def act(card: sound.SoundCard, listener: Listener) -> None:
            await listener.hears(server)
            card.duck(on=True)
            await until(is_at(server, "music", 0.8 * LOW))
            assert volume(server, "elsewhere") == 1.0, "it is not in our way"
            ours = [v for name, (_, v) in _inputs(server).items() if name not in OTHERS]
            assert ours == [1.0], "we are as loud as ever"
            assert state_file().exists()
            card.duck(on=False)
            card.duck(on=True)  # the next sentence
            await asyncio.sleep(1.0)
            assert is_at(server, "music", 0.8 * LOW)()
            card.duck(on=False)
            await until(is_at(server, "music", 0.8))
            await until(lambda: not state_file().exists())

        with_card(act)


OTHERS = {"music", "elsewhere", "late", "said"}


def test_one_that_begins_meanwhile_is_lowered_too(server: VirtualAudio) -> None:
    async def act(card: sound.SoundCard, listener: Listener) -> None:
        await listener.hears(server)
        card.duck(on=True)
        playing = player(server, "late")
        await asyncio.to_thread(playing.__enter__)
        try:
            await until(is_at(server, "late", LOW))
            card.duck(on=False)
            await until(is_at(server, "late", 1.0))
        finally:
            await asyncio.to_thread(playing.__exit__, None, None, None)

    with_card(act)


def test_who_changes_a_volume_meanwhile_wins(server: VirtualAudio) -> None:
    with player(server):

        async def act(card: sound.SoundCard, listener: Listener) -> None:
            await listener.hears(server)
            card.duck(on=True)
            await until(is_at(server, "music", LOW))
            set_volume(server, "music", 90)
            await asyncio.sleep(1.0)
            assert is_at(server, "music", 0.9)(), "it is not lowered again"
            card.duck(on=False)
            await until(lambda: not state_file().exists())
            await asyncio.sleep(1.0)
            assert is_at(server, "music", 0.9)()
            card.duck(on=True)
            await until(is_at(server, "music", 0.9 * LOW))

        with_card(act)
        assert is_at(server, "music", 0.9)(), "closed, it puts them back"
        assert not state_file().exists()


@pytest.mark.parametrize("role", ["phone", "a11y"])
def test_calls_and_screen_readers_are_left_alone(server: VirtualAudio, role: str) -> None:
    with player(server), player(server, "late", role=role):

        async def act(card: sound.SoundCard, listener: Listener) -> None:
            await listener.hears(server)
            card.duck(on=True)
            await until(is_at(server, "music", LOW))
            assert volume(server, "late") == 1.0

        with_card(act)


def test_nobody_is_lowered_who_does_not_want_it(server: VirtualAudio) -> None:
    with player(server):

        async def act(card: sound.SoundCard, listener: Listener) -> None:
            await listener.hears(server)
            card.duck(on=True)
            await asyncio.sleep(1.0)
            assert volume(server, "music") == 1.0
            card.tune(NAMED)  # reloaded
            card.server.look()
            await until(is_at(server, "music", LOW))
            card.tune(NAMED.model_copy(update={"duck_db": 0}))
            card.server.look()
            await until(is_at(server, "music", 1.0))

        with_card(act, NAMED.model_copy(update={"duck_db": 0}))


KILLED = """
import asyncio, sys
from assistant.backends import device_sounddevice as sound

async def main():
    async with sound.open(sound.Config(microphone="microphone", speaker="speaker")) as card:
        card.duck(on=True)
        print("low", flush=True)
        async for _ in card.frames():
            pass

asyncio.run(main())
"""


def killed_while_low(server: VirtualAudio, name: str) -> None:
    """Let a process of its own lower what plays, and be killed."""
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"low\n"
        until_sync(is_at(server, name, LOW))
        process.kill()
    assert is_at(server, name, LOW)()
    assert state_file().exists()


def test_after_a_kill_the_next_start_puts_them_back(server: VirtualAudio) -> None:
    with player(server):
        killed_while_low(server, "music")

        async def act(card: sound.SoundCard, _: Listener) -> None:
            del card
            await until(is_at(server, "music", 1.0))
            await until(lambda: not state_file().exists())

        with_card(act)


def test_a_program_that_ended_while_low_is_put_back_when_it_plays_again(
    server: VirtualAudio,
) -> None:
    """The server remembers the volume of a program, and gives it to its next stream."""
    server.ask("load-module", "module-stream-restore")
    with player(server):
        killed_while_low(server, "music")

    async def act(_: sound.SoundCard, listener: Listener) -> None:
        await listener.hears(server)
        playing = player(server)
        await asyncio.to_thread(playing.__enter__)
        try:
            await until(is_at(server, "music", 1.0))
            await until(lambda: not state_file().exists())
        finally:
            await asyncio.to_thread(playing.__exit__, None, None, None)

    with_card(act)


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"server": "x"}]', "\0"])
def test_a_damaged_file_is_no_reason_to_stop(server: VirtualAudio, text: str) -> None:
    state_file().parent.mkdir(parents=True)
    state_file().write_text(text)
    with player(server):

        async def act(card: sound.SoundCard, listener: Listener) -> None:
            await listener.hears(server)
            card.duck(on=True)
            await until(is_at(server, "music", LOW))

        with_card(act)
        assert is_at(server, "music", 1.0)()


def test_it_lowers_them_on_a_server_that_was_started_again(server: VirtualAudio) -> None:
    async def act(card: sound.SoundCard, listener: Listener) -> None:
        await listener.hears(server)
        server.stop(signal.SIGKILL)
        await listener.until(lost=True, seconds=4.0)
        await asyncio.to_thread(server.start)
        await listener.until(lost=False, seconds=BACK_SECONDS)
        playing = player(server)
        await asyncio.to_thread(playing.__enter__)
        try:
            card.duck(on=True)
            await until(is_at(server, "music", LOW), 20.0)
        finally:
            await asyncio.to_thread(playing.__exit__, None, None, None)

    with_card(act)


def test_a_server_that_is_still_for_a_moment_costs_nothing_but_that(
    server: VirtualAudio,
) -> None:
    """What it answers late comes to nobody: the connection is another one by then."""
    with player(server):

        async def act(card: sound.SoundCard, listener: Listener) -> None:
            await listener.hears(server)
            server.freeze()
            card.duck(on=True)
            await asyncio.sleep(4.0)
            server.thaw()
            await listener.until(lost=False, seconds=2 * BACK_SECONDS)
            await until(is_at(server, "music", LOW), 20.0)

        with_card(act)


def test_questions_that_are_given_up_do_not_hide_the_end_from_the_others(
    server: VirtualAudio,
) -> None:
    """The server dies between the end of a question and the time when its task goes on."""
    import pulsectl  # noqa: PLC0415 - an extra

    async def main() -> list[BaseException | None]:
        loop = asyncio.get_running_loop()
        pulse = _connection()
        await pulse.connect(timeout=5.0)
        given_up, answered, *waiting = (loop.create_future() for _ in range(9))
        given_up.cancel()
        answered.set_result(None)
        pulse.waiting_futures |= {given_up, answered, *waiting}
        server.stop(signal.SIGKILL)
        await asyncio.wait(waiting, timeout=5.0)
        return [one.exception() if one.done() else None for one in waiting]

    assert all(isinstance(one, pulsectl.PulseDisconnected) for one in asyncio.run(main()))


# ── where we hear and play ────────────────────────────────────────────────────────────────────


def recording(server: VirtualAudio) -> list[str]:
    """Return the columns of our recording stream; the virtual microphone has one of its own."""
    outputs = server.ask("list", "short", "source-outputs").splitlines()
    return next((line.split() for line in outputs if "protocol-native" in line), [])


def source_of(server: VirtualAudio) -> str:
    """Return the name of the source that we record from."""
    outputs = recording(server)
    sources = dict(
        line.split()[:2] for line in server.ask("list", "short", "sources").splitlines()
    )
    return sources.get(outputs[1], "") if outputs else ""


def module_of(server: VirtualAudio, name: str) -> str:
    lines = server.ask("list", "short", "modules").splitlines()
    return next(line.split()[0] for line in lines if name in line)


def test_a_named_microphone_that_vanishes_is_a_loss_wherever_we_are_moved(
    server: VirtualAudio,
) -> None:
    server.ask(*OTHER.split())
    server.ask("load-module", "module-rescue-streams")

    async def act(card: sound.SoundCard, listener: Listener) -> None:
        await listener.hears(server)
        server.ask("set-default-source", "other_in.monitor")
        server.ask("unload-module", module_of(server, "source_name=microphone"))
        await listener.until(lost=True, seconds=3.0)
        before = len(listener.troubles)
        await asyncio.sleep(2.0)
        assert card.info.trouble, "what it was moved to is not what was asked for"
        assert all(why for _, why in listener.troubles[before:])
        server.ask(
            "load-module",
            "module-remap-source",
            "source_name=microphone",
            "master=mic_in.monitor",
            "channels=1",
        )
        await listener.until(lost=False, seconds=BACK_SECONDS)
        assert source_of(server) == "microphone"
        await listener.hears(server)
        assert any("microphone" in why for _, why in listener.troubles)

    with_card(act)


def test_who_moves_us_by_hand_is_obeyed(server: VirtualAudio) -> None:
    server.ask(*OTHER.split())

    async def act(card: sound.SoundCard, listener: Listener) -> None:
        await listener.hears(server)
        number = recording(server)[0]
        server.ask("move-source-output", number, "other_in.monitor")
        await until(lambda: source_of(server) == "other_in.monitor")
        await listener.hears(server.into("other_in"))
        await asyncio.sleep(1.0)
        assert card.info.trouble == ""
        assert source_of(server) == "other_in.monitor"

    with_card(act)


def test_a_named_speaker_that_vanishes_is_a_loss(server: VirtualAudio) -> None:
    server.ask("load-module", "module-null-sink", "sink_name=other_out")
    server.ask("load-module", "module-rescue-streams")

    async def act(_: sound.SoundCard, listener: Listener) -> None:
        await listener.hears(server)
        server.ask("set-default-sink", "other_out")
        server.ask("unload-module", module_of(server, "sink_name=speaker"))
        await listener.until(lost=True, seconds=3.0)
        server.ask("load-module", "module-null-sink", "sink_name=speaker", "rate=48000")
        await listener.until(lost=False, seconds=BACK_SECONDS)
        await listener.hears(server)

    with_card(act)


MUTINGS = {
    "the source is muted": (
        ("set-source-mute", "microphone", "1"),
        ("set-source-mute", "microphone", "0"),
        "'microphone' is muted",
    ),
    "its volume is zero": (
        ("set-source-volume", "microphone", "0%"),
        ("set-source-volume", "microphone", "100%"),
        "volume of the microphone 'microphone' is zero",
    ),
    "our stream is muted": (
        ("set-source-output-mute", "{ours}", "1"),
        ("set-source-output-mute", "{ours}", "0"),
        "our recording is muted",
    ),
    "the volume of our stream is zero": (
        ("set-source-output-volume", "{ours}", "0%"),
        ("set-source-output-volume", "{ours}", "100%"),
        "the volume of our recording is zero",
    ),
}


@pytest.mark.parametrize("name", MUTINGS)
def test_being_muted_in_the_server_is_said_and_so_is_its_end(
    server: VirtualAudio, name: str
) -> None:
    on, off, why = MUTINGS[name]

    async def act(card: sound.SoundCard, listener: Listener) -> None:
        await listener.hears(server)
        ours = recording(server)[0]
        server.ask(*(word.format(ours=ours) for word in on))
        await listener.until(lost=True, seconds=3.0)
        assert why in card.info.trouble
        command = card.info.trouble.rpartition("pactl ")[2]
        assert server.recorders() == 1, "the stream stays open"
        server.ask(*command.split())  # what it says mends it
        await listener.until(lost=False, seconds=3.0)
        server.ask(*(word.format(ours=ours) for word in off))
        await listener.hears(server)

    with_card(act)


def test_who_has_muted_it_here_is_not_told_that_it_is_muted_there(server: VirtualAudio) -> None:
    async def act(card: sound.SoundCard, listener: Listener) -> None:
        await listener.hears(server)
        server.ask("set-source-mute", "microphone", "1")
        await listener.until(lost=True, seconds=3.0)
        await card.mute(on=True)
        assert card.info.trouble == ""
        await asyncio.sleep(1.0)
        assert card.info.trouble == ""
        await card.mute(on=False)
        await listener.until(lost=True, seconds=3.0)
        server.ask("set-source-mute", "microphone", "0")
        await listener.until(lost=False, seconds=3.0)
        await listener.hears(server)

    with_card(act)


def test_digital_silence_is_said(server: VirtualAudio) -> None:
    """Nothing plays into the virtual microphone, so it gives zeros."""
    config = NAMED.model_copy(update={"zeros_s": 2})

    async def act(card: sound.SoundCard, listener: Listener) -> None:
        await listener.until(lost=True, seconds=6.0)
        assert "nothing but zeros for 2 s" in card.info.trouble
        await listener.hears(server)
        await listener.until(lost=False, seconds=1.0)
        await card.mute(on=True)
        await asyncio.sleep(5.0)
        assert card.info.trouble == "", "a closed microphone is no dead one"

    with_card(act, config)


def test_without_the_library_all_else_works(
    server: VirtualAudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pulsectl_asyncio", None)
    with player(server):

        async def act(card: sound.SoundCard, listener: Listener) -> None:
            card.duck(on=True)
            await listener.hears(server)
            await asyncio.sleep(0.5)
            assert volume(server, "music") == 1.0

        with_card(act)


# ── a microphone that is gone when it is to be opened ─────────────────────────────────────────

MICROPHONE = (
    *("load-module", "module-remap-source", "source_name=microphone"),
    *("master=mic_in.monitor", "channels=1"),
)


def test_a_microphone_that_has_gone_while_it_was_muted_is_missed_and_found(
    server: VirtualAudio,
) -> None:
    async def act(card: sound.SoundCard, listener: Listener) -> None:
        await listener.hears(server)
        await card.mute(on=True)
        server.ask("unload-module", module_of(server, "source_name=microphone"))
        await card.mute(on=False)
        await listener.until(lost=True, seconds=3.0)
        assert "microphone" in card.info.trouble
        server.ask(*MICROPHONE)
        await listener.until(lost=False, seconds=BACK_SECONDS)
        await listener.hears(server)

    with_card(act)


def test_a_microphone_that_is_not_there_is_told_before_any_stream_runs(
    server: VirtualAudio,
) -> None:
    """Opening it beside a stream that runs hangs the library, about once in a thousand times."""
    server.ask("unload-module", module_of(server, "source_name=microphone"))

    async def main() -> None:
        async with PortAudio.session() as portaudio:
            for _ in range(20):
                with pytest.raises(BackendUnavailable, match="'microphone' cannot be opened"):
                    await portaudio.choose(Wish("microphone", "speaker", 0.02))
            server.ask(*MICROPHONE)
            await portaudio.choose(Wish("microphone", "speaker", 0.02))

    asyncio.run(main())


@pytest.mark.slow
def test_a_call_that_does_not_return_is_waited_for_once(server: VirtualAudio) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with PortAudio.session() as portaudio:
            server.freeze()
            with pytest.raises(Wedged) as wedged:
                await portaudio.choose(Wish("microphone", "speaker", 0.02))
            assert wedged.value.exit_code == 75
            began = loop.time()
            with pytest.raises(Wedged):
                await portaudio.look_again()
            assert loop.time() - began < 1.0
            server.thaw()
            async with asyncio.timeout(20):
                while True:
                    with suppress(Wedged):
                        await portaudio.look_again()
                        break
                    await asyncio.sleep(0.05)
            await portaudio.choose(Wish("microphone", "speaker", 0.02))

    asyncio.run(main())
