from dataclasses import dataclass

import pytest

from assistant.completions import without_tools
from assistant.errors import ConfigError
from assistant.ports import Image, Message, ToolCall
from assistant.reasoning.conversation import INTERRUPTED, Conversation

OPENING = (Message("system", "You speak."),)
WINDOW = 2048


@dataclass
class World:
    """A clock that is set by hand, and a counter of tokens that counts its calls."""

    now: float = 0.0
    calls: int = 0

    def clock(self) -> float:
        return self.now

    def count(self, text: str) -> int:
        self.calls += 1
        return -(-len(text) // 4)

    def conversation(self, window: int = WINDOW) -> Conversation:
        return Conversation(OPENING, window, self.count, clock=self.clock)


def said(messages: list[Message]) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in messages if message.role != "system"]


def tokens(messages: list[Message]) -> int:
    return sum(World().count(message.text) + 8 for message in messages)


def test_a_turn_is_told_with_the_next() -> None:
    talk = World().conversation()
    talk.add_turn("What is the capital of France?", "Paris.")
    assert said(talk.prompt("And of Spain?")) == [
        ("user", "What is the capital of France?"),
        ("assistant", "Paris."),
        ("user", "And of Spain?"),
    ]
    assert talk.prompt("x")[0] == OPENING[0]


def test_a_draft_leaves_no_trace() -> None:
    talk = World().conversation()
    talk.add_turn("Hello.", "Hi.")
    before = talk.prefix()
    talk.prompt("What is the")
    talk.prompt("What is the time " * 1000)
    assert talk.prefix() == before
    assert not talk.stale_prefix


def test_an_interrupted_answer_ends_where_it_was_cut() -> None:
    talk = World().conversation()
    talk.add_turn("Tell me about cats.", "Cats are small animals,", interrupted=True)
    assert said(talk.prompt("Stop."))[1] == ("assistant", "Cats are small animals" + INTERRUPTED)


def test_an_answer_nobody_heard_leaves_the_question_standing() -> None:
    talk = World().conversation()
    talk.add_turn("Hello.", "Hi.")
    talk.add_turn("What is the capital", "", interrupted=True)
    talk.add_turn("of the country", "  ", interrupted=True)
    assert said(talk.prompt("named France?")) == [
        ("user", "Hello."),
        ("assistant", "Hi."),
        ("user", "What is the capital\nof the country\nnamed France?"),
    ]


def test_roles_alternate_whatever_was_heard() -> None:
    talk = World().conversation()
    for n in range(12):
        talk.add_turn(f"Question {n}.", "" if n % 3 else f"Answer {n}.", interrupted=n % 2 == 0)
        roles = [role for role, _ in said(talk.prompt("And now?"))]
        assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]


def test_words_that_go_on_take_the_place_of_the_turn_they_began_with() -> None:
    talk = World().conversation()
    talk.add_turn("Book a table.", "For how ma", interrupted=True)
    whole = "Book a table for four people."
    assert said(talk.prompt(whole, continues=True)) == [("user", whole)]
    assert len(said(talk.prompt(whole))) == 3, "a draft that does not continue keeps the turn"
    talk.add_turn(whole, "Done.", continues=True)
    assert said(talk.prompt("Thanks.")) == [
        ("user", whole),
        ("assistant", "Done."),
        ("user", "Thanks."),
    ]


def test_a_turn_that_is_not_part_of_the_text_is_not_lost() -> None:
    talk = World().conversation()
    talk.add_turn("Play some jazz.", "Sure", interrupted=True)
    prompt = said(talk.prompt("Louder, please.", continues=True))
    assert ("user", "Play some jazz.") in prompt


def test_it_ends_after_five_idle_minutes() -> None:
    world = World()
    talk = world.conversation()
    talk.add_turn("My name is Ada.", "Hello, Ada.")
    talk.prefix()
    world.now = 300.0
    assert len(said(talk.prompt("What is my name?"))) == 3
    world.now = 600.5
    assert talk.turns == talk.tokens == 0
    assert said(talk.prompt("What is my name?")) == [("user", "What is my name?")]
    assert talk.stale_prefix
    talk.add_turn("What is my name?", "I don't know.")
    assert talk.turns == 1


def test_a_long_answer_does_not_end_the_conversation() -> None:
    world = World()
    talk = world.conversation()
    talk.add_turn("Hello.", "Hi.")
    world.now = 290.0
    talk.prompt("Tell me a long story.")
    world.now = 580.0
    talk.add_turn("Tell me a long story.", "Once upon a time.")
    assert talk.turns == 2


def test_200_turns_stay_bounded_flat_and_cached() -> None:
    world = World()
    talk = world.conversation()
    talk.prefix()
    drops, costs, biggest = 0, [], 0
    cached = talk.prompt("Question 0: how are you today?")
    for n in range(200):
        world.now += 10
        text = f"Question {n}: how are you today?"
        prompt = talk.prompt(text)
        biggest = max(biggest, tokens(prompt))
        if talk.stale_prefix:
            drops += 1
            assert prompt[: len(talk.prefix())] == talk.prefix()
        else:
            shared = len(cached) - 1
            assert prompt[:shared] == cached[:shared], "the cached beginning changed"
        cached = prompt
        before = world.calls
        talk.add_turn(text, f"Answer {n}: I am well, thank you, and hope that you are too.")
        costs.append(world.calls - before)
    assert 1000 < biggest <= WINDOW * 3 // 4
    assert 3 <= drops <= 200 / 12, "it drops in blocks"
    assert len(set(costs)) == 1, "the cost of a turn does not grow"


def test_a_question_longer_than_the_window_is_cut_in_its_middle() -> None:
    talk = World().conversation()
    talk.add_turn("Hello.", "Hi.")
    text = "Here it begins. " + "And so on. " * 5000 + "What do you think?"
    prompt = talk.prompt(text)
    assert tokens(prompt) <= WINDOW * 3 // 4
    assert prompt[-1].text.startswith("Here it begins.")
    assert prompt[-1].text.endswith("What do you think?")
    talk.add_turn(text, "A long answer. " * 5000)
    assert tokens(talk.prompt("And now?")) <= WINDOW * 3 // 4


def test_clear_begins_anew() -> None:
    talk = World().conversation()
    talk.add_turn("Hello.", "Hi.")
    talk.prefix()
    talk.clear()
    assert talk.stale_prefix
    assert said(talk.prefix()) == []


def test_a_window_without_room_is_a_mistake_in_the_configuration() -> None:
    with pytest.raises(ConfigError, match="too small"):
        Conversation([Message("system", "x" * 8000)], WINDOW, World().count, clock=World().clock)


def called(result: str, number: str = "1") -> tuple[Message, ...]:
    call = ToolCall(number, "weather", '{"city": "Oslo"}')
    return (Message("assistant", "", calls=(call,)), Message("tool", result, answers=number))


def test_calls_and_results_stay_between_question_and_answer() -> None:
    talk = World().conversation()
    talk.add_turn("How is the weather?", "It is sunny.", tools=called("sunny"), foreign=True)
    assert [message.role for message in talk.prompt("Sure?")] == [
        *("system", "user", "assistant", "tool", "assistant", "user")
    ]
    assert talk.foreign
    talk.clear()
    assert not talk.foreign


def test_an_answer_that_nobody_heard_leaves_its_results() -> None:
    talk = World().conversation()
    talk.add_turn("How is the weather?", "", interrupted=True, tools=called("sunny"))
    assert said(talk.prompt("In Rome?")) == [
        ("user", "How is the weather?"),
        ("assistant", ""),
        ("tool", "sunny"),
        ("user", "In Rome?"),
    ]
    assert not talk.foreign


def test_what_was_mended_takes_its_results_along() -> None:
    talk = World().conversation()
    talk.add_turn("How is the weather", "", interrupted=True, tools=called("sunny"), foreign=True)
    joined = talk.prompt("How is the weather in Rome?", continues=True)
    assert said(joined) == [("user", "How is the weather in Rome?")]


def test_a_call_that_ends_later_is_told_in_its_place() -> None:
    talk = World().conversation()
    talk.add_turn("One?", "Yes.", tools=called("old"))
    talk.add_turn("Two?", "Yes.", tools=called("still running"))
    talk.prefix()
    before = talk.tokens
    talk.amend("1", "It is sunny there, all day long.")
    talk.amend("nobody's", "nothing")
    texts = [message.text for message in talk.prompt("Three?") if message.role == "tool"]
    assert texts == ["old", "It is sunny there, all day long."]
    assert talk.stale_prefix
    assert talk.tokens > before


def test_results_count_in_the_window_and_too_many_are_left_out() -> None:
    talk = World().conversation()
    talk.add_turn("Much?", "Yes.", tools=called("word " * 5000), foreign=True)
    assert talk.tokens < 100
    assert not talk.foreign
    for number in range(200):
        talk.add_turn(f"{number}?", "Yes.", tools=called("word " * 60))
        prompt = talk.prompt("And?")
        assert tokens(prompt) < WINDOW * 3 / 4
        roles = [message.role for message in prompt]
        assert roles.count("tool") == sum(bool(message.calls) for message in prompt)


def test_of_pictures_only_the_newest_stays() -> None:
    talk = World().conversation(16_000)
    seen = (Message("tool", "seen", (Image(b"x", "image/png"),), answers="1"),)
    for question in ("One?", "Two?", "Three?"):
        talk.add_turn(question, "Yes.", tools=seen if question != "Three?" else (), foreign=True)
    pictures = [len(m.images) for m in talk.prompt("Four?") if m.role == "tool"]
    assert pictures == [0, 1]


def test_a_model_without_tools_is_told_in_words() -> None:
    talk = World().conversation()
    talk.add_turn("How is the weather?", "Sunny.", tools=called("sunny"))
    assert said(without_tools(talk.prompt("Sure?"))) == [
        ("user", "How is the weather?\n(Found out: sunny)"),
        ("assistant", "Sunny."),
        ("user", "Sure?"),
    ]
