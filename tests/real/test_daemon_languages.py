"""German, Spanish and French, spoken to the whole program, and answered by the hands in them.

espeak-ng speaks to it and for it. Whisper `base` understands that robot's English; of its other
languages, only some sentences, at some pace, in some voice: those that are here. People are
understood far better, and their languages told with more certainty: docs/languages.md.
"""

import asyncio
import functools
import json
import shutil
import subprocess
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr

from assistant.backends import stt_whisper
from assistant.bench.outside import channels
from assistant.languages.spoken import spoken
from assistant.models import store
from assistant.ports import RATE, Samples, Tongue, Transcript
from tests.hands.home import hands
from tests.real.daemon import assistant, clip, environment, have_models, lines_of, piper, silence

pytestmark = [pytest.mark.real, pytest.mark.slow]

ALIKE = 0.6
"""So much of its letters must Whisper hear in an answer: espeak is a robot."""
QUIET = 200
"""Of 32,768: louder than this, it speaks."""
APART = 1.5
"""Seconds between two answers: longer than any pause in one."""
OPTIONS = (
    *("-s", "stt.model=base", "-s", "stt.device=cpu", "-s", "tts.backend=espeak"),
    *("-s", "turns.words_deadline_s=60", "-s", "recorder.mask=false"),
)


@dataclass(frozen=True)
class Order:
    """What is said, how, and what is answered."""

    code: str
    text: str
    answer: str
    voice: str = "+m3"
    pace: int = 140


COFFEE = "Ajoute du café à la liste de courses."
BEACH = "Me gusta mucho la playa en verano, y el mar azul."
EXAMPLES = " ".join(hands("es").examples()[:4])
ORDERS = (
    Order("de", "Stell einen Timer auf zehn Minuten.", "10 Minuten, ab jetzt.", "+m3", 165),
    Order("es", "¿Qué puedes hacer?", spoken("es").say("abilities", examples=EXAMPLES), "", 165),
    Order("fr", COFFEE, "Du café, sur la liste de courses.", "", 130),
    Order("en", "Add milk to the shopping list.", "Milk, on the shopping list.", ""),
)
BY_CODE = {order.code: order for order in ORDERS}
MIXED = (
    BY_CODE["de"],
    Order("es", BEACH, spoken("es").say("no_free_talk"), "+m3", 150),
)
"""What its mind does not know is said in the language of the turn. Of French that espeak speaks
`base` is too seldom sure."""


@functools.cache
def robot(order: Order) -> Samples:
    """Say an order as a person in a room would: softer than full scale, over a little noise."""
    if order.code == "en":
        return piper(order.text)
    program = shutil.which("espeak-ng")
    if program is None:
        pytest.skip("needs espeak-ng: apt install espeak-ng")
    voice = f"{order.code}{order.voice}"
    made = subprocess.run(
        [program, "--stdout", "-v", voice, "-s", str(order.pace), order.text],
        capture_output=True,
        check=True,
    )
    loud = np.frombuffer(made.stdout[44:], "<i2").astype(np.float32) / 2
    sound = np.concatenate([silence(0.8), soxr.resample(loud, 22_050, RATE), silence(0.8)])
    noise = np.random.default_rng(1).normal(0, 30, len(sound))
    clipped: Samples = np.clip(sound + noise, -32768, 32767).astype(np.int16)
    return clipped


def understood(code: str, *sounds: Samples) -> list[Transcript]:
    """Return what Whisper base hears, told the language by which the ears are opened."""
    others = [other for other in BY_CODE if other != code]
    config = stt_whisper.Config.model_validate(
        {"model": "base", "device": "cpu", "language": code, "other_languages": others, "beam": 5}
    )

    async def recognise() -> list[Transcript]:
        async with stt_whisper.open(config) as ears:
            return [
                await ears.recognise(sound, stream=1, final=True, tongue=Tongue(code, sure=True))
                for sound in sounds
            ]

    return asyncio.run(recognise())


def alike(said: str, heard: str) -> float:
    """Return how much of the letters of a text was heard, in their order."""
    one, other = ("".join(filter(str.isalnum, text.lower())) for text in (said, heard))
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


@dataclass(frozen=True)
class Talk:
    """What a run of `converse` left behind: a line for each turn, and what it played."""

    lines: list[dict[str, Any]]
    far: Samples
    errors: str


def converse(folder: Path, orders: tuple[Order, ...], *options: str) -> Talk:
    have_models()
    store.ensure("whisper-base")
    clips = [clip(folder / f"{order.code}.wav", robot(order)) for order in orders]
    out = folder / "out.wav"
    ended = assistant(
        *("converse", *clips, "--json", "--out", out, "--gap", 1, *OPTIONS, *options),
        env=environment(folder),
        timeout=180,
    )
    assert ended.returncode == 0, ended.stderr
    return Talk(lines_of(ended.stdout), channels(out)[1], ended.stderr)


def answers(far: Samples) -> list[Samples]:
    """Cut what was played at its long silences: an answer each."""
    step = RATE // 10
    sounds = [
        bool(np.abs(far[at : at + step].astype(np.int32)).max() > QUIET)
        for at in range(0, len(far), step)
    ]
    found: list[list[int]] = []
    for place in (at for at, on in enumerate(sounds) if on):
        if not found or place - found[-1][1] > APART * 10:
            found.append([place, place])
        found[-1][1] = place
    margin = RATE // 2
    return [far[max(0, a * step - margin) : (b + 1) * step + margin] for a, b in found]


def answered(talk: Talk, orders: tuple[Order, ...]) -> bool:
    """Tell whether each order was; what it misheard may stand before ("Still einen, 10 …")."""
    said = [line["said"] for line in talk.lines]
    return len(said) == len(orders) and all(
        text.endswith(order.answer) for text, order in zip(said, orders, strict=True)
    )


@pytest.mark.parametrize("code", ["de", "es", "fr"])
def test_an_order_is_heard_done_and_answered_aloud(code: str, tmp_path: Path) -> None:
    order = BY_CODE[code]
    talk = converse(tmp_path, (order,), "-s", f"language={code}")
    assert answered(talk, (order,)), talk.lines
    (heard,) = understood(code, talk.far)
    assert alike(talk.lines[0]["said"], heard.text) >= ALIKE, heard.text


def test_who_changes_the_language_is_answered_in_it(tmp_path: Path) -> None:
    others = json.dumps([order.code for order in ORDERS if order.code != "en"])
    talk = converse(tmp_path, MIXED, "-s", f"other_languages={others}")
    assert answered(talk, MIXED), talk.lines
    spoken_ones = answers(talk.far)
    assert len(spoken_ones) == len(MIXED)
    for order, line, sound in zip(MIXED, talk.lines, spoken_ones, strict=True):
        (heard,) = understood(order.code, sound)
        assert alike(line["said"], heard.text) >= ALIKE, (order.code, heard.text)
