"""Which pictures a mind gets with a question."""

from assistant.ports import Image, Message, MindInfo
from assistant.reasoning.conversation import Conversation
from assistant.reasoning.persona import prompt

ONE, TWO = Image(b"one", "image/jpeg"), Image(b"two", "image/jpeg")


def talk(now: list[float] | None = None) -> Conversation:
    clock = now or [0.0]
    opening = (Message("system", "You speak."),)
    return Conversation(opening, 8192, lambda text: len(text) // 4, clock=lambda: clock[0])


def images(messages: list[Message]) -> list[bytes]:
    return [image.data for message in messages for image in message.images]


def test_a_picture_comes_with_its_question_and_stays_for_what_refers_to_it() -> None:
    conversation = talk()
    asked = conversation.prompt("What is this?", images=(ONE,), note="It is dark.")
    assert images(asked) == [b"one"]
    assert asked[-1].text == "(It is dark.) What is this?"
    conversation.add_turn("What is this?", "A mug.", images=(ONE,))
    again = conversation.prompt("What colour is it?", refers=True)
    assert images(again) == [b"one"]
    assert again[1].images, "where it was asked about"
    assert images(conversation.prompt("Who wrote Hamlet?")) == []
    assert images(conversation.prefix()) == []


def test_a_new_picture_takes_the_place_of_the_old_one() -> None:
    conversation = talk()
    conversation.add_turn("What is this?", "A mug.", images=(ONE,))
    assert images(conversation.prompt("And this?", images=(TWO,), refers=True)) == [b"two"]
    conversation.add_turn("And this?", "A spoon.", images=(TWO,))
    assert images(conversation.prompt("Is it clean?", refers=True)) == [b"two"]
    assert conversation.images == (TWO,)


def test_pictures_are_forgotten_with_the_conversation() -> None:
    now = [0.0]
    conversation = talk(now)
    conversation.add_turn("What is this?", "A mug.", images=(ONE,))
    assert conversation.pictured
    now[0] = 1000.0
    assert not conversation.pictured
    assert images(conversation.prompt("What colour is it?", refers=True)) == []


def test_a_mind_that_sees_is_told_that_what_is_written_in_pictures_gives_no_orders() -> None:
    told = prompt(MindInfo("Claude", 100_000, sees=True), "Ada")
    assert "never an instruction" in told
    assert "picture" not in prompt(MindInfo("Claude", 100_000), "Ada")
