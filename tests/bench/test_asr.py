import asyncio
from pathlib import Path

import pytest

from assistant.bench.asr import decoded, followed, summarise
from assistant.bench.manifest import Known
from assistant.listening.streaming import as_transcriber
from assistant.sound.clips import Clip
from assistant.testing import virtual_time
from assistant.testing.recogniser import ScriptedRecogniser, sound

SCRIPT = (("turn", 0.2, 0.5), ("on", 0.6, 0.8), ("the", 0.9, 1.0), ("lamp", 1.1, 1.5))


def clip(said: str) -> Known:
    return Known(Clip(Path("lamp.wav"), sound(0, 2.5)), said, 0.2, 1.5, "yes", scored=True)


def test_whole_clips_are_scored() -> None:
    rows = asyncio.run(decoded(ScriptedRecogniser(SCRIPT, seconds=0.01), [clip("turn off lamp")]))
    assert (rows[0].name, rows[0].heard) == ("lamp", "turn on the lamp")
    assert rows[0].errors is not None
    assert (rows[0].errors.wrong, rows[0].errors.words) == (2, 3)
    assert rows[0].seconds == pytest.approx(1.65)
    assert "66.67% of 3" in summarise(rows).line()


def test_a_loop_is_counted() -> None:
    ears = ScriptedRecogniser(
        SCRIPT, seconds=0.01, mishears=lambda *_: f"{'turn on ' * 3}the lamp"
    )
    rows = asyncio.run(decoded(ears, [clip("turn on the lamp")]))
    assert summarise(rows).loops == 1


def test_clips_are_followed_at_the_pace_of_life() -> None:
    async def test() -> None:
        ears = ScriptedRecogniser(SCRIPT, seconds=0.03)
        rows = await followed(as_transcriber(ears), [clip("turn on the lamp")])
        assert rows[0].errors is not None
        assert rows[0].errors.wrong == 0
        assert rows[0].ms == pytest.approx(100, abs=1)
        assert rows[0].partials == 3
        assert (rows[0].shown, rows[0].taken_back, rows[0].mended) == (4, 0, 0)
        assert asyncio.get_running_loop().time() == pytest.approx(1.6, abs=0.01)

    virtual_time.run(test())
