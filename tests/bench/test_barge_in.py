from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.bench.barge_in import (
    BACKCHANNEL,
    NOISE,
    WORDS,
    Row,
    noises,
    people,
    summarise,
    timed,
)
from assistant.bench.cancel import silences
from assistant.bench.manifest import Known
from assistant.ports import RATE
from assistant.sound.clips import Clip
from tests.bench.sounds import at

ENDED = Row("no wait", WORDS, killed=True, held=True, silent_ms=None)
NOISY = Row("sneeze", NOISE, killed=False, held=True, silent_ms=None)
START, ONSET, END = (round(seconds * RATE) for seconds in (2.0, 2.1, 6.0))


def test_the_time_to_silence_runs_from_the_onset_of_speech() -> None:
    row = timed(ENDED, at(6, (0.5, 2.28)), START, ONSET, END)
    assert row.silent_ms == pytest.approx(180, abs=5)


def test_the_answer_to_the_interruption_does_not_lengthen_it() -> None:
    row = timed(ENDED, at(8, (0.5, 2.4), (4.0, 6.0)), START, ONSET, END)
    assert row.silent_ms == pytest.approx(300, abs=5)


def test_silence_that_no_reaction_can_have_made_is_not_counted() -> None:
    row = timed(ENDED, at(6, (0.5, 2.13)), START, ONSET, END)
    assert row.killed
    assert row.silent_ms is None


def test_an_answer_that_was_over_before_measures_nothing() -> None:
    assert timed(ENDED, at(6, (0.2, 1.0)), START, ONSET, END).lost
    assert summarise([replace(ENDED, lost=True)]) == []


def test_an_answer_that_goes_on_after_noise_lives() -> None:
    row = timed(NOISY, at(6, (0.5, 2.3), (3.0, 6.0)), START, ONSET, END)
    assert not row.killed
    assert row.silent_ms is None


def test_an_answer_that_never_goes_on_is_dead() -> None:
    assert timed(NOISY, at(6, (0.5, 2.3)), START, ONSET, END).killed


def test_a_summary_for_each_kind() -> None:
    rows = [
        replace(ENDED, silent_ms=180.0),
        replace(ENDED, silent_ms=240.0),
        replace(ENDED, silent_ms=None),
        NOISY,
        replace(NOISY, killed=True),
        replace(NOISY, kind=BACKCHANNEL),
    ]
    words, noise, backchannel = summarise(rows)
    assert (words.trials, words.timed, words.p50_ms, words.worst_ms) == (3, 2, 210, 240)
    assert (noise.trials, noise.killed, noise.held) == (2, 1, 2)
    assert (backchannel.trials, backchannel.killed) == (1, 0)


def test_sounds_are_chosen_by_their_kind() -> None:
    def named(name: str, kind: str, complete: str = "") -> Known:
        sound = np.zeros(10 * RATE, np.int16)
        return Known(Clip(Path(f"{name}.wav"), sound), starts=0.5, complete=complete, kind=kind)

    clips = [
        named("read", "read", "yes"),
        named("ask", "question", "yes"),
        named("so762-child", "question", "yes"),
        named("half", "command", "fragment"),
        named("sneeze", "sneeze"),
        named("rain", "rain"),
    ]
    assert [trial.name for trial in people(clips)] == ["ask", "read"]
    [sneeze] = noises(clips)
    assert (sneeze.name, len(sneeze.sound)) == ("sneeze", 5 * RATE)
    assert people(clips)[0].onset == RATE // 2


def test_a_cancel_is_timed_from_the_order() -> None:
    far = at(6, (0.5, 2.04), (4, 5))
    orders = [round(seconds * RATE) for seconds in (2.0, 3.5, 4.8)]
    assert list(silences(far, orders)) == pytest.approx([40, 200], abs=5)
