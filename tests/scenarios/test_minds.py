"""Another mind takes over in the middle of a conversation."""

import asyncio

from assistant.languages.pack import load
from assistant.listening.ear import EarBackends, EarSettings
from assistant.ports import MindInfo, Seen, TurnReport
from assistant.reasoning.budget import Budget
from assistant.reasoning.chain import Link, Rules, open_chain
from assistant.reasoning.persona import opening
from assistant.session import LiveSession, Settings, Shared
from assistant.testing.detector import ScriptedDetector
from assistant.testing.device import ScriptedDevice
from assistant.testing.ears import ScriptedTranscriber
from assistant.testing.mind import STALLED, ScriptedMind
from assistant.testing.virtual_time import run
from assistant.testing.voice import ScriptedSynthesizer

CLAUDE = MindInfo("claude", 32768, costs=True)
LOCAL = MindInfo("a local mind", 4096, local=True)


def test_the_change_of_mind_is_said_after_the_answer_and_once() -> None:
    seen: list[Seen] = []
    minds_named: list[str] = []

    async def play() -> None:
        minds = ScriptedMind(STALLED, info=CLAUDE), ScriptedMind("It is noon.", info=LOCAL)
        links = [Link(mind, Budget(mind.info.name)) for mind in minds]
        rules = Rules(lambda info: opening(info, "Ada"), switch_s=1.0)
        device = ScriptedDevice([], ends=30.0, full_duplex=True)
        async with open_chain(links, rules) as chain:
            backends = EarBackends(ScriptedTranscriber([]), ScriptedDetector)
            shared = Shared(backends, chain, ScriptedSynthesizer(), None, load("en"))
            session = LiveSession(
                device, shared, Settings(ear=EarSettings(digest_key=b"scenario"))
            )
            session.watch(seen.append)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(session.run())
                await asyncio.sleep(0.1)
                for _ in range(2):
                    report = await session.ask("What time is it?")
                    assert report.said == "It is noon."
                    minds_named.append(session.state.mind)
                    await asyncio.sleep(3)
        assert chain._told == [], "a session that is over is told no more"

    run(play())
    assert minds_named[0] == "a local mind"
    said = [report.said for report in seen if isinstance(report, TurnReport)]
    assert said == ["It is noon.", "I am thinking locally now.", "It is noon."]


def test_a_mind_that_stands_by_has_read_all_turns_before_it_is_asked() -> None:
    """Else it would read a whole conversation in the moment in which it takes over."""

    async def play() -> None:
        first, second = ScriptedMind("It is noon.", info=CLAUDE), ScriptedMind(info=LOCAL)
        links = [Link(mind, Budget(mind.info.name)) for mind in (first, second)]
        rules = Rules(lambda info: opening(info, "Ada"), switch_s=1.0)
        device = ScriptedDevice([], ends=30.0, full_duplex=True)
        async with open_chain(links, rules) as chain:
            backends = EarBackends(ScriptedTranscriber([]), ScriptedDetector)
            shared = Shared(backends, chain, ScriptedSynthesizer(), None, load("en"))
            session = LiveSession(device, shared, Settings())
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(session.run())
                await asyncio.sleep(0.1)
                for text in ("What time is it?", "And now?"):
                    await session.ask(text)
                    await asyncio.sleep(1)
                    assert second.asked == []
                    assert text in [message.text for message in second.warmed[-1]]
                reads = len(second.warmed)
                await asyncio.sleep(5)
                assert len(second.warmed) == reads, "once"

    run(play())
