import pytest

from assistant.listening.agreement import Agreement, agreed, units
from assistant.listening.window import joined


def told(*hypotheses: str) -> tuple[str, str]:
    agreement = Agreement()
    for hypothesis in hypotheses:
        agreement.add(hypothesis)
    return agreement.stable, agreement.text


def test_nothing_is_stable_that_was_said_once() -> None:
    assert told("what time") == ("", "what time")


def test_what_two_hypotheses_say_alike_is_stable() -> None:
    assert told("what time", "what time is") == ("what time", "what time is")


def test_case_and_marks_make_no_difference() -> None:
    stable, text = told("What, time", "what time is")
    assert (stable, text) == ("what time", "what time is")


def test_the_last_word_is_not_stable_however_often_it_is_said() -> None:
    assert told("what time.", "what time.", "what time.") == ("what", "what time.")
    assert told("what time.", "what time.", "what time is it") == ("what time", "what time is it")
    assert told("what", "what") == ("", "what")


def test_a_full_stop_is_stable_when_something_follows_it() -> None:
    assert told("it rains.", "it rains. Does") == ("it rains.", "it rains. Does")


def test_a_full_stop_that_was_stable_stays_when_what_followed_it_goes() -> None:
    assert told("it rains.", "it rains. Does", "it rains.") == ("it rains.", "it rains.")


def test_stable_words_stay_when_a_hypothesis_contradicts_them() -> None:
    stable, text = told("turn on the lamp", "turn on the lamp a", "turn off the lamp and go")
    assert stable == "turn on the lamp"
    assert text == "turn on the lamp and go"


def test_a_hypothesis_that_lost_a_stable_word_adds_no_word_twice() -> None:
    _, text = told("turn on the lamp", "turn on the lamp a", "turn the lamp now")
    assert text == "turn on the lamp now"


def test_a_hypothesis_with_nothing_in_common_keeps_the_stable_words() -> None:
    assert told("good morning", "good morning to", "thank you") == ("good morning", "good morning")


def test_where_a_hypothesis_and_the_stable_units_meet() -> None:
    agreement = Agreement()
    for hypothesis in ("lenel has pictures of it", "lenel has pictures of it too"):
        agreement.add(hypothesis)
    assert [agreement.held(count) for count in range(1, 8)] == [1, 2, 3, 4, 5, 0, 0]
    agreement.add("lin nell had pictures of it too now")
    assert agreement.stable == "lenel has pictures of it too"
    assert [agreement.held(count) for count in range(1, 9)] == [0, 0, 0, 3, 4, 5, 6, 0]


def test_a_final_text_is_right_against_what_was_stable() -> None:
    agreement = Agreement()
    for hypothesis in ("turn on the", "turn on the lamp"):
        agreement.add(hypothesis)
    agreement.settle("turn off the lamp")
    assert (agreement.stable, agreement.text) == ("turn", "turn off the lamp")
    agreement.add("turn off the lamp please")
    assert agreement.stable == "turn off the lamp"


def test_trimming_forgets_the_first_words_and_gives_their_text() -> None:
    agreement = Agreement()
    for hypothesis in ("one two three", "one two three four"):
        agreement.add(hypothesis)
    assert agreement.trim(2) == "one two"
    assert agreement.stable.strip() == "three"
    agreement.add("three four five")
    assert agreement.text.strip() == "three four five"
    assert agreement.stable.strip() == "three four"


def test_trimming_may_reach_into_words_that_are_not_stable() -> None:
    agreement = Agreement()
    agreement.add("one two three")
    assert agreement.trim(2) == "one two"
    assert agreement.text.strip() == "three"


@pytest.mark.parametrize("text", ["what time is it?", "今天天气怎么样?", "ok 今天 - yes.", ""])
def test_units_put_together_are_the_text(text: str) -> None:
    assert "".join(units(text)) == text


def test_a_script_without_spaces_is_split_into_characters() -> None:
    assert units("今天ok 天气。") == ["今", "天", "ok", " 天", "气。"]
    assert agreed(units("今天天气"), units("今天天晴")) == 3


def test_texts_are_joined_as_their_script_wants() -> None:
    assert joined("what time", "is it") == "what time is it"
    assert joined("今天", "天气") == "今天天气"
    assert joined("", "is it") == "is it"
    assert joined("what", "") == "what"
