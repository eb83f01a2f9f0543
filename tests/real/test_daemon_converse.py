"""Whole conversations: real speech in, real models, a real recording out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

from assistant.bench.outside import channels, first_audible, last_audible, longest_gap
from assistant.bench.words import errors
from assistant.ports import RATE, Samples
from assistant.testing.http_mind import HttpMind
from tests.real.daemon import (
    EARS,
    assistant,
    clip,
    cough,
    environment,
    espeak,
    found_in,
    have_models,
    lines_of,
    model_server,
    piper,
    quiet_on,
    silence,
    transcribed,
)

pytestmark = pytest.mark.real

MS = RATE // 1000
BY_ESPEAK = "What is the capital of Japan?"
BY_PIPER = "How many legs does a spider have?"
STORY = " ".join(
    f"This is sentence number {number} of a story that goes on."
    for number in ("one", "two", "three")
)


@dataclass(frozen=True)
class Conversation:
    """What was left behind by a run of `converse`."""

    code: int
    lines: list[dict[str, Any]]
    errors: str
    near: Samples
    far: Samples
    flight: Path
    env: dict[str, str]


def converse(folder: Path, *arguments: object) -> Conversation:
    env = environment(folder)
    wav, flight = folder / "s.wav", folder / "f.jsonl"
    options = ("--out", wav, "--flight", flight, "--json", "--gap", 0.3, *EARS)
    ended = assistant("converse", *arguments, *options, env=env)
    near, far = channels(wav)
    lines = lines_of(ended.stdout)
    return Conversation(ended.returncode, lines, ended.stderr, near, far, flight, env)


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Conversation:
    """Return a conversation with the default models about two questions."""
    have_models()
    folder = tmp_path_factory.mktemp("talk")
    clips = (
        clip(folder / "espeak.wav", espeak(BY_ESPEAK)),
        clip(folder / "piper.wav", piper(BY_PIPER)),
    )
    return converse(folder, *clips, "-s", "recorder.mask=false")


def test_it_ends_well_and_says_nothing_but_its_results(talk: Conversation) -> None:
    assert talk.code == 0
    quiet_on(talk.errors, ["longest event-loop stall"])


def test_it_hears_what_was_said(talk: Conversation) -> None:
    heard = [line["heard"] for line in talk.lines]
    assert len(heard) == 2
    assert errors(BY_ESPEAK, heard[0]).wrong <= 1
    assert errors(BY_PIPER, heard[1]).wrong <= 1


def test_it_answers(talk: Conversation) -> None:
    assert [line["outcome"] for line in talk.lines] == ["answered", "answered"]
    assert "Tokyo" in talk.lines[0]["said"]
    assert len(talk.lines[1]["said"].split()) >= 3


def test_each_turn_tells_where_its_time_went(talk: Conversation) -> None:
    for line in talk.lines:
        spans = {span["name"]: span for span in line["spans"]}
        assert line["early"] is False
        assert line["failure"] == ""
        assert spans["answer"]["ms"] == pytest.approx(line["latency_ms"], abs=0.2)
        assert {"pause", "mind", "voice", "speech"} <= spans.keys()
        owned = spans.keys() - {"answer", "speech"}
        assert all("." in spans[name]["setting"] for name in owned)


def test_the_left_channel_is_what_was_played_to_it(talk: Conversation) -> None:
    for said in (espeak(BY_ESPEAK), piper(BY_PIPER)):
        at, share = found_in(said, talk.near)
        assert share == pytest.approx(1, abs=0.02)
        rest = talk.near[at : at + len(said)].astype(float) - said
        assert np.sqrt(np.mean(rest**2)) < 20  # the noise of a quiet room: sample for sample


def test_the_right_channel_is_what_it_said(talk: Conversation) -> None:
    second, _ = found_in(piper(BY_PIPER), talk.near)
    for line, sound in zip(talk.lines, (talk.far[:second], talk.far[second:]), strict=True):
        wrong = errors(line["said"], transcribed(sound))
        assert wrong.wrong <= max(1, wrong.words // 5), transcribed(sound)


def test_both_channels_have_one_clock(talk: Conversation) -> None:
    """The gap between the channels is the latency that the program itself measured."""
    for said, line in zip((espeak(BY_ESPEAK), piper(BY_PIPER)), talk.lines, strict=True):
        start, _ = found_in(said, talk.near)
        asked = last_audible(said, 0)
        assert asked is not None
        answered = first_audible(talk.far, start)
        assert answered is not None
        measured = (answered - start - asked) / MS
        assert measured == pytest.approx(line["latency_ms"], abs=150)


def test_the_flight_log_replays(talk: Conversation) -> None:
    replayed = assistant("replay", talk.flight, env=talk.env)
    assert replayed.returncode == 0, replayed.stdout
    assert "are decided as they were" in replayed.stdout
    assert "Japan" in talk.flight.read_text()


def test_it_leaves_nothing_in_the_users_home(talk: Conversation) -> None:
    """No engine keeps an identifier or what it means to send to its makers."""
    assert [found for found in Path(talk.env["HOME"]).rglob("*") if found.is_file()] == []


def test_what_is_no_speech_is_not_answered(tmp_path: Path) -> None:
    with model_server(HttpMind()) as mind:
        noise = clip(tmp_path / "noise.wav", cough(), silence(0.4), cough(0.2))
        talk = converse(tmp_path, noise, *mind, "-s", "tts.backend=espeak")
    assert talk.code == 0
    assert talk.lines == [{"turn": None, "clip": str(noise), "heard": "", "said": ""}]
    assert first_audible(talk.far, 0) is None


def test_an_answer_in_the_middle_of_a_clip_is_reported_as_early(tmp_path: Path) -> None:
    with model_server(HttpMind(text="Yes.")) as mind:
        two = clip(
            tmp_path / "two.wav", piper("How are you today?"), silence(2.5), piper(BY_PIPER)
        )
        talk = converse(tmp_path, two, *mind, "-s", "tts.backend=espeak")
    assert [line["said"] for line in talk.lines] == ["Yes.", "Yes."]
    assert all(line["early"] for line in talk.lines)


# ── sound over an answer ──────────────────────────────────────────────────────────────────────


def over_an_answer(
    folder: Path, sound: Samples, text: str = STORY
) -> tuple[Conversation, int, HttpMind]:
    """Let a sound fall into a long answer; returns where in the recording it is, too."""
    peer = HttpMind(text=text)
    with model_server(peer) as mind:
        whole = clip(folder / "over.wav", piper(BY_PIPER), silence(3), sound, silence(2))
        talk = converse(folder, whole, *mind, "-s", "tts.backend=espeak")
    asked, _ = found_in(piper(BY_PIPER), talk.near)
    return talk, asked + len(piper(BY_PIPER)) + 3 * RATE, peer


def test_a_cough_over_an_answer_does_not_end_it(tmp_path: Path) -> None:
    talk, at, _ = over_an_answer(tmp_path, cough())
    (line,) = [line for line in talk.lines if line["said"]]
    assert line["outcome"] == "answered"
    assert line["said"] == STORY
    assert first_audible(talk.far, at - RATE, at) is not None  # it did fall into the answer
    assert first_audible(talk.far, at + RATE, at + 2 * RATE) is not None
    assert longest_gap(talk.far, at - RATE, at + 3 * RATE) < 1.2 * RATE


def test_words_over_an_answer_end_it(tmp_path: Path) -> None:
    words = piper("Please tell me what time it is now.")
    talk, at, peer = over_an_answer(tmp_path, words)
    first, second = (line for line in talk.lines if line["said"])
    assert first["outcome"] == "interrupted"
    assert 0 < len(first["said"]) < len(STORY)
    assert errors("Please tell me what time it is now.", second["heard"]).wrong <= 2
    spoken = at + (first_audible(words, 0) or 0)
    assert first_audible(talk.far, at - RATE, at) is not None
    silent = last_audible(talk.far, spoken, spoken + RATE)  # the words go on for longer
    assert silent is None or (silent - spoken) / MS <= 250
    replayed = assistant("replay", talk.flight, env=talk.env)
    assert replayed.returncode == 0, replayed.stdout
    assert "tell me" not in talk.flight.read_text()  # its words are masked
    history = [message["content"] for message in peer.requests[-1]["messages"]]
    assert any(first["said"][:20] in text for text in history)


def test_stop_silences_it(tmp_path: Path) -> None:
    talk, at, _ = over_an_answer(tmp_path, piper("Stop."))
    (line,) = [line for line in talk.lines if line["said"]]
    assert line["outcome"] == "interrupted"
    assert first_audible(talk.far, at - RATE, at) is not None
    assert first_audible(talk.far, at + RATE) is None


def test_the_second_question_knows_of_the_first(tmp_path: Path) -> None:
    peer = HttpMind(text="The capital of Japan is Tokyo.")
    with model_server(peer) as mind:
        clips = (
            clip(tmp_path / "1.wav", espeak(BY_ESPEAK)),
            clip(tmp_path / "2.wav", piper("And how many people live there?")),
        )
        talk = converse(tmp_path, *clips, *mind, "-s", "tts.backend=espeak")
    assert [line["outcome"] for line in talk.lines] == ["answered", "answered"]
    told = [(message["role"], message["content"]) for message in peer.requests[-1]["messages"]]
    assert told[-3:] == [
        ("user", talk.lines[0]["heard"]),
        ("assistant", "The capital of Japan is Tokyo."),
        ("user", talk.lines[1]["heard"]),
    ]


def test_recordings_of_other_forms_are_understood(tmp_path: Path) -> None:
    forms = {"8 kHz.wav": (8000, 1, "PCM_16"), "stereo.wav": (44_100, 2, "PCM_24")}
    for name, (rate, width, subtype) in forms.items():
        sound = soxr.resample(piper(BY_PIPER).astype(np.float32) / 32768, RATE, rate)
        both = np.stack([sound] * width, axis=1)
        soundfile.write(tmp_path / name, both, rate, subtype=subtype)
    clips = [tmp_path / name for name in forms]
    with model_server(HttpMind(text="Eight.")) as mind:
        talk = converse(tmp_path, *clips, *mind, "-s", "tts.backend=espeak")
    assert talk.code == 0
    for line in talk.lines:
        assert errors(BY_PIPER, line["heard"]).wrong <= 1
        assert line["said"] == "Eight."
