"""Piper and espeak-ng really speak: at a fair level, at once, without clicks, and stop."""

import asyncio
import gc
import logging
import os
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from piper.phonemize_espeak import EspeakPhonemizer

from assistant import heap
from assistant.backends import tts_espeak, tts_piper
from assistant.errors import BackendError, BackendUnavailable, ModelError
from assistant.models import store
from assistant.models.onnx import outputs_of, with_output
from assistant.ports import RATE, Spoken, Synthesizer
from assistant.speaking.sentences import sentences
from assistant.speaking.voice import Audible, Said, Utterance
from assistant.testing.device import ScriptedDevice
from tests.real.daemon import piper

pytestmark = pytest.mark.real

VOICE = "piper-en_US-joe-medium"
TEXT = "The quick brown fox jumps over the lazy dog near the river."


@pytest.fixture
def model() -> Path:
    try:
        return store.ensure(VOICE) / "en_US-joe-medium.onnx"
    except ModelError as error:
        pytest.skip(f"needs a voice: {error}")


@pytest.fixture
def espeak() -> str:
    program = shutil.which("espeak-ng")
    if program is None:
        pytest.skip("needs espeak-ng: sudo apt install espeak-ng")
    return program


def with_piper(
    test: Callable[[Synthesizer], Awaitable[None]], config: tts_piper.Config | None = None
) -> None:
    async def main() -> None:
        async with asyncio.timeout(60), tts_piper.open(config or tts_piper.Config()) as voice:
            await test(voice)

    asyncio.run(main())


async def said(voice: Synthesizer, text: str) -> list[Spoken]:
    return [spoken async for spoken in voice.synthesize(text)]


def floats(pieces: list[Spoken]) -> NDArray[np.float64]:
    return np.concatenate([piece.audio.samples for piece in pieces]) / 32768.0


def decibels(value: float) -> float:
    return float(20 * np.log10(max(value, 1e-9)))


@pytest.mark.usefixtures("model")
def test_without_noise_a_text_always_sounds_the_same() -> None:
    """The tests' speech is made so."""
    once = piper("Okay Nabu.")
    again = piper.__wrapped__("Okay Nabu.")
    assert len(once) > RATE // 2
    assert np.array_equal(once, again)


def check_sound(pieces: list[Spoken]) -> None:
    """Level, clipping, silence before and after, ends that do not click."""
    sound, rate = floats(pieces), pieces[0].audio.rate
    assert -30.0 <= decibels(float(np.sqrt(np.mean(np.square(sound))))) <= -12.0
    assert decibels(float(np.abs(sound).max())) <= -1.0
    loud = np.flatnonzero(np.abs(sound) > 0.003)
    assert loud[0] / rate <= 0.045  # 20 ms of silence, and up to 25 ms of a soft onset
    assert 0.1 <= 1 - loud[-1] / rate + len(sound) / rate - 1 <= 0.4
    assert np.abs(sound[[0, -1]]).max() < 0.002


def marked(pieces: list[Spoken]) -> list[tuple[int, float]]:
    """Return the marks, in seconds from the start of all pieces."""
    starts = np.cumsum([0.0, *(piece.audio.seconds for piece in pieces)])
    return [
        (offset, float(start) + at)
        for start, piece in zip(starts, pieces, strict=False)
        for offset, at in piece.marks
    ]


@pytest.mark.usefixtures("model")
def test_piper_speaks() -> None:
    async def test(voice: Synthesizer) -> None:
        assert voice.info.rate == 22_050
        assert voice.info.language.startswith("en")
        for text in (TEXT, "Yes.", "Okay? I think so."):
            check_sound(await said(voice, text))

    with_piper(test)


@pytest.mark.usefixtures("model")
def test_piper_marks_every_word_and_the_end_of_speech() -> None:
    async def test(voice: Synthesizer) -> None:
        pieces = await said(voice, "Wait! One of the things, twenty-five.")
        sound, at = floats(pieces), dict(marked(pieces))
        assert list(at) == [0, 6, 10, 13, 17, 25, 37]
        assert np.abs(sound[round(at[37] * 22_050) :]).max() < 0.01
        # the word after the comma begins after the pause that the comma makes
        pause = sound[round((at[25] - 0.06) * 22_050) :][: 22_050 // 50]
        assert decibels(float(np.sqrt(np.mean(np.square(pause))))) < -40

    with_piper(test)


@pytest.mark.usefixtures("model")
def test_a_sentence_sounds_in_pieces_as_it_would_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[Spoken]] = []

    async def test(voice: Synthesizer) -> None:
        told.append(await said(voice, TEXT))

    same_each_time = tts_piper.Config(noise=0.0, noise_width=0.0)
    with_piper(test, same_each_time)
    monkeypatch.setattr(tts_piper, "FRAMES", (1 << 20,))
    with_piper(test, same_each_time)
    pieces, [whole] = told
    assert len(pieces) == 3
    assert 0.15 <= pieces[0].audio.seconds <= 0.3, "the first is soon there"
    assert pieces[-1].audio.seconds > 0.6, "a question is known as one in its last piece"
    joined = floats(pieces)
    assert len(joined) == len(whole.audio.samples)
    assert np.abs(joined - floats([whole])).max() < 0.001
    assert [offset for offset, _ in marked(pieces)] == [offset for offset, _ in whole.marks]
    times = [[at for _, at in marked(one)] for one in told]
    assert times[0] == pytest.approx(times[1], abs=0.001)


@pytest.mark.usefixtures("model")
def test_a_voice_of_another_build_speaks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(voice: Synthesizer) -> None:
        pieces = await said(voice, TEXT)
        check_sound(pieces)
        assert len(pieces) == 1
        assert len(pieces[0].marks) == len(TEXT.split()) + 1

    monkeypatch.setattr(tts_piper, "halved", lambda _: None)
    with_piper(test)


@pytest.mark.usefixtures("model")
def test_piper_joins_do_not_click() -> None:
    async def test(voice: Synthesizer) -> None:
        parts = ["Sure, let me see,", "it is seventy-two degrees", "and it rains.", "Bye."]
        sounds = [floats(await said(voice, part)) for part in parts]
        for before, after in pairwise(sounds):
            join = np.concatenate([before[-110:], after[:110]])
            assert np.abs(np.diff(join)).max() < 0.01

    with_piper(test)


@pytest.mark.usefixtures("model")
def test_a_sentence_pauses_longer_than_a_clause_than_a_cut() -> None:
    async def test(voice: Synthesizer) -> None:
        pauses = []
        for text in ("It is so.", "It is so,", "It is so"):
            last = (await said(voice, text))[-1]
            assert last.marks[-1][0] == len(text)
            pauses.append(last.audio.seconds - last.marks[-1][1])
        assert pauses == pytest.approx([0.25, 0.12, 0.03], abs=0.002)

    with_piper(test)


@pytest.mark.usefixtures("model")
def test_speed_and_level() -> None:
    seconds: list[float] = []

    async def test(voice: Synthesizer) -> None:
        pieces = await said(voice, TEXT)
        seconds.append(sum(piece.audio.seconds for piece in pieces))
        level.append(decibels(float(np.sqrt(np.mean(np.square(floats(pieces)))))))

    level: list[float] = []
    with_piper(test, tts_piper.Config(speed=1.5, level=-30, noise=0.0, noise_width=0.0))
    with_piper(test, tts_piper.Config(speed=0.75, noise=0.0, noise_width=0.0))
    assert 1.4 <= seconds[1] / seconds[0] <= 2.1  # short phonemes are rounded up
    assert 8 <= level[1] - level[0] <= 12


@pytest.mark.usefixtures("model")
def test_another_voice_while_it_is_open(model: Path) -> None:
    """What was begun goes on as it was; a voice that is not here changes nothing."""

    async def test(voice: Synthesizer) -> None:
        assert isinstance(voice, tts_piper.Piper)
        assert voice.voice in voice.voices
        held, before = voice.held(), floats(await said(voice, TEXT))
        voice.pace(0.8)
        await voice.become(tts_piper.Config(voice=str(model), speed=2.0))
        assert voice.voice == str(model)
        assert {str(model), "en_US-joe-medium"} <= set(voice.voices)
        after, old = floats(await said(voice, TEXT)), floats(await said(held, TEXT))
        assert len(after) < 0.75 * len(before) < 0.75 * len(old)
        with pytest.raises(ModelError, match="it is not here"):
            await voice.become(tts_piper.Config(voice="en_US-kristin-medium"))
        assert voice.voice == str(model)
        assert len(floats(await said(voice, "Still here."))) > 0

    with_piper(test)


def test_a_cancelled_sentence_frees_the_worker_soon() -> None:
    async def test(voice: Synthesizer) -> None:
        loop = asyncio.get_running_loop()

        async def took(text: str) -> float:
            start = loop.time()
            await said(voice, text)
            return loop.time() - start

        async def freed() -> float:
            """Return how much of a cancelled sentence was still worked on, of its whole."""
            short, whole = await took("a"), await took(TEXT)
            async with asyncio.TaskGroup() as scope:
                task = scope.create_task(said(voice, TEXT))
                await asyncio.sleep(whole / 10)
                task.cancel()
            return (await took("a") - short) / whole

        assert min([await freed() for _ in range(5)]) < 0.5

    with_piper(test)


@pytest.mark.usefixtures("model")
def test_a_reply_is_cut_in_the_middle_of_a_sentence() -> None:
    async def test(voice: Synthesizer) -> None:
        device = ScriptedDevice()
        utterance = Utterance(device, voice)
        released = asyncio.Event()
        released.set()

        news: list[Audible | Said] = []

        async def words() -> AsyncGenerator[str, None]:
            yield "Well, the **quick** brown fox jumps over the dog. And then it sleeps."

        async with asyncio.TaskGroup() as scope:
            task = scope.create_task(utterance.run(sentences(words()), released, news.append))
            await utterance.ready.wait()
            await asyncio.sleep(1.2)
            task.cancel()
        assert isinstance(news[0], Audible)
        assert len(device.did("flush")) == 1
        assert utterance.heard.startswith("Well,")
        assert utterance.written.startswith(utterance.heard)
        assert "sleeps" not in utterance.heard

    with_piper(test)


@pytest.mark.usefixtures("model")
def test_piper_says_nothing_of_the_text_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def test(voice: Synthesizer) -> None:
        await said(voice, "Xylophone \u4f60 quartz.")

    with caplog.at_level(logging.DEBUG):
        with_piper(test)
    assert "ylophone" not in caplog.text


def test_no_such_voice_and_damaged_voices(tmp_path: Path) -> None:
    def opened(voice: str) -> None:
        with_piper(said_nothing, tts_piper.Config(voice=voice))

    async def said_nothing(_: Synthesizer) -> None:
        pytest.fail("it should not open")

    with pytest.raises(ModelError, match="no such file"):
        opened(str(tmp_path / "none.onnx"))
    with pytest.raises(ModelError, match=r"holds 0 \.onnx files"):
        opened(str(tmp_path))
    path = tmp_path / "bad.onnx"
    path.write_bytes(b"\x01\x02 no model")
    with pytest.raises(ModelError, match="damaged"):
        opened(str(path))
    (tmp_path / "bad.onnx.json").write_text('{"audio": {}}')
    with pytest.raises(ModelError, match="damaged"):
        opened(str(path))


def test_a_truncated_voice_and_a_speaker_that_it_has_not(model: Path, tmp_path: Path) -> None:
    async def nothing(_: Synthesizer) -> None:
        pytest.fail("it should not open")

    short = tmp_path / "short.onnx"
    short.write_bytes(model.read_bytes()[:1_000_000])
    (tmp_path / "short.onnx.json").write_bytes(Path(f"{model}.json").read_bytes())
    with pytest.raises(ModelError, match="damaged"):
        with_piper(nothing, tts_piper.Config(voice=str(short)))
    with pytest.raises(ModelError, match="no speaker 7"):
        with_piper(nothing, tts_piper.Config(voice=str(model), speaker=7))


def test_an_inner_value_of_a_model_becomes_an_output(model: Path) -> None:
    content = model.read_bytes()
    [name] = outputs_of(content, "Ceil")
    assert with_output(content, name).startswith(content)
    assert outputs_of(content, "NoSuchOperator") == []
    with pytest.raises(ValueError, match=r"longer|end|wire"):
        outputs_of(content[:5000], "Ceil")


def test_espeak_speaks(espeak: str) -> None:
    async def main() -> None:
        assert espeak
        for config in (tts_espeak.Config(), tts_espeak.Config(language="de", pitch=30)):
            async with tts_espeak.open(config) as voice:
                check_sound(await said(voice, "Hello there, how are you?"))
        seconds: list[float] = []
        for speed in (2.0, 1.0):
            async with tts_espeak.open(tts_espeak.Config(speed=speed)) as voice:
                seconds.append((await said(voice, TEXT))[0].audio.seconds)
        assert 1.5 <= seconds[1] / seconds[0] <= 2.5

    asyncio.run(main())


@pytest.mark.usefixtures("espeak")
@pytest.mark.usefixtures("espeak")
def test_another_voice_of_espeak() -> None:
    async def main() -> None:
        async with tts_espeak.open(tts_espeak.Config(language="en")) as voice:
            assert isinstance(voice, tts_espeak.Espeak)
            assert voice.voice == "en-us"
            assert {"en-us", "en-gb", "en-gb-x-rp"} <= set(voice.voices)
            for other in voice.voices:  # each can speak
                await voice.become(tts_espeak.Config(voice=other))
                assert await said(voice, "One.")
            held, last = voice.held(), voice.voice
            voice.pace(0.5)
            slow = floats(await said(held, TEXT))
            with pytest.raises(BackendError, match="no voice"):
                await voice.become(tts_espeak.Config(voice="xx-nobody"))
            assert voice.voice == last
            await voice.become(tts_espeak.Config(voice="en-gb", speed=2.0))
            assert held.info.name == f"espeak-ng {last}"
            assert len(floats(await said(voice, TEXT))) < 0.7 * len(slow)

    asyncio.run(main())


def test_what_it_reads_stays_nowhere(model: Path) -> None:
    """Its bridge to espeak-ng (1.8.0) kept 1.3 KB of each text, and each clause of it."""

    async def main() -> None:
        async with tts_piper.open(tts_piper.Config()):
            before = kept()
            for number in range(1000):
                phonemizer.phonemize("en-us", f"Hello, what are the {number % 7} of you doing?")
            native, objects = (now - then for now, then in zip(kept(), before, strict=True))
            assert native < 100_000
            assert objects < 500

    def kept() -> tuple[float, float]:
        gc.collect()
        if (native := heap.in_use()) is None:
            pytest.skip("needs glibc, which tells what is in use")
        return native, heap.objects()

    phonemizer = EspeakPhonemizer()
    phonemizer.phonemize("en-us", f"{model.stem}.")
    asyncio.run(main())


def test_espeak_has_no_such_voice() -> None:
    async def main() -> None:
        with pytest.raises(BackendError, match="no voice 'xx-none'"):
            async with tts_espeak.open(tts_espeak.Config(voice="xx-none")):
                pass

    asyncio.run(main())


def test_espeak_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        with pytest.raises(BackendUnavailable, match="apt install espeak-ng"):
            async with tts_espeak.open(tts_espeak.Config()):
                pass

    monkeypatch.setenv("PATH", "/nonexistent")
    asyncio.run(main())


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("cat > /dev/null; echo no sound", "no sound; reinstall"),
        ("cat > /dev/null; exit 3", "gave no sound"),
        ("exit 1", "gave no sound"),
    ],
)
def test_espeak_is_broken(tmp_path: Path, script: str, message: str) -> None:
    program = tmp_path / "espeak-ng"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)

    async def main() -> None:
        voice = tts_espeak.Espeak(str(program), tts_espeak.Config())
        with pytest.raises(BackendError, match=message):
            await said(voice, "hello")

    asyncio.run(main())


def test_a_cancelled_espeak_is_killed(tmp_path: Path) -> None:
    """The program tells its number through a pipe of ours, which closes when it ends."""
    program, pipe = tmp_path / "espeak-ng", tmp_path / "pipe"
    os.mkfifo(pipe)
    program.write_text(f"#!/bin/sh\nexec 3> {pipe}\necho up >&3\nexec sleep 60\n")
    program.chmod(0o755)

    async def main() -> None:
        voice = tts_espeak.Espeak(str(program), tts_espeak.Config())
        async with asyncio.timeout(10), asyncio.TaskGroup() as scope:
            task = scope.create_task(said(voice, "hello"))
            out = await asyncio.to_thread(pipe.open, "rb")
            assert await asyncio.to_thread(out.readline) == b"up\n"
            task.cancel()
        with out:
            assert await asyncio.to_thread(out.read) == b""

    asyncio.run(main())
