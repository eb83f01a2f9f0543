"""All of looking for one session: whether, where, and what comes of it.

A camera is opened for a question that is about something to be seen, and closed as soon as the
picture is taken. No picture leaves here for any other question.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from assistant.core import events as e
from assistant.core.states import Quiet, State, UserSpeaking
from assistant.errors import BackendError, BackendUnavailable, MediaError
from assistant.languages.pack import Pack, normalised
from assistant.looking import files
from assistant.looking.encoding import Quality, encode
from assistant.looking.glance import Glance
from assistant.looking.light import light
from assistant.looking.reading import Aloud
from assistant.looking.visual import Visual, Wish
from assistant.ports import (
    Before,
    Camera,
    Detail,
    Eyes,
    Image,
    Looked,
    MindInfo,
    Moment,
    Shot,
    Source,
)
from assistant.views import Card, Looking

_log = logging.getLogger(__name__)
T = TypeVar("T")

Mode = Literal["off", "tool", "auto", "always"]
"""``off``: no camera. ``tool``: when the mind asks. ``auto``: when the question is visual, or the
mind asks. ``always``: with each question."""
Opens = Literal["question", "speech", "name"]
"""When a camera opens: as soon as the words are visual, when somebody speaks, or at its name."""
Trouble = Literal["off", "blind", "camera", "screen", "covered", "frozen", "file", "none"]
"""Why there is nothing to see; the language pack has the sentences."""

NOTHING = Looked()
KEPT = 8
"""Turns whose pictures are kept until they are over."""
FILES = 4
"""So many handed files are looked at in one turn,"""
IMAGES = 8
"""and so many pictures sent."""


class Offload(Protocol):
    """Runs what would hold up the event loop elsewhere."""

    async def __call__(self, call: Callable[[], T]) -> T:
        """Run it and return what it returns."""
        ...


async def at_once(call: Callable[[], T]) -> T:
    """Run it in the event loop: for tests in virtual time."""
    return call()


@dataclass(frozen=True, slots=True)
class Lookout:
    """The backends of looking, shared by all sessions; none: only files can be looked at."""

    camera: Camera | None = None
    screen: Camera | None = None
    local: Eyes | None = None
    offload: Offload = at_once


@dataclass(frozen=True, slots=True)
class SightSettings:
    """When to look, and how much of it leaves the machine."""

    mode: Mode = "off"
    opens: Opens = "question"
    cue: bool = True
    quality: Quality = field(default_factory=Quality)
    handed: tuple[str, ...] = ()
    """Files that come with every question."""


class Sight:
    """One session's eyes. All of it runs on the loop's thread."""

    def __init__(
        self,
        eyes: Lookout,
        pack: Pack,
        mind: Callable[[], MindInfo],
        settings: SightSettings,
        mark: Callable[[int, Moment], None],
    ) -> None:
        self.settings = settings
        self.on_open: Callable[[], None] = lambda: None
        """Called when a camera has opened, as soon as nobody speaks over the tone."""
        self.show: Callable[[Looking | Card], None] = lambda _: None
        self._mind, self._mark = mind, mark
        self._aloud = Aloud(pack)
        self.speak(pack, eyes)
        self._camera = Glance(eyes.camera) if eyes.camera else None
        self._screen = Glance(eyes.screen) if eyes.screen else None
        self._unwatch = [
            glance.camera.watch(self._changed)
            for glance in (self._camera, self._screen)
            if glance is not None
        ]
        self._taken: dict[int, tuple[Image, ...]] = {}
        self._newest: tuple[Image, ...] = ()
        self._turn = e.NOTHING
        self._open: tuple[str, ...] = ()
        self._speaking = self._cue_due = False
        self._hinted = 0
        """Words of the newest partial that was visual."""
        self._leave = asyncio.Event()
        """It is sure enough that a picture is wanted: a draft may take one."""
        self._looks = 0
        """Pictures that are being taken."""
        self._taking: set[asyncio.Timeout] = set()
        """What ends each of them."""
        self._committed = False

    def speak(self, pack: Pack, eyes: Lookout) -> None:
        """Take the words of a language, and the eyes that answer in it; the cameras stay."""
        self._eyes, self._visual, self._excuses = eyes, Visual(pack), pack.sights.excuses
        self._aloud.pack = pack

    # ── when ──────────────────────────────────────────────────────────────────────────────────

    @property
    def open(self) -> tuple[str, ...]:
        """The cameras that are open now."""
        return self._open

    def note(self, event: e.Event, state: State, *, before: Before) -> None:
        """Take note of a step: words may turn visual while they are spoken, silence closes.

        `before`: what was talked about.
        """
        self._speaking = isinstance(state, UserSpeaking)
        if isinstance(state, Quiet):
            self.close()
        elif self._may_open:
            self._arm(event, before=before)
        if self._cue_due and not self._speaking:
            self._cue_due = False
            self.on_open()

    def close(self) -> None:
        """Let go of the cameras."""
        self._hinted, self._committed = 0, False
        self._leave.clear()
        for glance in (self._camera, self._screen):
            if glance is not None:
                glance.close()

    def shut(self) -> None:
        """Let go of the cameras at once, and of the pictures that are being taken."""
        now = asyncio.get_running_loop().time()
        for taking in self._taking:
            taking.reschedule(now)
        self.close()

    def committed(self) -> None:
        """A draft is the answer now: it has its picture, or may take it."""
        self._leave.set()
        self._committed = True
        self._after_look()

    def _after_look(self) -> None:
        if self._committed and not self._looks:
            self.close()

    def end(self) -> None:
        """The session is over."""
        self.close()
        for unwatch in self._unwatch:
            unwatch()

    @property
    def _may_open(self) -> bool:
        """Looking is wanted, and leads to something."""
        return self.settings.mode in {"auto", "always"} and self._useful

    @property
    def _useful(self) -> bool:
        return self._mind().sees or self._eyes.local is not None

    def _arm(self, event: e.Event, *, before: Before) -> None:
        opens = self.settings.opens
        match event:
            case e.SpeechStarted() if opens == "speech":
                self._arm_camera()
            case e.Woken() if opens in {"name", "speech"}:
                self._arm_camera()
            case e.Heard(text=text):
                self._heard(text, final=event.final, before=before)
            case _:
                pass

    def _heard(self, text: str, *, final: bool, before: Before) -> None:
        """Open what the words want, once they are the last or more words have not changed that.

        "What is this" may go on with "song".
        """
        wish = self._wish(text, before=before)
        words = len(normalised(text)) if wish else 0
        sure = final or 0 < self._hinted < words
        self._hinted = words
        glance = self._of(wish.source) if wish and sure else None
        if glance is not None:
            glance.arm()
            self._leave.set()

    def _arm_camera(self) -> None:
        if self._camera is not None:
            self._camera.arm()

    def _changed(self) -> None:
        """A camera has opened or closed: that is to be seen, and to be heard."""
        glances = (self._camera, self._screen)
        open_now = tuple(g.camera.info.name for g in glances if g is not None and g.camera.active)
        if open_now == self._open:
            return
        opened = len(open_now) > len(self._open)
        self._open = open_now
        self.show(Looking(open_now))
        if not self.settings.cue:
            return
        if opened and self._speaking:
            self._cue_due = True
        elif opened:
            self.on_open()

    # ── what ──────────────────────────────────────────────────────────────────────────────────

    def refers(self, text: str) -> bool:
        """Tell whether a question may go on about the picture before it."""
        return self._visual.refers(text)

    def forget(self) -> None:
        """Keep no picture any longer."""
        self._taken.clear()
        self._newest = ()
        self._aloud.stop()

    def taken(self, turn: int) -> tuple[Image, ...]:
        """Return what was looked at in a turn, once."""
        return self._taken.pop(turn, ())

    async def for_turn(
        self,
        turn: int,
        text: str,
        attachments: Sequence[str] = (),
        *,
        before: Before,
        draft: bool = False,
    ) -> Looked:
        """Return what belongs to a question: the files that came with it, or a picture now.

        `before`: what was talked about, and it may be about. A `draft` waits until its words
        allow one. Failing is said, not raised.
        """
        self._turn = turn
        paths = tuple(attachments) or self.settings.handed
        if paths:
            return await self._files(turn, paths, text)
        if (read := self._aloud.go_on(turn, text)) is not None:
            return Looked(said=read)
        wish = (
            self._wish(text, before=before) if self.settings.mode in {"auto", "always"} else None
        )
        if wish is None or (wish.source == "file" and before == "picture"):
            return NOTHING
        self._looks += 1
        try:
            if draft:
                await self._leave.wait()
            return await self._look(turn, wish, text)
        finally:
            self._looks -= 1
            self._after_look()

    async def look(self, source: Source, question: str, detail: Detail) -> Looked:
        """Take a picture because the mind wants one."""
        if self.settings.mode == "off":
            return self._excuse("off")
        if source == "file":
            return Looked(self._newest) if self._newest else self._excuse("none")
        try:
            return await self._look(self._turn, Wish(source, detail), question)
        finally:
            self.close()

    async def shot(self, source: Source) -> Shot:
        """Take a picture that is understood here and not kept. Raises `BackendError`."""
        glance = self._of(source)
        if self.settings.mode == "off" or glance is None or source == "file":
            raise BackendUnavailable("camera", "there is none to look with (vision.mode)")
        taking = asyncio.timeout(None)
        try:
            async with taking:
                self._taking.add(taking)
                return await glance.shot()
        except TimeoutError:
            raise BackendUnavailable("camera", "it was switched off meanwhile") from None
        finally:
            self._taking.discard(taking)
            self.close()

    def _wish(self, text: str, *, before: Before) -> Wish | None:
        wish = self._visual.wish(text, before=before)
        if wish is None and self.settings.mode == "always" and text.strip():
            return Wish("camera", "glance")
        return wish

    def _of(self, source: Source) -> Glance | None:
        """Return what looks there: who has no screen to read may point a camera at one."""
        return (self._screen or self._camera) if source == "screen" else self._camera

    async def _look(self, turn: int, wish: Wish, question: str) -> Looked:
        glance = self._of(wish.source)
        if glance is None:
            return self._excuse("screen" if wish.source == "screen" else "camera")
        if not self._useful:
            return self._excuse("blind")
        if self.settings.mode == "off":  # since a moment ago
            return self._excuse("off")
        taking = asyncio.timeout(None)
        try:
            async with taking:
                self._taking.add(taking)
                return await self._seen(turn, glance, wish.detail, question)
        except TimeoutError:
            if not taking.expired():
                raise
            return self._excuse("off")
        finally:
            self._taking.discard(taking)

    async def _seen(self, turn: int, glance: Glance, detail: Detail, question: str) -> Looked:
        """Take a picture and tell what there is to be seen."""
        self._mark(turn, "looked")
        try:
            shot = await glance.shot()
        except BackendError as wrong:
            _log.warning("nothing was seen: %s", wrong)
            self.show(Card("nothing to see", str(wrong)))
            return self._excuse(shot_source(glance))
        self._mark(turn, "captured")
        if shot.frozen:
            return self._excuse("frozen")
        seen = light(shot.pixels)
        if seen == "covered":
            return self._excuse("covered")
        note = "It is very dark in the picture." if seen == "dark" else ""
        if shot.source == "screen":
            note = "This is the user's screen."
        return await self._told(turn, [shot], detail, question, note)

    async def _files(self, turn: int, paths: Sequence[str], question: str) -> Looked:
        if not self._useful:
            return self._excuse("blind")
        self._mark(turn, "looked")
        now = asyncio.get_running_loop().time()
        shots: list[Shot] = []
        try:
            for path in paths[:FILES]:
                shots += await self._eyes.offload(partial(files.read, Path(path), now))
        except MediaError as wrong:
            return self._excuse("file", str(wrong).removeprefix(f"{wrong.path}: "))
        except BackendUnavailable as wrong:
            return self._excuse("file", str(wrong))
        self._mark(turn, "captured")
        shots = shots[:IMAGES]
        places = [shot.place for shot in shots if shot.place]
        note = f"The pictures are {', '.join(places)}." if places else ""
        return await self._told(turn, shots, "read", question, note)

    async def _told(
        self, turn: int, shots: list[Shot], detail: Detail, question: str, note: str
    ) -> Looked:
        if not self._mind().sees:
            return await self._described(turn, shots, question)
        longest, quality = self.settings.quality.of(detail)
        images = await self._eyes.offload(
            lambda: tuple(encode(shot.pixels, longest, quality) for shot in shots)
        )
        self._mark(turn, "encoded")
        self._taken[turn] = self._newest = images
        while len(self._taken) > KEPT:
            del self._taken[min(self._taken)]
        return Looked(images, note)

    async def _described(self, turn: int, shots: list[Shot], question: str) -> Looked:
        local = self._eyes.local
        if local is None:
            return self._excuse("blind")
        try:
            texts = [await local.answer(question, shot) for shot in shots]
        except BackendError as wrong:
            _log.warning("nothing was read: %s", wrong)
            texts = []
        said = "\n".join(text for text in texts if text)
        return Looked(said=self._aloud.begin(turn, said)) if said else self._excuse("none")

    def _excuse(self, trouble: Trouble, why: str = "") -> Looked:
        excuse = self._excuses.get(trouble, "")
        return Looked(said=excuse.format(why=why) if excuse else why or "I can't see that.")


def shot_source(glance: Glance) -> Literal["camera", "screen"]:
    """Tell which of the two did not work."""
    return "screen" if glance.camera.info.source == "screen" else "camera"
