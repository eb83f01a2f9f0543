"""Conversations about what can be seen, in virtual time; the answers come from the pixels."""

import asyncio
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from assistant import ports
from assistant.core import commands as c
from assistant.core.states import Policy
from assistant.errors import BackendUnavailable
from assistant.listening.ear import EarSettings
from assistant.looking.reading import PAUSE
from assistant.looking.sight import Lookout, SightSettings
from assistant.ports import Message, MindInfo, Pixels, Shot, Track
from assistant.session import Settings
from assistant.testing.camera import ScriptedCamera, scene
from assistant.testing.ears import Script
from assistant.testing.mind import ScriptedMind, answer
from assistant.views import Card, Looking
from tests.looking.pictures import BLUE, GREEN, RED, colour_of, near, plain
from tests.scenarios.stage import Stage, check_at_rest, perform, sounds

SEES = MindInfo("a mind that sees", context=8192, local=True, sees=True)
BLIND = MindInfo("a mind that does not", context=8192, local=True)
NAMES = {"red": RED, "green": GREEN, "blue": BLUE}
MUG = Script(((0.3, "what"), (0.6, "what is this"), (0.9, "what is this mug")), final_s=0.07)
TIME = Script(((0.5, "what time"), (0.9, "what time is it")), final_s=0.07)


class Seer(ScriptedMind):
    """A mind whose answer is the colour of the newest picture that it was sent."""

    def __init__(self, info: MindInfo = SEES) -> None:
        super().__init__("unused", info=info)

    def _choose(self, messages: Iterable[Message]) -> object:  # type: ignore[override]
        images = [image for message in messages for image in message.images]
        if not images:
            return answer("I see nothing.")
        seen = colour_of(images[-1].data)
        return answer(next((n for n, rgb in NAMES.items() if near(seen, rgb)), "odd") + ".")

    @property
    def sent(self) -> list[int]:
        """How many bytes of pictures each request had."""
        return [sum(len(i.data) for m in asked for i in m.images) for asked in self.asked]


@dataclass
class Reader:
    """Local eyes that read what they are told."""

    text: str = "I can only read: exit."
    seen: list[Shot] = field(default_factory=list)

    async def tell(self, sight: ports.Sight, shot: Shot) -> str:
        raise AssertionError(sight, shot)

    async def answer(self, question: str, shot: Shot) -> str:
        del question
        self.seen.append(shot)
        return self.text


def told(*, mode: str = "auto", opens: str = "question", policy: Policy | None = None) -> Settings:
    sight = SightSettings(mode, opens)  # type: ignore[arg-type]
    ear = EarSettings(digest_key=b"scenario")
    return Settings(policy or Policy(), ear, sight=sight)


def look(  # noqa: PLR0913 - a scenario has many actors
    heard: Iterable[Script],
    camera: ScriptedCamera | None,
    *,
    screen: ScriptedCamera | None = None,
    local: Reader | None = None,
    mind: ScriptedMind | None = None,
    settings: Settings | None = None,
    every: float = 6.0,
) -> Stage:
    """Let somebody say things, six seconds apart."""
    scripts = list(heard)
    speech = [(1.0 + every * n, 2.0 + every * n) for n in range(len(scripts))]
    return perform(
        speech,
        scripts,
        ends=4.0 + every * len(scripts),
        settings=settings or told(),
        mind=mind or Seer(),
        eyes=Lookout(camera, screen, local),
    )


def said(stage: Stage) -> list[str]:
    return [report.said for report in stage.reports]


def asks(text: str) -> Script:
    words = text.split()
    steps = tuple(
        (0.8 * (n + 1) / len(words), " ".join(words[: n + 1])) for n in range(len(words))
    )
    return Script(steps, final_s=0.07)


# ── one question ──────────────────────────────────────────────────────────────────────────────


def test_a_visual_question_is_answered_from_the_pixels_in_one_round_trip() -> None:
    camera, mind = ScriptedCamera(plain(GREEN)), Seer()
    stage = look([MUG], camera, mind=mind)
    assert said(stage) == ["green."]
    assert len(mind.asked) == 1
    prompt = mind.asked[0]
    assert prompt[-1].text == "what is this mug"
    assert [image.media_type for image in prompt[-1].images] == ["image/jpeg"]
    check_at_rest(stage)


def test_the_camera_is_open_before_the_question_is_over_and_closed_at_once_after_it() -> None:
    camera = ScriptedCamera(plain(GREEN), opens_s=0.4)
    stage = look([MUG], camera)
    (opened,) = camera.opened
    assert opened < 2.0, "while they still speak"
    (taken,) = camera.shots
    ((committed, _),) = stage.orders(c.Reply)
    assert taken == pytest.approx(committed, abs=0.001), "nothing is waited for"
    assert camera.seconds == pytest.approx(committed - opened, abs=0.001)
    assert not camera.active


def test_a_visual_answer_is_as_quick_as_a_spoken_one() -> None:
    """The camera took 400 ms to open; the same mind, the same words."""
    seeing = look([MUG], ScriptedCamera(plain(GREEN), opens_s=0.4))
    blind = look([MUG], None, settings=told(mode="off"))
    assert sounds(seeing)[0][0] - sounds(blind)[0][0] <= 0.12
    assert {"capture", "encode"} & {s.name for s in seeing.reports[0].spans} == set(), "no time"


def test_a_slow_camera_makes_a_later_answer_and_the_spans_say_so() -> None:
    stage = look([MUG], ScriptedCamera(plain(GREEN), opens_s=2.0))
    assert said(stage) == ["green."]
    spans = {span.name: span.end - span.start for span in stage.reports[0].spans}
    assert spans["capture"] > 0.5
    assert spans["mind"] == pytest.approx(0.1, abs=0.01), "it begins when it has the picture"


def test_it_opens_when_somebody_speaks_if_it_may() -> None:
    camera = ScriptedCamera(plain(GREEN))
    look([TIME], camera, settings=told(opens="speech"))
    (opened,) = camera.opened
    assert opened == pytest.approx(1.1, abs=0.15)
    assert camera.shots == []


def test_in_mode_always_each_question_has_a_picture() -> None:
    mind = Seer()
    look([TIME], ScriptedCamera(plain(BLUE)), mind=mind, settings=told(mode="always"))
    assert mind.sent[0] > 0


@pytest.mark.parametrize("mode", ["off", "tool"])
def test_in_other_modes_no_rule_opens_it(mode: str) -> None:
    camera, mind = ScriptedCamera(), Seer()
    look([MUG], camera, mind=mind, settings=told(mode=mode))
    assert camera.opened == []
    assert mind.sent == [0]


def test_a_draft_is_made_from_the_picture_and_nothing_is_left_of_a_discarded_one() -> None:
    changed = Script(
        ((0.3, "what is"), (0.5, "What is this?"), (0.9, "What is this mug?")), final_s=0.07
    )
    camera, mind = ScriptedCamera(plain(GREEN), opens_s=0.0), Seer()
    stage = look([changed], camera, mind=mind, settings=told(policy=Policy(drafts=4)))
    assert said(stage) == ["green."]
    assert stage.orders(c.Commit)
    assert all(mind.sent)
    assert not camera.active
    assert len(mind.asked[-1]) == len(mind.asked[0])


# ── it is seen to look ────────────────────────────────────────────────────────────────────────


def test_whoever_is_near_sees_and_hears_that_a_camera_is_open() -> None:
    camera = ScriptedCamera(plain(GREEN))
    stage = look([MUG], camera)
    looking = [(at, seen.cameras) for at, seen in stage.seen if isinstance(seen, Looking)]
    assert [cameras for _, cameras in looking] == [("scripted camera",), ()]
    assert looking[0][0] == pytest.approx(camera.opened[0])
    (tone, *_) = stage.device.sounding(Track.TONE)
    assert 2.0 <= tone[0] <= 2.1, "not into their words, but as soon as they pause"


def test_the_state_tells_of_an_open_camera() -> None:
    states: list[tuple[str, ...]] = []

    async def watch(stage: Stage) -> None:
        stage.session.watch(lambda _: states.append(stage.session.state.looking))
        await asyncio.sleep(0)

    perform(
        [(1.0, 2.0)],
        [MUG],
        settings=told(),
        mind=Seer(),
        eyes=Lookout(ScriptedCamera()),
        meanwhile=watch,
    )
    assert ("scripted camera",) in states
    assert states[-1] == ()


# ── follow-ups ────────────────────────────────────────────────────────────────────────────────


def test_a_follow_up_keeps_the_picture_and_another_question_does_not() -> None:
    camera, mind = ScriptedCamera(plain(GREEN)), Seer()
    stage = look([MUG, asks("and what colour is it"), TIME], camera, mind=mind)
    assert said(stage) == ["green.", "green.", "I see nothing."]
    assert len(camera.opened) == 1
    first, second, third = mind.sent
    assert first == second > 0, "the same picture again"
    assert third == 0, "no byte of it where it is not asked for"


def test_only_the_newest_picture_is_sent() -> None:
    camera, mind = ScriptedCamera(plain(GREEN)), Seer()

    async def repaint(stage: Stage) -> None:
        del stage
        await asyncio.sleep(5.0)
        camera.pixels = plain(RED)

    scripts = [MUG, asks("what is this box"), asks("and what colour is it")]
    stage = perform(
        [(1.0, 2.0), (7.0, 8.0), (13.0, 14.0)],
        scripts,
        settings=told(),
        mind=mind,
        eyes=Lookout(camera),
        meanwhile=repaint,
    )
    assert said(stage) == ["green.", "red.", "red."]
    pictures = [sum(len(m.images) for m in asked) for asked in mind.asked]
    assert pictures == [1, 1, 1]


# ── where to look ─────────────────────────────────────────────────────────────────────────────


def test_the_screen_is_looked_at_when_it_is_meant() -> None:
    camera = ScriptedCamera(plain(GREEN))
    screen = ScriptedCamera(plain(BLUE, 1920, 1080), source="screen", opens_s=0.0)
    mind = Seer()
    stage = look([asks("what does the error on my screen say")], camera, screen=screen, mind=mind)
    assert said(stage) == ["blue."]
    assert camera.opened == []
    with Pillow.open(io.BytesIO(mind.asked[0][-1].images[0].data)) as sent:
        assert max(sent.size) == 1568, "large enough to be read"


def test_what_is_handed_over_is_looked_at_whatever_the_mode(tmp_path: Path) -> None:
    Pillow.fromarray(plain(BLUE)).save(tmp_path / "a.png")
    camera, mind = ScriptedCamera(plain(GREEN)), Seer()

    async def ask(stage: Stage) -> None:
        report = await stage.session.ask("What colour is this?", (str(tmp_path / "a.png"),))
        assert report.said == "blue."
        report = await stage.session.ask("And is it dark or light?")
        assert report.said == "blue."

    perform(
        [],
        [],
        settings=told(mode="off"),
        mind=mind,
        eyes=Lookout(camera),
        meanwhile=ask,
        ends=20.0,
    )
    assert camera.opened == []


def test_a_file_that_cannot_be_read_is_said_without_its_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "my-secret-letter.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")

    async def ask(stage: Stage) -> None:
        path = str(tmp_path / "my-secret-letter.jpg")
        report = await stage.session.ask("What is this?", (path,))
        assert report.said.startswith("I can't look at that file: it is")
        assert report.outcome == "answered"
        assert "secret" not in report.said

    perform([], [], settings=told(), mind=Seer(), meanwhile=ask, ends=20.0)
    assert "secret" not in caplog.text


# ── nothing to see ────────────────────────────────────────────────────────────────────────────


def black(level: int = 3) -> Pixels:
    return scene(level, level, level, width=320, height=240, noise=2)


def test_a_covered_lens_is_said_and_not_sent() -> None:
    mind = Seer()
    stage = look([MUG], ScriptedCamera(black()), mind=mind)
    assert said(stage)[0].startswith("The picture is black: either the lens is covered")
    assert mind.asked == []


def test_a_dark_room_is_sent_with_a_word_on_it() -> None:
    dim = black(6)
    dim[100:130, 100:130] = 70
    mind = Seer()
    look([MUG], ScriptedCamera(dim), mind=mind)
    assert mind.asked[0][-1].text == "(It is very dark in the picture.) what is this mug"


def test_a_frozen_camera_is_said() -> None:
    camera, mind = ScriptedCamera(), Seer()
    camera.frozen = True
    stage = look([MUG], camera, mind=mind)
    assert "frozen" in said(stage)[0]
    assert mind.asked == []


def test_an_unplugged_camera_is_said_and_shown_and_the_next_question_is_answered() -> None:
    camera = ScriptedCamera()
    camera.fails = BackendUnavailable("camera", "there is no camera; plug one in")
    stage = look([MUG, TIME], camera)
    assert said(stage)[0] == "I can't see anything: my camera doesn't work at the moment."
    assert said(stage)[1] == "I see nothing."
    cards = [seen for _, seen in stage.seen if isinstance(seen, Card)]
    assert "plug one in" in cards[0].body


def test_a_camera_that_shows_nothing_is_given_up() -> None:
    camera = ScriptedCamera()
    camera.stalls = True
    stage = look([MUG], camera, every=12.0)
    assert said(stage) == ["I can't see anything: my camera doesn't work at the moment."]
    assert not camera.active


def test_a_picture_of_what_was_is_never_sent() -> None:
    camera, mind = ScriptedCamera(age_s=0.5), Seer()
    stage = look([MUG], camera, mind=mind, every=12.0)
    assert mind.asked == []
    assert "doesn't work" in said(stage)[0]


def test_a_mind_that_cannot_see_says_so_and_opens_nothing() -> None:
    camera = ScriptedCamera()
    stage = look([MUG], camera, mind=Seer(BLIND))
    assert said(stage) == ["I can't see: the mind that I think with takes no pictures."]
    assert camera.opened == []


def test_local_eyes_answer_where_the_mind_has_none() -> None:
    camera, reader, mind = ScriptedCamera(plain(RED)), Reader(), Seer(BLIND)
    stage = look([MUG, TIME], camera, local=reader, mind=mind)
    assert said(stage) == ["I can only read: exit.", "I see nothing."]
    assert np.array_equal(reader.seen[0].pixels, camera.pixels)
    assert mind.sent == [0]


def test_a_long_letter_is_read_on_and_back_and_spelt_and_left() -> None:
    letter = PAUSE.join(("Dear Ms Gonzalez,", "Your rent is due.", "Yours, J. Smith"))
    wishes = ("go on", "spell gonzalez", "go back", "what time is it", "next", "go on", "go on")
    camera, mind = ScriptedCamera(plain(RED)), Seer(BLIND)
    stage = look(
        [asks("read me this letter"), *map(asks, wishes)],
        camera,
        local=Reader(letter),
        mind=mind,
    )
    assert said(stage) == [
        "Dear Ms Gonzalez, … Say “go on” for the rest.",
        "Your rent is due.",
        "G, O, N, Z, A, L, E, Z",
        "Dear Ms Gonzalez,",
        "I see nothing.",
        "Your rent is due.",
        "Yours, J. Smith",
        "That is the end.",
    ]
    assert len(camera.opened) == 1, "it has been read once"
    assert len(mind.asked) == 1


def test_a_small_mind_that_knows_no_german_still_has_eyes_in_german() -> None:
    camera = ScriptedCamera(plain(RED))
    stage = perform(
        [(1.0, 2.0), (7.0, 8.0)],
        [asks("was halte ich in der hand"), asks("warum ist der himmel blau")],
        ends=16.0,
        settings=told(),
        mind=Seer(MindInfo("Small 135M", context=2048, local=True)),
        eyes=Lookout(camera, local=Reader("Ich kann nur lesen: Ausgang.")),
        language="de",
    )
    assert said(stage)[0] == "Ich kann nur lesen: Ausgang."
    assert said(stage)[1].startswith("Frei sprechen kann ich auf Deutsch nicht")
    assert len(camera.opened) == 1


def test_without_a_camera_nothing_can_be_seen() -> None:
    assert "doesn't work" in said(look([MUG], None))[0]


# ── sessions share a camera, and leave it ─────────────────────────────────────────────────────


def test_an_interrupted_answer_leaves_the_camera_closed() -> None:
    camera = ScriptedCamera(plain(GREEN), opens_s=3.0)
    stage = perform(
        [(1.0, 2.0), (3.0, 4.0)],
        [MUG, asks("never mind")],
        settings=told(),
        mind=Seer(),
        eyes=Lookout(camera),
    )
    assert not camera.active
    check_at_rest(stage)


@pytest.mark.parametrize("second", [1.95, 3.0])
def test_a_camera_that_is_switched_off_in_mid_turn_is_let_go_at_once(second: float) -> None:
    """While they still speak, and while a picture is being taken that the mind waits for."""
    camera, mind = ScriptedCamera(plain(GREEN), opens_s=3.0), Seer()
    left: list[bool] = []

    async def switched_off(stage: Stage) -> None:
        await asyncio.sleep(second - stage.device.now)
        left.append(camera.active)
        stage.session.retune(told(mode="off"))
        await asyncio.sleep(0.01)
        left.append(camera.active)

    stage = perform(
        [(1.0, 2.0), (9.0, 10.0)],
        [MUG, MUG],
        settings=told(),
        mind=mind,
        eyes=Lookout(camera),
        meanwhile=switched_off,
    )
    assert left == [True, False]
    assert camera.shots == []
    assert set(mind.sent) <= {0}
    assert len(camera.opened) == 1, "nor is it opened for the next question"
    assert [report.outcome for report in stage.reports] == ["answered", "answered"]
    if second > 2.0:
        assert said(stage)[0] == "I may not use a camera here."
    check_at_rest(stage)


def test_a_session_that_ends_lets_go_of_the_camera() -> None:
    camera = ScriptedCamera()
    perform([(1.0, 2.0)], [MUG], settings=told(), mind=Seer(), eyes=Lookout(camera), ends=1.9)
    assert not camera.active
    assert camera._observers == []
