# ruff: noqa: RUF001 - marks of wide scripts are what is tested
"""Chunks come as early as they can, and never lose or change a character."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

import pytest

from assistant.errors import BackendTimeout
from assistant.speaking.cutter import MOST_WORDS
from assistant.speaking.sentences import sentences
from assistant.testing.virtual_time import run

Timed = list[tuple[float, str]]

LONG = """Sure, I can help with that. Dr. Smith lives at 3.14 Elm St. in the U.S. Army base, e.g. \
near J. R. Tolkien's house at 9 a.m. on Monday. No. I won't. Take No. 5 instead! It ends.
1. First item
2. Second item, with [a link, really](https://x.com/a,b) in it

This is a very long sentence that goes on and on because the model never learned to stop \
talking about the many things it knows. "Really?" he asked. Wait... what? Yes... The end.
```python
print("a. b. c.", 1, 2)
```
It costs $1,000, on November 24, 2026, in Paris. supercalifragilistic supercalifragilistic \
alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma"""


async def typed(pieces: Sequence[str | float]) -> AsyncGenerator[str, None]:
    """Yield texts; a number is a wait in seconds."""
    for piece in pieces:
        if isinstance(piece, float):
            await asyncio.sleep(piece)
        else:
            yield piece


def chunks(pieces: Sequence[str | float], language: str = "en") -> Timed:
    """Return the chunks and when they came."""
    came: Timed = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with aclosing(sentences(typed(pieces), language=language)) as source:
            async for chunk in source:
                came.append((round(loop.time(), 4), chunk))

    run(main())
    return came


def texts(pieces: Sequence[str | float], language: str = "en") -> list[str]:
    return [chunk.strip() for _, chunk in chunks(pieces, language)]


def test_the_first_chunk_ends_at_a_clause_and_later_ones_at_sentences() -> None:
    text = "Sure, let me think, it is two, or three. Then, well, I go, too."
    assert texts([text]) == [
        "Sure, let me think,",
        "it is two, or three.",
        "Then, well, I go, too.",
    ]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Yes. It is so.", "Yes."),
        ("Oh, yes, I know. Good.", "Oh, yes, I know."),
        ("It is here: a b c.", "It is here:"),
        ("It is here\u2014I think.", "It is here\u2014"),
        ("I have 1,000,000 of them, no less. Ok.", "I have 1,000,000 of them,"),
        ("See [a b, c d](https://x.y), then go.", "See [a b, c d](https://x.y),"),
    ],
)
def test_first_chunks(text: str, first: str) -> None:
    assert texts([text])[0] == first


def test_a_sentence_goes_when_white_space_follows_its_mark() -> None:
    came = chunks(["It is", " three", ".", 0.05, " And", 0.01, " four", ".", 0.055, " No"])
    assert came == [(0.05, "It is three. "), (0.115, "And four. "), (0.115, "No")]


def test_a_pause_ends_a_sentence_without_waiting_for_the_next() -> None:
    came = chunks(["It is three.", 1.0, " And four", "?", 1.0, " No"])
    assert came == [(0.06, "It is three."), (1.06, " And four?"), (2.0, " No")]


def test_a_pause_ends_the_first_clause_at_a_word() -> None:
    assert chunks(["It is three hun", 0.5, "dred and more", 0.5, "."]) == [
        (0.06, "It is three "),
        (1.0, "hundred and more."),
    ]


def test_two_words_or_half_a_number_wait_through_a_pause() -> None:
    assert chunks(["It isn", 0.5, "ot."]) == [(0.5, "It isnot.")]
    assert chunks(["Ok. It is 3.", 0.5, "14 now."])[1:] == [(0.5, "It is 3.14 now.")]
    assert chunks(["Ok. I met Dr.", 0.5, " Who."])[1:] == [(0.5, "I met Dr. Who.")]


@pytest.mark.parametrize(
    "sentence",
    [
        "I met Dr. Smith there.",
        "It is 3.14 or so.",
        "Fruit, e.g. apples, are good.",
        "The U.S. Army is there.",
        "It was J. R. R. Tolkien himself.",
        "We go at 9 a.m. on Monday.",
        "Take No. 5 of them.",
        "See example.com or main.py there.",
        "Well... it is so.",
    ],
)
def test_not_split_inside(sentence: str) -> None:
    assert texts(["Ok. ", sentence, " Next one."]) == ["Ok.", sentence, "Next one."]


def test_split_after() -> None:
    text = (
        "Ok. No. I said etc. Then it was 9 p.m. The end. Plan C! In the U.S. They know. W... Yes."
    )
    assert texts([text]) == [
        *("Ok.", "No.", "I said etc.", "Then it was 9 p.m.", "The end.", "Plan C!"),
        *("In the U.S.", "They know.", "W...", "Yes."),
    ]


def test_lines_end_chunks_and_numbers_of_a_list_do_not() -> None:
    assert texts(["# Tea\n1. Boil it\n2. Wait\n"]) == ["# Tea", "1. Boil it", "2. Wait"]


def test_wide_scripts() -> None:
    text = "你好，我是一个语音助手。今天天气很好！你想知道什么呢"
    assert texts(list(text), "zh") == [
        "你好，我是一个语音助手。",
        "今天天气很好！",
        "你想知道什么呢",
    ]


@pytest.mark.parametrize("size", [1, 3, 7, 50, 5000])
@pytest.mark.parametrize("wait", [0.0, 0.01, 0.2])
def test_nothing_is_lost_and_no_chunk_is_too_long(size: int, wait: float) -> None:
    pieces: list[str | float] = []
    for at in range(0, len(LONG), size):
        pieces += [wait, LONG[at : at + size]]
    came = [chunk for _, chunk in chunks(pieces)]
    assert "".join(came) == LONG
    assert max(len(chunk.split()) for chunk in came) <= MOST_WORDS
    assert all(chunk.strip() for chunk in came)


def test_long_sentences_are_cut_where_one_breathes() -> None:
    text = (
        "Ok. The old man who lived in the house at the end of the road had a dog, and the dog"
        " was always very happy to see all of the other people every morning."
    )
    for chunk in texts([text])[1:-1]:
        assert not re.search(r"\b(the|a|of|to|at|in|and|was|very)$", chunk), chunk


def test_errors_come_after_the_chunks_before_them() -> None:
    async def broken() -> AsyncGenerator[str, None]:
        yield "It is so. And th"
        raise BackendTimeout("mind", "it is slow")

    async def main() -> None:
        source = sentences(broken())
        assert await anext(source) == "It is so. "
        assert await anext(source) == "And th"
        with pytest.raises(BackendTimeout):
            await anext(source)

    run(main())


def test_closing_closes_the_source_even_while_it_waits() -> None:
    async def main() -> None:
        closed = asyncio.Event()

        async def endless() -> AsyncGenerator[str, None]:
            try:
                while True:
                    yield "It is so. "
                    await asyncio.sleep(0.001)
            finally:
                closed.set()

        async with aclosing(sentences(endless())) as source:
            assert await anext(source) == "It is so. "
            await asyncio.sleep(5.0)  # more pieces wait than may
        assert closed.is_set()

    run(main())


def test_cancelling_the_reader_closes_the_source_at_once() -> None:
    async def main() -> None:
        closed: list[float] = []
        loop = asyncio.get_running_loop()

        async def slow() -> AsyncGenerator[str, None]:
            try:
                yield "It"
                await asyncio.sleep(100)
            finally:
                closed.append(loop.time())

        async def read(source: AsyncIterator[str]) -> None:
            async with aclosing(sentences(source)) as chunks:
                async for _ in chunks:
                    pass

        async with asyncio.TaskGroup() as scope:
            task = scope.create_task(read(slow()))
            await asyncio.sleep(1.0)
            task.cancel()
        assert closed == [1.0]

    run(main())


def test_a_source_that_cannot_be_closed() -> None:
    class Plain:
        def __init__(self) -> None:
            self.left = ["A b c.", " D."]

        def __aiter__(self) -> "Plain":
            return self

        async def __anext__(self) -> str:
            if not self.left:
                raise StopAsyncIteration
            return self.left.pop(0)

    async def main() -> None:
        assert [chunk async for chunk in sentences(Plain())] == ["A b c. ", "D."]

    run(main())
