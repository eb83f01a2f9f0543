"""The world that the core commands: what the conductor would have running, as the orders imply.

`obey` and `agree` are the invariants: orders that make no sense, and beliefs of the core that are
not so. `happens` tells which news a world can send.
"""

from typing import NamedTuple

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import (
    Floor,
    Overlapping,
    Quiet,
    Speaking,
    State,
    Thinking,
    UserPaused,
    UserSpeaking,
)

LONG_OVER = 1
"""The number of something that was over before the walk began."""


class WrongError(AssertionError):
    """An invariant is broken; carries the way there."""


def check(truth: object, message: str) -> None:
    if not truth:
        raise WrongError(message)


class World(NamedTuple):
    """What runs, and the highest number of each kind that was ever given out."""

    listening: int | None = None
    finalized: bool = False
    """The open turn's last word has been asked for, as the newest take."""
    told: bool = False
    """That last word has come."""
    replying: int | None = None
    audible: bool = False
    ducked: bool = False
    held: bool = False
    draft: int | None = None
    drafts_turn: int | None = None
    armed: tuple[tuple[int, e.Timer], ...] = ()
    jobs: tuple[int, ...] = ()
    turn: int = LONG_OVER
    take: int = LONG_OVER
    drafts: int = LONG_OVER
    arming: int = LONG_OVER

    def silent(self) -> "World":
        """The same without a reply."""
        return self._replace(replying=None, audible=False, ducked=False, held=False)

    def without_timer(self, arming: int) -> "World":
        return self._replace(armed=tuple(pair for pair in self.armed if pair[0] != arming))

    def obey(self, order: c.Command) -> "World":  # noqa: C901, PLR0911, PLR0912, PLR0915 - a table
        match order:
            case c.Listen(turn):
                check(self.listening is None, "two turns open at once")
                check(turn > self.turn, "a turn's number is used twice")
                return self._replace(listening=turn, turn=turn, finalized=False, told=False)
            case c.Finalize(turn, take):
                check(self.listening == turn, "finalized a turn that is not open")
                check(take > self.take, "a take's number is used twice")
                return self._replace(finalized=True, told=False, take=take)
            case c.Forget(turn):
                check(self.listening == turn, "forgot a turn that is not open")
                return self._replace(listening=None, finalized=False, told=False)
            case c.Draft(turn, draft, text):
                check(self.draft is None, "two drafts at once")
                check(self.replying is None, "a draft beside a reply")
                check(self.listening == turn, "a draft for a turn that is not open")
                check(draft > self.drafts, "a draft's number is used twice")
                check(text, "a draft of nothing")
                return self._replace(draft=draft, drafts_turn=turn, drafts=draft)
            case c.Commit(turn, draft, text):
                check(self.draft == draft, "committed a draft that is not there")
                check(self.drafts_turn == turn, "committed a draft to another turn")
                check(self.replying is None, "two replies at once")
                check(self.listening is None, "answered a turn that is still open")
                check(text, "answered nothing")
                return self._replace(draft=None, drafts_turn=None, replying=turn)
            case c.Discard(turn, draft):
                check(self.draft == draft, "discarded a draft that is not there")
                check(self.drafts_turn == turn, "discarded another turn's draft")
                return self._replace(draft=None, drafts_turn=None)
            case c.Reply(turn, text, continues):
                check(self.replying is None, "two replies at once")
                check(self.draft is None, "a reply beside a draft")
                check(text, "answered nothing")
                check(self.listening is None, "answered a turn that is still open")
                check(continues < turn, "continues what came later")
                return self._replace(replying=turn, turn=max(turn, self.turn))
            case c.Announce(turn, utterance):
                check(self.replying is None, "two replies at once")
                check(self.draft is None, "an announcement beside a draft")
                check(self.listening is None, "speaks into an open turn")
                check(turn > self.turn, "a turn's number is used twice")
                check(utterance, "announced nothing")
                return self._replace(replying=turn, turn=turn)
            case c.CancelReply(turn):
                check(self.replying == turn, "cancelled a reply that is not running")
                return self.silent()
            case c.Duck(turn):
                check(self.replying == turn, "ducked nothing")
                check(not self.ducked, "ducked twice")
                return self._replace(ducked=True)
            case c.Unduck(turn):
                check(self.replying == turn, "unducked nothing")
                check(self.ducked, "unducked what is not ducked")
                return self._replace(ducked=False)
            case c.Hold(turn):
                check(self.replying == turn, "held nothing")
                check(not self.held, "held twice")
                return self._replace(held=True)
            case c.Resume(turn):
                check(self.replying == turn, "resumed nothing")
                check(self.held, "resumed what is not held")
                return self._replace(held=False)
            case c.Arm(timer, arming, seconds):
                check(arming > self.arming, "an arming's number is used twice")
                check(seconds > 0, "a wait of no time")
                return self._replace(armed=(*self.armed, (arming, timer)), arming=arming)
            case c.Disarm(arming):
                check(arming in dict(self.armed), "disarmed what is not armed")
                return self.without_timer(arming)
            case c.CancelJob(job):
                check(job in self.jobs, "cancelled a job that does not run")
                return self
            case c.Cue() | c.Show() | c.Refuse():
                return self


def happens(world: World, event: e.Event) -> World | None:  # noqa: PLR0911
    """The world after the event itself, or None where it cannot happen."""
    match event:
        case e.TimerFired(timer, arming):
            return world.without_timer(arming) if (arming, timer) in world.armed else None
        case e.ReplyAudible(turn) if turn == world.replying:
            return None if world.audible else world._replace(audible=True)
        case e.ReplySaid(turn) if turn == world.replying:
            return world if world.audible else None
        case e.ReplyEnded(turn) | e.ReplyFailed(turn) if turn == world.replying:
            return world.silent()
        case e.DraftFailed(_, draft) if draft == world.draft:
            return world._replace(draft=None, drafts_turn=None)
        case e.JobStarted(job):
            return None if job in world.jobs else world._replace(jobs=(*world.jobs, job))
        case e.JobEnded(job):
            others = tuple(other for other in world.jobs if other != job)
            return None if others == world.jobs else world._replace(jobs=others)
        case e.Heard(turn=turn, take=take) if turn == world.listening and take:
            if take > world.take:
                return None
            return world._replace(told=True) if world.finalized and take == world.take else world
    return world


def late(world: World) -> list[e.Event]:
    """News of all that is over, long since or only just: whatever ended may have had some."""
    turns, takes = _given_out(world.turn), (e.NOTHING, LONG_OVER, world.take)
    over: list[e.Event] = []
    for turn in turns - {world.listening}:
        over += (_heard(turn, kind, take) for kind in _KINDS for take in takes)
        over += (e.SilenceReached(turn, 1200), e.VoiceLasted(turn, 500))
        over += (e.TurnFilled(turn), e.ListeningFailed(turn, "gone"))
    for turn in turns - {world.replying}:
        over += (e.ReplyAudible(turn), e.ReplySaid(turn, 0, asks=True), e.ReplyEnded(turn))
        over += (e.ReplyFailed(turn, e.Failure.MIND),)
    for draft in _given_out(world.drafts) - {world.draft}:
        turn = world.listening or world.turn
        over += (e.DraftReady(turn, draft), e.DraftFailed(turn, draft))
    for arming in _given_out(world.arming) - set(dict(world.armed)):
        over += (e.TimerFired(timer, arming) for timer in e.Timer)
    return over


_KINDS = (e.Kind.NOTHING, e.Kind.STOP, e.Kind.WORDS)
"""What ends an overlap, a turn, or a reply."""


def _given_out(newest: int) -> set[int]:
    return set(range(LONG_OVER, newest + 1))


def _heard(turn: int, kind: e.Kind, take: int) -> e.Heard:
    return e.Heard(turn, "late", e.Verdict(kind, digest="late"), take)


# ── invariants ────────────────────────────────────────────────────────────────────────────────


def agree(state: State, world: World) -> None:
    """What the core believes is what the world has."""
    armed = tuple(arming for arming, _ in world.armed)
    match state:
        case Quiet(ledger, window):
            check(armed == ((window,) if window else ()), "quiet, yet something is pending")
            check(world.replying is None, "quiet, yet a reply runs")
            check(world.listening is None, "quiet, yet a turn is open")
            check(world.draft is None, "quiet, yet a draft runs")
            check(not ledger.waiting, "quiet, yet somebody waits for the floor")
        case UserSpeaking(floor=floor, arming=arming):
            check(armed == (arming,), "no deadline while the user speaks")
            _theirs(floor, world)
            check(world.replying is None, "the user's floor, yet a reply runs")
        case UserPaused(floor=floor, arming=arming, take=take, settled=settled):
            check(armed == (arming,), "no deadline for the last word")
            check(settled == world.told, "has it come, or not?")
            check(world.finalized and world.take == take, "waits for a word nobody asked for")
            _theirs(floor, world)
            check(world.replying is None, "the user's floor, yet a reply runs")
        case Thinking(answer=answer, arming=arming) | Speaking(answer=answer, arming=arming):
            check(armed == (arming,), "no deadline for the reply")
            check(world.replying == answer.turn, "another reply runs")
            check(world.audible == isinstance(state, Speaking), "audible, or not?")
            check(world.listening is None, "our floor, yet a turn is open")
            check(not world.ducked, "ducked for nobody")
            check(not world.held, "held for nobody")
            check(world.draft is None, "our floor, yet a draft runs")
        case Overlapping():
            check(armed == (state.arming,), "no deadline for the overlap")
            check(world.replying == state.answer.turn, "another reply runs")
            check(world.audible == state.audible, "audible, or not?")
            check(world.held == state.held, "held, or not?")
            check(world.ducked == state.audible, "not ducked while both speak")
            asked = world.finalized and world.take == state.take
            check(asked or not state.take, "waits for a word nobody asked for")
            check(not (world.told and state.take), "waits for a word that has come")
            _theirs(state.floor, world)


def _theirs(floor: Floor, world: World) -> None:
    check(world.listening == floor.turn, "another turn is open")
    check(world.draft == (floor.draft.draft if floor.draft else None), "another draft runs")
    check(floor.continues < floor.turn, "continues itself")
    check(bool(floor.before) == bool(floor.continues), "words without a turn, or a turn without")
