"""What is made of sound that was measured: levels, the best microphone, the echo of a chirp."""

import numpy as np
import pytest

from assistant.backends.device_sounddevice import SoundDevice
from assistant.care import chirp
from assistant.care.levels import NOTHING, levels, rms
from assistant.care.microphones import Ear, best, name_for
from assistant.care.sound import heard
from assistant.cli.choosing_sound import duplex_for, gain_advice
from assistant.errors import BackendTimeout
from assistant.ports import RATE, Samples


def noise(seconds: float, dbfs: float, seed: int = 1) -> Samples:
    random = np.random.default_rng(seed)
    sound = random.standard_normal(round(seconds * RATE)) * 32_768 * 10 ** (dbfs / 20)
    clipped: Samples = np.clip(sound, -32_768, 32_767).astype(np.int16)
    return clipped


# ── a second of a microphone ──────────────────────────────────────────────────────────────────


def test_levels_are_those_of_the_sound() -> None:
    loud, quiet = noise(0.5, -20), noise(0.5, -60)
    told = levels(np.concatenate((quiet, loud)))
    assert rms(loud) == pytest.approx(-20, abs=0.3)
    assert told.noise == pytest.approx(-60, abs=0.5)
    assert told.peak > -12
    assert not told.clips
    assert not told.steady


def test_no_sound_is_told_from_a_quiet_room() -> None:
    zeros = np.zeros(RATE, np.int16)
    assert levels(zeros).steady
    assert levels(zeros + 7).steady, "a converter that is stuck"
    assert levels(zeros[:0]).steady
    assert rms(zeros) == NOTHING
    assert not levels(noise(1, -75)).steady


@pytest.mark.parametrize(
    ("sound", "state", "words"),
    [
        (np.zeros(RATE, np.int16), "fail", "no sound at all"),
        ((np.arange(RATE) % 3 - 1).astype(np.int16), "warn", "hardly anything"),
        (noise(1, -65), "ok", "room -66 dBFS, peak -53 dBFS"),
        (noise(1, -35), "warn", "noisy"),
        (noise(1, -2), "warn", "too loud"),
    ],
)
def test_what_the_doctor_says_of_a_recording(sound: Samples, state: str, words: str) -> None:
    finding = heard("USB", sound)
    assert finding.state == state
    assert words in finding.detail
    assert finding.state == "ok" or finding.fix


def test_advice_on_gain() -> None:
    assert gain_advice(-25, -60, clips=False) == []
    assert "up" in gain_advice(-50, -70, clips=False)[0]
    assert "down" in gain_advice(-25, -60, clips=True)[0]
    assert "down" in gain_advice(-8, -60, clips=False)[0]
    assert "noisy" in gain_advice(-25, -40, clips=False)[0]


# ── which microphone ──────────────────────────────────────────────────────────────────────────


class Heard(Ear):
    """An ear that has heard what it is told."""

    def __init__(self, name: str, spoken: float, clarity: float, *, default: bool = False) -> None:
        self.device = device(name, default=default)
        self.spoken = spoken
        self.told = clarity

    @property
    def clarity(self) -> float:
        return self.told


def device(name: str, *, default: bool = False, index: int = 1) -> SoundDevice:
    return SoundDevice(
        index=index,
        name=name,
        host_api="ALSA",
        inputs=1,
        outputs=0,
        rate=48_000,
        default_input=default,
        default_output=False,
    )


def test_who_hears_best_is_chosen() -> None:
    webcam, headset = Heard("webcam", 1.2, 14), Heard("headset", 1.1, 33)
    silent = Heard("line in", 0.0, 0.0)
    assert best([silent, webcam, headset]) is headset
    assert best([silent]) is None
    assert best([]) is None


def test_the_one_in_use_stays_unless_another_is_clearly_better() -> None:
    usual, headset = Heard("default", 1.2, 30, default=True), Heard("headset", 1.2, 32)
    webcam = Heard("webcam", 1.2, 31)
    assert best([usual, headset, webcam]) is usual
    assert best([usual, headset, webcam], "webcam") is webcam
    assert best([usual, Heard("headset", 1.2, 35), webcam], "webcam").device.name == "headset"  # type: ignore[union-attr]  # one has heard
    assert best([Heard("default", 0.1, 40, default=True), headset]) is headset


def test_a_name_leaves_out_the_number_of_the_card_where_it_can() -> None:
    one, two = device("HDA Intel PCH: ALC257 (hw:0,0)"), device("USB: Audio (hw:1,0)", index=2)
    twin = device("USB: Audio (hw:2,0)", index=3)
    assert name_for(two, [one, two]) == "USB: Audio"
    assert name_for(two, [one, two, twin]) == "USB: Audio (hw:1,0)"
    assert name_for(device("pulse"), [device("pulse")]) == "pulse"


# ── the chirp ─────────────────────────────────────────────────────────────────────────────────


def played(delay: float, gain: float, room: float) -> tuple[Samples, Samples]:
    """Return what a microphone hears of a chirp, and the chirp beside it."""
    sound = chirp.chirp(RATE).samples
    far = np.zeros(round(3.2 * RATE), np.int16)
    far[RATE : RATE + len(sound)] = sound
    near = noise(3.2, room).astype(np.float64)
    at = RATE + round(delay * RATE)
    near[at : at + len(sound)] += gain * sound
    clipped: Samples = np.clip(near, -32_768, 32_767).astype(np.int16)
    return clipped, far


@pytest.mark.parametrize("delay", [0.0, 0.043, 0.31, 0.6])
@pytest.mark.parametrize("gain_db", [0, -20, -30])
def test_delay_and_loudness_of_an_echo_are_measured(delay: float, gain_db: float) -> None:
    echo = chirp.compare(*played(delay, 10 ** (gain_db / 20), -60))
    assert echo.delay_ms == pytest.approx(1000 * delay, abs=1)
    assert echo.level == pytest.approx(gain_db, abs=1)
    assert echo.noise == pytest.approx(-60, abs=1)
    assert not echo.clips


@pytest.mark.parametrize("room", [-120, -60, -25])
def test_a_chirp_that_does_not_come_back_is_not_found_in_noise(room: float) -> None:
    echo = chirp.compare(*played(0.05, 0.0, room))
    assert echo.delay_ms is None
    assert echo.level is None


def test_an_echo_that_is_too_loud_is_told() -> None:
    assert chirp.compare(*played(0.05, 8.0, -60)).clips


def test_a_speaker_that_does_not_play_is_an_error() -> None:
    with pytest.raises(BackendTimeout, match="did not play"):
        chirp.compare(noise(1, -60), np.zeros(RATE, np.int16))


def test_the_duplex_follows_from_what_came_back() -> None:
    loud = chirp.Echo(40.0, -10.0, -60.0, clips=False)
    faint = chirp.Echo(40.0, -50.0, -60.0, clips=False)
    none = chirp.Echo(None, None, -60.0, clips=False)
    assert duplex_for("Built-in", loud, heard=True) == "auto"
    assert duplex_for("USB Headset", loud, heard=True) == "half", "it only is called one"
    assert duplex_for("Built-in", faint, heard=True) == "full"
    assert duplex_for("Built-in", none, heard=True) == "full"
    assert duplex_for("Built-in", none, heard=False) is None
