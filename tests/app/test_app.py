import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import app
from assistant.config import load
from assistant.core.states import Mode as TurnMode
from assistant.errors import BackendUnavailable, ModelError
from assistant.listening.pauses import Pauses
from assistant.looking.visual import Visual
from assistant.models import store
from assistant.ports import Message, MindInfo, Replaced
from assistant.speaking import plain
from assistant.speaking.plain import Plain
from assistant.testing.http_mind import HttpMind, Mode

FREE = MindInfo("a local mind", context=2048, local=True)
PAID = MindInfo("a mind far away", context=2048, costs=True)


def test_the_configuration_becomes_the_rules_of_the_core() -> None:
    config = load(flags={"turns.mode": "push", "turns.complete_ms": 250, "turns.overlap_ms": 700})
    rules = app.policy(config)
    assert (rules.mode, rules.complete_ms, rules.yield_ms) == (TurnMode.PUSH, 250, 700)
    assert rules.floor_s > config.turns.longest_s


def test_answers_are_drafted_where_that_costs_nothing() -> None:
    config = load()
    assert app.policy(config, FREE).drafts == app.FREE_DRAFTS
    assert app.policy(config, replace(FREE, judges=True)).drafts == app.JUDGED_DRAFTS
    assert app.policy(config, PAID).drafts == 0
    assert app.policy(load(flags={"turns.drafts": 2}), PAID).drafts == 2


def test_the_segmenter_tells_each_silence_that_the_core_waits_for() -> None:
    settings = app.settings(load(), FREE)
    rules, told = settings.policy, settings.ear.segmenter.silence_ms
    waited = {rules.finalize_ms, rules.complete_ms, rules.unsure_ms}
    waited |= {rules.hesitant_ms, rules.incomplete_ms, rules.broken_off_ms}
    assert waited <= set(told)
    assert list(told) == sorted(told)
    assert {rules.hold_ms, rules.yield_ms} <= set(settings.ear.segmenter.voiced_ms)


def test_who_hesitates_long_is_waited_for_longer_but_not_after_a_whole_sentence() -> None:
    slow = Pauses()
    for _ in range(60):
        slow = slow.after(1500)
    usual, patient = app.settings(load(), FREE).policy, app.settings(load(), FREE, slow).policy
    assert patient.incomplete_ms > usual.incomplete_ms
    assert patient.unsure_ms > usual.unsure_ms
    assert patient.broken_off_ms > usual.broken_off_ms
    assert patient.complete_ms == usual.complete_ms
    fixed = app.settings(load(flags={"turns.adapt": False}), FREE, slow).policy
    assert fixed == usual


def test_a_machine_without_the_judge_of_sound_goes_on_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    empty = store.Store(tmp_path, offline=True)
    monkeypatch.setattr(store, "default", lambda: empty)
    config = load(flags={"llm.model": str(tmp_path / "x.gguf")})
    with caplog.at_level(logging.WARNING):
        asyncio.run(app.fetch_models(config, only=("turn",)))
    assert "judged by the words alone" in caplog.text
    with pytest.raises(ModelError):
        asyncio.run(app.fetch_models(config, only=("tts",)))


@asynccontextmanager
async def _port(name: str, log: list[str], *, broken: bool = False) -> AsyncIterator[str]:
    if broken:
        raise BackendUnavailable(name, "it is not there; plug it in")
    log.append(f"open {name}")
    try:
        yield name
    finally:
        log.append(f"close {name}")


def test_backends_are_opened_together_and_closed_however_it_ends() -> None:
    log: list[str] = []

    async def main() -> None:
        async with app.together({"a": _port("a", log), "b": _port("b", log)}) as ports:
            assert ports == {"a": "a", "b": "b"}

    asyncio.run(main())
    assert sorted(log) == ["close a", "close b", "open a", "open b"]


def test_one_backend_that_is_not_there_closes_the_others_and_says_so() -> None:
    log: list[str] = []

    async def main() -> None:
        async with app.together({"a": _port("a", log), "b": _port("b", log, broken=True)}):
            pytest.fail("opened without b")

    with pytest.raises(BaseExceptionGroup) as raised:
        asyncio.run(main())
    assert raised.group_contains(BackendUnavailable, match="plug it in")
    assert log in ([], ["open a", "close a"])


def test_an_end_in_the_moment_in_which_a_backend_opens_is_only_an_end() -> None:
    @asynccontextmanager
    async def slow(ready: asyncio.Event) -> AsyncIterator[str]:
        await ready.wait()
        yield "slow"

    async def main() -> None:
        ready = asyncio.Event()

        async def load_all() -> None:
            async with app.together({"slow": slow(ready)}):
                pytest.fail("it was to end")

        async with asyncio.TaskGroup() as tasks:
            loading = tasks.create_task(load_all())
            await asyncio.sleep(0.01)
            ready.set()
            loading.cancel()
        assert loading.cancelled()

    asyncio.run(main())


SILENT_CLAUDE = {
    "llm.backend": "anthropic",
    "llm.api_key": "none",
    "llm.fallback.backend": "openai",
    "llm.fallback.fallback.backend": "openai",
}


def test_minds_are_asked_in_the_order_in_which_they_stand_in_each_other() -> None:
    config = load(environ={}, flags={**SILENT_CLAUDE, "llm.fallback.limits.requests_per_day": 5})
    assert [(key, mind.backend) for key, mind in config.llm.chain] == [
        ("llm", "anthropic"),
        ("llm.fallback", "openai"),
        ("llm.fallback.fallback", "openai"),
    ]
    assert config.llm.fallback is not None
    assert config.llm.fallback.limits.requests_per_day == 5
    assert [key for key, _ in load(environ={}).llm.chain] == ["llm"]


def test_a_mind_that_cannot_be_had_is_left_out_where_there_is_another(
    caplog: pytest.LogCaptureFixture,
) -> None:
    peer = HttpMind(text="Second.")

    async def play() -> None:
        async with peer.serve():
            flags = {
                "llm.backend": "anthropic",  # without a key
                "llm.fallback.backend": "openai",
                "llm.fallback.base_url": peer.base_url,
            }
            async with app.open_mind(load(environ={}, flags=flags)) as mind:
                said = [piece async for piece in mind.answer([Message("user", "Hello?")])]
            assert said == ["Second."]
            alone = load(environ={}, flags={"llm.backend": "anthropic"})
            with pytest.raises(BaseExceptionGroup) as raised:
                async with app.open_mind(alone):
                    pass
            assert raised.group_contains(BackendUnavailable, match="wants a key")

    with caplog.at_level(logging.WARNING):
        asyncio.run(play())
    assert "llm is left out" in caplog.text


def test_another_mind_takes_over_as_configured() -> None:
    first, second = HttpMind(mode=Mode.FAILING), HttpMind(text="Second.")

    async def play() -> None:
        async with first.serve(), second.serve():
            flags = {
                "llm.backend": "anthropic",
                "llm.base_url": first.root_url,
                "llm.retries": 0,
                "llm.fallback.backend": "openai",
                "llm.fallback.base_url": second.base_url,
            }
            async with app.open_mind(load(environ={}, flags=flags)) as mind:
                told: list[str] = []
                assert isinstance(mind, Replaced)
                mind.watch(told.append)
                said = [piece async for piece in mind.answer([Message("user", "Hello?")])]
            assert (said, len(told)) == (["Second."], 1)

    asyncio.run(play())


def test_no_answer_waits_for_rules_to_be_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes 15 ms for what is spoken and 40 for what is looked at, in the event loop."""
    config = load(flags={"hands.enabled": False, "llm.backend": "openai", "llm.model": "none"})
    plain._rules.cache_clear()
    re.purge()
    compiled: list[str] = []
    compile_one = re._compiler.compile  # type: ignore[attr-defined]

    def noted(pattern: str, flags: int) -> object:
        compiled.append(pattern)
        return compile_one(pattern, flags)

    async def main() -> None:
        async with app.open_shared(config, only=app.SILENT) as shared:
            monkeypatch.setattr("re._compiler.compile", noted)
            Plain(config.language).feed("# It is **5 km** away. See https://example.org.\n")
            Visual(shared.pack)

    asyncio.run(main())
    assert compiled == []
