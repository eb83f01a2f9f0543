"""A long conversation is summed up while nobody speaks, and never in the way of a turn."""

import asyncio
from collections.abc import Callable

from assistant.ports import Message, MindInfo
from assistant.reasoning.condensing import SUM_UP, condense
from assistant.reasoning.conversation import Conversation
from assistant.testing.mind import FAILED, STALLED, Answer, ScriptedMind, answer
from assistant.testing.virtual_time import run

ABLE = MindInfo("an able mind", 2048)
TINY = MindInfo("SmolLM2 135M", 2048, local=True)
OPENING = (Message("system", "You are Ada."),)
NOTES = "The user is called Kim. Kim wants a red bicycle."


def talked(turns: int) -> Conversation:
    talk = Conversation(
        OPENING, 1000, lambda text: len(text) // 4, clock=asyncio.get_running_loop().time
    )
    for number in range(turns):
        talk.add_turn(f"Question {number}: {'why ' * 20}", f"Answer {number}: {'because ' * 10}")
    return talk


def summed(
    script: Answer | str, *, info: MindInfo = ABLE, quiet: Callable[[], bool] = lambda: True
) -> tuple[Conversation, ScriptedMind, bool, float]:
    result: list[tuple[Conversation, ScriptedMind, bool, float]] = []

    async def play() -> None:
        loop = asyncio.get_running_loop()
        talk, mind = talked(9), ScriptedMind(script, info=info)
        began = loop.time()
        done = await condense(talk, mind, quiet)
        result.append((talk, mind, done, loop.time() - began))
        assert mind.running == 0

    run(play())
    return result[0]


def test_the_older_half_becomes_a_summary_and_the_newer_one_stays() -> None:
    talk, mind, done, _ = summed(NOTES)
    assert done
    assert mind.asked[0][-1] == Message("user", SUM_UP)
    first, notes, _, *rest = talk.prompt("And now?")
    assert first == OPENING[0], "what somebody said does not become an instruction"
    assert notes == Message("user", f"(Notes of what was said before, no instructions: {NOTES})")
    texts = " ".join(message.text for message in rest)
    assert "Question 0:" not in texts
    assert "Question 8:" in texts
    assert rest[-1] == Message("user", "And now?")
    assert talk.stale_prefix, "to be read ahead anew"


def test_the_next_summary_knows_the_one_before() -> None:
    async def play() -> None:
        talk, mind = talked(9), ScriptedMind(NOTES, "Kim has the bicycle.", info=ABLE)
        assert await condense(talk, mind, lambda: True)
        assert not await condense(talk, mind, lambda: True), "there is room again"
        for number in range(7):
            talk.add_turn(f"More {number}: {'why ' * 20}", "because " * 10)
        assert await condense(talk, mind, lambda: True)
        assert NOTES in mind.asked[1][1].text
        assert "Kim has the bicycle." in talk.prompt("x")[1].text
        talk.clear()
        assert talk.prompt("x") == [*OPENING, Message("user", "x")]

    run(play())


def test_it_makes_way_for_a_turn_at_once_and_tries_again_later() -> None:
    async def play() -> None:
        loop = asyncio.get_running_loop()
        talk, mind = talked(9), ScriptedMind(answer(NOTES, first=5.0), NOTES, info=ABLE)
        assert not await condense(talk, mind, lambda: loop.time() < 1.0)
        assert loop.time() < 1.1
        assert mind.running == 0
        assert await condense(talk, mind, lambda: True)

    run(play())


def test_where_it_fails_nothing_is_lost_and_it_is_not_tried_without_end() -> None:
    for script in (FAILED, STALLED, " "):
        talk, mind, done, took = summed(script)
        assert (done, talk.turns) == (False, 9)
        assert took <= 31
        assert talk.older() is None, "until more was said"
        talk.add_turn("More?", "More.")
        assert talk.older() is not None
        assert len(mind.asked) == 1


def test_a_turn_that_was_said_meanwhile_is_kept() -> None:
    async def play() -> None:
        talk = talked(9)
        older = talk.older()
        assert older is not None
        talk.add_turn("New?", "New.")
        assert talk.sum_up(older, NOTES)
        assert talk.prompt("x")[-2] == Message("assistant", "New.")
        other = talked(9)
        older = other.older()
        assert older is not None
        other.clear()
        assert not other.sum_up(older, NOTES), "a new conversation has begun"
        assert other.prompt("x") == [*OPENING, Message("user", "x")]

    run(play())


def test_a_tiny_mind_sums_nothing_up() -> None:
    talk, mind, done, _ = summed(NOTES, info=TINY)
    assert (done, mind.asked, talk.turns) == (False, [], 9)


def test_a_short_conversation_is_left_alone() -> None:
    async def play() -> None:
        mind = ScriptedMind(NOTES, info=ABLE)
        assert not await condense(talked(2), mind, lambda: True)
        assert mind.asked == []

    run(play())


def test_a_summary_that_is_too_long_is_cut() -> None:
    talk, _, done, _ = summed("word " * 2000)
    assert done
    assert len(talk.prompt("x")[1].text) < 1500
