"""A day of questions: each opening of a camera and each byte of a picture is counted."""

import asyncio
import json
import logging
import re

import pytest

from assistant.languages.pack import load
from assistant.listening.ear import EarBackends
from assistant.looking.sight import Lookout
from assistant.ports import LanguageModel
from assistant.session import LiveSession, Shared
from assistant.testing.camera import ScriptedCamera
from assistant.testing.detector import ScriptedDetector
from assistant.testing.device import ScriptedDevice
from assistant.testing.ears import Script, ScriptedTranscriber
from assistant.testing.http_mind import HttpMind
from assistant.testing.voice import ScriptedSynthesizer
from tests.looking.pictures import BLUE, GREEN, colour_of, near, plain
from tests.reasoning.wires import WIRES, during
from tests.scenarios.stage import Stage, perform
from tests.scenarios.test_seeing import Seer, told

SEEN = {
    "what am i holding": "camera",
    "and is it heavy": "again",
    "what does this label say": "camera",
    "what does my screen say": "screen",
    "which of these is the milk": "camera",
}
"""Where a question looks; "again": it goes on about the picture before it."""
UNSEEN = (
    *("what time is it", "good morning", "set a timer for ten minutes", "tell me a joke"),
    *("how is the weather this afternoon", "who was the first man on the moon"),
    *("turn on the lights in the living room", "add milk to my shopping list"),
    *("what is this song called", "play something by miles davis", "turn the volume down"),
    *("what does serendipity mean", "how do you spell necessary", "what is seven times eight"),
    *("how far is the moon", "how many days are there in february", "remind me to call mum"),
    *("what is on my calendar this week", "how long do i boil an egg", "stop the timer"),
    *("translate good night into french", "what is the capital of norway", "never say that"),
    *("how old is the queen of denmark", "why is the sky blue", "when is the next train"),
    *("do you like music", "what is your favourite colour", "who are you", "thank you"),
    *("what should i cook tonight", "is it going to rain tomorrow", "where were you made"),
)
GAP_S = 5.0
ENCODED = re.compile(r"[A-Za-z0-9+/]{200}")
"""A picture in a message, whatever it is called there; no word is so long."""


def words_of(text: str) -> Script:
    """Let the words be recognised one after another, as they are spoken."""
    words = text.split()
    steps = tuple(
        (0.8 * (n + 1) / len(words), " ".join(words[: n + 1])) for n in range(len(words))
    )
    return Script(steps, final_s=0.07)


def spend_a_day(
    questions: list[str], mode: str = "auto"
) -> tuple[Stage, Seer, list[ScriptedCamera]]:
    camera = ScriptedCamera(plain(GREEN))
    screen = ScriptedCamera(plain(BLUE), source="screen", name="the screen", opens_s=0.0)
    mind = Seer()
    stage = perform(
        [(1.0 + GAP_S * n, 2.0 + GAP_S * n) for n in range(len(questions))],
        [words_of(question) for question in questions],
        ends=3.0 + GAP_S * len(questions),
        settings=told(mode=mode),
        mind=mind,
        eyes=Lookout(camera, screen),
        keep_frames=False,
    )
    return stage, mind, [camera, screen]


def mixed() -> list[str]:
    """Return all of them: after each visual question some that are not."""
    questions, rest = [], list(UNSEEN)
    for seen, where in SEEN.items():
        questions.append(seen)
        if where != "camera":  # what goes on about a picture follows it
            questions += [rest.pop() for _ in range(min(6, len(rest)))]
    return questions + rest


def test_only_what_is_to_be_seen_opens_a_camera_or_sends_a_picture(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    questions = mixed()
    stage, mind, (camera, screen) = spend_a_day(questions)
    assert [report.heard for report in stage.reports] == questions
    looks = [SEEN.get(question) for question in questions]
    assert len(camera.opened) == looks.count("camera"), "once each, and never else"
    assert len(screen.opened) == looks.count("screen")
    assert len(camera.shots) == looks.count("camera")
    sent = dict(zip(questions, mind.sent, strict=True))
    assert {question for question, size in sent.items() if size} == set(SEEN)
    assert not any(camera.active for camera in (camera, screen))
    assert camera.seconds < 2.0 * looks.count("camera"), "open for no longer than a question"
    logged = caplog.text.lower()
    assert not any(question in logged for question in questions)


def test_a_day_without_leave_to_look_opens_nothing() -> None:
    _, mind, cameras = spend_a_day(list(SEEN), mode="off")
    assert [camera.opened for camera in cameras] == [[], []]
    assert sum(mind.sent) == 0


@pytest.mark.parametrize("wire", WIRES)
def test_what_goes_over_the_wire_in_a_day_is_a_picture_for_each_visual_question(wire: str) -> None:
    """In writing, in real time: what a server receives, down to the bytes."""
    questions, peer = mixed(), HttpMind(text="I see.")
    camera = ScriptedCamera(plain(GREEN), opens_s=0.0)
    screen = ScriptedCamera(plain(BLUE), source="screen", name="the screen", opens_s=0.0)

    async def use(_: HttpMind, mind: LanguageModel) -> None:
        ears = EarBackends(ScriptedTranscriber(()), ScriptedDetector)
        eyes = Lookout(camera, screen)
        shared = Shared(ears, mind, ScriptedSynthesizer(), None, load("en"), eyes=eyes)
        session = LiveSession(ScriptedDevice(), shared, told())
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(session.run())
            await asyncio.sleep(0)  # it has begun
            for question in questions:
                report = await session.ask(question, speak=False)
                assert "upload" in {span.name for span in report.spans}, question
            running.cancel()

    during(wire, peer, use)
    for request, question in zip(peer.heard, questions, strict=True):
        assert request.text.endswith(question)
        expected = [BLUE if SEEN[question] == "screen" else GREEN] if question in SEEN else []
        assert len(request.pictures) == len(expected), question
        assert all(map(near, map(colour_of, request.pictures), expected)), question
    for body, question in zip(peer.requests, questions, strict=True):
        assert bool(ENCODED.search(json.dumps(body))) == (question in SEEN), question
    assert len(camera.opened) == list(SEEN.values()).count("camera")
    assert len(screen.opened) == list(SEEN.values()).count("screen")
