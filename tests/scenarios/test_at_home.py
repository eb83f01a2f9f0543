"""A sentence that moves a lamp, in a whole conversation: at once, without the mind, and once."""

from collections.abc import Callable
from dataclasses import replace

from assistant.core import commands as c
from assistant.reasoning.at_home import HomeSentences, _sentences
from assistant.testing.ears import Script
from tests.home.test_household import House
from tests.scenarios.stage import POLICY, Stage, check_at_rest, perform

ORDER = Script(((0.5, "turn on"), (0.9, "turn on the counter.")), final_s=0.07)


def at_home(houses: list[House]) -> Callable[[Stage], object]:
    async def move_in(stage: Stage) -> None:
        house = House()
        sentences = HomeSentences("en", house.devices)
        sentences._intents = _sentences("en")
        tongue = stage.session._tongue
        shared = replace(tongue.shared, household=house.devices, at_home=sentences)
        stage.session._tongue = replace(tongue, shared=shared)
        houses.append(house)

    return move_in


def test_a_lamp_is_turned_on_without_the_mind() -> None:
    houses: list[House] = []
    stage = perform([(1.0, 2.0)], [ORDER], meanwhile=at_home(houses))  # type: ignore[arg-type]
    assert [report.said for report in stage.reports] == ["Turning on Counter."]
    assert houses[0].sent == [("Kitchen/Counter/set", "ON")]
    assert stage.mind.asked == []
    check_at_rest(stage)


def test_a_draft_moves_nothing_until_the_turn_is_over() -> None:
    houses: list[House] = []
    stage = perform(
        [(1.0, 2.0)],
        [ORDER],
        policy=replace(POLICY, drafts=8),
        meanwhile=at_home(houses),  # type: ignore[arg-type]
    )
    assert stage.orders(c.Draft)
    assert [report.said for report in stage.reports] == ["Turning on Counter."]
    assert len(houses[0].sent) == 1
    check_at_rest(stage)


def test_a_draft_that_was_wrong_has_moved_nothing() -> None:
    houses: list[House] = []
    longer = Script(
        ((0.9, "turn on the counter."), (2.5, "turn on the counter in my dream.")), final_s=0.07
    )
    stage = perform(
        [(1.0, 2.0), (2.15, 3.6)],
        [longer],
        policy=replace(POLICY, drafts=8),
        meanwhile=at_home(houses),  # type: ignore[arg-type]
    )
    assert stage.orders(c.Draft)
    assert houses[0].sent == []
    assert [report.said for report in stage.reports] == ["I hear you."]
    check_at_rest(stage)
