"""docs/control.md says what is so: its requests are made, its answers come, its verbs are all."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from assistant.control.server import Answer, Upkeep, serve
from assistant.errors import AssistantError
from tests.control.test_watch import WatchedSession, Watching

PAGE = (Path(__file__).parents[2] / "docs" / "control.md").read_text()
PAIR = re.compile(r'^    (\{"v": 1, "do": .*\})\n    (\{"v": 1, "ok": .*\})$', re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)` \| ([^|]*)\| ([^|]*)\|$", re.MULTILINE)
UPKEEP_FIELDS = {"health", "recent", "text"}


async def _reload(_: str | None) -> Answer:
    return {"taken": ["turns.patience"], "restart": ["stt.model"]}


UPKEEP = Upkeep(_reload, lambda: {"health": [], "recent": [], "text": ""})


@pytest.mark.parametrize(("request_", "answer"), PAIR.findall(PAGE))
def test_each_example_is_answered_as_it_says(tmp_path: Path, request_: str, answer: str) -> None:
    async def main() -> None:
        run = Watching(WatchedSession(), tmp_path / "control.sock")
        async with serve(run.session, on_quit=run.on_quit, path=run.path, upkeep=UPKEEP):
            (told,) = await run.raw(request_.encode() + b"\n", end=True)
        if "…" in answer:
            promised = json.loads(answer.replace(", …}", "}"))
            told = {name: told[name] for name in promised}
        else:
            promised = json.loads(answer)
        assert told == promised

    asyncio.run(main())


def test_there_are_examples() -> None:
    assert len(PAIR.findall(PAGE)) >= 3


def test_the_table_has_every_verb_and_every_field(tmp_path: Path) -> None:
    rows = {verb: (more, answer) for verb, more, answer in ROW.findall(PAGE) if verb != "do"}

    async def main() -> None:
        run = Watching(WatchedSession(), tmp_path / "control.sock")
        async with serve(run.session, on_quit=run.on_quit, path=run.path, upkeep=UPKEEP):
            with pytest.raises(AssistantError, match="there are: ") as refused:
                await run.call("dance")
            known = str(refused.value).partition("there are: ")[2].split(", ")
            assert set(known) == rows.keys()
            for verb, (more, answer) in rows.items():
                if verb in {"watch", "say"}:  # these answer as others do
                    continue
                details = {"text": "hello", "key": "press"} if more.strip() else {}
                told = await run.call(verb, **details)
                promised = set(re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", answer)))
                got = told.keys() - {"v", "ok"}
                if verb == "report":
                    got &= UPKEEP_FIELDS
                assert got == promised, verb

    asyncio.run(main())
