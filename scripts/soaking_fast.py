"""Hours of conversation with the real engines, as fast as they go; see scripts/soak.

The session of the daemon on a sound card of files, in time that passes only while an engine works
(`hurrying`). What a process of its own, a sound server and its crashes add is in `soaking`.
"""

import asyncio
import json
import os
import random
import sys
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

from assistant import heap
from assistant.app import open_shared
from assistant.backends.device_file import Config as CardConfig
from assistant.cli.live import session_on
from assistant.config import load
from assistant.ports import Samples
from assistant.session import LiveSession
from scripts import hurrying
from scripts.bench_agreement import QUESTIONS
from scripts.soaking import MIB, ORDER, OUT, Sample, table, write
from tests.real.daemon import EARS, cough, environment, have_models, piper

LOOK_S = 120.0
PATIENCE_S = 30.0
MIND = ("-s", "llm.max_tokens=24")
"""Most of the time is the mind's; turns are what may leak, not tokens."""
ORDERS = ("What time is it?", "What is seven times twelve?", "Set the volume to 5.")
"""For the hands; the questions are for the mind."""


class Conversation:
    """Somebody who asks, interrupts and coughs, for hours."""

    def __init__(self, session: LiveSession, card: hurrying.HurriedCard) -> None:
        self.samples: list[Sample] = []
        self.unanswered = 0
        self._session, self._card = session, card
        self._now = asyncio.get_running_loop().time
        self._began = self._now()
        self._chance = random.Random(5)  # noqa: S311 - no secret

    async def run(self, seconds: float) -> None:
        """Converse for so long, and look at the memory now and then."""
        look = 0.0
        while (passed := self._now() - self._began) < seconds:
            if passed >= look:
                look += LOOK_S
                await asyncio.sleep(2.0)
                self._look()
            await self._turn()
        self._card.end()

    async def _turn(self) -> None:
        turns = self._session.state.turns
        await self._say(piper(self._chance.choice(QUESTIONS + ORDERS)))
        if not await self._reached(lambda: self._speaks or self._session.state.turns > turns):
            self.unanswered += 1
            return
        await asyncio.sleep(self._chance.uniform(0.3, 1.2))
        what = self._chance.random()
        if what < 0.2:  # noqa: PLR2004 - of all turns
            await self._say(piper(ORDER))
        elif what < 0.3:  # noqa: PLR2004
            await self._say(cough())
        await self._reached(lambda: self._session.state.activity == "listening")
        await asyncio.sleep(self._chance.uniform(0.5, 2.0))

    async def _say(self, samples: Samples) -> None:
        await self._card.play(samples).over()

    @property
    def _speaks(self) -> bool:
        return self._session.state.activity == "speaking"

    async def _reached(self, there: Callable[[], bool]) -> bool:
        until = self._now() + PATIENCE_S
        while self._now() < until:
            if there():
                return True
            await asyncio.sleep(0.05)
        return False

    def _look(self) -> None:
        heap.give_back()  # as the daemon does in quiet
        place = Path("/proc/self")
        pages = int((place / "statm").read_text().split()[1])
        self.samples.append(
            Sample(
                self._now() - self._began,
                pages * os.sysconf("SC_PAGE_SIZE") / MIB,
                (heap.in_use() or 0.0) / MIB,
                len(list((place / "task").iterdir())),
                len(list((place / "fd").iterdir())),
                self._session.state.turns,
                self._session.state.last_latency,
            )
        )


async def _converse(hours: float, told: list[Conversation]) -> None:
    flags = dict(word.split("=") for word in (*EARS, *MIND) if word != "-s")
    config = load(flags=flags)
    async with AsyncExitStack() as stack:
        with hurrying.waiting():  # for programs, too
            shared = await stack.enter_async_context(open_shared(config))
        card = hurrying.HurriedCard(CardConfig())
        stack.callback(card.stop)
        session = await stack.enter_async_context(session_on(card, shared, config))
        heap.settle()
        told.append(Conversation(session, card))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(session.run(), name="session")
            await told[0].run(3600 * hours)


def main(arguments: list[str]) -> int:
    """Return the exit code: 1 when a question was not answered."""
    hours = float(arguments[0]) if arguments else 4.0
    have_models()
    for text in (*QUESTIONS, *ORDERS, ORDER):
        piper(text)
    told: list[Conversation] = []
    began = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(environment(Path(folder)))
        hurrying.run(_converse(hours, told))
    (talk,) = told
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "fast.json").write_text(json.dumps([asdict(one) for one in talk.samples]))
    last, took = talk.samples[-1], perf_counter() - began
    text = table(
        talk.samples,
        [
            ("length of the conversation", f"{last.at / 3600:.1f} h, in {took / 60:.0f} min"),
            ("answers · questions without one", f"{last.turns} · {talk.unanswered}"),
        ],
    )
    print(text)
    write(text, "soak-fast")
    return int(talk.unanswered > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
