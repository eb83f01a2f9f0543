import pytest
from pydantic import ValidationError

from assistant.config.sections import PRESETS, Turns


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_gives_all_five_numbers(name: str) -> None:
    turns = Turns.model_validate({"patience": name})
    assert turns.silences == PRESETS[name]


def test_patience_is_normal_unless_said_otherwise() -> None:
    assert Turns().silences == PRESETS["normal"]


def test_a_number_that_is_given_wins() -> None:
    given = {"patience": "patient", "complete_ms": 400, "incomplete_below": 0.0}
    silences = Turns.model_validate(given).silences
    assert silences == PRESETS["patient"]._replace(complete_ms=400, incomplete_below=0.0)


def test_a_number_must_fit_the_preset() -> None:
    Turns.model_validate({"patience": "patient", "complete_ms": 900})
    with pytest.raises(ValidationError, match=r"complete_ms \(900\) should be at most unsure_ms"):
        Turns.model_validate({"complete_ms": 900})


def test_presets_grow_in_patience() -> None:
    quick, normal, patient = (PRESETS[name] for name in ("quick", "normal", "patient"))
    for less, more in ((quick, normal), (normal, patient)):
        assert all(a <= b for a, b in zip(less, more, strict=True))
        assert less != more
