"""Several minds as one, in virtual time: who answers when, what is said of it, what it costs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from assistant.errors import BackendBusy, BackendError, BackendTimeout, BackendUnavailable
from assistant.ports import Image, Message, MindInfo, ToolCall, ToolSpec
from assistant.reasoning.budget import Budget, Instant
from assistant.reasoning.chain import GO_ON, Chain, Link, Rules, open_chain
from assistant.reasoning.persona import opening
from assistant.testing.mind import FAILED, SILENT, STALLED, Answer, Finish, ScriptedMind, answer
from assistant.testing.virtual_time import run

CLAUDE = MindInfo("claude", 32768, calls_tools=True, sees=True, costs=True)
GPT = MindInfo("gpt", 8192, calls_tools=True, costs=True)
LOCAL = MindInfo("SmolLM2 135M", 2048, local=True)
DOWN = BackendUnavailable("llm", "broke off", retryable=True)
BROKEN = Answer((), finish=Finish.FAIL, error=DOWN)


class Probing(ScriptedMind):
    """A mind that says whether it is well."""

    well = False
    probes = 0

    async def probe(self) -> None:
        self.probes += 1
        if not self.well:
            raise DOWN


def asked(info: MindInfo = CLAUDE, text: str = "Hello?") -> list[Message]:
    return [*opening(info, "Ada"), Message("user", text)]


@asynccontextmanager
async def chain_of(
    *minds: ScriptedMind, budgets: Sequence[Budget] = (), place: Path | None = None
) -> AsyncIterator[tuple[Chain, list[str]]]:
    given = [*budgets, *(Budget(f"mind {n}") for n in range(len(budgets), len(minds)))]
    links = [Link(mind, budget) for mind, budget in zip(minds, given, strict=True)]
    told: list[str] = []
    rules = Rules(lambda info: opening(info, "Ada"), switch_s=2.0, place=place)
    async with open_chain(links, rules) as chain:
        chain.watch(told.append)
        yield chain, told


async def read(chain: Chain, messages: Sequence[Message] | None = None) -> tuple[str, float]:
    """Return an answer, and when its first word came."""
    loop = asyncio.get_running_loop()
    began, first, said = loop.time(), -1.0, ""
    async for piece in chain.answer(messages or asked()):
        assert isinstance(piece, str)
        if not said:
            first = loop.time() - began
        said += piece
    return said, first


def virtually(play: Callable[[], Coroutine[None, None, None]]) -> None:
    run(play())


def test_the_preferred_mind_answers_and_nothing_is_said_of_it() -> None:
    async def play() -> None:
        first, second = ScriptedMind("I am first.", info=CLAUDE), ScriptedMind(info=LOCAL)
        async with chain_of(first, second) as (chain, told):
            said, at = await read(chain)
            assert (said, round(at, 6)) == ("I am first.", 0.1)
            assert chain.info == CLAUDE
        assert (told, second.asked, second.warmed) == ([], [], [])

    virtually(play)


def test_a_silent_mind_is_left_at_its_deadline_and_its_stream_closed() -> None:
    async def play() -> None:
        first = ScriptedMind(STALLED, info=CLAUDE)
        second = ScriptedMind("Local here.", info=LOCAL)
        async with chain_of(first, second) as (chain, told):
            said, at = await read(chain)
            assert said == "Local here."
            assert at == pytest.approx(2.1), "the deadline and the other's own time"
            assert first.running == 0
            assert chain.info == LOCAL, "until the first one is well again"
            assert second.warmed, "it has read the question while the first one was silent"
        assert told == ["I am thinking locally now."]

    virtually(play)


@pytest.mark.parametrize(
    "fails",
    [
        BROKEN,
        FAILED,
        SILENT,
        Answer((), finish=Finish.FAIL, error=BackendError("llm", "does not fit")),
        Answer((), finish=Finish.FAIL, error=BackendBusy("llm", "busy", after=60)),
        Answer((), finish=Finish.FAIL, error=BackendTimeout("llm", "late", retryable=True)),
    ],
)
def test_a_mind_that_fails_is_followed_at_once(fails: Answer) -> None:
    async def play() -> None:
        first = ScriptedMind(fails, info=CLAUDE)
        second = ScriptedMind("Local here.", info=LOCAL)
        async with chain_of(first, second) as (chain, _):
            said, at = await read(chain)
            assert (said, at <= 0.3) == ("Local here.", True)

    virtually(play)


def test_the_change_is_said_once_and_recovery_is_found_in_the_background() -> None:
    async def play() -> None:
        first = Probing(BROKEN, "First again.", info=CLAUDE)
        second = ScriptedMind("Local here.", info=LOCAL)
        async with chain_of(first, second) as (chain, told):
            for _ in range(3):
                assert (await read(chain))[0] == "Local here."
            assert len(first.asked) == 1, "it is left alone"
            await asyncio.sleep(30)
            assert 2 <= first.probes <= 3, "at 5 s, then twice as late each time"
            first.well = True
            await asyncio.sleep(60)
            assert (await read(chain))[0] == "First again."
            assert told == ["I am thinking locally now."]

    virtually(play)


def test_a_mind_that_lists_models_but_answers_none_is_tried_more_and_more_seldom() -> None:
    async def play() -> None:
        first = Probing(BROKEN, info=CLAUDE)
        first.well = True
        async with chain_of(first, ScriptedMind("Local here.", info=LOCAL)) as (chain, told):
            for _ in range(600):
                await read(chain)
                await asyncio.sleep(1)
        assert len(first.asked) <= 8
        assert len(told) == 1

    virtually(play)


def test_a_busy_mind_is_left_alone_for_as_long_as_it_says() -> None:
    async def play() -> None:
        busy = Answer((), finish=Finish.FAIL, error=BackendBusy("llm", "busy", after=60))
        first = ScriptedMind(busy, "First again.", info=CLAUDE)
        async with chain_of(first, ScriptedMind("Local here.", info=LOCAL)) as (chain, _):
            await read(chain)
            await asyncio.sleep(58)
            assert (await read(chain))[0] == "Local here."
            await asyncio.sleep(5)
            assert (await read(chain))[0] == "First again."

    virtually(play)


def test_a_wrong_request_is_no_illness() -> None:
    async def play() -> None:
        wrong = Answer((), finish=Finish.FAIL, error=BackendError("llm", "does not fit"))
        first = ScriptedMind(wrong, "First again.", info=CLAUDE)
        async with chain_of(first, ScriptedMind("Local here.", info=LOCAL)) as (chain, _):
            assert (await read(chain))[0] == "Local here."
            assert (await read(chain))[0] == "First again."

    virtually(play)


def test_after_the_first_word_a_tiny_mind_takes_nothing_over() -> None:
    async def play() -> None:
        first = ScriptedMind(
            Answer(("The capital ", "is "), finish=Finish.FAIL, error=DOWN), info=CLAUDE
        )
        second = ScriptedMind("Local here.", info=LOCAL)
        async with chain_of(first, second) as (chain, _):
            with pytest.raises(BackendUnavailable, match="broke off"):
                await read(chain)
        assert second.asked == []

    virtually(play)


def test_after_the_first_word_a_mind_that_can_go_on_says_the_rest() -> None:
    async def play() -> None:
        broken = Answer(("The capital ", "is"), finish=Finish.FAIL, error=DOWN)
        second = ScriptedMind("Paris, of course.", info=GPT)
        async with chain_of(ScriptedMind(broken, info=CLAUDE), second) as (chain, told):
            assert (await read(chain))[0] == "The capital is Paris, of course."
            assert second.asked[0][-2:] == (
                Message("assistant", "The capital is"),
                Message("user", GO_ON),
            )
        assert told == ["I am thinking with gpt now."]

    virtually(play)


def test_when_all_are_ill_they_are_asked_all_the_same_and_the_last_failure_is_told() -> None:
    async def play() -> None:
        first, second = ScriptedMind(BROKEN, info=CLAUDE), ScriptedMind(FAILED, info=GPT)
        async with chain_of(first, second) as (chain, _):
            for _ in range(2):
                with pytest.raises(BackendUnavailable):
                    await read(chain)
        assert len(first.asked) == len(second.asked) == 2

    virtually(play)


def test_closing_closes_whoever_answers() -> None:
    async def play() -> None:
        first, second = ScriptedMind(STALLED, info=CLAUDE), ScriptedMind("a b c d", info=LOCAL)
        async with chain_of(first, second) as (chain, _):
            pieces = chain.answer(asked())
            await anext(pieces)
            assert (first.running, second.running) == (0, 1)
            await pieces.aclose()
            assert second.running == 0
            async with asyncio.TaskGroup() as group:
                reading = group.create_task(read(chain))
                await asyncio.sleep(0.05)
                reading.cancel()
            assert (first.running, second.running) == (0, 0)

    virtually(play)


def test_each_mind_is_told_who_it_is_and_gets_what_it_can_read() -> None:
    async def play() -> None:
        second = ScriptedMind("Local here.", info=LOCAL)
        call = ToolCall("1", "look", "{}")
        messages = [
            *opening(CLAUDE, "Ada"),
            *(
                message
                for _ in range(20)
                for message in (Message("user", "long " * 400), Message("assistant", "Yes."))
            ),
            Message("user", "What is this?", (Image(b"jpeg", "image/jpeg"),)),
            Message("assistant", "", calls=(call,)),
            Message("tool", "a red cup", answers="1"),
        ]
        async with chain_of(ScriptedMind(BROKEN, info=CLAUDE), second) as (chain, _):
            await read(chain, messages)
        got = second.asked[0]
        begin = opening(LOCAL, "Ada")
        assert got[: len(begin)] == begin, "its own instructions"
        assert not any(m.images or m.calls or m.role == "tool" for m in got)
        assert "you cannot see it" in got[-1].text
        assert got[-1].text.endswith("(Found out: a red cup)")
        assert sum(second.count(m.text) for m in got) < LOCAL.context

    virtually(play)


def test_words_added_to_the_instructions_are_kept() -> None:
    async def play() -> None:
        system = opening(CLAUDE, "Ada")[0]
        added = Message("system", f"{system.text} It is Monday.")
        second = ScriptedMind("Hello.", info=GPT)
        async with chain_of(ScriptedMind(BROKEN, info=CLAUDE), second) as (chain, _):
            await read(chain, [added, Message("user", "Which day is it?")])
        assert "You run on gpt" in second.asked[0][0].text
        assert second.asked[0][0].text.endswith("It is Monday.")

    virtually(play)


def test_tools_go_to_minds_that_can_use_them() -> None:
    async def play() -> None:
        tool = ToolSpec("clock", "Tell the time.", {"type": "object"})
        first, second = ScriptedMind(BROKEN, info=CLAUDE), ScriptedMind("Hello.", info=LOCAL)
        async with chain_of(first, second) as (chain, _):
            async for _ in chain.answer(asked(), [tool]):
                pass
        assert (first.offered, second.offered) == ([(tool,)], [()])

    virtually(play)


# ── what it costs ─────────────────────────────────────────────────────────────────────────────


class Clock:
    """A machine's clocks, turned by hand."""

    def __init__(self) -> None:
        self.boot, self.up, self.wall = "one", 1000.0, 1_000_000.0

    def __call__(self) -> Instant:
        return Instant(self.boot, self.up, self.wall)

    def passes(self, seconds: float) -> None:
        self.up += seconds
        self.wall += seconds


HOUR = 3600.0


def test_a_mind_that_is_used_up_is_followed_and_comes_back_the_next_day() -> None:
    async def play() -> None:
        clock = Clock()
        budget = Budget("claude", a_day=2, clock=clock)
        first = ScriptedMind(answer("First."), info=CLAUDE)
        second = ScriptedMind("Local here.", info=LOCAL)
        async with chain_of(first, second, budgets=[budget]) as (chain, told):
            said = [(await read(chain))[0] for _ in range(3)]
            assert said == ["First.", "First.", "Local here."]
            assert chain.info == LOCAL
            clock.passes(25 * HOUR)
            assert (await read(chain))[0] == "First."
        assert told == ["I am thinking locally now."]

    virtually(play)


def test_one_alone_that_is_used_up_says_so() -> None:
    async def play() -> None:
        budget = Budget("claude", tokens=1000, clock=Clock())
        async with chain_of(ScriptedMind(info=CLAUDE), budgets=[budget]) as (chain, _):
            await read(chain, asked(text="word " * 1000))
            with pytest.raises(BackendBusy, match=r"claude is used up \(limits.tokens_per_day\)"):
                await read(chain)

    virtually(play)


def test_a_request_that_nobody_answered_costs_nothing() -> None:
    async def play() -> None:
        budget = Budget("claude", a_day=2, clock=Clock())
        first = ScriptedMind(BROKEN, info=CLAUDE)
        async with chain_of(first, ScriptedMind("Local.", info=LOCAL), budgets=[budget]) as it:
            for _ in range(5):
                await read(it[0])
                await asyncio.sleep(100)
        assert len(first.asked) > 2
        assert (budget.purse.requests, budget.purse.tokens) == (0, 0)

    virtually(play)


def test_requests_in_a_minute() -> None:
    clock = Clock()
    budget = Budget("claude", a_minute=2, clock=clock)
    for _ in range(2):
        budget.check()
        budget.ask(10)
    with pytest.raises(BackendBusy) as busy:
        budget.check()
    assert busy.value.after == pytest.approx(60)
    clock.passes(61)
    budget.check()


@pytest.mark.parametrize("step", [+48 * HOUR, -48 * HOUR])
def test_a_clock_that_is_set_opens_no_purse(step: float) -> None:
    clock = Clock()
    budget = Budget("claude", a_day=1, clock=clock)
    budget.ask(10)
    clock.passes(HOUR)
    clock.wall += step
    with pytest.raises(BackendBusy):
        budget.check()
    clock.passes(23 * HOUR)
    budget.check()


def test_what_was_spent_is_kept_over_restarts_of_program_and_machine(tmp_path: Path) -> None:
    place, clock = tmp_path / "state" / "minds.json", Clock()

    async def play() -> None:
        for step in ("program", "machine, clock put back", "machine"):
            budget = Budget("claude", a_day=4, clock=clock)
            async with chain_of(ScriptedMind(info=CLAUDE), budgets=[budget], place=place) as it:
                await read(it[0])
            clock.passes(HOUR)
            if step.startswith("machine"):
                clock.boot, clock.up = step, 5.0
            if step.endswith("back"):
                clock.wall -= 100 * HOUR
        budget = Budget("claude", a_day=3, clock=clock)
        async with chain_of(ScriptedMind(info=CLAUDE), budgets=[budget], place=place) as it:
            with pytest.raises(BackendBusy):
                await read(it[0])

    asyncio.run(play())


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"claude": 7}', '{"claude": {}}'])
def test_a_spoilt_record_is_as_none(tmp_path: Path, text: str) -> None:
    place = tmp_path / "minds.json"
    place.write_text(text)

    async def play() -> None:
        budget = Budget("claude", a_day=1, clock=Clock())
        async with chain_of(ScriptedMind("Yes."), budgets=[budget], place=place) as (chain, _):
            assert (await read(chain))[0] == "Yes."

    asyncio.run(play())
