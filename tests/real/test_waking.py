"""The name and the key through the whole program: real speech in, real models, real sound out."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr

from assistant.bench.outside import channels
from assistant.core.commands import Tone
from assistant.ports import RATE, Samples
from assistant.speaking.tones import tone
from tests.real.daemon import (
    EARS,
    assistant,
    clip,
    environment,
    espeak,
    have_models,
    in_terminal,
    lines_of,
    piper,
    quiet_on,
    silence,
)

pytestmark = pytest.mark.real

QUESTION = "What is the capital of Japan?"
NAMES = ("Okay Nabu", "Hey Jarvis", "Alexa", "Hey Mycroft")
SETTINGS = (
    "turns.mode=wake",
    "turns.window_s=0.5",
    "wake.names=[okay_nabu, hey_jarvis, alexa, hey_mycroft]",
    "recorder.mask=false",
    "llm.max_tokens=12",  # what it answers is nobody's question here, and is spoken in full
)
WAKE = tuple(word for setting in SETTINGS for word in ("-s", setting))
BEFORE = silence(0.3)
GAP = 1.5
"""Seconds after each clip: more than the time in which no name is needed."""


@dataclass(frozen=True)
class Talk:
    """What was left behind by a run of `converse`, by clip."""

    turns: dict[str, list[dict[str, Any]]]
    errors: str
    far: Samples

    def heard(self, clip: str) -> list[str]:
        return [turn["heard"] for turn in self.turns[clip] if turn["heard"]]


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Talk:
    """Return a conversation in which it must be called."""
    have_models()
    folder = tmp_path_factory.mktemp("waking")
    clips = [
        clip(folder / "unnamed.wav", BEFORE, piper(QUESTION)),
        *(clip(folder / f"{name}.wav", BEFORE, piper(f"{name}, {QUESTION}")) for name in NAMES),
        clip(folder / "espeak.wav", BEFORE, espeak(f"Okay nabu, {QUESTION}")),
        clip(folder / "pause.wav", BEFORE, piper("Okay Nabu."), silence(2.0), piper(QUESTION)),
        clip(folder / "alone.wav", BEFORE, piper("Okay Nabu.")),
    ]
    wav = folder / "s.wav"
    options = ("--out", wav, "--json", "--gap", GAP, *EARS, *WAKE)
    ended = assistant("converse", *clips, *options, env=environment(folder), timeout=300)
    turns: dict[str, list[dict[str, Any]]] = {}
    for line in lines_of(ended.stdout):
        turns.setdefault(Path(str(line["clip"])).stem, []).append(line)
    return Talk(turns, ended.stderr, channels(wav)[1])


def test_it_says_nothing_but_its_results(talk: Talk) -> None:
    quiet_on(talk.errors, ("longest event-loop stall",))


def test_who_does_not_call_it_is_not_answered(talk: Talk) -> None:
    assert talk.heard("unnamed") == []


@pytest.mark.parametrize("name", [*NAMES, "espeak"])
def test_name_and_question_in_one_breath(talk: Talk, name: str) -> None:
    (turn,) = talk.turns[name]
    heard = re.findall(r"[a-z]+", turn["heard"].casefold())
    # the cut lies a tenth of a second to either side of the name's end
    assert heard[-4:] == ["the", "capital", "of", "japan"]
    assert len(heard) <= 6, "nothing of the name"
    assert turn["outcome"] == "answered"


def test_after_the_name_it_waits(talk: Talk) -> None:
    (turn,) = talk.turns["pause"]
    assert "capital of Japan" in turn["heard"]
    assert turn["outcome"] == "answered"


def test_the_name_alone_is_not_answered(talk: Talk) -> None:
    assert talk.heard("alone") == []


def test_the_tones_are_in_the_recording(talk: Talk) -> None:
    for kind, times in ((Tone.AWAKE, 7), (Tone.ASLEEP, 1)):
        wanted = tone(kind)
        sound = soxr.resample(wanted.samples.astype(np.float32), wanted.rate, RATE)
        assert len(places(sound, talk.far)) == times, kind


def places(sound: np.ndarray[tuple[int, ...], np.dtype[np.float32]], whole: Samples) -> list[int]:
    """Return where a sound is in another, at whatever level."""
    length = 1 << (len(whole) + len(sound)).bit_length()
    spectrum = np.fft.rfft(whole.astype(np.float64), length)
    product = np.fft.irfft(spectrum * np.conj(np.fft.rfft(sound, length)))[: len(whole)]
    energy = np.concatenate([[0.0], np.cumsum(whole.astype(np.float64) ** 2)])
    there = energy[len(sound) :] - energy[: -len(sound)]
    alike = product[: len(there)] / np.sqrt(np.maximum(there, 1.0) * float(sound @ sound))
    found = np.flatnonzero(alike > 0.9)
    return [int(at) for at in found[np.diff(found, prepend=-RATE) > RATE // 10]]


def test_a_key_is_pressed_and_released_through_the_socket(tmp_path: Path) -> None:
    have_models()
    question = clip(tmp_path / "q.wav", BEFORE, piper(QUESTION), silence(1.5))
    device = ("-s", "device.backend=file", "-s", f"device.clips=[{question}, {question}]")
    options = (
        *("-s", "turns.mode=push", "-s", "device.lead=4", "-s", "device.gap=8"),
        *("-s", "llm.max_tokens=12"),
    )
    with in_terminal("run", *EARS, *device, *options, env=environment(tmp_path)) as terminal:
        assert "assistant talk --press" in terminal.until(r"waiting +for your key")
        assert terminal.control("status")["activity"] == "waiting for your key"
        assert terminal.control("talk", key="press")["ok"]
        terminal.until(r"hearing +.*capital of Japan")
        assert terminal.control("talk", key="release")["ok"]
        shown = terminal.until(r"assistant +\S.*\(\d\.\d+ s\)")
        assert "capital of Japan" in shown
        terminal.until(r"(?s)\(\d\.\d+ s\).*waiting +for your key")
        before = terminal.control("status")["turns"]
        terminal.process.wait(60)  # the second time nobody pressed, and the clips are over
        assert before == 1
        assert len(re.findall(r"you +\S", terminal.shown)) == 1
