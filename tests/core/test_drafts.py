"""Answers that are begun in silence, before a turn is over."""

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import Policy, UserPaused, UserSpeaking
from tests.core import walk as w


def _until_paused(policy: Policy, said: w.Words) -> tuple[w.Node, list[c.Command]]:
    node, _ = w.run(w.START, policy, e.SpeechStarted(0))
    turn = node[1].listening
    assert turn is not None
    node, orders = w.run(node, policy, w.heard(turn, said))
    node, more = w.run(node, policy, e.SilenceReached(turn, 64))
    return node, orders + more


def test_a_draft_is_committed_when_the_words_stay() -> None:
    node, orders = _until_paused(w.DRAFTING, w.WORDS)
    (draft,) = [o for o in orders if isinstance(o, c.Draft)]
    assert draft.text == "what now"
    turn = draft.turn
    node, _ = w.run(node, w.DRAFTING, w.heard(turn, w.WORDS, node[1].take))
    _, orders = w.run(node, w.DRAFTING, e.SilenceReached(turn, 200))
    assert c.Commit(turn, draft.draft, "what now") in orders
    assert not any(isinstance(o, c.Reply) for o in orders)


def _continued(*attachments: str) -> tuple[int, list[c.Command]]:
    """Go on, in a whole sentence, before the answer to "x" is heard; return its turn, too."""
    node, _ = w.run(w.START, w.DRAFTING, e.Asked(1, "x", attachments))
    ours = node[1].replying or 0
    node, _ = w.run(node, w.DRAFTING, w.PRESS)
    turn = node[1].listening or 0
    node, orders = w.run(node, w.DRAFTING, w.heard(turn, w.WORDS), w.RELEASE)
    _, more = w.run(node, w.DRAFTING, w.heard(turn, w.WORDS, node[1].take))
    return ours, orders + more


def test_a_draft_knows_what_it_continues() -> None:
    before, orders = _continued()
    drafts = [o for o in orders if isinstance(o, c.Draft | c.Commit)]
    assert [type(o) for o in drafts] == [c.Draft, c.Commit]
    assert [(o.text, o.continues) for o in drafts] == [("x what now", before)] * 2


def test_a_draft_does_not_answer_what_it_cannot_see() -> None:
    before, orders = _continued("a.jpg")
    assert not any(isinstance(o, c.Draft) for o in orders)
    (reply,) = [o for o in orders if isinstance(o, c.Reply)]
    assert (reply.attachments, reply.continues) == (("a.jpg",), before)


def test_a_draft_may_begin_with_the_last_word() -> None:
    node, orders = _until_paused(w.DRAFTING, w.NOTHING)
    turn = node[1].listening or 0
    node, orders = w.run(node, w.DRAFTING, w.heard(turn, w.WORDS, node[1].take))
    (draft,) = [o for o in orders if isinstance(o, c.Draft)]
    _, orders = w.run(node, w.DRAFTING, e.SilenceReached(turn, 200))
    assert c.Commit(turn, draft.draft, "what now") in orders


def test_the_last_word_is_drafted_however_it_ends() -> None:
    """The silence goes on: if no more comes, the answer is there."""
    node, orders = _until_paused(w.DRAFTING, w.HALF)
    turn = node[1].listening or 0
    assert not any(isinstance(o, c.Draft) for o in orders)
    unsettled, orders = w.run(node, w.DRAFTING, w.heard(turn, w.HALF))
    assert not any(isinstance(o, c.Draft) for o in orders)
    _, orders = w.run(unsettled, w.DRAFTING, w.heard(turn, w.HALF, node[1].take))
    assert [o.text for o in orders if isinstance(o, c.Draft)] == [w.HALF[0]]


def test_a_draft_is_dropped_when_the_words_change() -> None:
    node, orders = _until_paused(w.DRAFTING, w.WORDS)
    (draft,) = [o for o in orders if isinstance(o, c.Draft)]
    node, orders = w.run(node, w.DRAFTING, w.heard(draft.turn, w.OTHERS))
    assert c.Discard(draft.turn, draft.draft) in orders
    assert any(isinstance(o, c.Draft) and o.text == "what then" for o in orders)
    node, orders = w.run(node, w.DRAFTING, w.heard(draft.turn, w.WORDS, node[1].take))
    assert not any(isinstance(o, c.Draft) for o in orders), "beyond its budget"
    _, orders = w.run(node, w.DRAFTING, e.SilenceReached(draft.turn, 200))
    assert any(isinstance(o, c.Discard) for o in orders)
    assert any(isinstance(o, c.Reply) and o.text == "what now" for o in orders)


def test_a_draft_answers_the_words_that_were_last_heard_or_is_not_used() -> None:
    commits = 0
    for took in w.steps("drafts"):
        if not any(isinstance(order, c.Commit) for order in took.orders):
            continue
        commits += 1
        assert isinstance(took.state, UserSpeaking | UserPaused)
        assert took.state.floor.draft is not None
        event, verdict = took.event, took.state.floor.verdict
        said = event.verdict if isinstance(event, e.Heard) else verdict
        assert took.state.floor.draft.digest == said.digest
    assert commits


def test_a_turn_has_no_more_drafts_than_the_policy_allows() -> None:
    floors = [state.floor for state, _ in w.nodes("drafts") if hasattr(state, "floor")]
    assert max(floor.drafted for floor in floors) == w.DRAFTING.drafts
    node, _ = _until_paused(w.DRAFTING, w.WORDS)
    node, _ = w.run(node, w.DRAFTING, w.HUSH)
    node, _ = w.run(node, w.DRAFTING, e.SpeechStarted(0))
    _, orders = w.run(node, w.DRAFTING, w.heard(node[1].listening or 0, w.WORDS))
    assert any(isinstance(o, c.Draft) for o in orders), "the next turn has its own"


def test_the_same_words_are_drafted_once() -> None:
    tried = 0
    for node in w.nodes("drafts"):
        state = node[0]
        if not isinstance(state, UserSpeaking | UserPaused) or state.floor.draft is None:
            continue
        if state.floor.draft.digest == state.floor.verdict.digest and not state.floor.before:
            again = e.Heard(state.floor.turn, state.floor.text, state.floor.verdict)
            assert w.run(node, w.DRAFTING, again) == (node, [])
            tried += 1
    assert tried


def test_there_is_no_draft_without_a_budget_or_of_half_a_sentence_or_of_no_words() -> None:
    _, orders = _until_paused(w.POLICY, w.WORDS)
    assert not any(isinstance(o, c.Draft) for o in orders)
    yes = ("okay", e.Verdict(e.Kind.ASSENT, ends_sentence=True, digest="ok"))
    for said in (w.HALF, yes):
        _, orders = _until_paused(w.DRAFTING, said)
        assert not any(isinstance(o, c.Draft) for o in orders)


def test_a_draft_that_fails_is_answered_as_if_there_had_been_none() -> None:
    tried = 0
    for node in w.nodes("drafts"):
        state = node[0]
        if not isinstance(state, UserPaused) or state.floor.draft is None or state.settled:
            continue
        failed = e.DraftFailed(state.floor.turn, state.floor.draft.draft)
        after, orders = w.run(node, w.DRAFTING, failed)
        assert orders == []
        after, _ = w.run(after, w.DRAFTING, e.TurnFilled(state.floor.turn))
        heard = w.heard(state.floor.turn, w.WORDS, state.take)
        _, orders = w.run(after, w.DRAFTING, heard)
        assert any(isinstance(o, c.Reply) for o in orders)
        tried += 1
    assert tried


def test_a_draft_that_is_ready_changes_nothing_yet() -> None:
    for node in w.nodes("drafts"):
        world = node[1]
        if world.draft is not None:
            ready = e.DraftReady(world.drafts_turn or 0, world.draft)
            assert w.run(node, w.DRAFTING, ready) == (node, [])
