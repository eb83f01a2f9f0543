"""What every wake detector must keep: the real one and the scripted one."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from assistant.backends import wake_microwakeword as micro
from assistant.errors import BackendUnavailable
from assistant.ports import RATE, Called, Samples, WakeDetector
from assistant.testing import wake
from tests.real.daemon import espeak

Make = Callable[[], WakeDetector]
Opened = AbstractAsyncContextManager[Make]
SAID = "okay nabu"


@asynccontextmanager
async def scripted() -> AsyncIterator[Make]:
    yield lambda: wake.ScriptedWakeDetector(SAID)


def opened(context: Opened) -> Make:
    async def enter() -> Make:
        async with context as make:
            return make

    return asyncio.run(enter())


def room(seconds: float) -> Samples:
    noise: Samples = np.random.default_rng(1).normal(0, 15, round(seconds * RATE)).astype(np.int16)
    return noise


@pytest.fixture(params=["microwakeword", "scripted"])
def make(request: pytest.FixtureRequest) -> Make:
    return opened(micro.open(micro.Config()) if request.param == "microwakeword" else scripted())


def named(make: Make) -> Samples:
    """Return the name in a quiet room, as this detector hears it; it ends a second before."""
    if isinstance(make(), wake.ScriptedWakeDetector):
        return np.concatenate([room(1.5), wake.name(0.7), room(1.0)])
    return np.concatenate([room(1.5), espeak(SAID), room(1.0)])


def told(detector: WakeDetector, sound: Samples, piece: int = 160) -> list[tuple[int, Called]]:
    """Return what was told, and after how many samples."""
    calls = []
    for start in range(0, len(sound), piece):
        called = detector.process(sound[start : start + piece])
        if called is not None:
            calls.append((min(start + piece, len(sound)), called))
    return calls


def test_it_says_what_it_answers_to(make: Make) -> None:
    assert [name.casefold() for name in make().names] == [SAID]


def test_a_quiet_room_and_silence_call_nobody(make: Make) -> None:
    detector = make()
    assert told(detector, room(3)) == []
    assert told(detector, np.zeros(3 * RATE, np.int16)) == []


def test_the_name_is_told_once_soon_after_its_end(make: Make) -> None:
    sound = named(make)
    ((at, called),) = told(make(), sound)
    assert called.phrase.casefold() == SAID
    assert not called.stops
    end = len(sound) - RATE
    assert -0.3 * RATE < at - end < 0.5 * RATE
    assert abs(at - called.ago - end) < 0.3 * RATE


@pytest.mark.parametrize("piece", [160, 480, 77, 3200])
def test_the_size_of_the_pieces_does_not_matter(make: Make, piece: int) -> None:
    ((at, _),) = told(make(), named(make))
    ((in_pieces, _),) = told(make(), named(make), piece)
    assert abs(in_pieces - at) <= piece


def test_it_hears_the_name_again(make: Make) -> None:
    detector = make()
    assert len(told(detector, np.concatenate([named(make), named(make)]))) == 2


def test_each_stream_has_a_state_of_its_own(make: Make) -> None:
    first, second = make(), make()
    sound = named(make)
    for start in range(0, len(sound), 160):
        first.process(sound[start : start + 160])
        if start < len(sound) // 2:
            assert second.process(room(0.01)) is None
    assert told(second, room(1)) == []


def test_what_it_was_given_is_unchanged(make: Make) -> None:
    sound = named(make)
    sound.flags.writeable = False
    told(make(), sound)


# ── microWakeWord alone ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "said"), [("alexa", "Alexa."), ("hey_mycroft", "Hey Mycroft."), ("okay_nabu", SAID)]
)
def test_each_name_is_known_from_the_others(name: str, said: str) -> None:
    detector = opened(micro.open(micro.Config(names=list(micro.BUILT_IN))))()
    sound = np.concatenate([room(1.5), espeak(said), room(1.0)])
    ((_, called),) = told(detector, sound)
    assert called.phrase.casefold().replace(" ", "_") == name


class Steps:
    """The library's features and network at once: the sound's level is the probability, in %."""

    stride, wake_word, id = 3, "Hey Ada", "hey_ada"

    def process_streaming(self, sound: bytes) -> list[int]:
        return [int(level) for level in np.frombuffer(sound, np.int16)[::160]]

    def process_streaming_prob(self, percent: int) -> float:
        return percent / 100


def level(seconds: float, percent: int) -> Samples:
    return np.full(round(seconds * RATE), percent, np.int16)


@pytest.mark.parametrize(
    ("answers", "times"),
    [
        ([(0.5, 0), (0.3, 90), (1.0, 0)], [0.61]),
        ([(0.5, 0), (0.06, 90), (1.0, 0)], []),  # not long enough for the mean
        ([(0.5, 0), (2.5, 90), (1.0, 0)], [0.61]),
        ([(0.5, 0), (1.2, 90), (0.2, 0), (0.3, 90), (1.0, 0)], [0.61]),  # it wavers
        ([(0.5, 0), (0.3, 90), (1.0, 0), (0.3, 90), (1.0, 0)], [0.61, 1.91]),
    ],
)
def test_a_name_is_told_once_however_long_its_network_answers(
    answers: list[tuple[float, int]], times: list[float]
) -> None:
    network = Steps()
    detector = micro.MicroWakeWordDetector((micro._Phrase(network, 0.7, 5, stops=False),), network)
    sound = np.concatenate([level(seconds, percent) for seconds, percent in answers])
    heard = [at / RATE for at, _ in told(detector, sound)]
    assert heard == pytest.approx(times, abs=0.031)


def test_other_words_are_no_name() -> None:
    detector = opened(micro.open(micro.Config(names=list(micro.BUILT_IN))))()
    words = "What is the capital of Japan? Turn off the lights in the living room, please."
    assert told(detector, np.concatenate([room(1), espeak(words), room(1)])) == []


def test_a_model_by_its_path_can_silence(tmp_path: Path) -> None:
    """The same network twice: as a name it wakes, as `stop` it silences."""
    import pymicro_wakeword  # noqa: PLC0415 - beside the test that needs it

    shipped = Path(pymicro_wakeword.__file__).parent / "models"
    for file in shipped.glob("okay_nabu.*"):
        (tmp_path / f"hush{file.suffix}").write_bytes(file.read_bytes())
    path = tmp_path / "hush.json"
    described = json.loads(path.read_text()) | {"model": "hush.tflite", "wake_word": "Hush"}
    path.write_text(json.dumps(described))
    detector = opened(micro.open(micro.Config(names=["alexa"], stop=path)))()
    assert detector.names == ("Alexa",)
    ((_, called),) = told(detector, np.concatenate([room(1.5), espeak(SAID), room(1.0)]))
    assert (called.phrase, called.stops) == ("Hush", True)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable, match=r"none\.json is not there"):
        opened(micro.open(micro.Config(names=[str(tmp_path / "none.json")])))


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"micro": 1}', '{"model": "x.tflite", "micro": {}, "wake_word": "x"}', "\x00"],
)
def test_what_is_no_model_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content)
    with pytest.raises(BackendUnavailable, match=r"bad\.json is no microWakeWord model"):
        opened(micro.open(micro.Config(names=[str(path)])))


def test_a_network_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    settings = {"probability_cutoff": 0.9, "sliding_window_size": 5}
    path.write_text(json.dumps({"model": "bad.tflite", "micro": settings, "wake_word": "x"}))
    (tmp_path / "bad.tflite").write_bytes(bytes(5000))
    with pytest.raises(BackendUnavailable, match=r"bad\.tflite is no microWakeWord model"):
        opened(micro.open(micro.Config(names=[str(path)])))


@pytest.mark.parametrize(
    "wrong", [{"names": []}, {"names": ["hey_ada"]}, {"threshold": 2}, {"thresold": 0.5}]
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        micro.Config.model_validate(wrong)
