"""Long work outlives whatever is said over it."""

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import Overlapping, UserSpeaking
from assistant.core.turns import step
from tests.core import walk as w


def test_cancel_that_ends_the_newest_job() -> None:
    tried = 0
    for node in w.nodes("jobs"):
        state, world = node
        if not isinstance(state, UserSpeaking):
            continue
        turn = state.floor.turn
        after, _ = w.run(node, w.POLICY, e.SilenceReached(turn, 1200))
        after, orders = w.run(after, w.POLICY, w.heard(turn, w.CANCEL, after[1].take))
        cancelled = [order.job for order in orders if isinstance(order, c.CancelJob)]
        assert cancelled == list(world.jobs[-1:])
        assert any(isinstance(order, c.Reply) for order in orders)
        tried += bool(world.jobs)
    assert tried


def test_cancel_that_said_over_our_voice_is_no_backchannel() -> None:
    for node in w.nodes("jobs"):
        state, world = node
        if not isinstance(state, Overlapping) or not state.take:
            continue
        turn = state.floor.turn
        after, orders = w.run(node, w.POLICY, w.heard(turn, w.CANCEL, state.take))
        _, more = w.run(after, w.POLICY, e.SilenceReached(turn, 1200))
        cancelled = [order.job for order in orders + more if isinstance(order, c.CancelJob)]
        assert cancelled == list(world.jobs[-1:])


def test_nothing_else_ends_a_job() -> None:
    for took in w.steps("jobs"):
        if not isinstance(took.event, e.JobStarted | e.JobEnded):
            assert took.then.ledger.jobs == took.state.ledger.jobs == took.world.jobs
        if any(isinstance(order, c.CancelJob) for order in took.orders):
            said = took.event.verdict if isinstance(took.event, e.Heard) else None
            floor = getattr(took.state, "floor", None)
            verdict = said or (floor.verdict if floor else None)
            assert verdict is not None
            assert verdict.kind is e.Kind.CANCEL


def test_jobs_are_known_while_they_run() -> None:
    for state, world in w.nodes("jobs"):
        assert state.ledger.jobs == world.jobs
    state, _ = step(w.START[0], e.JobStarted(1), w.POLICY)
    state, _ = step(state, e.JobStarted(2), w.POLICY)
    assert state.ledger.jobs == (1, 2)
    assert step(state, e.JobEnded(1), w.POLICY)[0].ledger.jobs == (2,)
