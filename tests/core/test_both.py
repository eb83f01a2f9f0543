"""The user speaks while we speak or think: who goes on, and what becomes of the words."""

from collections.abc import Iterator

import pytest

from assistant.core import commands as c
from assistant.core import events as e
from assistant.core.states import Overlapping, Policy, Speaking, Thinking, UserPaused, UserSpeaking
from tests.core import walk as w

OURS = ("speaks", "holds", "asks")


def _ours(case: str) -> Iterator[tuple[w.Node, int]]:
    """Yield the nodes in which the floor is ours and we can hear, and the reply's number."""
    for node in w.attentive(case):
        if isinstance(node[0], Thinking | Speaking):
            yield node, node[0].answer.turn


def _onset(node: w.Node, policy: Policy) -> tuple[w.Node, int]:
    """Let them begin to speak."""
    after, _ = w.run(node, policy, e.SpeechStarted(0))
    assert after[1].listening is not None
    return after, after[1].listening


def _last_word(node: w.Node, policy: Policy, said: w.Words) -> tuple[w.Node, list[c.Command]]:
    """Let them fall silent and give their last word."""
    turn = node[1].listening
    assert turn is not None
    node, _ = w.run(node, policy, e.SilenceReached(turn, 64))
    node, _ = w.run(node, policy, e.SilenceReached(turn, 200))
    return w.run(node, policy, w.heard(turn, said, node[1].take))


@pytest.mark.parametrize("case", OURS)
def test_while_they_begin_we_are_quieter_or_do_not_begin(case: str) -> None:
    for node, ours in _ours(case):
        after, orders = w.run(node, w.CASES[case][0], e.SpeechStarted(0))
        assert isinstance(after[0], Overlapping)
        yielding = c.Duck(ours) if node[1].audible else c.Hold(ours)
        assert yielding in orders
        assert c.CancelReply(ours) not in orders


@pytest.mark.parametrize("case", OURS)
def test_lasting_speech_silences_us(case: str) -> None:
    policy = w.CASES[case][0]
    for node, ours in _ours(case):
        (state, world), turn = _onset(node, policy)
        brief, orders = w.run((state, world), policy, e.VoiceLasted(turn, policy.yield_ms - 1))
        assert brief[1].replying == ours
        (state, world), orders = w.run(brief, policy, e.VoiceLasted(turn, policy.yield_ms))
        assert brief[1].held or not policy.hold_ms
        assert (c.CancelReply(ours) in orders) != brief[1].held
        assert world.listening == turn


def test_once_we_are_silent_a_first_guess_at_words_does_not_end_the_answer() -> None:
    """ "Mm-hmm" may look like words for a moment; two hypotheses that agree are words."""
    for node, ours in _ours("holds"):
        if not node[1].audible:
            continue
        after, turn = _onset(node, w.HOLDING)
        after, _ = w.run(after, w.HOLDING, e.VoiceLasted(turn, 120))
        guessed, orders = w.run(after, w.HOLDING, w.heard(turn, w.WORDS))
        assert orders == []
        _, orders = w.run(guessed, w.HOLDING, w.heard(turn, w.OTHERS))
        assert c.CancelReply(ours) in orders
        _, orders = _last_word(guessed, w.HOLDING, w.WORDS)
        assert c.CancelReply(ours) in orders
        resumed, orders = _last_word(guessed, w.HOLDING, w.MM)
        assert c.Resume(ours) in orders
        assert isinstance(resumed[0], Speaking)


def test_however_long_it_lasts_what_is_paused_waits_for_their_words() -> None:
    """A baby cries for longer than "stop" takes; neither is judged by its length."""
    for node, ours in _ours("holds"):
        if not node[1].audible:
            continue
        after, turn = _onset(node, w.HOLDING)
        for ms in (120, 500, 5000):
            after, orders = w.run(after, w.HOLDING, e.VoiceLasted(turn, ms))
            assert c.CancelReply(ours) not in orders
        resumed, orders = _last_word(after, w.HOLDING, w.NOTHING)
        assert c.Resume(ours) in orders
        assert isinstance(resumed[0], Speaking)


def test_lasting_speech_does_not_undo_an_answer_that_only_thinks() -> None:
    for node, ours in _ours("speaks"):
        if node[1].audible:
            continue
        after, turn = _onset(node, w.POLICY)
        assert w.run(after, w.POLICY, e.VoiceLasted(turn, 500)) == (after, [])
        after, orders = _last_word(after, w.POLICY, w.NOTHING)
        assert c.Resume(ours) in orders


@pytest.mark.parametrize("case", OURS)
def test_words_over_our_voice_silence_us_at_once(case: str) -> None:
    policy = w.CASES[case][0]
    for node, ours in _ours(case):
        if not node[1].audible:
            continue
        after, turn = _onset(node, policy)
        after, orders = w.run(after, policy, w.heard(turn, w.WORDS))
        assert c.CancelReply(ours) in orders
        assert isinstance(after[0], UserSpeaking)


@pytest.mark.parametrize("case", OURS)
def test_words_while_we_think_wait_for_the_last_word(case: str) -> None:
    policy = w.CASES[case][0]
    for node, ours in _ours(case):
        if node[1].audible:
            continue
        after, turn = _onset(node, policy)
        for said in (w.WORDS, w.OTHERS):  # however sure they are
            after, orders = w.run(after, policy, w.heard(turn, said))
            assert orders == []
        after, orders = _last_word(after, policy, w.WORDS)
        assert c.CancelReply(ours) in orders
        assert after[1].replying != ours


def test_whoever_speaks_first_we_never_sound_over_words() -> None:
    """The first sound may already be on its way when we are held."""
    tried = 0
    for case in OURS:
        policy = w.CASES[case][0]
        for node in w.nodes(case):
            state = node[0]
            if not isinstance(state, Overlapping):
                continue
            if state.audible:
                assert state.held or state.floor.verdict.kind is not e.Kind.WORDS
                continue
            ours = state.answer.turn
            _, orders = w.run(node, policy, e.ReplyAudible(ours))
            words = state.floor.verdict.kind is e.Kind.WORDS
            assert (c.CancelReply(ours) in orders) == words
            assert (c.Duck(ours) in orders) != words
            tried += words
    assert tried


@pytest.mark.parametrize("case", ["speaks", "holds"])
@pytest.mark.parametrize("said", [w.MM, w.NOTHING, w.OKAY], ids=["mm", "cough", "okay"])
def test_a_backchannel_or_a_cough_silences_nobody(case: str, said: w.Words) -> None:
    policy = w.CASES[case][0]
    for node, ours in _ours(case):
        if said is w.OKAY and getattr(node[0], "expecting", False):
            continue
        after, turn = _onset(node, policy)
        after, _ = w.run(after, policy, w.heard(turn, said))
        after, orders = _last_word(after, policy, said)
        assert type(after[0]) is type(node[0])
        assert after[0].answer == node[0].answer  # type: ignore[union-attr]
        assert after[1].replying == ours
        assert getattr(after[0], "expecting", False) == getattr(node[0], "expecting", False)
        assert (c.Unduck(ours) in orders) == node[1].audible
        assert (c.Resume(ours) in orders) != node[1].audible
        assert c.Forget(turn) in orders


def test_a_cough_while_we_think_costs_the_answer_nothing() -> None:
    node, _ = w.run(w.START, w.POLICY, e.Asked(1, "x"))
    after, _ = _onset(node, w.POLICY)
    after, orders = _last_word(after, w.POLICY, w.NOTHING)
    assert not any(isinstance(order, c.CancelReply) for order in orders)
    assert isinstance(after[0], Thinking)
    (arm,) = [order for order in orders if isinstance(order, c.Arm)]
    assert arm.timer is e.Timer.FIRST_SOUND, "no tone so soon after they spoke"


def test_yes_is_a_word_after_our_question() -> None:
    tried = 0
    for node, ours in _ours("speaks"):
        if not getattr(node[0], "expecting", False):
            continue
        tried += 1
        after, _ = _onset(node, w.POLICY)
        _, orders = _last_word(after, w.POLICY, w.OKAY)
        assert c.CancelReply(ours) in orders
        assert [o.text for o in orders if isinstance(o, c.Reply)] == ["okay"]
    assert tried


def test_whether_we_have_asked_is_a_matter_of_our_newest_sentence() -> None:
    for node in w.nodes("speaks"):
        if not node[1].audible or node[1].replying is None:
            continue
        for asks in (True, False):
            after, _ = w.run(node, w.POLICY, e.ReplySaid(node[1].replying, 1, asks))
            assert type(after[0]) is type(node[0])
            assert getattr(after[0], "expecting", None) is asks


def test_stop_is_no_backchannel() -> None:
    """It silences at once, even while we only think, and it is not answered."""
    for case in OURS:
        policy = w.CASES[case][0]
        for node in w.nodes(case):
            state = node[0]
            if not isinstance(state, Overlapping):
                continue
            turn, ours = state.floor.turn, state.answer.turn
            if state.take:
                _, orders = w.run(node, policy, w.heard(turn, w.STOP, state.take))
                assert c.CancelReply(ours) in orders
            after, orders = w.run(node, policy, w.heard(turn, w.STOP))
            assert c.CancelReply(ours) in orders
            if not state.take:
                after, _ = w.run(after, policy, e.SilenceReached(turn, 64))
            after, orders = w.run(after, policy, w.heard(turn, w.STOP, after[1].take))
            assert after[1].listening is None
            said = [o for o in orders if isinstance(o, c.Reply) and o.continues == ours]
            assert not said, "what they wanted stopped is not tried again"


def test_what_we_were_about_to_say_is_not_said_after_a_stop() -> None:
    node, _ = w.run(w.START, w.POLICY, e.WantsFloor("ring", e.Urgency.NOW))
    after, _ = _onset(node, w.POLICY)
    after, _ = w.run(after, w.POLICY, w.heard(after[1].listening or 0, w.STOP))
    after, orders = _last_word(after, w.POLICY, w.STOP)
    assert not any(isinstance(order, c.Announce) for order in orders)


def test_stop_by_the_bakery_is_no_stop_phrase() -> None:
    """Words that only begin like one lose nothing of what was asked before."""
    node, _ = w.run(w.START, w.POLICY, e.Asked(1, "x"))
    after, turn = _onset(node, w.POLICY)
    after, _ = w.run(after, w.POLICY, w.heard(turn, w.STOP))
    _, orders = _last_word(after, w.POLICY, w.WORDS)
    assert [o.text for o in orders if isinstance(o, c.Reply)] == ["x what now"]


def test_words_that_come_after_an_overlap_has_ended_are_not_lost() -> None:
    """They fell silent before the transcriber had understood them."""
    tried = 0
    for case in OURS:
        policy = w.CASES[case][0]
        for node in w.attentive(case):
            state = node[0]
            if not isinstance(state, Overlapping) or not state.take:
                continue
            tried += 1
            heard = w.heard(state.floor.turn, w.WORDS, state.take)
            after, orders = w.run(node, policy, heard, e.SilenceReached(state.floor.turn, 1200))
            assert c.CancelReply(state.answer.turn) in orders
            _, more = w.idle(after, policy)
            texts = [o.text for o in [*orders, *more] if isinstance(o, c.Reply)]
            assert any(text.endswith("what now") for text in texts)
    assert tried


def test_an_overlap_goes_on_when_they_do() -> None:
    tried = 0
    for node in w.attentive("speaks"):
        state = node[0]
        if not isinstance(state, Overlapping) or not state.take:
            continue
        tried += 1
        after, orders = w.run(node, w.POLICY, e.SpeechStarted(0))
        assert isinstance(after[0], Overlapping)
        assert not after[0].take
        assert after[0].floor == state.floor
        assert [o.timer for o in orders if isinstance(o, c.Arm)] == [e.Timer.FLOOR]
        after, _ = w.run(after, w.POLICY, e.SilenceReached(state.floor.turn, 64))
        assert isinstance(after[0], Overlapping)
        assert after[0].ms == 64, "the silence before does not count"
    assert tried


def test_a_silence_that_was_long_enough_in_an_overlap_is_not_waited_for_again() -> None:
    node, _ = w.run(w.START, w.POLICY, e.Asked(1, "x"))
    node, _ = w.run(node, w.POLICY, e.ReplyAudible(node[1].replying or 0))
    for silences in ((64, 200, 100), (200,)):
        after, turn = _onset(node, w.POLICY)
        after, _ = w.run(after, w.POLICY, *(e.SilenceReached(turn, ms) for ms in silences))
        _, orders = w.run(after, w.POLICY, w.heard(turn, w.WORDS, after[1].take))
        assert [o.text for o in orders if isinstance(o, c.Reply)] == ["what now"]


def test_an_incomplete_sentence_over_our_voice_is_heard_out() -> None:
    node, _ = w.run(w.START, w.POLICY, e.Asked(1, "x"))
    node, _ = w.run(node, w.POLICY, e.ReplyAudible(node[1].replying or 0))
    after, turn = _onset(node, w.POLICY)
    after, orders = _last_word(after, w.POLICY, w.HALF)
    assert isinstance(after[0], UserPaused)
    _, orders = w.run(after, w.POLICY, e.SilenceReached(turn, 1200))
    assert [o.text for o in orders if isinstance(o, c.Reply)] == ["what and"]


def test_an_answer_that_nobody_heard_is_joined_with_what_follows() -> None:
    """By speech, by the name or by the key: the user goes on, and is answered once and whole."""
    tried = 0
    for node, ours in _ours("speaks"):
        answer = node[0].answer  # type: ignore[union-attr]
        if node[1].audible or not answer.text:
            continue
        for opening in (e.SpeechStarted(0), e.Woken(e.Cause.NAME), w.PRESS):
            after, _ = w.run(node, w.POLICY, opening)
            if opening is w.PRESS:
                after, _ = w.run(after, w.POLICY, w.RELEASE)
            _, orders = _last_word(after, w.POLICY, w.WORDS)
            (reply,) = [order for order in orders if isinstance(order, c.Reply)]
            assert reply.text == f"{answer.text} what now"
            assert reply.continues == ours
            tried += 1
    assert tried


def test_what_was_heard_of_is_not_answered_again() -> None:
    for node, _ in _ours("speaks"):
        if not node[1].audible:
            continue
        for opening in (e.SpeechStarted(0), e.Woken(e.Cause.NAME), w.PRESS):
            after, _ = w.run(node, w.POLICY, opening)
            if opening is w.PRESS:
                after, _ = w.run(after, w.POLICY, w.RELEASE)
            _, orders = _last_word(after, w.POLICY, w.WORDS)
            (reply,) = [order for order in orders if isinstance(order, c.Reply)]
            assert (reply.text, reply.continues) == ("what now", e.NOTHING)


def test_what_came_with_a_question_stays_with_it() -> None:
    asked = e.Asked(1, "x", ("a.jpg",))
    node, orders = w.run(w.START, w.POLICY, asked)
    assert [o.attachments for o in orders if isinstance(o, c.Reply)] == [("a.jpg",)]
    after, _ = _onset(node, w.POLICY)
    after, orders = _last_word(after, w.POLICY, w.WORDS)
    assert [o.attachments for o in orders if isinstance(o, c.Reply)] == [("a.jpg",)]
    after, _ = _onset(after, w.POLICY)
    _, orders = _last_word(after, w.POLICY, w.WORDS)
    assert [o.attachments for o in orders if isinstance(o, c.Reply)] == [("a.jpg",)]


def test_a_question_that_was_answered_in_silence_is_not_answered_again() -> None:
    """It was only shown, and ended while they coughed, or while they asked something else."""
    node, _ = w.run(w.START, w.POLICY, e.Asked(1, "x"))
    after, _ = _onset(node, w.POLICY)
    after, _ = w.run(after, w.POLICY, e.ReplyEnded(node[1].replying or 0))
    for said, texts in ((w.NOTHING, []), (w.WORDS, ["what now"])):
        _, orders = _last_word(after, w.POLICY, said)
        assert [o.text for o in orders if isinstance(o, c.Reply)] == texts


@pytest.mark.parametrize("case", OURS)
def test_when_our_reply_ends_the_floor_is_theirs(case: str) -> None:
    policy = w.CASES[case][0]
    for node in w.nodes(case):
        state = node[0]
        if not isinstance(state, Overlapping):
            continue
        after, orders = w.run(node, policy, e.ReplyEnded(state.answer.turn))
        assert orders == []
        assert isinstance(after[0], UserPaused if state.take else UserSpeaking)
        assert after[0].floor == state.floor


def _answering() -> tuple[w.Node, int]:
    """An answer to "x" that is being spoken."""
    node, _ = w.run(w.START, w.POLICY, e.Asked(1, "x"))
    ours = node[1].replying
    assert ours is not None
    node, _ = w.run(node, w.POLICY, e.ReplyAudible(ours))
    return node, ours


def test_who_goes_on_soon_had_not_finished_and_is_answered_as_a_whole() -> None:
    node, ours = _answering()
    after, orders = w.run(node, w.POLICY, e.SpeechStarted(0, w.POLICY.heal_ms))
    assert c.Hold(ours) in orders, "silent at once"
    turn = after[1].listening or 0
    for cut_short in (w.heard(turn, w.OTHERS), w.PRESS):
        then, orders = w.run(after, w.POLICY, cut_short)
        assert c.CancelReply(ours) in orders
        if cut_short is w.PRESS:
            then, _ = w.run(then, w.POLICY, w.RELEASE)
        _, orders = _last_word(then, w.POLICY, w.WORDS)
        (reply,) = [order for order in orders if isinstance(order, c.Reply)]
        assert (reply.text, reply.continues) == ("x what now", ours)
    broken, _ = w.run(after, w.POLICY, e.ReplyFailed(ours, e.Failure.MIND))
    _, orders = _last_word(broken, w.POLICY, w.WORDS)
    assert [o.text for o in orders if isinstance(o, c.Reply)] == ["x what now"]


def test_who_goes_on_before_our_first_sound_is_out_is_answered_as_a_whole() -> None:
    node, _ = w.run(w.START, w.POLICY, e.Asked(1, "x"))
    ours = node[1].replying or 0
    after, _ = w.run(node, w.POLICY, e.SpeechStarted(0, 500), e.ReplyAudible(ours))
    _, orders = _last_word(after, w.POLICY, w.WORDS)
    assert [o.text for o in orders if isinstance(o, c.Reply)] == ["x what now"]


def test_who_goes_on_with_words_that_begin_like_a_stop_loses_nothing() -> None:
    node, ours = _answering()
    after, _ = w.run(node, w.POLICY, e.SpeechStarted(0, 500))
    after, orders = w.run(after, w.POLICY, w.heard(after[1].listening or 0, w.STOP))
    assert c.CancelReply(ours) in orders
    _, orders = _last_word(after, w.POLICY, w.WORDS)
    assert [o.text for o in orders if isinstance(o, c.Reply)] == ["x what now"]


def test_who_coughs_soon_had_finished_and_hears_the_rest() -> None:
    node, ours = _answering()
    after, _ = w.run(node, w.POLICY, e.SpeechStarted(0, 0))
    after, orders = _last_word(after, w.POLICY, w.NOTHING)
    assert c.Resume(ours) in orders
    assert isinstance(after[0], Speaking)


def test_who_comes_back_later_says_something_new() -> None:
    node, ours = _answering()
    for pause_ms in (None, w.POLICY.heal_ms + 1):
        after, orders = w.run(node, w.POLICY, e.SpeechStarted(0, pause_ms))
        assert c.Hold(ours) not in orders
        _, orders = _last_word(after, w.POLICY, w.WORDS)
        (reply,) = [order for order in orders if isinstance(order, c.Reply)]
        assert (reply.text, reply.continues) == ("what now", e.NOTHING)


def test_nobody_goes_on_with_an_announcement() -> None:
    node, _ = w.run(w.START, w.POLICY, e.WantsFloor("ring"))
    node, _ = w.run(node, w.POLICY, e.ReplyAudible(node[1].replying or 0))
    after, orders = w.run(node, w.POLICY, e.SpeechStarted(0, 0))
    assert not any(isinstance(order, c.Hold) for order in orders)
    _, orders = _last_word(after, w.POLICY, w.WORDS)
    assert [o.text for o in orders if isinstance(o, c.Reply)] == ["what now"]


def test_who_says_stop_soon_wants_no_answer_at_all() -> None:
    node, ours = _answering()
    after, _ = w.run(node, w.POLICY, e.SpeechStarted(0, 0))
    after, orders = w.run(after, w.POLICY, w.heard(after[1].listening or 0, w.STOP))
    assert c.CancelReply(ours) in orders
    _, orders = _last_word(after, w.POLICY, w.STOP)
    assert not any(isinstance(order, c.Reply) for order in orders)


def test_a_hold_comes_after_a_while_and_once() -> None:
    node, _ = w.run(w.START, w.HOLDING, e.Asked(1, "x"))
    ours = node[1].replying
    assert ours is not None
    node, _ = w.run(node, w.HOLDING, e.ReplyAudible(ours))
    node, theirs = _onset(node, w.HOLDING)
    for ms, held in ((119, []), (120, [c.Hold(ours)]), (240, [])):
        node, orders = w.run(node, w.HOLDING, e.VoiceLasted(theirs, ms))
        assert orders == held
    _, orders = _last_word(node, w.HOLDING, w.MM)
    assert c.Resume(ours) in orders
    assert c.Unduck(ours) in orders


def test_without_a_hold_we_only_lower_the_voice() -> None:
    for node, _ in _ours("speaks"):
        if node[1].audible:
            after, turn = _onset(node, w.POLICY)
            assert w.run(after, w.POLICY, e.VoiceLasted(turn, 499)) == (after, [])


def test_ears_that_fail_in_an_overlap_lose_no_words_that_were_understood() -> None:
    tried = 0
    for node in w.nodes("speaks"):
        state, world = node
        if not isinstance(state, Overlapping):
            continue
        ours, kind = state.answer.turn, state.floor.verdict.kind
        words = kind is e.Kind.WORDS or (kind is e.Kind.ASSENT and state.expecting)
        ((arming, timer),) = world.armed
        for end in (e.ListeningFailed(state.floor.turn, "gone"), e.TimerFired(timer, arming)):
            after, orders = w.run(node, w.POLICY, end)
            assert c.Forget(state.floor.turn) in orders
            assert (c.CancelReply(ours) in orders) == words
            texts = [o.text for o in orders if isinstance(o, c.Reply)]
            if words:
                assert len(texts) == 1
                assert texts[0].endswith(state.floor.text)
                tried += 1
            else:
                assert after[1].replying == ours
    assert tried
