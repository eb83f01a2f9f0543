"""What people lose whose words come while the assistant speaks on a loudspeaker.

    .venv/bin/python -m scripts.measure_echo SPEECH [--clips N]

Recordings of people (SPEECH, a directory with a manifest) are added to the echo of the assistant's
own voice in a room of numbers, cancelled, and recognised by Whisper tiny.en. The canceller has had
eight seconds to learn the room, as it has before anybody is listened to. Printed: words wrong of
the clips alone, and over the echo at several levels of it, with several settings; what the
processing takes of a core, also where nobody speaks over it; and how much of its own voice comes
through where sound is lost on the way, so that its echo leaps.
"""

import argparse
import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import thread_time

import numpy as np
from numpy.typing import NDArray

from assistant.backends import echo_webrtc, stt_whisper
from assistant.bench.manifest import Known, read, spread
from assistant.bench.words import errors, total
from assistant.ports import RATE, EchoCanceller, Recogniser, Samples
from assistant.sound.echo import Echo
from tests.real.daemon import piper
from tests.sound.room import Room, as_samples, decibels, frames, noise

Floats = NDArray[np.float64]

LEARNS = 8 * RATE
STORY = (
    "Once upon a time there was a small house at the edge of the forest, and in it lived an old "
    "woman with seven cats. Every morning she walked down to the river, because the water was "
    "cold and clear there. One day she found a letter under a stone. It said that her brother "
    "would come home before the winter, and that he would bring a horse, two goats and a clock. "
)
SPEAKS = 60 * RATE
LEAPS_MS = (-20, -10, -5, -3, -1, 1, 3, 5, 10, 20)
LEAP_S = 6.0
LEAKS = 100.0
"""RMS of what is heard of its own voice from which on it may be taken for words."""
LEVELS = (-20.0, -6.0, 6.0)
"""Of the echo against the voice, dB."""
SETTINGS = {
    "as shipped": {},
    "without noise suppression": {"noise_suppression": False},
    "with gain": {"gain": True},
    "suppressed alone": {"subtract": False},
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("speech", type=Path)
    parser.add_argument("--clips", type=int, default=20)
    given = parser.parse_args()
    clips = [
        clip
        for clip in read(given.speech, only="yes")
        if clip.scored and clip.transcript and clip.group == "complete"
    ]
    asyncio.run(_measure(spread(clips, given.clips), piper(STORY).astype(float)))


async def _measure(clips: Sequence[Known], story: Floats) -> None:
    config = stt_whisper.Config.model_validate({"model": "tiny.en", "device": "cpu"})
    played = np.tile(story, 4)
    await _alone(played[:SPEAKS])
    await _leaping(np.tile(played, 5))
    async with stt_whisper.open(config) as ears:
        alone = [as_samples(_padded(clip)) for clip in clips]
        print(f"{len(clips)} clips alone: {await _wrong(ears, clips, alone)}")
        for level in LEVELS:
            raw = [_scene(clip, played, level)[0] for clip in clips]
            cut = [as_samples(near[LEARNS:]) for near in raw]
            print(f"echo {level:+.0f} dB, not cancelled: {await _wrong(ears, clips, cut)}")
            for name, settings in SETTINGS.items():
                async with echo_webrtc.open(echo_webrtc.Config(**settings)) as make:
                    results = [_through(make, clip, played, level) for clip in clips]
                heard = [left for left, _, _ in results]
                states = [state for _, state, _ in results]
                cost = (
                    100
                    * sum(took for *_, took in results)
                    / sum((LEARNS + len(left)) / RATE for left in heard)
                )
                print(
                    f"echo {level:+.0f} dB, {name}: {await _wrong(ears, clips, heard)}, "
                    f"{states.count('cancelled')} still full duplex, {cost:.1f} % of a core"
                )


async def _alone(ours: Floats) -> None:
    """Print what it takes of a core while only the assistant speaks: the medians of five."""
    near = Room(40.0, -6.0).echo(ours) + noise(len(ours) / RATE, -65.0)
    pairs = list(frames(near, ours))
    runs: dict[str, list[float]] = {"all of it": [], "AEC3 alone": []}
    for _ in range(5):
        async with echo_webrtc.open(echo_webrtc.Config()) as make:
            runs["all of it"].append(_share(pairs, Echo(make()).hear))
        async with echo_webrtc.open(echo_webrtc.Config(subtract=False)) as make:
            runs["AEC3 alone"].append(_share(pairs, make().process))
    for name, shares in runs.items():
        print(f"a minute of its own speech, {name}: {median(shares):.2f} % of a core")


async def _leaping(ours: Floats) -> None:
    """Print how much of our voice is heard where its echo leaps now and then."""
    still = Room(60.0, -6.0).echo(ours)
    echo, late, chance = still.copy(), 0, np.random.default_rng(1)
    places = range(LEARNS, len(ours) - RATE, round(LEAP_S * RATE))
    for at in places:
        leap = int(chance.choice(LEAPS_MS))
        late += leap if abs(late + leap) <= max(LEAPS_MS) else -leap
        echo[at:] = np.roll(still, late * RATE // 1000)[at:]
    near = echo + noise(len(ours) / RATE, -65.0)
    for name, settings in (("as shipped", {}), ("suppressed alone", {"subtract": False})):
        async with echo_webrtc.open(echo_webrtc.Config(**settings)) as make:
            canceller, heard = Echo(make()), 0
            for frame, (sound, ahead) in enumerate(frames(near, ours)):
                canceller.hear(sound, ahead)
                loud = float(np.sqrt(np.mean(np.square(canceller.left, dtype=np.float64))))
                heard += frame * len(sound) >= LEARNS and loud > LEAKS
        print(f"{len(places)} leaps of its echo, {name}: {heard / 100:.1f} s of it are heard")


def _share(
    pairs: Sequence[tuple[Samples, Samples]], take: Callable[[Samples, Samples], object]
) -> float:
    began = thread_time()
    for heard, ahead in pairs:
        take(heard, ahead)
    return 100 * (thread_time() - began) * RATE / sum(len(heard) for heard, _ in pairs)


async def _wrong(ears: Recogniser, clips: Sequence[Known], heard: Sequence[Samples]) -> str:
    parts = []
    for clip, sound in zip(clips, heard, strict=True):
        text = (await ears.recognise(sound, stream=1, final=True)).text
        parts.append(errors(clip.transcript or "", text))
    whole = total(parts)
    return f"{100 * whole.wrong / whole.words:.1f} % of {whole.words} words wrong"


def _padded(clip: Known) -> Floats:
    """Return the clip with half a second around it, at -20 dBFS in the room's noise."""
    sound = clip.clip.samples.astype(float)
    sound *= 10 ** ((-20.0 - decibels(sound)) / 20)
    around = np.zeros(RATE // 2)
    padded = np.concatenate((around, sound, around))
    return padded + noise(len(padded) / RATE, -65.0)[: len(padded)]


def _scene(clip: Known, played: Floats, level: float) -> tuple[Floats, Floats]:
    """Return what is heard and what is played: us alone at first, then the clip over it."""
    theirs = _padded(clip)
    ours = played[: LEARNS + len(theirs)]
    ours = ours * 10 ** ((-20.0 - decibels(ours)) / 20)
    before = noise(LEARNS / RATE, -65.0, seed=3)
    near = Room(40.0, level).echo(ours) + np.concatenate((before, theirs))
    return near, ours


def _through(
    make: Callable[[], EchoCanceller],
    clip: Known,
    played: Floats,
    level: float,
) -> tuple[Samples, str, float]:
    near, ours = _scene(clip, played, level)
    quiet = noise(1.0, -65.0, seed=5)  # before it speaks, it knows the noise of the room
    echo, left = Echo(make()), list[Samples]()
    pairs = frames(np.concatenate((quiet, near)), np.concatenate((quiet * 0, ours)))
    began = thread_time()
    for heard, ahead in pairs:
        echo.hear(heard, ahead)
        left.append(echo.left)
    took = thread_time() - began
    return np.concatenate(left)[RATE + LEARNS :], echo.report.state, took


if __name__ == "__main__":
    main()
