"""The real core, led through random conversations, comes out of its flight log unchanged."""

import random
from dataclasses import dataclass, field

import pytest

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import Mode, Policy, Quiet, State
from assistant.core.turns import step
from assistant.recorder.flight import FlightLog
from assistant.recorder.replay import replay

WORDS = ("", "what time is it", "mm-hmm", "stop", "and then  tell me", "a joke please")


@dataclass
class World:
    """Answers the core's commands at random moments, late and twice included."""

    rng: random.Random
    possible: list[e.Event] = field(default_factory=list)

    def obey(self, commands: tuple[c.Command, ...]) -> None:
        for command in commands:
            self.possible += self._consequences(command)

    def _consequences(self, command: c.Command) -> list[e.Event]:
        match command:
            case c.Listen(turn):
                partial = e.Heard(turn, self._words(), self._verdict())
                silences = [e.SilenceReached(turn, ms) for ms in (64, 200, 500, 1200)]
                return [partial, *silences, e.VoiceLasted(turn, 500)]
            case c.Finalize(turn, take):
                return [e.Heard(turn, self._words(), self._verdict(), take)]
            case c.Draft(turn, draft):
                return [e.DraftReady(turn, draft), e.DraftFailed(turn, draft)]
            case c.Reply(turn) | c.Announce(turn) | c.Commit(turn):
                said = e.ReplySaid(turn, 1, asks=self.rng.random() < 0.5)
                failed = e.ReplyFailed(turn, self.rng.choice(list(e.Failure)))
                return [e.ReplyAudible(turn), said, e.ReplyEnded(turn), failed]
            case c.Arm(timer, arming):
                return [e.TimerFired(timer, arming)]
            case _:
                return []

    def happens(self) -> e.Event:
        if self.possible and self.rng.random() < 0.8:
            return self.rng.choice(self.possible[-12:])
        policy = Policy(drafts=self.rng.randrange(3), hold_ms=self.rng.choice((0, 120)))
        return self.rng.choice(
            (
                e.SpeechStarted(self.rng.randrange(10**6)),
                e.SpeechStarted(self.rng.randrange(10**6)),
                e.Asked(7, self._words(), ("a picture",)),
                e.WantsFloor(self._words(), self.rng.choice(list(e.Urgency))),
                e.Poked(self.rng.choice(list(e.Action))),
                e.Muted(on=self.rng.random() < 0.2),
                e.Woken(e.Cause.KEY),
                e.PolicyChanged(policy),
                e.JobStarted(1),
                e.JobEnded(1),
            )
        )

    def _words(self) -> str:
        return self.rng.choice(WORDS)

    def _verdict(self) -> e.Verdict:
        kind = self.rng.choice(list(e.Kind))
        return e.Verdict(kind, self.rng.random(), self.rng.random() < 0.5, f"{kind.value:04x}")


def converse(seed: int, log: FlightLog, policy: Policy, length: int = 400) -> set[str]:
    world = World(random.Random(seed))
    state: State = Quiet()
    orders: set[str] = set()
    for moment in range(length):
        event = world.happens()
        if isinstance(event, e.PolicyChanged) and isinstance(event.policy, Policy):
            policy = event.policy
        before = state
        state, commands = step(state, event, policy)
        log.note(moment / 8, event, commands, before=before)
        world.obey(commands)
        orders |= {type(command).__name__ for command in commands}
    return orders


@pytest.mark.parametrize("masked", [True, False])
def test_random_conversations_replay_exactly(*, masked: bool) -> None:
    orders: set[str] = set()
    for seed in range(40):
        policy = Policy(mode=list(Mode)[seed % 3], drafts=2)
        log = FlightLog(policy, turns=10**6)
        orders |= converse(seed, log, policy)
        assert list(replay(log.lines(masked=masked))) == []
    assert {"Reply", "Announce", "CancelReply", "Draft", "Commit", "Duck", "Show"} <= orders


@pytest.mark.parametrize("turns", [1, 5, 20])
def test_a_ring_that_begins_in_any_state_replays_exactly(turns: int) -> None:
    for seed in range(40):
        policy = Policy(drafts=1)
        log = FlightLog(policy, turns=turns)
        converse(seed, log, policy)
        assert list(replay(log.lines(masked=True))) == []
