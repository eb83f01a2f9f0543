"""Whisper with real weights, on speech that espeak-ng and Piper made; and with scripted ones."""

import asyncio
import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import ctranslate2
import numpy as np
import pytest
import soundfile
import soxr

from assistant.backends import stt_whisper
from assistant.backends.stt_whisper.choice import probe
from assistant.bench.words import errors
from assistant.errors import ConfigError, ModelError
from assistant.listening.streaming import as_transcriber
from assistant.ports import FRAME, RATE, Samples, Transcript
from assistant.testing import tiny_whisper

pytestmark = pytest.mark.real

PROBE = "what time is it and what is the weather like today"
ModelPath = Callable[[str], Path]


def spoken(text: str, voice: str = "en-us") -> Samples:
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        pytest.skip("needs espeak-ng: apt install espeak-ng")
    done = subprocess.run(
        [espeak, "-v", voice, "-s", "150", "--stdout", text], capture_output=True, check=True
    )
    wave, rate = soundfile.read(io.BytesIO(done.stdout), dtype="float32")
    level = soxr.resample(wave, rate, RATE) * (2**15 - 1)
    samples: Samples = level.clip(-(2**15), 2**15 - 1).astype(np.int16)
    return samples


def understood(model: Path | str, *sounds: Samples, **settings: object) -> list[Transcript]:
    config = stt_whisper.Config.model_validate({"model": str(model), "device": "cpu"} | settings)

    async def recognise() -> list[Transcript]:
        async with stt_whisper.open(config) as ears:
            return [await ears.recognise(one, stream=0, final=True) for one in sounds]

    return asyncio.run(recognise())


def test_hears_what_a_voice_says(model_path: ModelPath) -> None:
    said = "turn on the lights in the living room please"
    heard, probed = understood(model_path("whisper-tiny.en"), spoken(said), probe())
    assert errors(said, heard.text).wrong <= 1
    assert errors(PROBE, probed.text).wrong == 0
    assert not probed.doubtful
    assert len(probed.words) == len(probed.text.split())


def test_hears_another_language(model_path: ModelPath) -> None:
    said = "Guten Morgen, wie ist das Wetter heute in Berlin?"
    (heard,) = understood(model_path("whisper-base"), spoken(said, "de"), language="de")
    assert errors(said, heard.text, "de").wrong <= 2


def test_hears_nothing_in_silence_noise_and_hum(model_path: ModelPath) -> None:
    noise = np.random.default_rng(1).normal(0, 1000, 2 * RATE).astype(np.int16)
    hum = (3000 * np.sin(np.arange(3 * RATE) * 2 * np.pi * 100 / RATE)).astype(np.int16)
    sounds = (np.zeros(RATE, np.int16), noise, hum, np.zeros(300, np.int16))
    heard = understood(model_path("whisper-tiny.en"), *sounds)
    assert [one.text for one in heard] == [""] * 4


def test_hears_all_of_a_long_speech(model_path: ModelPath) -> None:
    pause = np.zeros(RATE, np.int16)
    speech = np.concatenate([*([probe(), pause] * 10), probe()])
    assert len(speech) > 40 * RATE
    (heard,) = understood(model_path("whisper-tiny.en"), speech)
    assert errors(" ".join([PROBE] * 11), heard.text).rate < 0.05
    starts = [word.start for word in heard.words]
    assert starts == sorted(starts)
    assert starts[-1] > 40


def test_words_have_their_times(model_path: ModelPath) -> None:
    lead = np.zeros(6 * RATE, np.int16)
    (heard,) = understood(model_path("whisper-tiny.en"), np.concatenate([probe(), lead, probe()]))
    again = [word for word in heard.words if word.text.lower().startswith("what")][-2]
    assert again.start == pytest.approx(6 + len(probe()) / RATE, abs=0.4)


def test_a_text_is_there_soon_after_the_end_of_speech(model_path: ModelPath) -> None:
    """Plays the clip at the pace of life; the time is generous, for machines under load."""
    config = stt_whisper.Config(model=str(model_path("whisper-tiny.en")), device="cpu")

    async def follow() -> tuple[Transcript, list[Transcript], float]:
        async with stt_whisper.open(config) as ears:
            turn, told = as_transcriber(ears).open(), list[Transcript]()

            async def watch() -> None:
                told.extend([partial async for partial in turn.partials()])

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(watch())
                now, clip = asyncio.get_running_loop().time, probe()
                begun = now()
                for start in range(0, len(clip), FRAME):
                    await asyncio.sleep(max(0.0, begun + (start + FRAME) / RATE - now()))
                    turn.feed(clip[start : start + FRAME])
                last = await turn.finalize()
                late = now() - begun - len(clip) / RATE
                turn.close()
            return last, told, late

    last, told, late = asyncio.run(follow())
    assert errors(PROBE, last.text).wrong <= 1
    assert len(told) >= 2
    assert told[0].text != last.text
    assert late < 2.0


def test_a_cancelled_decode_ends_soon(model_path: ModelPath) -> None:
    config = stt_whisper.Config(model=str(model_path("whisper-tiny.en")), device="cpu")

    async def cancel() -> float:
        async with stt_whisper.open(config) as ears:
            async with asyncio.TaskGroup() as tasks:
                decode = tasks.create_task(ears.recognise(probe(), stream=1, final=False))
                await asyncio.sleep(0.02)
                decode.cancel()
            now = asyncio.get_running_loop().time
            begun = now()
            await ears.recognise(np.zeros(0, np.int16), stream=2, final=True)
            await ears.recognise(np.zeros(RATE, np.int16), stream=2, final=False)
            return now() - begun

    assert asyncio.run(cancel()) < 3.0


def test_an_english_model_says_that_it_is_one(model_path: ModelPath) -> None:
    with pytest.raises(ConfigError, match=r"stt\.model: .*English.*'de'"):
        understood(model_path("whisper-tiny.en"), language="de")
    with pytest.raises(ConfigError, match=r"'tlh'"):
        understood(model_path("whisper-base"), language="tlh")


def test_a_damaged_model_is_named_in_one_line(tmp_path: Path) -> None:
    damaged = tiny_whisper.write(tmp_path / "damaged", [0.0, " hello", 1.0])
    model = damaged / "model.bin"
    model.write_bytes(model.read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"^damaged: cannot be loaded") as caught:
        understood(damaged)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(
    ctranslate2.get_cuda_device_count() > 0, reason="needs a machine without a GPU for CUDA"
)
def test_no_gpu_is_said_in_one_line(tmp_path: Path) -> None:
    model = tiny_whisper.write(tmp_path / "tiny", [0.0, " hello", 1.0])
    with pytest.raises(Exception, match=r"whisper: there is no GPU .*stt\.device: cpu"):
        understood(model, device="cuda")


@pytest.mark.skipif(
    ctranslate2.get_cuda_device_count() < 1, reason="needs a GPU that CUDA can use"
)
def test_a_gpu_understands(model_path: ModelPath) -> None:
    (heard,) = understood(model_path("whisper-tiny.en"), probe(), device="cuda")
    assert errors(PROBE, heard.text).wrong <= 1


def test_a_loop_in_the_padding_is_cut(tmp_path: Path) -> None:
    script: tiny_whisper.Script = [0.0, " Turn on the lamp.", 7.0, 7.0, " Turn on the lamp.", 9.0]
    model = tiny_whisper.write(tmp_path / "loops", script)
    (heard,) = understood(model, np.zeros(2 * RATE, np.int16))
    assert heard.text == "Turn on the lamp."


def test_a_loop_that_is_too_fast_is_cut_to_its_first_copy(tmp_path: Path) -> None:
    script: tiny_whisper.Script = [0.0, " ten of clubs. ten of clubs. ten of clubs.", 1.0]
    model = tiny_whisper.write(tmp_path / "loops", script)
    short, long = understood(model, np.zeros(RATE, np.int16), np.zeros(5 * RATE, np.int16))
    assert short.text == "ten of clubs."
    assert long.text == "ten of clubs. ten of clubs. ten of clubs."


def test_a_decode_that_never_ends_is_capped(tmp_path: Path) -> None:
    model = tiny_whisper.write(tmp_path / "endless", [0.0, " five"], ends=False)
    (heard,) = understood(model, np.zeros(2 * RATE, np.int16))
    assert heard.text == "five"


def test_an_unlikely_partial_is_doubtful(tmp_path: Path) -> None:
    script: tiny_whisper.Script = [0.0, " What time is it in the old town?", 1.5]
    model = tiny_whisper.write(tmp_path / "unsure", script, sure=False)
    config = stt_whisper.Config(model=str(model), device="cpu")

    async def recognise() -> Transcript:
        async with stt_whisper.open(config) as ears:
            return await ears.recognise(np.zeros(3 * RATE, np.int16), stream=0, final=False)

    assert asyncio.run(recognise()).doubtful


def test_text_from_silence_is_not_believed(tmp_path: Path) -> None:
    script: tiny_whisper.Script = [0.0, " Thanks for watching!", 1.5]
    sound = np.zeros(2 * RATE, np.int16)
    model = tiny_whisper.write(tmp_path / "silent", script, no_speech=0.97)
    assert understood(model, sound)[0].text == ""
    model = tiny_whisper.write(tmp_path / "spoken", script, no_speech=0.05)
    assert understood(model, sound)[0].text == "Thanks for watching!"


def test_an_engine_that_says_nothing_is_asked_twice_and_then_believed(tmp_path: Path) -> None:
    model = tiny_whisper.write(tmp_path / "empty", [])
    (heard,) = understood(model, np.zeros(RATE, np.int16))
    assert heard.text == ""
    assert heard.doubtful


def test_a_speech_whose_end_was_left_out_is_decoded_on(tmp_path: Path) -> None:
    model = tiny_whisper.write(tmp_path / "rest", [0.0, " Rotate left.", 2.0, 2.0])
    (heard,) = understood(model, np.zeros(9 * RATE // 2, np.int16))
    assert heard.text == "Rotate left. Rotate left."
    assert [round(word.start, 1) for word in heard.words if word.text == "Rotate"] == [0.0, 2.0]
