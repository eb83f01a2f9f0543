"""What is said, and what is answered to it: real sentences, a real database, virtual time."""

import asyncio
import sqlite3
import time
from pathlib import Path

import pytest

from assistant.errors import BackendError
from assistant.keeping.store import Store
from assistant.testing.clock import InPlace
from tests.hands.home import Home, at_home, hands


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept.sqlite"


CONVERSATIONS = {
    "the time": [
        ("What time is it?", "It's 8:42 PM."),
        ("what time is it in Tokyo", "In Tokyo it's 4:42 AM on Sunday."),
        ("what's the time in Narnia", "I don't know the time in Narnia."),
        ("What's the date?", "It's Saturday, November 28, 2026."),
        ("how many days until friday", "Friday, December 4 is in 6 days."),
    ],
    "a timer": [
        ("how much time is left", "There is no timer."),
        ("Set a timer for five minutes.", "5 minutes, starting now."),
        ("how long is left", "5 minutes left on your timer."),
        ("add two minutes", "Your timer has 7 minutes left."),
        ("pause the timer", "Your timer is paused with 7 minutes left."),
        ("resume the timer", "Your timer goes on, with 7 minutes left."),
        ("cancel my timer", "Your timer is cancelled."),
    ],
    "several timers": [
        ("set a 10 minute pizza timer", "Pizza, 10 minutes, starting now."),
        ("set a timer called tea for 3 minutes", "Tea, 3 minutes, starting now."),
        ("set a timer for an hour", "1 hour, starting now. You have 3 timers."),
        (
            "cancel the timer",
            "Which one: your tea timer, your pizza timer and your 1 hour timer?",
        ),
        ("the pizza one", "Your pizza timer is cancelled."),
        ("how long is left on the tea timer", "3 minutes left on your tea timer."),
        ("cancel the coffee timer", "There is no timer called coffee."),
        ("cancel the one hour timer", "Your 1 hour timer is cancelled."),
    ],
    "two timers of one name": [
        ("set a pizza timer for ten minutes", "Pizza, 10 minutes, starting now."),
        ("set a pizza timer for five minutes", "Pizza, 5 minutes, starting now."),
        ("cancel the pizza timer", "Your pizza timer is cancelled."),
        ("how long is left on the pizza timer", "10 minutes left on your pizza timer."),
    ],
    "it asks back": [
        ("set a timer", "For how long?"),
        ("ten minutes", "10 minutes, starting now."),
        ("remind me", "What should I remind you of?"),
        ("call mum", "When should I remind you?"),
        ("tomorrow at five", "I'll remind you tomorrow at 5 PM."),
        ("set an alarm", "For when?"),
        ("what's two plus two", "4."),
        ("remind me tomorrow", "What should I remind you of?"),
        ("never mind", "Okay."),
    ],
    "alarms": [
        ("wake me up at seven", "I'll wake you tomorrow at 7 AM."),
        (
            "set an alarm for half past six every weekday",
            "I'll wake you every weekday at 6:30 AM.",
        ),
        (
            "what alarms do i have",
            "2 alarms: tomorrow at 7 AM and every weekday at 6:30 AM.",
        ),
        ("cancel the alarm for seven", "The alarm tomorrow at 7 AM is cancelled."),
        ("cancel my alarms", "The alarm every weekday at 6:30 AM is cancelled."),
        ("cancel my alarms", "There is no alarm."),
    ],
    "impossible times": [
        ("set an alarm for 25 o'clock", "There is no such time as 25."),
        ("set a timer for minus five minutes", "I can't set anything for a time that has passed."),
        ("Set a timer for -5 minutes.", "I can't set anything for a time that has passed."),
        ("set a timer in minus five minutes", "I can't set anything for a time that has passed."),
        ("set a timer for five minutes ago", "I can't set anything for a time that has passed."),
        ("wake me in minus five minutes", "I can't set anything for a time that has passed."),
        ("alarm at 25 o'clock", "There is no such time as 25."),
        ("wake me at 12:60", "There is no such time as 12:60."),
        (
            "remind me in minus five minutes to cook",
            "I can't set anything for a time that has passed.",
        ),
        ("remind me yesterday to cook", "That is in the past."),
        ("set a timer for zero minutes", "That is no time at all."),
        ("set a timer for 999999 hours", "That is more than a year: please take less."),
        ("set an alarm for blue cheese", "I didn't understand when."),
        ("wake me on the 32nd of december at nine", "I didn't understand when."),
        ("how much time is left", "There is no timer."),
        ("what alarms do i have", "There is no alarm."),
    ],
    "lists": [
        ("what's on my shopping list", "The shopping list is empty."),
        ("add milk and eggs to my shopping list", "Milk and eggs, on the shopping list."),
        ("add milk to the shopping list", "Milk is on the shopping list already."),
        ("what's on my shopping list", "2 on the shopping list: milk and eggs."),
        ("remove milk from the shopping list", "Milk, off the shopping list."),
        ("remove caviar from my shopping list", "Caviar is not on the shopping list."),
        ("add call the plumber to my to do list", "Call the plumber, on the to-do list."),
        ("what's on my to do list", "Only call the plumber is on the to-do list."),
        ("clear my shopping list", "The shopping list is empty now."),
        ("take a note that the key is with Sam", "Noted."),
        ("read my notes", "The key is with Sam."),
    ],
    "sums": [
        ("What's 12 times 9?", "108."),
        ("what is 15 percent of 80", "12."),
        ("what is two plus three", "5."),
        ("what's 7 divided by 0", "Nothing can be divided by zero."),
        ("what is the square root of 144", "12."),
        ("how many grams are in two ounces", "56.7 grams."),
        ("how many feet in a mile", "5280 feet."),
        ("what is 100 fahrenheit in celsius", "37.78 celsius."),
        ("convert 5 miles to kilograms", "Miles can't be turned into kilograms."),
    ],
    "its own voice": [
        ("volume 50", "Volume 50."),
        ("louder", "Volume 65."),
        ("set the volume to 200", "The volume goes from 0 to 100."),
        ("speak slower", "I'll speak slower."),
        ("say that again", "I haven't said anything yet."),
    ],
    "several at once": [
        (
            "set a timer for one minute and add butter to my shopping list",
            "1 minute, starting now. Butter, on the shopping list.",
        ),
    ],
    "for the mind": [
        ("tell me a joke", "-"),
        ("what is the meaning of life", "-"),
        ("turn off the lights in five minutes", "-"),
        ("what is the capital of France", "-"),
        ("", "-"),
        ("x" * 5000, "-"),
    ],
}


@pytest.mark.parametrize("about", CONVERSATIONS)
def test_it_answers(about: str, file: Path) -> None:
    async def play(here: Home) -> None:
        for said, answer in CONVERSATIONS[about]:
            assert (said, await here.says(said)) == (said, answer)

    at_home(file, play)


def test_each_example_that_it_gives_works(file: Path) -> None:
    async def play(here: Home) -> None:
        examples = here.kept.hands.examples()
        assert len(examples) > 10
        told = await here.says("What can you do?")
        assert told.startswith("For example, say: ")
        assert all(example in told for example in examples[:4])
        for example in examples:
            assert here.kept.hands.recognise(example), example
            assert await here.says(example) != "-", example

    at_home(file, play)


def test_only_what_there_are_skills_for_is_offered() -> None:
    known = hands()
    assert set(known.skills) >= {"set_timer", "what_time", "add_to_list"}
    for name in known.skills:
        assert asyncio.iscoroutinefunction(known.skills[name])


def test_a_question_waits_for_a_minute_only(file: Path) -> None:
    async def play(here: Home) -> None:
        assert await here.says("remind me") == "What should I remind you of?"
        await asyncio.sleep(61)
        assert await here.says("call mum") == "-"

    at_home(file, play)


def test_recognising_takes_milliseconds() -> None:
    texts = [said for talk in CONVERSATIONS.values() for said, _ in talk]
    texts.append("tell me a long story about a dragon who wanted to set a timer but had no hands")
    loaded, took = hands(), []
    for text in texts:
        began = time.thread_time()
        loaded.recognise(text)
        took.append(time.thread_time() - began)
    took.sort()
    print(_told(took))  # noqa: T201
    assert _p95(took) < 0.005
    assert took[-1] < 0.05  # the first of a kind, on a slow machine


def test_an_answer_is_there_in_30_ms(file: Path) -> None:
    """By the machine's clock, what is written to the disk included."""
    took: list[float] = []

    async def play(here: Home) -> None:
        for talk in CONVERSATIONS.values():
            for said, _ in talk:
                began = time.perf_counter()
                await here.says(said)
                took.append(time.perf_counter() - began)

    at_home(file, play)
    took.sort()
    print(_told(took))  # noqa: T201
    assert took[len(took) // 2] < 0.03  # beside others at work, some wait for a core


def _p95(took: list[float]) -> float:
    return took[int(0.95 * len(took))]


def _told(took: list[float]) -> str:
    ms = [1000 * one for one in (took[len(took) // 2], _p95(took), took[-1])]
    return "median {:.2f}, p95 {:.2f}, longest {:.2f} ms".format(*ms)


def test_a_full_disk_is_said_in_a_sentence(tmp_path: Path) -> None:
    async def play(here: Home) -> None:
        database = here.kept.lists._store._database()
        pages = database.execute("PRAGMA page_count").fetchone()[0]
        database.execute(f"PRAGMA max_page_count={pages}")
        long = "a" * 100_000
        said = await here.says("take a note that it is fine")
        assert said == "Noted."
        assert await here.work.answer(f"take a note that {long[:100]}") is not None
        for _ in range(500):
            said = await here.says("take a note that " + long[:120])
            if said != "Noted.":
                break
        assert said == "I can't write that down: the disk is full or locked."
        assert await here.says("what time is it") == "It's 8:42 PM."

    at_home(tmp_path / "kept.sqlite", play)


def test_a_locked_file_is_said_in_a_sentence(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("assistant.keeping.store.BUSY_S", 0.05)

    async def play(here: Home) -> None:
        other = sqlite3.connect(file)
        other.execute("BEGIN EXCLUSIVE")
        said = await here.says("add secret things to my shopping list")
        assert said.startswith("I can't write that down now: another program")
        other.rollback()
        other.close()
        assert await here.says("add milk to my shopping list") == "Milk, on the shopping list."

    at_home(file, play)
    assert "held by another program" in caplog.text
    assert "secret" not in caplog.text


def test_a_damaged_file_is_said_in_a_sentence(file: Path) -> None:
    file.write_bytes(b"this is no database, " * 100)

    async def main() -> None:
        store = Store(file, InPlace())
        with pytest.raises(BackendError, match="damaged"):
            await store.open()

    asyncio.run(main())
