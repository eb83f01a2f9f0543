"""One reply is spoken: what is written when, what is heard, and how it falls silent."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

import pytest

from assistant.errors import BackendError, BackendTimeout, BackendUnavailable
from assistant.ports import Track
from assistant.speaking.voice import ASKING, DEADLINE, Audible, Said, Utterance
from assistant.testing.device import ScriptedDevice
from assistant.testing.virtual_time import run
from assistant.testing.voice import ScriptedSynthesizer

SPEECH = Track.SPEECH
WORD, DELAY = 0.3, 0.04


@dataclass
class Stage:
    """A device, a voice and a reply of given chunks; a number among them is a wait."""

    pieces: Sequence[str | float | Exception]
    voice: ScriptedSynthesizer = field(default_factory=ScriptedSynthesizer)
    fallback: ScriptedSynthesizer | None = None
    device: ScriptedDevice = field(default_factory=ScriptedDevice)
    news: list[tuple[float, Audible | Said]] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    def __post_init__(self) -> None:
        self.utterance = Utterance(self.device, self.voice, fallback=self.fallback)
        self.released.set()

    async def run(self) -> None:
        await self.utterance.run(self._chunks(), self.released, self._progress)

    def _progress(self, news: Audible | Said) -> None:
        self.news.append((round(self.device.now, 3), news))

    async def _chunks(self) -> AsyncGenerator[str, None]:
        try:
            for piece in self.pieces:
                if isinstance(piece, Exception):
                    raise piece
                if isinstance(piece, float):
                    await asyncio.sleep(piece)
                else:
                    yield piece
        finally:
            self.closed = True


def test_sentences_follow_each_other_without_a_gap() -> None:
    async def main() -> None:
        stage = Stage(["It is **two**, ", "isn't it? ", "Yes."])
        await stage.run()
        assert stage.news == [
            (DELAY, Audible()),
            (DELAY + 3 * WORD, Said(0)),
            (
                round(DELAY + 5 * WORD - ASKING, 3),
                Said(1, asks=True),
            ),  # people answer a little early
            (round(DELAY + 6 * WORD, 3), Said(2)),
        ]
        [(start, end)] = stage.device.sounding(SPEECH)
        assert [start, end] == pytest.approx([DELAY, DELAY + 6 * WORD])
        assert stage.voice.texts == ["It is two,", "isn't it?", "Yes."]
        assert stage.utterance.heard == stage.utterance.written == "It is **two**, isn't it? Yes."
        assert stage.closed

    run(main())


def test_nothing_is_written_before_the_release_but_all_is_ready() -> None:
    async def main() -> None:
        stage = Stage(["One two. "] * 20)
        stage.released.clear()
        async with asyncio.TaskGroup() as scope:
            scope.create_task(stage.run())
            await stage.utterance.ready.wait()
            assert stage.device.now == pytest.approx(DELAY)
            await asyncio.sleep(5.0)
            assert stage.device.log == []
            assert len(stage.voice.calls) <= 4  # bounded, however long the draft waits
            assert stage.utterance.heard == ""
            stage.released.set()
        assert stage.news[0] == (5.04, Audible())
        assert stage.utterance.heard == stage.utterance.written

    run(main())


def test_a_draft_that_is_dropped_leaves_others_sound_alone() -> None:
    async def main() -> None:
        device = ScriptedDevice()
        speaking = Stage(["One two three four. "], device=device)
        draft = Stage(["Five six. "], device=device)
        draft.released.clear()
        async with asyncio.TaskGroup() as scope:
            scope.create_task(speaking.run())
            task = scope.create_task(draft.run())
            await asyncio.sleep(0.5)
            task.cancel()
        assert device.did("flush") == []
        assert draft.utterance.heard == ""
        assert speaking.utterance.heard == "One two three four."

    run(main())


@pytest.mark.parametrize(
    ("at", "heard"),
    [
        (0.02, ""),
        (0.2, ""),
        (0.36, "One"),
        (0.99, "One **two** 3."),
        (1.3, "One **two** 3. Four"),
    ],
)
def test_cancelling_is_silent_at_once_and_tells_what_was_heard(at: float, heard: str) -> None:
    async def main() -> None:
        stage = Stage(["One **two** 3. ", "Four $5 six. ", "Seven."])
        async with asyncio.TaskGroup() as scope:
            task = scope.create_task(stage.run())
            await asyncio.sleep(at)
            task.cancel()
        flushes = stage.device.did("flush")
        assert [round(flush.at, 6) for flush in flushes] == ([at] if at > DELAY else [])
        assert stage.utterance.heard == heard
        await asyncio.sleep(5.0)
        assert stage.utterance.heard == heard
        assert all(end <= at + 1e-6 for _, end in stage.device.sounding(SPEECH))
        assert stage.closed

    run(main())


def test_the_flush_waits_for_nothing_even_if_the_mind_is_slow_to_close() -> None:
    async def main() -> None:
        device = ScriptedDevice()
        utterance = Utterance(device, ScriptedSynthesizer())
        released = asyncio.Event()
        released.set()

        async def stubborn() -> AsyncGenerator[str, None]:
            try:
                yield "One two three four five. "
                await asyncio.sleep(100)
            finally:
                await asyncio.sleep(3.0)  # a socket that closes slowly

        async with asyncio.TaskGroup() as scope:
            task = scope.create_task(utterance.run(stubborn(), released, lambda _: None))
            await asyncio.sleep(1.0)
            task.cancel()
        assert [did.at for did in device.did("flush")] == [pytest.approx(1.0)]
        assert device.now == pytest.approx(4.0)

    run(main())


def test_heard_grows_while_it_plays_and_stands_still_while_held() -> None:
    async def main() -> None:
        stage = Stage(["One two three four. "])
        async with asyncio.TaskGroup() as scope:
            scope.create_task(stage.run())
            await asyncio.sleep(0.5)
            assert stage.utterance.heard == "One"
            stage.device.hold(SPEECH, on=True)
            await asyncio.sleep(60.0)
            assert stage.utterance.heard == "One"
            stage.device.hold(SPEECH, on=False)
            await asyncio.sleep(0.3)
            assert stage.utterance.heard == "One two"
        assert stage.news[-1] == (round(60.0 + DELAY + 4 * WORD, 3), Said(0))

    run(main())


def test_held_before_the_first_sound_is_not_audible() -> None:
    async def main() -> None:
        stage = Stage(["One two. "])
        stage.device.hold(SPEECH, on=True)
        async with asyncio.TaskGroup() as scope:
            scope.create_task(stage.run())
            await asyncio.sleep(3.0)
            assert stage.news == []
            stage.device.hold(SPEECH, on=False)
        assert stage.news == [(3.0, Audible()), (3.6, Said(0))]

    run(main())


def test_what_cannot_be_spoken_is_skipped() -> None:
    async def main() -> None:
        stage = Stage(["😀 ", "Look: \n", "```\n", "code\n", "```\n", "Done."])
        await stage.run()
        assert stage.voice.texts == ["Look.", "Done."]
        assert [news for _, news in stage.news] == [Audible(), Said(0), Said(1)]
        assert stage.utterance.heard == "😀 Look: \n```\ncode\n```\nDone."

    run(main())


def test_an_empty_reply_ends() -> None:
    async def main() -> None:
        stage = Stage(["😀"])
        await stage.run()
        assert stage.news == []
        assert stage.device.log == []

    run(main())


def test_the_second_voice_says_the_rest_once() -> None:
    async def main() -> None:
        broken = ScriptedSynthesizer(fails={1: BackendError("voice", "it broke")})
        stage = Stage(["One. ", "Two. ", "Three."], voice=broken, fallback=ScriptedSynthesizer())
        await stage.run()
        assert stage.fallback is not None
        assert broken.texts == ["One.", "Two."]
        assert stage.fallback.texts == ["Two.", "Three."]
        assert stage.utterance.fell_back
        assert stage.utterance.heard == "One. Two. Three."

    run(main())


def test_the_second_voice_goes_on_inside_a_sentence() -> None:
    async def main() -> None:
        broken = ScriptedSynthesizer(fails={0: BackendError("voice", "it broke")}, late=True)
        stage = Stage(["One two three. "], voice=broken, fallback=ScriptedSynthesizer())
        await stage.run()
        assert stage.fallback is not None
        assert stage.fallback.texts == ["two three."]
        assert stage.utterance.heard == "One two three."

    run(main())


def test_without_a_second_voice_what_was_made_is_played_then_it_fails() -> None:
    async def main() -> None:
        broken = ScriptedSynthesizer(fails={1: BackendError("voice", "it broke")})
        stage = Stage(["One two. ", "Three. ", "Four. "], voice=broken)
        with pytest.raises(BackendError, match="it broke"):
            await stage.run()
        assert stage.utterance.heard == "One two."
        assert stage.news[-1] == (round(DELAY + 2 * WORD, 3), Said(0))

    run(main())


def test_both_voices_fail() -> None:
    async def main() -> None:
        errors = [BackendError("one", "it broke"), BackendError("two", "it broke too")]
        voices = [ScriptedSynthesizer(fails={0: error}) for error in errors]
        stage = Stage(["One. "], voice=voices[0], fallback=voices[1])
        with pytest.raises(BackendError, match="two: it broke too"):
            await stage.run()
        assert stage.utterance.heard == ""

    run(main())


def test_a_voice_that_hangs_ends_in_an_error() -> None:
    async def main() -> None:
        stage = Stage(["One. "], voice=ScriptedSynthesizer(delay=1e6))
        with pytest.raises(BackendTimeout):
            await stage.run()
        assert stage.device.now == pytest.approx(DEADLINE)

    run(main())


def test_an_error_of_the_mind_comes_after_what_it_had_said() -> None:
    async def main() -> None:
        stage = Stage(["One two. ", BackendUnavailable("mind", "it went away")])
        with pytest.raises(BackendUnavailable, match="it went away"):
            await stage.run()
        assert stage.utterance.heard == "One two."
        assert stage.news[-1][1] == Said(0)

    run(main())


def test_a_lost_device_ends_it() -> None:
    async def main() -> None:
        stage = Stage(["One two. ", 9.0, "Three. "])
        async with asyncio.TaskGroup() as scope:

            async def speak() -> None:
                with pytest.raises(BackendUnavailable, match="unplugged"):
                    await stage.run()

            scope.create_task(speak())
            await asyncio.sleep(0.4)
            stage.device.lose()
        assert stage.utterance.heard == "One"
        assert stage.device.now == pytest.approx(0.4)

    run(main())


def test_a_flush_by_somebody_else_ends_it() -> None:
    async def main() -> None:
        stage = Stage(["One two three. ", 9.0, "Four. "])
        async with asyncio.TaskGroup() as scope:
            scope.create_task(stage.run())
            await asyncio.sleep(0.4)
            stage.device.flush(SPEECH)
        assert stage.device.now == pytest.approx(0.4)
        assert stage.utterance.heard == "One"
        assert stage.closed

    run(main())


def test_at_most_two_seconds_are_queued_and_the_mind_is_not_read_far_ahead() -> None:
    async def main() -> None:
        stage = Stage([f"Number word{n}. " for n in range(100)])
        async with asyncio.TaskGroup() as scope:
            task = scope.create_task(stage.run())
            await asyncio.sleep(3.0)
            queued = sum(did.value for did in stage.device.did("write"))
            assert queued - stage.device.played(SPEECH) <= 2.0 + 2 * WORD
            assert len(stage.utterance.written.split(". ")) <= 20
            task.cancel()

    run(main())


def test_sound_in_pieces_and_without_marks() -> None:
    async def main() -> None:
        for voice in (ScriptedSynthesizer(split=True), ScriptedSynthesizer(marks=False)):
            stage = Stage(["aaa bbb ccc ddd. "], voice=voice)
            async with asyncio.TaskGroup() as scope:
                task = scope.create_task(stage.run())
                await asyncio.sleep(DELAY + 2.2 * WORD)
                task.cancel()
            assert stage.utterance.heard == "aaa bbb"

    run(main())


def test_replies_on_one_track_do_not_mix_their_clocks() -> None:
    async def main() -> None:
        device = ScriptedDevice()
        first, second = (Stage([text], device=device) for text in ("One two. ", "Three four. "))
        await first.run()
        async with asyncio.TaskGroup() as scope:
            task = scope.create_task(second.run())
            await asyncio.sleep(DELAY + 1.1 * WORD)
            task.cancel()
        assert (first.utterance.heard, second.utterance.heard) == ("One two.", "Three")

    run(main())
