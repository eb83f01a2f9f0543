"""One session: a device's ears and voice, a mind, and the core that gives them the floor.

`LiveSession` is what the conductor conducts (`conductor.Stages`) and the only door for everybody
else (`ports.Session`). Backends are shared with other sessions; a session that fails ends itself.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from assistant.company import Dials, Kept
from assistant.conductor import Conductor, Order
from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import (
    Mode,
    Overlapping,
    Policy,
    Quiet,
    Speaking,
    State,
    UserPaused,
    UserSpeaking,
)
from assistant.errors import AssistantError
from assistant.jobs import Jobs
from assistant.languages.pack import Pack
from assistant.languages.spoken import spoken
from assistant.listening.ear import Ear, EarBackends, EarSettings
from assistant.listening.pauses import Pauses
from assistant.looking.sight import Lookout, Sight, SightSettings
from assistant.looking.visual import Visual
from assistant.ports import (
    Controls,
    Device,
    Ducks,
    Frame,
    Household,
    LanguageModel,
    Measure,
    Message,
    Replaced,
    Seen,
    SessionState,
    Synthesizer,
    Track,
    TurnReport,
    Voices,
)
from assistant.reasoning.at_home import HomeSentences
from assistant.reasoning.condensing import condense
from assistant.reasoning.conversation import IDLE_SECONDS, Conversation
from assistant.reasoning.errands import Errands
from assistant.reasoning.hands import Handiwork
from assistant.reasoning.offers import offers
from assistant.reasoning.persona import answers_in, introduction, is_foreign, opening
from assistant.reasoning.surroundings import Around, Work
from assistant.reasoning.telling import RULES
from assistant.reasoning.thinker import think
from assistant.reasoning.toolbox import Toolbox
from assistant.recorder.book import Book
from assistant.recorder.flight import FlightLog
from assistant.reply import Speech, Told
from assistant.ringing import Ringing
from assistant.speaking.streams import closing
from assistant.speaking.tones import tone as sound_of
from assistant.speaking.voice import Utterance
from assistant.views import Card

_log = logging.getLogger(__name__)

SPOKEN_S = 0.2
"""How often observers are told what has been said of a sentence."""
WARM_S = 0.25
"""How often it is looked whether the beginning of the prompt has changed."""
CROWDED = 100
"""Events that wait for the conductor; usually there is none."""
GAPPY = 10
"""Jumps of the device's clock in ten seconds."""
ENDING_S = 20.0
"""How long the last answer may take after the device's sound is over."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Backends that all sessions use at once."""

    ears: EarBackends
    mind: LanguageModel
    voice: Synthesizer
    fallback: Synthesizer | None
    pack: Pack
    household: Household | None = None
    at_home: HomeSentences | None = None
    toolbox: Toolbox = field(default_factory=Toolbox)
    eyes: Lookout = field(default_factory=Lookout)
    kept: Kept | None = None
    """Hands, and what they keep; `None`: all is for the mind."""
    others: tuple["Shared", ...] = ()
    """The same for the other languages that may be spoken: their packs, voices and hands."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What one session is told to be like."""

    policy: Policy = field(default_factory=Policy)
    ear: EarSettings = field(default_factory=EarSettings)
    name: str = "Ada"
    extra: str = ""
    idle_s: float = IDLE_SECONDS
    pauses: Pauses = field(default_factory=Pauses)
    """How long this user hesitates, as far as that is known."""
    sight: SightSettings = field(default_factory=SightSettings)


@dataclass(frozen=True, slots=True)
class _Tongue:
    """What a session has in one of its languages."""

    shared: Shared
    around: Around
    hands: Handiwork | None


def _held(voice: Synthesizer) -> Synthesizer:
    """Return the voice of an answer that begins now: it keeps it when another one is chosen."""
    return voice.held() if isinstance(voice, Voices) else voice


class LiveSession:
    """A conversation through one device. `run` it, and use it meanwhile."""

    def __init__(
        self,
        device: Device,
        shared: Shared,
        settings: Settings | None = None,
        *,
        flight: FlightLog | None = None,
        tap: Callable[[Frame], None] | None = None,
    ) -> None:
        """`flight` notes every step, `tap` sees every frame."""
        settings = settings or Settings()
        self._device, self._shared, self._settings = device, shared, settings
        self._ducks = device if isinstance(device, Ducks) else None
        self._next: Settings | None = None
        self.flight = flight or FlightLog(settings.policy)
        self._observers: list[Callable[[Seen], None]] = []
        self._book = Book(self._show)
        self._conductor = Conductor(settings.policy, self, self._note)
        self._ear = Ear(device, shared.ears, shared.pack, self.inject, settings.ear, tap)
        self.pauses = settings.pauses
        self._ear.on_pause = self._paused
        self._ear.hears_us(self._audible)
        mind = shared.mind
        self._conversation = Conversation(
            self._opening(settings),
            mind.info.context,
            mind.count,
            clock=asyncio.get_running_loop().time,
            idle_seconds=settings.idle_s,
        )
        self._sight = Sight(
            shared.eyes, shared.pack, lambda: mind.info, settings.sight, self._book.mark
        )
        self._sight.on_open = lambda: self.cue(c.Tone.LOOKING)
        self._sight.show = self._show
        every = (shared, *shared.others)
        voices = (voice for one in every for voice in (one.voice, one.fallback))
        self._dials = Dials(device, voices)
        self._dials.changed = self._set_level
        self.controls = self._knobs()
        """What words and surfaces may turn."""
        self._tongues = {one.pack.code: self._tongue_of(one) for one in every}
        self._tongue = self._tongues[shared.pack.code]
        self._ear.on_language = self._change_tongue
        self._errands = Errands(
            shared.toolbox,
            self._tongue.around,
            shared.pack.asking,
            amend=self._conversation.amend,
            tone=lambda: self.cue(c.Tone.WAITING),
        )
        self._jobs: Jobs | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._speech: Speech | None = None
        self._drafted: dict[int, Speech] = {}
        self._asks: dict[int, asyncio.Future[TurnReport]] = {}
        self._written: set[int] = set()
        self._newest_ask = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._sounding = asyncio.Event()
        self._cue: asyncio.Task[None] | None = None
        self._latency: float | None = None
        self._faults: tuple[str, ...] = ()
        self._before: State = Quiet()
        self._trouble = device.info.trouble
        self._unwatch: Callable[[], None] = lambda: None
        device.watch(self._device_changed)
        self._said = ""
        self._closing = False
        self._ringing = self._bell()

    async def run(self) -> None:
        """Converse until the device's sound is over and answered, or until cancelled.

        Raises `BackendError` when the device is lost.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                self._jobs = Jobs(self.inject, tasks)
                conducting = tasks.create_task(self._conductor.run(), name="conductor")
                warming = tasks.create_task(self._keep_warm(), name="warm")
                telling = tasks.create_task(self._tell_what_is_said(), name="said")
                ringing = tasks.create_task(self._ring(), name="ringing")
                self._tell_state(self._conductor.state)
                if isinstance(self._shared.mind, Replaced):
                    self._unwatch = self._shared.mind.watch(self._mind_changed)
                await self._ear.run()
                with suppress(TimeoutError):
                    async with asyncio.timeout(ENDING_S):
                        await self._quiet.wait()
                conducting.cancel()
                warming.cancel()
                telling.cancel()
                ringing.cancel()
        finally:
            self._unwatch()
            self._sight.end()
            await self._errands.close()
            self._tasks = self._jobs = None
            for future in self._asks.values():
                future.cancel()

    # ── the door ──────────────────────────────────────────────────────────────────────────────

    @property
    def state(self) -> SessionState:
        """What it is doing now."""
        info, shared = self._device.info, self._shared
        return SessionState(
            activity=self._book.activity,
            muted=self._conductor.state.ledger.muted,
            turns=self._book.turns,
            microphone=info.microphone,
            speaker=info.speaker,
            ears=shared.ears.transcriber.name,
            mind=shared.mind.info.name,
            voice=self._tongue.shared.voice.info.name,
            last_latency=self._latency,
            faults=self._faults,
            trouble=info.trouble,
            echo=info.echo,
            tools=shared.toolbox.told(),
            looking=self._sight.open,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """What it answers to, where it must be called."""
        return self._ear.names

    @property
    def quiet(self) -> bool:
        """Nobody has the floor, and nothing is about to happen."""
        return self._quiet.is_set()

    @property
    def jobs(self) -> Jobs:
        """Long work of this session; only while it runs."""
        if self._jobs is None:
            raise AssistantError("this session is over; start another one")
        return self._jobs

    def inject(self, event: e.Event) -> None:
        """Tell it that something happened."""
        self._quiet.clear()
        self._conductor.emit(event)

    def watch(self, observer: Callable[[Seen], None]) -> Callable[[], None]:
        """Call `observer` with all that is to be seen; returns how to stop that."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    async def ask(
        self, text: str, attachments: tuple[str, ...] = (), *, speak: bool = True
    ) -> TurnReport:
        """Have a text answered as if it had been spoken; returns when the reply is over."""
        if not text.strip():
            raise AssistantError("there is nothing to answer; give a question")
        ask, future = self._asked()
        if not speak:
            self._written.add(ask)
        self.inject(e.Asked(ask, text.strip(), attachments))
        return await self._answered(ask, future)

    async def say(self, text: str) -> TurnReport:
        """Have a text spoken when nobody has the floor."""
        if not text.strip():
            raise AssistantError("there is nothing to say; give a text")
        ask, future = self._asked()
        self.inject(e.WantsFloor(text.strip(), e.Urgency.POLITE, ask))
        return await self._answered(ask, future)

    def forget_all(self) -> None:
        """Begin a new conversation: what was said before is not told to the mind any more."""
        self._conversation.clear()
        self._sight.forget()

    def retune(self, settings: Settings) -> None:
        """Be like this from here on; a turn that goes on is let end by the old rules."""
        self._conversation.reopen(self._opening(settings), settings.idle_s)
        self._next = settings
        if settings.sight.mode == "off":  # eyes that are to be closed are, in mid-turn, too
            self._sight.settings = settings.sight
            self._sight.shut()
        if isinstance(self._conductor.state, Quiet):
            self._take_next()

    def gauges(self) -> Mapping[str, Measure]:
        """Return what tells of its health."""
        return {
            "events waiting": Measure(self._conductor.waiting, CROWDED),
            "gaps in sound": Measure(self._ear.gaps, GAPPY, counts=True),
        }

    async def mute(self, *, on: bool) -> None:
        """Close or open the microphone."""
        await self._device.mute(on=on)
        self.inject(e.Muted(on))

    def _asked(self) -> tuple[int, asyncio.Future[TurnReport]]:
        if self._tasks is None:
            raise AssistantError("this session is over; start another one")
        self._newest_ask += 1
        future = asyncio.get_running_loop().create_future()
        self._asks[self._newest_ask] = future
        return self._newest_ask, future

    async def _answered(self, ask: int, future: asyncio.Future[TurnReport]) -> TurnReport:
        try:
            return await future
        except asyncio.CancelledError:  # who asked has gone: nobody is to be answered
            order = None if self._speech is None else self._speech.order
            if self._tasks is not None and getattr(order, "ask", None) == ask:
                self.inject(e.Poked(e.Action.STOP))
            raise
        finally:
            self._asks.pop(ask, None)
            self._written.discard(ask)

    # ── what the conductor conducts ───────────────────────────────────────────────────────────

    def listen(self, turn: int) -> None:
        """Open a turn."""
        self._ear.listen(turn)

    def finalize(self, turn: int, take: int) -> None:
        """Ask for the last word."""
        self._ear.finalize(turn, take)

    def forget(self, turn: int) -> None:
        """Close a turn."""
        self._ear.forget(turn)

    def scope(self, order: Order) -> Speech:
        """Prepare a reply, an announcement or a draft."""
        silent = isinstance(order, c.Reply) and order.ask in self._written
        tongue, device = self._tongue, self._device
        shared, code = tongue.shared, tongue.shared.pack.code
        utterance = (
            None
            if silent
            else Utterance(device, _held(shared.voice), code, fallback=shared.fallback)
        )
        released = asyncio.Event()
        speech = Speech(
            *(order, self._pieces(order, tongue, released), utterance, device, self.inject),
            *(self._book.mark, partial(self._told, code), released, lambda: self._dials.decibels),
        )
        if isinstance(order, c.Draft):
            self._drafted[order.draft] = speech
        else:
            self._speech = speech
            if order.ask and order.ask not in self._asks:  # who asked did not wait so long
                self.inject(e.Poked(e.Action.STOP))
        return speech

    def cue(self, tone: c.Tone) -> None:
        """Play a short sound."""
        if self._tasks is not None:
            self._cue = self._tasks.create_task(self._play(tone), name="tone")

    def show(self, utterance: str) -> None:
        """Show what is not said."""
        self._show(Card(utterance))

    def refuse(self, ask: int) -> None:
        """Tell a caller that too much waits."""
        future = self._asks.get(ask)
        if future is not None and not future.done():
            future.set_exception(AssistantError("too much waits for an answer; try again later"))

    def cancel_job(self, job: int) -> None:
        """End long work."""
        self.jobs.cancel(job)

    # ── how ───────────────────────────────────────────────────────────────────────────────────

    def _opening(self, settings: Settings) -> tuple[Message, ...]:
        """Return the messages that each conversation begins with."""
        info, shared = self._shared.mind.info, self._shared
        rules = RULES if info.calls_tools and shared.toolbox.has_any else ""
        extra = f"{rules} {settings.extra}".strip()
        others = [other.pack.code for other in shared.others]
        return opening(info, settings.name, shared.pack.code, extra, others)

    def _tongue_of(self, shared: Shared) -> _Tongue:
        """Give a language what it needs of this session."""
        around = self._surroundings(shared)
        calls, hands = shared.mind.info.calls_tools, None
        if shared.kept is not None:
            hands = Handiwork(shared.kept.hands, around, calls_tools=calls, offers=self._offers)
        return _Tongue(shared, around, hands)

    def _change_tongue(self, code: str) -> None:
        """Speak another language: it was spoken, and its words are told next."""
        tongue = self._tongue = self._tongues.get(code, self._tongue)
        shared = tongue.shared
        self._sight.speak(shared.pack, shared.eyes)
        self._errands.around, self._errands.words = tongue.around, shared.pack.asking
        if self._ringing is not None:
            self._ringing.say = spoken(shared.pack.code)

    async def _pieces(
        self, order: Order, tongue: _Tongue, released: asyncio.Event
    ) -> AsyncIterator[str]:
        """What there is to say, as it comes; nothing is done before it is released."""
        shared, settings = tongue.shared, self._settings
        mind, code = shared.mind, shared.pack.code
        if isinstance(order, c.Announce):
            said = order.utterance
            yield shared.pack.notices[said] if isinstance(said, c.Notice) else said
            return
        canned = None
        if tongue.hands is not None:
            canned = await tongue.hands.answer(
                order.text, turn=order.turn, continues=order.continues, released=released
            )
        if canned is None and shared.at_home is not None:
            canned = await shared.at_home.answer(order.text, released)
        if canned is None:
            canned = introduction(order.text, mind.info, settings.name)
        if canned is not None:
            yield canned
            return
        talk, continues = self._conversation, order.continues != e.NOTHING
        looked = await self._sight.for_turn(
            order.turn,
            order.text,
            () if isinstance(order, c.Draft) else order.attachments,
            before=talk.before,
            draft=isinstance(order, c.Draft),
        )
        if isinstance(order, c.Reply):
            self._sight.close()
        if looked.said:
            yield looked.said
            return
        if is_foreign(mind.info, code):  # what its eyes tell needs no mind
            yield spoken(code).say("no_free_talk")
            return
        prompt = talk.prompt(
            order.text,
            continues=continues,
            images=looked.images,
            note=f"{looked.note} {self._in_which(code)}".strip(),
            refers=self._sight.refers(order.text),
        )
        errand = self._errands.errand(
            order.turn,
            order.text,
            released=released,
            continues=order.continues,
            foreign=talk.foreign or any(message.images for message in prompt),
        )
        try:
            async with closing(think(mind, prompt, errand=errand)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            errand.close()

    def _in_which(self, code: str) -> str:
        """Tell the mind what to answer in, where that is not what it is told at the beginning."""
        return "" if code == self._shared.pack.code else answers_in(code)

    def _start_job(self, title: str, work: Work, deadline: float) -> int:
        return self.jobs.start(title, work, deadline=deadline)

    def _audible(self) -> str:
        """What we say on a loudspeaker; a canceller that has to learn again lets some through."""
        echo = self._device.info.echo
        if self._speech is None or echo is None or echo.state == "none":
            return ""
        return self._speech.said

    def _knobs(self) -> Controls:
        """What words and tools may turn."""
        dials = self._dials
        return Controls(
            volume=lambda: dials.volume,
            set_volume=dials.set_volume,
            pace=lambda: dials.pace,
            set_pace=dials.set_pace,
            said=lambda: self._said,
            close_ears=self._close_ears,
        )

    def _surroundings(self, shared: Shared) -> Around:
        """What hands and tools may use of this session."""
        kept, controls = shared.kept, self.controls
        alone = Around(shared.pack.code, kept=(controls,))
        return replace(
            alone if kept is None else kept.around(controls),
            shows=self._show,
            tells=self.inject,
            starts=self._start_job,
            household=shared.household,
            sees=self._sight,
            local=shared.eyes.local,
        )

    def _bell(self) -> Ringing | None:
        """Return what rings here when something that is kept is due."""
        kept, say = self._shared.kept, spoken(self._shared.pack.code)
        if kept is None:
            return None
        return Ringing(kept.alarms, self._device, say, self.inject, self._show)

    def _offers(self) -> tuple[str, ...]:
        """Return what can be done here beside what hands do."""
        shared, eyes = self._tongue.shared, self._shared.eyes
        may = self._settings.sight.mode in {"auto", "always"} and eyes.camera is not None
        useful = shared.mind.info.sees or eyes.local is not None
        return offers(
            shared.pack.code,
            shared.household,
            shared.toolbox if shared.mind.info.calls_tools else None,
            looks=self._opens_eyes if may and useful else None,
        )

    def _opens_eyes(self, text: str) -> bool:
        wish = Visual(self._tongue.shared.pack).wish(text)
        return wish is not None and wish.source == "camera"

    async def _ring(self) -> None:
        if self._ringing is not None:
            await self._ringing.run()

    def _set_level(self) -> None:
        """Be as loud as was asked for, at once."""
        self._device.gain(Track.SPEECH, self._dials.decibels)
        if self._ringing is not None:
            self._ringing.set_level(self._dials.decibels)

    def _close_ears(self) -> None:
        self._closing = True

    def _heed(self, event: e.Event, state: State) -> None:
        """What rings is stopped by a word or a key, and is lower while somebody speaks."""
        ringing, kept = self._ringing, self._shared.kept
        if ringing is None or kept is None or not ringing.on:
            return
        ringing.lower(on=not isinstance(state, Quiet))
        stopped = event == e.Poked(e.Action.STOP) or (
            isinstance(event, e.Heard) and event.verdict.kind in {e.Kind.STOP, e.Kind.CANCEL}
        )
        if stopped and self._tasks is not None:
            self._tasks.create_task(self._silence(kept), name="silence")

    async def _silence(self, kept: Kept) -> None:
        try:
            await kept.alarms.silence()
        except AssistantError as wrong:  # it is silent all the same
            _log.warning("%s", wrong)

    def _paused(self, ms: float) -> None:
        self.pauses = self.pauses.after(ms)

    async def _play(self, tone: c.Tone) -> None:
        """The microphone stays open: no tone is heard as speech."""
        await self._device.write(Track.TONE, sound_of(tone))

    def _told(self, code: str, told: Told) -> None:
        """A reply is over, begun in this language: remember what was heard of it, and tell."""
        order = told.order
        self._said = told.written or self._said
        if self._closing and self._tasks is not None:
            self._closing = False
            self._tasks.create_task(self.mute(on=True), name="close the ears")
        if isinstance(order, c.Reply):
            if told.outcome == "answered":
                self._ear.answered()
            errand = self._errands.of(order.turn)
            known = not is_foreign(self._shared.mind.info, code)
            if known:  # what it cannot read, a mind would go on with in kind
                self._conversation.add_turn(
                    order.text,
                    told.heard,
                    interrupted=told.outcome != "answered",
                    continues=order.continues != e.NOTHING,
                    tools=errand.rounds.record() if errand else (),
                    foreign=errand.is_foreign if errand else False,
                    images=self._sight.taken(order.turn),
                )
            self._errands.told(order.turn, told.heard, whole=told.outcome == "answered")
        text = order.text if isinstance(order, c.Reply) else ""
        report = self._book.close(
            order.turn, text, told.heard, told.outcome, failure=told.failure, ask=order.ask
        )
        if report.latency is not None:
            self._latency = report.latency
        self._faults = (told.failure,) if told.failure else ()
        future = self._asks.get(order.ask)
        if future is not None and not future.done():
            future.set_result(report)

    def _note(
        self, at: float, event: e.Event, state: State, orders: tuple[c.Command, ...]
    ) -> None:
        self.flight.note(at, event, orders, before=self._before)
        self._before = state
        self._heed(event, state)
        self._book.note(at, event, orders)
        self._note_consent(event, orders)
        for order in orders:
            if isinstance(order, c.CancelReply) and isinstance(event, e.TimerFired):
                self._give_up(event.timer)
            elif isinstance(order, c.Commit):
                self._speech = self._drafted.pop(order.draft)
                self._sight.committed()
            elif isinstance(order, c.Discard):
                self._drafted.pop(order.draft, None)
        self._gate(state)
        self._sight.note(event, state, before=self._conversation.before)
        if self._ducks is not None:
            self._ducks.duck(on=_attends(state, self._conductor.policy))
        self._tell_state(state)
        if isinstance(state, Quiet):
            self._quiet.set()
            self._take_next()
        if isinstance(state, Speaking | Overlapping):
            self._sounding.set()
        else:
            self._sounding.clear()

    def _note_consent(self, event: e.Event, orders: tuple[c.Command, ...]) -> None:
        """What the user was asked is answered by their next turn, and by nothing else."""
        if self._speech is not None and self._speech.order.turn == self._errands.asking:
            self._errands.told(self._speech.order.turn, self._speech.said)
        stopped = isinstance(event, e.Heard) and event.verdict.kind is e.Kind.STOP
        if stopped or event == e.Poked(e.Action.STOP):
            self._errands.withdraw()
        for order in orders:
            if isinstance(order, c.Announce):
                self._errands.withdraw()
            elif isinstance(order, c.Reply | c.Commit):
                self._errands.committed(order.turn, order.text)

    def _take_next(self) -> None:
        """Begin to be like what was asked for; the event comes before any of the next turn's."""
        settings, self._next = self._next, None
        if settings is not None:
            self._settings = settings
            self._sight.settings = settings.sight
            self._ear.retune(settings.ear)
            self.inject(e.PolicyChanged(settings.policy))

    def _give_up(self, timer: e.Timer) -> None:
        """A deadline ends the reply."""
        if self._speech is not None:
            policy = self._conductor.policy
            begins = timer is e.Timer.FIRST_SOUND
            seconds = policy.first_sound_s if begins else policy.sentence_s
            setting = "first_sound" if begins else "sentence"
            self._speech.give_up(
                f"nothing came within {seconds:g} s (turns.{setting}_deadline_s): is the mind or "
                "the machine too slow?"
            )

    def _tell_state(self, state: State) -> None:
        said = "" if self._speech is None else self._speech.said
        trouble = self._device.info.trouble
        self._book.show(state, self._conductor.policy, said, self.names, trouble)

    def _device_changed(self) -> None:
        """It was lost, or is back; that is to be seen, and its return to be heard."""
        was, self._trouble = self._trouble, self._device.info.trouble
        state = self._conductor.state
        self._gate(state)
        self._tell_state(state)
        if was and not self._trouble and self._tasks is not None:
            self._tasks.create_task(self._play(c.Tone.AWAKE), name="sound is back")

    def _mind_changed(self, sentence: str) -> None:
        """Another mind thinks now: said where somebody is being answered."""
        if not isinstance(self._conductor.state, Quiet):
            self.inject(e.WantsFloor(sentence, e.Urgency.POLITE))

    async def _tell_what_is_said(self) -> None:
        """Between two steps of the core the words go on."""
        while True:
            await self._sounding.wait()
            self._tell_state(self._conductor.state)
            await asyncio.sleep(SPOKEN_S)

    def _gate(self, state: State) -> None:
        """Half duplex: while we sound, the ear is closed. What we asked makes "yes" a word."""
        speaks = isinstance(state, Speaking) or (isinstance(state, Overlapping) and state.audible)
        self._ear.talking = speaks or (self._ringing is not None and self._ringing.on)
        self._ear.expecting = bool(isinstance(state, Speaking | Overlapping) and state.expecting)
        gated = speaks and not self._device.info.full_duplex
        if gated != self._ear.gated:
            self._ear.gated = gated

    def _show(self, seen: Seen) -> None:
        for observer in tuple(self._observers):
            observer(seen)

    async def _keep_warm(self) -> None:
        """Have the mind read the beginning of the next prompt while nothing else happens."""
        while True:
            await self._quiet.wait()
            talk, mind = self._conversation, self._shared.mind
            await condense(talk, mind, self._quiet.is_set)
            reads = mind.info.local or (isinstance(mind, Replaced) and mind.stands_by)
            if talk.stale_prefix or (talk.unread and reads):
                await mind.warm(talk.prefix())
            await asyncio.sleep(WARM_S)


def _attends(state: State, policy: Policy) -> bool:
    """Tell whether somebody is in conversation: in mode `always`, noise alone is not enough."""
    match state:
        case Quiet():
            return False
        case UserSpeaking(floor=floor) | UserPaused(floor=floor):
            return policy.mode is not Mode.ALWAYS or bool(floor.text)
        case _:
            return True
