"""The sound card, on a real sound server: what goes in, what comes out, and when."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, suppress
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.backends import device_sounddevice as sound
from assistant.backends.device_sounddevice.portaudio import Kind, form
from assistant.errors import BackendUnavailable
from assistant.ports import RATE, Audio, Frame, Samples, Track
from tests.real import virtual_audio
from tests.real.virtual_audio import VirtualAudio

pytestmark = pytest.mark.real

SPEECH = Track.SPEECH
MONITOR = sound.Config(microphone="monitor", speaker="speaker", latency_ms=20)
ATTEMPTS = 4
SETTLED = 0.4
"""Seconds after which the clocks of both sides are known."""
ROOM = sound.Config(microphone="microphone", speaker="speaker")
PITCHES = (440, 1_250)
"""Hz, left and right."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualAudio]:
    with virtual_audio.virtual_audio(tmp_path_factory.mktemp("audio")) as audio:
        yield audio


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[VirtualAudio]:
    with virtual_audio.virtual_audio(tmp_path) as audio:
        yield audio


def speech(seconds: float, rate: int = RATE, seed: int = 1) -> Samples:
    """Noise between 300 and 3000 Hz, at -15 dB: recognisable to the sample, at any rate."""
    random = np.random.default_rng(seed)
    at = np.arange(round(seconds * rate)) / rate
    parts = [
        np.sin(2 * np.pi * (pitch * at + phase))
        for pitch, phase in zip(
            random.uniform(300, 3_000, 60), random.uniform(0, 1, 60), strict=True
        )
    ]
    made: Samples = (np.sum(parts, axis=0) * 6_000 / np.sqrt(30)).astype(np.int16)
    return made


class Starved(Exception):  # noqa: N818 - it is no error of ours
    """The machine was so busy that sound was lost: what was recorded proves nothing."""


def steady(attempt: Callable[[], list[Frame]]) -> list[Frame]:
    """Return frames of an attempt in which no buffer ran dry."""
    for _ in range(ATTEMPTS):
        with suppress(Starved):
            return attempt()
    pytest.skip(f"this machine is too busy for sound: it was starved {ATTEMPTS} times in a row")


async def tape(
    config: sound.Config, act: Callable[[sound.SoundCard], Awaitable[None]], tail: float = 0.3
) -> list[Frame]:
    """Return the frames of a card while `act` does something with it."""
    frames: list[Frame] = []

    async def record(card: sound.SoundCard) -> None:
        async with aclosing(card.frames()) as stream:
            keep = frames.append
            async for frame in stream:
                keep(frame)

    async with asyncio.timeout(30), sound.open(config) as card, asyncio.TaskGroup() as scope:
        recording = scope.create_task(record(card))
        await asyncio.sleep(SETTLED)
        before = card.xruns
        await act(card)
        await asyncio.sleep(tail)
        recording.cancel()
    if card.xruns > before:
        raise Starved
    return frames


def both(frames: list[Frame]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    near = np.concatenate([frame.near for frame in frames]).astype(float)
    return near, np.concatenate([frame.far for frame in frames]).astype(float)


def likeness(sound: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    """Return the best correlation of a sound with any part of another as long as it."""
    size = 1 << (len(sound) + len(wanted)).bit_length()
    product = np.fft.rfft(sound, size) * np.conj(np.fft.rfft(wanted, size))
    lag = int(np.argmax(np.fft.irfft(product)[: max(1, len(sound) - len(wanted))]))
    return float(np.corrcoef(sound[lag : lag + len(wanted)], wanted)[0, 1])


def lag_of(late: NDArray[np.float64], early: NDArray[np.float64], reach: int = 1_600) -> int:
    """Return by how many samples one sound comes after another."""
    inner = slice(reach, len(early) - reach)
    return max(
        range(-reach, reach), key=lambda s: float(np.dot(np.roll(late, -s)[inner], early[inner]))
    )


def test_the_devices_of_the_machine_are_listed(server: VirtualAudio) -> None:
    async def main() -> None:
        async with sound.open(ROOM) as card:
            assert (card.info.microphone, card.info.speaker) == ("microphone", "speaker")
            assert not card.info.full_duplex

    asyncio.run(main())
    found = {device.name: device for device in sound.list_devices()}
    assert {"microphone", "speaker", "monitor", "default"} <= set(found)
    assert found["default"].default_input
    assert found["default"].default_output
    assert found["speaker"].host_api == "ALSA"
    assert server.recorders() == 0


def test_what_is_said_into_the_microphone_is_what_the_frames_hold(server: VirtualAudio) -> None:
    said = speech(3.0)

    async def act(_: sound.SoundCard) -> None:
        player = server.say(said, RATE)
        await asyncio.to_thread(player.wait, 20)

    frames = steady(lambda: asyncio.run(tape(ROOM, act, 0.5)))
    near, _ = both(frames)
    pieces = [said[first : first + 4_000].astype(float) for first in range(2_000, 42_000, 4_000)]
    assert np.median([likeness(near, piece) for piece in pieces]) > 0.99
    ends = [frame.position + len(frame.near) for frame in frames]
    assert [frame.position for frame in frames[1:]] == ends[:-1]


@pytest.mark.parametrize("channel", [1, 2, None])
def test_one_channel_of_a_microphone_is_heard_or_all_of_them(
    server: VirtualAudio, channel: int | None
) -> None:
    """The monitor has two: a low tone plays on the left, a high one on the right."""
    times = np.arange(2 * RATE) / RATE
    tones = [np.sin(2 * np.pi * pitch * times) for pitch in PITCHES]
    sound_of_both = (8_000 * np.stack(tones, axis=1)).astype(np.int16)

    async def act(_: sound.SoundCard) -> None:
        player = server.into("speaker").say(sound_of_both, RATE)
        await asyncio.to_thread(player.wait, 20)

    config = MONITOR.model_copy(update={"channel": channel})
    near, _ = both(steady(lambda: asyncio.run(tape(config, act))))
    spectrum = np.abs(np.fft.rfft(near))
    places = (round(pitch * len(near) / RATE) for pitch in PITCHES)
    low, high = (spectrum[place - 9 : place + 10].max() for place in places)
    match channel:
        case 1:
            assert low > 50 * high
        case 2:
            assert high > 50 * low
        case _:
            assert low == pytest.approx(high, rel=0.5)


@pytest.mark.usefixtures("server")
def test_a_channel_that_a_microphone_has_not_is_named() -> None:
    config = MONITOR.model_copy(update={"channel": 99})
    with pytest.raises(BackendUnavailable, match=r"'monitor' has no channel 99: set device\.chan"):
        asyncio.run(tape(config, lambda _: asyncio.sleep(0)))


class Card:
    """Stands for the library over a card without a sound server: it takes its own form, no other.

    The machines that test this have no such card.
    """

    PortAudioError = RuntimeError

    def __init__(self, channels: int, rate: int) -> None:
        self._own = channels, rate

    def query_hostapis(self, _: int) -> dict[str, str]:
        return {"name": "ALSA"}

    def check_input_settings(self, *, channels: int, samplerate: int, **_: object) -> None:
        if (channels, samplerate) != self._own:
            raise self.PortAudioError("Invalid sample rate [PaErrorCode -9997]")

    check_output_settings = check_input_settings


@pytest.mark.parametrize(
    ("kind", "channels", "rate", "channel"),
    [
        ("input", 2, 44_100, None),
        ("input", 2, 16_000, None),
        ("input", 4, 48_000, 3),
        ("input", 4, 48_000, 1),
        ("input", 1, 48_000, 1),
        ("output", 8, 48_000, None),
        ("output", 1, 32_000, None),
    ],
)
def test_a_card_itself_is_opened_as_it_wants_to_be(
    kind: Kind, channels: int, rate: int, channel: int | None
) -> None:
    device = {
        "index": 0,
        "hostapi": 0,
        "name": "USB: Audio (hw:1,0)",
        "max_input_channels": channels,
        "max_output_channels": channels,
        "default_samplerate": float(rate),
    }
    assert form(Card(channels, rate), device, kind, channel) == (channels, rate)
    with pytest.raises(BackendUnavailable, match="cannot be opened") as wrong:
        form(Card(channels + 1, rate), device, kind, channel)
    assert wrong.value.retryable


def test_pieces_are_played_without_a_seam_and_counted(server: VirtualAudio) -> None:
    spoken = speech(3.0, 22_050)
    positions: list[float] = []

    async def act(card: sound.SoundCard) -> None:
        for first in range(0, len(spoken), 7_000):
            _, end = await card.write(SPEECH, Audio(spoken[first : first + 7_000], 22_050))
        assert await card.reached(SPEECH, end)
        positions[:] = [end, card.played(SPEECH)]

    def attempt() -> list[Frame]:
        with server.listen() as heard:
            frames = asyncio.run(tape(ROOM, act))
        recorded[:] = heard
        return frames

    recorded: list[Samples] = []
    steady(attempt)
    assert positions == pytest.approx([3.0, 3.0], abs=0.001)
    wanted = speech(3.0, virtual_audio.RATE).astype(float)
    pieces = [wanted[first : first + 9_600] for first in range(4_800, 124_800, 9_600)]
    assert np.median([likeness(recorded[0].astype(float), piece) for piece in pieces]) > 0.99


@pytest.mark.usefixtures("server")
def test_near_and_far_are_aligned() -> None:
    """The monitor hears the speaker with no air between: any lag is an error of ours."""

    async def act(card: sound.SoundCard) -> None:
        _, end = await card.write(SPEECH, Audio(speech(2.5), RATE))
        assert await card.reached(SPEECH, end)

    near, far = both(steady(lambda: asyncio.run(tape(MONITOR, act))))
    begin, half = int(np.flatnonzero(far)[0]), RATE // 2
    parts = [slice(begin + n * half, begin + (n + 1) * half) for n in range(1, 4)]
    lags = [lag_of(near[part], far[part], 400) for part in parts]
    assert abs(np.median(lags)) <= 3 * RATE / 1_000


def now_in(card: sound.SoundCard) -> int:
    """Return the position that the microphone hears at this moment."""
    pairing = card._pairing
    return round(pairing._base + pairing._input.position(card._now()))


def loud(sound: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell for each millisecond whether it sounds."""
    blocks = sound[: len(sound) // 16 * 16].reshape(-1, 16)
    return np.asarray(np.abs(blocks).max(axis=1) > 60)


def steepest(sound: NDArray[np.float64]) -> float:
    return float(np.abs(np.diff(sound)).max())


HUM = (8_000 * np.sin(2 * np.pi * 200 * np.arange(RATE * 4) / RATE)).astype(np.int16)
STEEP = 2.1 * 8_000 * 2 * np.pi * 200 / RATE
"""What a step from one sample of it to the next can be, or to the next but one: alignment
follows the clocks by leaving out a sample, or playing it twice."""


@pytest.mark.slow
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("how", ["flush", "hold"])
def test_a_cancelled_sound_is_silent_within_50_ms_and_does_not_click(how: str) -> None:
    cancelled: list[int] = []
    kept: list[float] = []

    async def act(card: sound.SoundCard) -> None:
        cancelled.clear()
        kept.clear()
        for _ in range(5):
            start, _ = await card.write(SPEECH, Audio(HUM, RATE))
            assert await card.reached(SPEECH, start + 0.5)
            cancelled.append(now_in(card))
            if how == "hold":
                card.hold(SPEECH, on=True)
                await asyncio.sleep(0.3)
                assert card.played(SPEECH) < start + 0.7
                kept.append(card.played(SPEECH))
                card.flush(SPEECH)
                card.hold(SPEECH, on=False)
            else:
                kept.append(card.flush(SPEECH))
                await asyncio.sleep(0.3)
                assert card.played(SPEECH) == pytest.approx(kept[-1])

    near, far = both(steady(lambda: asyncio.run(tape(MONITOR, act))))
    sounding = loud(far)
    late = [int(np.flatnonzero(sounding[: at // 16 + 250])[-1]) + 1 - at / 16 for at in cancelled]
    assert np.median(late) <= 50
    assert steepest(far) < STEEP
    in_air = loud(near)
    air_late = [
        int(np.flatnonzero(in_air[: at // 16 + 250])[-1]) + 1 - at / 16 for at in cancelled
    ]
    assert np.median(air_late) <= 52
    assert kept == sorted(kept)


@pytest.mark.usefixtures("server")
def test_loudness_falls_on_a_slope_and_a_held_sound_goes_on_where_it_was() -> None:
    ends: list[float] = []

    async def act(card: sound.SoundCard) -> None:
        _, end = await card.write(SPEECH, Audio(HUM[: RATE * 2], RATE))
        assert await card.reached(SPEECH, 0.5)
        card.gain(SPEECH, -20)
        assert await card.reached(SPEECH, 1.0)
        card.hold(SPEECH, on=True)
        await asyncio.sleep(0.4)
        card.hold(SPEECH, on=False)
        assert await card.reached(SPEECH, end)
        ends[:] = [card.played(SPEECH)]

    _, far = both(steady(lambda: asyncio.run(tape(MONITOR, act))))
    assert ends == pytest.approx([2.0], abs=0.001)
    assert steepest(far) < STEEP
    begin = int(np.flatnonzero(far)[0])
    assert np.abs(far[begin : begin + 6_000]).max() == pytest.approx(8_000, rel=0.01)
    assert np.abs(far[begin + 10_500 : begin + 14_000]).max() == pytest.approx(800, rel=0.02)
    assert 1.95 < np.count_nonzero(loud(far)) / 1_000 < 2.05
    assert len(far[begin : np.flatnonzero(far)[-1]]) / RATE == pytest.approx(2.4, abs=0.05)


def test_a_speaker_that_sleeps_when_nothing_plays_is_kept_awake(own_server: VirtualAudio) -> None:
    """HDMI and Bluetooth swallow the first word while they wake; so silence is played."""

    def state() -> str:
        sinks = own_server.ask("list", "short", "sinks").splitlines()
        return next(line.split()[-1] for line in sinks if "\tspeaker\t" in line)

    async def asleep(within: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while await asyncio.to_thread(state) != "SUSPENDED":  # noqa: ASYNC110 - a process
                    await asyncio.sleep(0.1)
            return True
        return False

    async def main() -> None:
        own_server.ask("load-module", "module-suspend-on-idle", "timeout=1")
        assert await asleep(10.0), "as long as nobody plays"
        async with sound.open(ROOM):
            assert not await asleep(3.0)
            assert await asyncio.to_thread(state) == "RUNNING"

    asyncio.run(main())


@pytest.mark.slow
def test_mute_really_closes_the_microphone_and_frames_go_on(server: VirtualAudio) -> None:
    seen: list[int] = []
    spans: list[tuple[int, int]] = []

    async def act(card: sound.SoundCard) -> None:
        seen.clear()
        spans.clear()
        player = server.say(speech(6.0), RATE)
        await asyncio.sleep(1.5)
        seen.append(server.recorders())
        await card.mute(on=True)
        start = now_in(card)
        await asyncio.sleep(1.0)
        seen.append(server.recorders())
        spans.append((start, now_in(card)))
        await card.mute(on=False)
        await asyncio.sleep(1.5)
        seen.append(server.recorders())
        player.terminate()
        await asyncio.to_thread(player.wait, 5)

    frames = steady(lambda: asyncio.run(tape(ROOM, act)))
    near, _ = both(frames)
    assert seen == [1, 0, 1]
    (start, end) = spans[0]
    assert end - start == pytest.approx(RATE, rel=0.1)
    assert not near[start + 1_600 : end - 1_600].any()
    assert np.abs(near[start - 8_000 : start - 3_200]).max() > 1_000
    assert np.abs(near[end + 8_000 : end + 16_000]).max() > 1_000
    ends = [frame.position + len(frame.near) for frame in frames]
    assert [frame.position for frame in frames[1:]] == ends[:-1]
    assert len(near) / RATE == pytest.approx(4.5, abs=1.0)


class Listener:
    """Reads a card's frames, and keeps when its trouble changed."""

    def __init__(self, card: sound.SoundCard) -> None:
        self.frames: list[Frame] = []
        self.troubles: list[tuple[float, str]] = []
        self._card = card
        card.watch(lambda: self.troubles.append((perf_counter(), card.info.trouble)))

    async def run(self) -> None:
        async with aclosing(self._card.frames()) as stream:
            async for frame in stream:
                self.frames.append(frame)

    async def until(self, *, lost: bool, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while bool(self._card.info.trouble) is not lost:  # noqa: ASYNC110 - a card's thread
                await asyncio.sleep(0.02)

    async def hears(self, server: VirtualAudio, seconds: float = 3.0) -> None:
        """Wait until what is said into the microphone arrives."""
        said, first = speech(6.0), len(self.frames)
        player = server.say(said, RATE)
        try:
            async with asyncio.timeout(seconds):
                while not any(_loud(frame) for frame in self.frames[first:]):  # noqa: ASYNC110 - so is this
                    await asyncio.sleep(0.02)
        finally:
            player.kill()
            await asyncio.to_thread(player.wait, 5)


def _loud(frame: Frame) -> bool:
    return bool(np.abs(frame.near).max() > 1_000)


def whole(frames: list[Frame]) -> None:
    """Check that no frame is missing."""
    ends = [frame.position + len(frame.near) for frame in frames]
    assert [frame.position for frame in frames[1:]] == ends[:-1]


BACK_SECONDS = 3.0
"""After a server or device has returned, so long until it is heard again."""


def test_a_server_that_crashed_and_came_back_is_heard_again(own_server: VirtualAudio) -> None:
    async def main() -> None:
        async with asyncio.timeout(40), sound.open(ROOM) as card, asyncio.TaskGroup() as scope:
            listener = Listener(card)
            listening = scope.create_task(listener.run())
            await listener.hears(own_server)
            _, end = await card.write(SPEECH, Audio(speech(1.5), RATE))
            assert await card.reached(SPEECH, 0.3)
            own_server.stop(signal.SIGKILL)
            await listener.until(lost=True, seconds=3.0)
            before, played = len(listener.frames), card.played(SPEECH)
            await asyncio.sleep(1.0)
            assert sum(len(f.near) for f in listener.frames[before:]) > 0.8 * RATE, "frames go on"
            assert not any(f.near.any() for f in listener.frames[before + 5 :]), "silent ones"
            assert card.played(SPEECH) <= played + 0.05 < end, "what is to be said waits"
            await asyncio.to_thread(own_server.start)
            began = perf_counter()
            await listener.until(lost=False, seconds=BACK_SECONDS)
            await listener.hears(own_server)
            assert perf_counter() - began < BACK_SECONDS + 1.0
            assert await card.reached(SPEECH, end), "and is said then"
            listening.cancel()
        whole(listener.frames)
        assert [bool(why) for _, why in listener.troubles][-1] is False

    asyncio.run(main())


def test_another_default_device_is_followed(own_server: VirtualAudio) -> None:
    async def main() -> None:
        async with (
            asyncio.timeout(40),
            sound.open(sound.Config()) as card,
            asyncio.TaskGroup() as scope,
        ):
            listener = Listener(card)
            listening = scope.create_task(listener.run())
            await listener.hears(own_server)
            own_server.ask("load-module", "module-null-sink", "sink_name=other_in", "channels=1")
            own_server.ask("set-default-source", "other_in.monitor")
            await asyncio.sleep(0.5)
            await listener.hears(own_server.into("other_in"))
            listening.cancel()
        whole(listener.frames)

    asyncio.run(main())


def test_mute_outlasts_a_loss(own_server: VirtualAudio) -> None:
    async def main() -> None:
        async with asyncio.timeout(40), sound.open(ROOM) as card, asyncio.TaskGroup() as scope:
            listener = Listener(card)
            listening = scope.create_task(listener.run())
            await card.mute(on=True)
            own_server.stop(signal.SIGKILL)
            await listener.until(lost=True, seconds=4.0)
            await asyncio.to_thread(own_server.start)
            await listener.until(lost=False, seconds=BACK_SECONDS)
            assert await asyncio.to_thread(own_server.recorders) == 0
            await card.mute(on=False)
            await listener.hears(own_server)
            listening.cancel()

    asyncio.run(main())


def test_a_server_that_was_still_for_a_moment_is_heard_again(own_server: VirtualAudio) -> None:
    async def main() -> None:
        async with asyncio.timeout(40), sound.open(ROOM) as card, asyncio.TaskGroup() as scope:
            listener = Listener(card)
            listening = scope.create_task(listener.run())
            await listener.hears(own_server)
            own_server.freeze()
            await listener.until(lost=True, seconds=4.0)
            await asyncio.sleep(2.5)
            own_server.thaw()
            await listener.until(lost=False, seconds=BACK_SECONDS)
            await listener.hears(own_server)
            listening.cancel()
        whole(listener.frames)

    asyncio.run(main())


@pytest.mark.slow
def test_a_sound_system_that_hangs_for_good_asks_for_a_new_process(
    own_server: VirtualAudio,
) -> None:
    failed: list[str] = []

    async def expect(name: str, wait: Awaitable[object]) -> None:
        with pytest.raises(BackendUnavailable, match="start the assistant again") as caught:
            await wait
        assert caught.value.exit_code == 75
        failed.append(name)

    async def main() -> None:
        async with asyncio.timeout(30), sound.open(ROOM) as card:
            _, end = await card.write(SPEECH, Audio(speech(4.0), RATE))
            assert await card.reached(SPEECH, 0.3)
            own_server.freeze()
            async with asyncio.TaskGroup() as scope:
                scope.create_task(expect("frames", Listener(card).run()))
                scope.create_task(expect("reached", card.reached(SPEECH, end)))
            await expect("write later", card.write(SPEECH, Audio(speech(1.0), RATE)))

    asyncio.run(main())
    assert set(failed) == {"frames", "reached", "write later"}


def test_it_waits_for_a_server_that_is_not_there_yet(own_server: VirtualAudio) -> None:
    own_server.stop()

    async def main() -> None:
        config = ROOM.model_copy(update={"wait": True})
        async with asyncio.timeout(40), sound.open(config) as card, asyncio.TaskGroup() as scope:
            listener = Listener(card)
            listening = scope.create_task(listener.run())
            await listener.until(lost=True, seconds=4.0)
            assert card.info.microphone is None
            await asyncio.sleep(1.0)
            assert sum(len(frame.near) for frame in listener.frames) > 0.8 * RATE
            await asyncio.to_thread(own_server.start)
            await listener.until(lost=False, seconds=BACK_SECONDS)
            assert card.info.microphone == "microphone"
            await listener.hears(own_server)
            listening.cancel()
        whole(listener.frames)

    asyncio.run(main())


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("config", "message"),
    [
        (sound.Config(microphone="Blue Yeti"), "there is no microphone 'Blue Yeti'; there are: "),
        (sound.Config(speaker=99), "there is no speaker 99; there are: "),
    ],
)
def test_a_device_that_is_not_there_is_named_with_those_that_are(
    config: sound.Config, message: str
) -> None:
    assert_unavailable(config, message)


def test_a_machine_without_sound_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if virtual_audio.missing():
        pytest.skip(f"needs PortAudio: {virtual_audio.NEEDS}")
    (tmp_path / "asound.conf").write_text("</usr/share/alsa/alsa.conf>\n")
    monkeypatch.setitem(os.environ, "ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    monkeypatch.setitem(os.environ, "PULSE_SERVER", f"unix:{tmp_path}/none")
    assert_unavailable(sound.Config(), "there is no microphone; plug one in, or start the sound")
    assert capfd.readouterr().err == ""


def assert_unavailable(config: sound.Config, message: str) -> None:
    async def main() -> None:
        async with sound.open(config):
            pass

    with pytest.raises(BackendUnavailable) as caught:
        asyncio.run(main())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
