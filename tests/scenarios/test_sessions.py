"""Two sessions at once over the same backends: each has its own conversation and its own end."""

import asyncio

import pytest

from assistant.core.states import Policy
from assistant.errors import AssistantError, BackendUnavailable
from assistant.languages.pack import load
from assistant.listening.ear import EarBackends, EarSettings
from assistant.listening.inquiry import Judges
from assistant.ports import Samples, Track, TurnReport
from assistant.session import LiveSession, Settings, Shared
from assistant.testing.detector import ScriptedDetector, sound
from assistant.testing.device import ScriptedDevice
from assistant.testing.ears import Script, ScriptedTranscriber
from assistant.testing.mind import STALLED, ScriptedMind
from assistant.testing.virtual_time import run as run_virtually
from assistant.testing.voice import ScriptedSynthesizer
from assistant.views import Activity, Status

HELLO = Script(((0.4, "hello there"),), final_s=0.05)
THANKS = Script(((0.4, "how are you"),), final_s=0.05)


def _shared(*scripts: Script, mind: ScriptedMind) -> Shared:
    ears = ScriptedTranscriber(scripts)
    return Shared(
        EarBackends(ears, ScriptedDetector), mind, ScriptedSynthesizer(), None, load("en")
    )


def _session(
    shared: Shared, device: ScriptedDevice
) -> tuple[LiveSession, list[tuple[float, TurnReport]]]:
    session = LiveSession(device, shared, Settings(Policy(), EarSettings(digest_key=b"x")))
    reports: list[tuple[float, TurnReport]] = []
    now = asyncio.get_running_loop().time
    session.watch(lambda s: reports.append((now(), s)) if isinstance(s, TurnReport) else None)
    return session, reports


def test_two_people_are_answered_at_the_same_time_each_by_their_own_words() -> None:
    async def main() -> None:
        mind = ScriptedMind(when={"kitchen": "The kitchen it is.", "time": "Half past nine."})
        shared = _shared(
            Script(((0.5, "what time is it"),), final_s=0.07),
            Script(((0.5, "light the kitchen"),), final_s=0.07),
            mind=mind,
        )
        one = ScriptedDevice([(1.0, sound(1.0))], ends=12.0)
        other = ScriptedDevice([(1.1, sound(1.0))], ends=12.0)
        (a, heard_a), (b, heard_b) = _session(shared, one), _session(shared, other)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(a.run())
            tasks.create_task(b.run())
        ((at_a, report_a),) = heard_a
        ((at_b, report_b),) = heard_b
        assert (report_a.heard, report_a.said) == ("what time is it", "Half past nine.")
        assert (report_b.heard, report_b.said) == ("light the kitchen", "The kitchen it is.")
        assert abs(at_a - at_b) < 1.0, "neither waited for the other"

    run_virtually(main())


def test_a_session_that_loses_its_device_ends_alone() -> None:
    async def main() -> None:
        shared = _shared(
            Script(((0.5, "what time is it"),), final_s=0.07), mind=ScriptedMind("Half past nine.")
        )
        lost = ScriptedDevice([], ends=12.0)
        kept = ScriptedDevice([(3.0, sound(1.0))], ends=12.0)
        (a, _), (b, heard) = _session(shared, lost), _session(shared, kept)

        async def fails() -> None:
            with pytest.raises(BaseExceptionGroup) as raised:
                await a.run()
            assert raised.group_contains(BackendUnavailable)

        async def loses() -> None:
            await asyncio.sleep(2.0)
            lost.lose()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(fails())
            tasks.create_task(loses())
            tasks.create_task(b.run())
        ((_, report),) = heard
        assert report.said == "Half past nine."

    run_virtually(main())


def test_a_device_that_is_lost_for_a_while_is_told_and_its_return_is_heard() -> None:
    async def main() -> None:
        device = ScriptedDevice([], ends=6.0)
        session, _ = _session(_shared(mind=ScriptedMind("Yes.")), device)
        now = asyncio.get_running_loop().time
        seen: list[tuple[float, Status]] = []
        session.watch(lambda s: seen.append((now(), s)) if isinstance(s, Status) else None)

        async def unplugged() -> None:
            await asyncio.sleep(2.0)
            device.trouble("'USB Audio' has gone")
            assert session.state.trouble == "'USB Audio' has gone"
            assert session.state.activity == "deaf"
            await asyncio.sleep(1.0)
            assert not device.did("write"), "nobody would hear it"
            device.trouble("")

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(session.run())
            tasks.create_task(unplugged())
        assert [(at, status.activity, status.text) for at, status in seen] == [
            (0.0, Activity.LISTENING, ""),
            (2.0, Activity.DEAF, "'USB Audio' has gone"),
            (3.0, Activity.LISTENING, ""),
        ]
        ((at, track),) = [(did.at, did.track) for did in device.did("write")]
        assert (at, track) == (3.0, Track.TONE)
        assert session.state.trouble == ""

    run_virtually(main())


def test_conversations_do_not_mix() -> None:
    async def main() -> None:
        mind = ScriptedMind("Fine.")
        shared = _shared(mind=mind)
        (a, _), (b, _) = (
            _session(shared, ScriptedDevice(ends=20.0)),
            _session(shared, ScriptedDevice(ends=20.0)),
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(a.run())
            tasks.create_task(b.run())
            await asyncio.sleep(0)
            await a.ask("I am Anna", speak=False)
            await b.ask("Who am I", speak=False)
            assert not any("Anna" in message.text for message in mind.asked[-1])
            await a.ask("Who am I", speak=False)
            assert any("Anna" in message.text for message in mind.asked[-1])

    run_virtually(main())


class _Reader:
    """Is never sure; notes what it reads."""

    def __init__(self) -> None:
        self.read: list[str] = []

    async def finished(self, words: str, _: Samples) -> float:
        self.read.append(words)
        return 0.5


def test_what_is_said_after_a_whole_answer_is_judged_by_itself() -> None:
    async def main() -> None:
        reader, ears = _Reader(), ScriptedTranscriber((HELLO, THANKS))
        backends = EarBackends(ears, ScriptedDetector, judges=Judges(words=reader))
        shared = Shared(backends, ScriptedMind("Hi."), ScriptedSynthesizer(), None, load("en"))
        session, reports = _session(
            shared, ScriptedDevice([(1.0, sound(0.6)), (3.3, sound(0.6))], ends=12.0)
        )
        await session.run()
        assert [report.heard for _, report in reports] == ["hello there", "how are you"]
        assert reports[0][0] < 3.2, "it is over when they speak again, within 2 s of their words"
        assert reader.read == ["hello there", "how are you"]

    run_virtually(main())


async def _outcome(session: LiveSession, number: int) -> str:
    try:
        return (await session.ask(f"Question {number}")).outcome
    except AssistantError as refused:
        return "refused" if "later" in str(refused) else str(refused)


def test_too_much_at_once_is_refused_and_said_so() -> None:
    async def main() -> None:
        shared = _shared(mind=ScriptedMind("Fine."))
        session, _ = _session(shared, ScriptedDevice(ends=60.0))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(session.run())
            await asyncio.sleep(0)
            asked = [tasks.create_task(_outcome(session, n)) for n in range(12)]
        outcomes = [task.result() for task in asked]
        assert outcomes.count("answered") == 1 + Policy().waiting
        assert outcomes.count("refused") == 12 - 1 - Policy().waiting

    run_virtually(main())


@pytest.mark.parametrize("speak", [False, True])
def test_who_goes_away_is_thought_for_no_more(*, speak: bool) -> None:
    """In the middle of an answer, and before one that waits for its turn has begun."""

    async def main() -> None:
        mind = ScriptedMind(STALLED, "Three.")
        session, reports = _session(_shared(mind=mind), ScriptedDevice(ends=60.0))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(session.run())
            await asyncio.sleep(0)
            asking = [
                tasks.create_task(session.ask(text, speak=speak))
                for text in ("Tell a story", "The second?")
            ]
            await asyncio.sleep(1.0)
            assert mind.running == 1
            for one in reversed(asking):
                one.cancel()
            await asyncio.sleep(0.05)
            assert mind.running == 0
            assert (await session.ask("The third?", speak=speak)).said == "Three."
        assert [report.said for _, report in reports if report.said] == ["Three."]
        assert not any("second" in message.text for message in mind.asked[-1])

    run_virtually(main())
