import asyncio
from contextlib import aclosing

import pytest

from assistant.errors import BackendError, BackendTimeout, BackendUnavailable, ToolError
from assistant.ports import Message, MindInfo, ToolCall
from assistant.reasoning.thinker import Limits, limits_for, think
from assistant.testing import mind as script
from assistant.testing.mind import Answer, Finish, ScriptedMind, answer
from assistant.testing.virtual_time import run

HELLO = [Message("user", "hello")]


def thought(mind: ScriptedMind, limits: Limits | None = None) -> tuple[str, float]:
    """Return the whole answer and when it ended; all of it must have been closed."""
    result: list[tuple[str, float]] = []

    async def main() -> None:
        pieces = [piece async for piece in think(mind, HELLO, limits)]
        assert mind.running == 0
        result.append(("".join(pieces), asyncio.get_running_loop().time()))

    run(main())
    return result[0]


def failure(mind: ScriptedMind, limits: Limits | None = None) -> tuple[BaseException, float]:
    result: list[tuple[BaseException, float]] = []

    async def main() -> None:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the callers look at it
            async for _ in think(mind, HELLO, limits):
                pass
        assert mind.running == 0
        result.append((caught.value, asyncio.get_running_loop().time()))

    run(main())
    return result[0]


def test_pieces_come_as_the_model_writes_them() -> None:
    async def main() -> None:
        loop, mind = asyncio.get_running_loop(), ScriptedMind(answer("One two.", first=1, each=2))
        seen = [(piece, loop.time()) async for piece in think(mind, HELLO)]
        assert seen == [("One ", 1.0), ("two.", 3.0)]
        assert mind.asked == [tuple(HELLO)]

    run(main())


def test_blanks_before_the_first_word_are_dropped() -> None:
    assert thought(ScriptedMind(Answer(("\n", " \n Yes", "."))))[0] == "Yes."


@pytest.mark.parametrize("pieces", [(), ("",), (" ", "\n\n")])
def test_an_empty_answer_is_a_failure(pieces: tuple[str, ...]) -> None:
    error, _ = failure(ScriptedMind(Answer(pieces)))
    assert isinstance(error, BackendError)
    assert "answered with nothing" in str(error)


def test_a_model_that_never_begins_meets_its_deadline() -> None:
    error, at = failure(ScriptedMind(script.STALLED), Limits(first=4))
    assert isinstance(error, BackendTimeout)
    assert "silent for 4 s" in str(error)
    assert at == 4.0


def test_blanks_do_not_count_as_a_beginning() -> None:
    blank = Answer((" ",), first=0.1, each=0.5, finish=Finish.STALL)
    error, at = failure(ScriptedMind(blank), Limits(first=4, between=1))
    assert isinstance(error, BackendTimeout)
    assert at == pytest.approx(4.1)


def test_a_model_that_stops_midway_meets_the_other_deadline() -> None:
    mind = ScriptedMind(answer("One two", first=1, each=1, finish=Finish.STALL))
    error, at = failure(mind, Limits(first=4, between=3))
    assert isinstance(error, BackendTimeout)
    assert at == 2.0 + 3.0


def test_what_the_model_raises_is_passed_on() -> None:
    assert isinstance(failure(ScriptedMind(script.FAILED))[0], BackendUnavailable)


def test_an_endless_answer_ends_with_a_sentence() -> None:
    text, _ = thought(ScriptedMind(script.ENDLESS), Limits(characters=200))
    assert 190 <= len(text) <= 250
    assert text.endswith("and so forth.")


def test_an_endless_answer_without_sentences_is_cut_hard() -> None:
    mind = ScriptedMind(Answer(("word ",), finish=Finish.NEVER))
    assert 250 <= len(thought(mind, Limits(characters=200))[0]) <= 255


def test_endless_blanks_end() -> None:
    error, _ = failure(ScriptedMind(Answer((" ",), finish=Finish.NEVER)), Limits(characters=200))
    assert "nothing" in str(error)


def test_a_slow_endless_answer_ends_by_time() -> None:
    mind = ScriptedMind(Answer(("So it goes. ",), first=1, each=1, finish=Finish.NEVER))
    text, at = thought(mind, Limits(seconds=10))
    assert at == 10.0
    assert text.endswith("So it goes.")


def test_the_listener_may_be_slow() -> None:
    async def main() -> None:
        limits = Limits(first=1, between=1, seconds=5)
        async for _ in think(ScriptedMind("One. Two. Three."), HELLO, limits):
            await asyncio.sleep(100)

    run(main())


def test_a_tiny_mind_is_stopped_after_three_sentences() -> None:
    tiny = MindInfo("Tiny 135M", context=2048, local=True)
    text = "Dr. No has 3.5 cats, e.g. Tom. They sleep! Do they? They do. They always do."
    assert limits_for(tiny).sentences == 3
    assert thought(ScriptedMind(text, info=tiny))[0] == text.partition(" They do.")[0]
    assert thought(ScriptedMind(text))[0] == text


def test_lines_of_a_list_are_sentences() -> None:
    mind = ScriptedMind(Answer(("1. Apples\n", "2. Pears\n", "3. Plums\n", "4. Figs")))
    assert thought(mind, Limits(sentences=3))[0].rstrip() == "1. Apples\n2. Pears\n3. Plums"


def test_closing_stops_the_model() -> None:
    async def main() -> None:
        mind = ScriptedMind(script.ENDLESS)
        async with aclosing(think(mind, HELLO)) as pieces:
            await anext(pieces)
            assert mind.running == 1
        assert mind.running == 0

    run(main())


def test_cancelling_stops_the_model_before_its_first_word() -> None:
    async def main() -> None:
        mind = ScriptedMind(script.STALLED)

        async def read() -> None:
            async for _ in think(mind, HELLO):
                pass

        async with asyncio.TaskGroup() as group:
            task = group.create_task(read())
            await asyncio.sleep(0.5)
            assert mind.running == 1
            task.cancel()
        assert mind.running == 0

    run(main())


def test_a_tool_call_is_refused_in_words_for_the_model() -> None:
    error, _ = failure(ScriptedMind(Answer((ToolCall("1", "clock", "{}"),))))
    assert isinstance(error, ToolError)
    assert "clock" in error.for_model
