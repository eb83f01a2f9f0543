import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest

from assistant.errors import BackendError
from assistant.listening.streaming import StreamingTranscription, as_transcriber
from assistant.listening.window import LONGEST_S
from assistant.ports import FRAME, RATE, Tongue, Transcript, Transcription
from assistant.testing import virtual_time
from assistant.testing.ears import ScriptedTranscriber
from assistant.testing.recogniser import Line, Pause, ScriptedRecogniser, sound

TICK = FRAME / RATE
QUESTION = (("what", 0.2, 0.4), ("time", 0.5, 0.7), ("is", 0.8, 0.9), ("it", 1.0, 1.2))


class Turn:
    """A turn that is fed at the pace of life, and what its partials told, with the instants."""

    def __init__(self, transcription: Transcription, pauses: Sequence[Pause] = ()) -> None:
        self.transcription, self._pauses = transcription, pauses
        self.told: list[tuple[float, Transcript]] = []
        self.failure: BackendError | None = None
        self._fed = 0

    async def watch(self) -> None:
        now = asyncio.get_running_loop().time
        try:
            async for partial in self.transcription.partials():
                self.told.append((now(), partial))
        except BackendError as failure:
            self.failure = failure

    async def feed(self, until: float, *, voiced: bool = True) -> None:
        """Feed frame after frame, as they come, up to a position in the turn in seconds."""
        first = self._fed
        speech = sound(first * TICK, until - first * TICK, self._pauses)
        for start in range(0, len(speech), FRAME):
            now = asyncio.get_running_loop().time()
            await asyncio.sleep(max(0.0, (self._fed + 1) * TICK - now))
            self.transcription.feed(speech[start : start + FRAME], voiced=voiced)
            self._fed += 1

    @property
    def texts(self) -> list[str]:
        return [partial.text for _, partial in self.told]


@asynccontextmanager
async def turn_of(ears: ScriptedRecogniser, pauses: Sequence[Pause] = ()) -> AsyncIterator[Turn]:
    turn = Turn(as_transcriber(ears).open(), pauses)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(turn.watch())
        yield turn
        turn.transcription.close()


def windows(ears: ScriptedRecogniser) -> list[tuple[float, float]]:
    return [(round(call.began, 3), round(call.end, 3)) for call in ears.calls]


def now() -> float:
    return asyncio.get_running_loop().time()


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    virtual_time.run(test())


def monologue(seconds: float) -> list[Line]:
    """Five words in two seconds, a sentence of fourteen words every six, then a pause."""
    starts = [0.4 * number for number in range(round(seconds / 0.4))]
    mark = {13: "."}
    return [
        (f"w{number}{mark.get(number % 15, '')}", start + 0.02, start + 0.36)
        for number, start in enumerate(starts)
        if number % 15 != 14
    ]


def pauses_of(script: Sequence[Line]) -> list[Pause]:
    return [(end, begin) for (*_, end), (_, begin, _) in pairwise(script) if begin - end > 0.1]


def test_ears_that_stream_are_left_alone() -> None:
    ears = ScriptedTranscriber()
    assert as_transcriber(ears) is ears


def test_decodes_while_they_speak_and_the_last_word_is_there_at_the_pause() -> None:
    ears = ScriptedRecogniser(QUESTION, seconds=0.1)

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(1.2)
            await turn.feed(1.32, voiced=False)
            before = now()
            last = await turn.transcription.finalize()
            assert now() == before
            assert last.text == "what time is it"
            assert last.stable == len(last.text)
            assert last.covers == round(1.21 * RATE)
            assert windows(ears) == [(0.8, 0.8), (0.95, 0.95), (1.1, 1.1), (1.21, 1.21)]
            assert [round(at, 3) for at, _ in turn.told] == [0.9, 1.05, 1.31]
            assert turn.texts == ["what time", "what time is", "what time is it"]
            assert [partial.stable for _, partial in turn.told] == [0, 9, 12]

    run(test)


def test_the_last_word_waits_for_a_decode_that_covers_all() -> None:
    ears = ScriptedRecogniser(QUESTION, seconds=0.1)

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(1.2)
            await turn.feed(1.25, voiced=False)
            last = await turn.transcription.finalize()
            assert now() == pytest.approx(1.31)
            assert last.text == "what time is it"
            assert len(ears.calls) == 4

    run(test)


def test_the_last_word_supersedes_a_decode_that_covers_too_little() -> None:
    ears = ScriptedRecogniser(QUESTION, seconds=0.1)

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(1.03)
            await turn.feed(1.04, voiced=False)
            last = await turn.transcription.finalize()
            assert now() == pytest.approx(1.14)
            assert windows(ears) == [(0.8, 0.8), (0.95, 0.95), (1.04, 1.04)]
            assert [call.final for call in ears.calls] == [False, False, True]
            assert ears.calls[1].ended is None
            assert last.covers == round(1.04 * RATE)
            assert turn.texts == ["what time"]

    run(test)


def test_a_pause_is_reason_enough_for_a_decode() -> None:
    ears = ScriptedRecogniser(QUESTION, seconds=0.05)

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(1.1)
            await turn.feed(1.4, voiced=False)
            assert windows(ears) == [(0.8, 0.8), (0.92, 0.92), (1.04, 1.04), (1.11, 1.11)]

    run(test)


def test_silence_is_not_decoded_again_and_only_little_of_it_at_all() -> None:
    ears = ScriptedRecogniser(QUESTION, seconds=0.1)

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(1.2)
            await turn.feed(9.0, voiced=False)
            calls = len(ears.calls)
            assert calls == 4
            await turn.feed(9.1)
            await turn.feed(12.0, voiced=False)
            last = await turn.transcription.finalize()
            assert last.text == "what time is it"
            assert len(ears.calls) == calls + 1
            assert ears.calls[-1].end == pytest.approx(9.11)

    run(test)


def test_nothing_voiced_is_nothing_heard_at_once() -> None:
    ears = ScriptedRecogniser(QUESTION)

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(3.0, voiced=False)
            assert (await turn.transcription.finalize()).text == ""
            assert now() == pytest.approx(3.0)
            assert not ears.calls

    run(test)


def test_works_when_nobody_follows_the_partials() -> None:
    ears = ScriptedRecogniser(QUESTION, seconds=0.1)

    async def test() -> None:
        turn = as_transcriber(ears).open()
        turn.feed(sound(0, 1.3))
        last = await turn.finalize()
        assert last.text == "what time is it"
        assert now() == pytest.approx(0.1)
        assert (await turn.finalize()) == last
        assert now() == pytest.approx(0.1)
        assert [call.final for call in ears.calls] == [True]

    run(test)


def test_the_user_may_go_on_after_the_last_word() -> None:
    ears = ScriptedRecogniser([*QUESTION, ("now", 1.8, 2.05)], seconds=0.1)

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(1.2)
            await turn.feed(1.6, voiced=False)
            assert (await turn.transcription.finalize()).text == "what time is it"
            await turn.feed(2.1)
            await turn.feed(2.18, voiced=False)
            last = await turn.transcription.finalize()
            assert last.text == "what time is it now"

    run(test)


@pytest.mark.parametrize(
    ("seconds", "calls"),
    [(0.1, 48), (0.3, 16), (0.6, 8), (1.0, 1)],
    ids=["quick", "busy: fewer", "slow: fewer still", "too slow: only in the pause"],
)
def test_a_slow_machine_decodes_less_often(seconds: float, calls: int) -> None:
    ears = ScriptedRecogniser(monologue(8.0), seconds=seconds)

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(8.0)
            assert len(ears.calls) == calls, windows(ears)
            await turn.feed(8.07, voiced=False)
            begun = now()
            await turn.transcription.finalize()
            assert now() - begun <= seconds + 0.01
            ended = [call.ended or call.began for call in ears.calls]
            begins = [call.began for call in ears.calls[1:]]
            assert all(end <= begin for end, begin in zip(ended, begins, strict=False))

    run(test)


def test_a_machine_that_recovers_decodes_as_often_as_before() -> None:
    costs = iter([1.0, *[0.1] * 99])
    ears = ScriptedRecogniser(monologue(10.0), seconds=lambda _: next(costs))

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(4.0)
            assert len(ears.calls) == 1
            await turn.feed(4.2, voiced=False)
            await turn.feed(8.0)
            assert len(ears.calls) > 15

    run(test)


def test_stable_words_never_change_though_the_hypotheses_do() -> None:
    def mishears(_start: float, end: float, text: str) -> str:
        words = text.split()
        wrong = round(end * 10) % 3
        return " ".join([*words[:-1], f"{words[-1]}x"]) if words and wrong == 0 else text

    ears = ScriptedRecogniser(monologue(6.0), seconds=0.1, mishears=mishears)

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(6.0)
        stable = [partial.text[: partial.stable] for _, partial in turn.told]
        assert any(stable)
        assert any("x" in text for text in turn.texts)
        assert all(later.startswith(earlier) for earlier, later in pairwise(stable))

    run(test)


def test_a_doubtful_text_is_decoded_thoroughly_while_the_silence_lasts() -> None:
    ears = ScriptedRecogniser(QUESTION, seconds=0.1, doubts=lambda _start, end: end > 1.1)

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(1.2)
            await turn.feed(1.45, voiced=False)
            assert windows(ears)[-2:] == [(1.21, 1.21), (1.31, 1.31)]
            assert [call.final for call in ears.calls[-2:]] == [False, True]
            before = now()
            last = await turn.transcription.finalize()
            assert now() == before
            assert not last.doubtful

    run(test)


def test_a_doubtful_text_is_not_shown() -> None:
    ears = ScriptedRecogniser(QUESTION, seconds=0.1, doubts=lambda _start, end: end < 1.1)

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(1.2)
            await turn.feed(1.45, voiced=False)
            assert turn.texts == ["what time is", "what time is it"]

    run(test)


def test_a_doubtful_text_is_no_last_word() -> None:
    ears = ScriptedRecogniser(QUESTION, seconds=0.1, doubts=lambda _start, end: end > 1.1)

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(1.2)
            await turn.feed(1.25, voiced=False)
            last = await turn.transcription.finalize()
            assert not last.doubtful
            assert now() == pytest.approx(1.41)
            assert [call.final for call in ears.calls[-2:]] == [False, True]

    run(test)


def test_a_last_word_that_is_not_waited_for_leaves_no_gap() -> None:
    ears = ScriptedRecogniser(QUESTION, seconds=0.1)

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(0.6)
            await turn.feed(0.61, voiced=False)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await turn.transcription.finalize()
            await turn.feed(1.2)
            await turn.feed(1.5, voiced=False)
            assert turn.texts[-1] == "what time is it"
            assert (await turn.transcription.finalize()).text == "what time is it"

    run(test)


def test_two_last_words_at_once_are_served_in_turn() -> None:
    ears = ScriptedRecogniser(QUESTION, seconds=0.1)

    async def test() -> None:
        turn = as_transcriber(ears).open()
        turn.feed(sound(0, 1.3))
        async with asyncio.TaskGroup() as tasks:
            finals = [tasks.create_task(turn.finalize()) for _ in range(2)]
        assert [final.result().text for final in finals] == ["what time is it"] * 2
        assert len(ears.calls) == 1

    run(test)


def test_closing_ends_the_partials_and_what_is_in_flight() -> None:
    ears = ScriptedRecogniser(QUESTION, seconds=5.0)

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(1.0)
            turn.transcription.close()
            turn.transcription.feed(sound(1.0, TICK))
        assert now() == pytest.approx(1.0)
        assert ears.calls[0].ended is None
        assert (await turn.transcription.finalize()).text == ""

    run(test)


def test_a_failure_ends_the_partials_and_the_last_word_tries_again() -> None:
    ears = ScriptedRecogniser(QUESTION, seconds=0.1)
    ears.failure = BackendError("whisper", "the engine failed")

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(1.3)
            assert turn.failure is not None
            assert (await turn.transcription.finalize()).text == "what time is it"
            ears.failure = BackendError("whisper", "the engine failed")
            await turn.feed(2.0)
            with pytest.raises(BackendError, match="the engine failed"):
                await turn.transcription.finalize()

    run(test)


def test_turns_share_ears_without_mixing() -> None:
    ears = ScriptedRecogniser(QUESTION, seconds=0.1)
    shared = as_transcriber(ears)

    async def one(until: float) -> str:
        turn = Turn(shared.open())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(turn.watch())
            await turn.feed(until)
            last = await turn.transcription.finalize()
            turn.transcription.close()
        return last.text

    async def test() -> None:
        async with asyncio.TaskGroup() as tasks:
            turns = [tasks.create_task(one(until)) for until in (0.75, 1.25)]
        assert [turn.result() for turn in turns] == ["what time", "what time is it"]

    run(test)


def longest(ears: ScriptedRecogniser) -> float:
    return max(call.end - call.start for call in ears.calls)


def window_of(turn: Turn) -> float:
    assert isinstance(turn.transcription, StreamingTranscription)
    return turn.transcription._window.seconds


def check_monologue(ears: ScriptedRecogniser, script: Sequence[Line], most_s: float) -> None:
    async def test() -> None:
        async with turn_of(ears, pauses_of(script)) as turn:
            seconds = script[-1][2]
            await turn.feed(seconds)
            await turn.feed(seconds + 0.3, voiced=False)
            last = await turn.transcription.finalize()
        said = [word for word, *_ in script]
        assert last.text.split() == said
        assert [word.text for word in last.words] == said
        late = [abs(word.start - line[1]) for word, line in zip(last.words, script, strict=True)]
        assert max(late) < 0.02
        assert longest(ears) <= most_s
        assert window_of(turn) <= most_s
        stable = [partial.text[: partial.stable] for _, partial in turn.told]
        assert all(later.startswith(earlier) for earlier, later in pairwise(stable))

    run(test)


def test_a_monologue_stays_bounded_and_loses_no_word() -> None:
    script = monologue(300.0)
    check_monologue(ScriptedRecogniser(script, seconds=lambda long: 0.02 * long), script, 14.0)


def test_so_does_one_without_full_stops_or_pauses() -> None:
    script = [(f"w{number}", number * 0.4, number * 0.4 + 0.38) for number in range(300)]
    check_monologue(ScriptedRecogniser(script, seconds=0.1), script, 17.0)


def test_so_does_one_on_a_machine_that_is_too_slow() -> None:
    script = monologue(120.0)
    check_monologue(ScriptedRecogniser(script, seconds=0.9), script, LONGEST_S + 1.0)


def test_so_does_one_whose_first_word_is_understood_anew_each_time() -> None:
    script = monologue(120.0)
    numbers = iter(range(10_000))

    def mishears(_start: float, _end: float, text: str) -> str:
        first, *rest = text.split() or [""]
        return " ".join([f"{first.strip('.')}x{next(numbers)}", *rest])

    ears = ScriptedRecogniser(script, seconds=0.1, mishears=mishears)

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(120.0)
            last = await turn.transcription.finalize()
        said = [word.split("x")[0].strip(".") for word in last.text.split()]
        assert said == [word.strip(".") for word, *_ in script]
        assert longest(ears) <= 17.0

    run(test)


def test_so_does_one_whose_words_have_no_times() -> None:
    script = [(f"w{number}", number * 0.4, number * 0.4 + 0.4) for number in range(300)]
    ears = ScriptedRecogniser(script, seconds=0.1, timed=False)

    async def test() -> None:
        async with turn_of(ears) as turn:
            await turn.feed(120.0)
            last = await turn.transcription.finalize()
        lost = {word for word, *_ in script} - set(last.text.split())
        assert len(lost) <= 120 / LONGEST_S + 1
        assert longest(ears) <= LONGEST_S + 1.0

    run(test)


def test_sound_without_words_or_sense_stays_bounded() -> None:
    hypotheses = iter("".join(chr(97 + n * k % 26) for k in range(1, 40)) for n in range(10_000))
    for mishears in (lambda *_: "", lambda *_: next(hypotheses)):
        ears = ScriptedRecogniser(seconds=0.1, mishears=mishears)

        async def test(ears: ScriptedRecogniser = ears) -> None:
            async with turn_of(ears) as turn:
                await turn.feed(120.0)
                await turn.transcription.finalize()
                assert longest(ears) <= LONGEST_S + 1.0
                assert window_of(turn) <= LONGEST_S + 1.0

        run(test)


GERMAN = Tongue("de")


def test_what_a_few_syllables_seem_to_be_in_is_no_prior_of_the_next_decode() -> None:
    ears = ScriptedRecogniser(QUESTION, tongue=lambda _, end: Tongue("fr" if end < 1 else "de"))

    async def test() -> None:
        turn = Turn(as_transcriber(ears).open(Tongue("en")))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(turn.watch())
            await turn.feed(1.4)
            assert (await turn.transcription.finalize()).tongue == GERMAN
            turn.transcription.close()
        assert {told.tongue.code for _, told in turn.told} >= {"fr"}

    run(test)
    assert {call.tongue for call in ears.calls} == {Tongue("en")}


def test_once_it_is_sure_of_a_language_it_asks_no_more() -> None:
    sure = Tongue("de", sure=True)
    ears = ScriptedRecogniser(QUESTION, tongue=lambda *_: sure)

    async def test() -> None:
        turn = Turn(as_transcriber(ears).open(Tongue("en")))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(turn.watch())
            await turn.feed(1.4)
            await turn.transcription.finalize()
            turn.transcription.close()

    run(test)
    assert [call.tongue for call in ears.calls[:1]] == [Tongue("en")]
    assert {call.tongue for call in ears.calls[1:]} == {sure}


def test_the_rest_of_a_long_turn_is_in_what_its_beginning_is_in() -> None:
    words = [(f"w{n}", n / 2, n / 2 + 0.4) for n in range(2 * round(LONGEST_S + 10))]
    ears = ScriptedRecogniser(words, tongue=lambda *_: GERMAN)

    async def test() -> None:
        turn = Turn(as_transcriber(ears).open(Tongue("en")))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(turn.watch())
            await turn.feed(LONGEST_S + 9)
            turn.transcription.close()

    run(test)
    trimmed = [call for call in ears.calls if call.start > 0]
    assert trimmed
    assert {call.tongue for call in trimmed} == {Tongue("de", sure=True)}
