import json
import math
import random
from pathlib import Path

import pytest

from assistant.listening.pauses import (
    FIRST_STEP,
    LEAST,
    LONGEST_MS,
    MOST,
    QUANTILE,
    SHORTEST_MS,
    TYPICAL_MS,
    Pauses,
    read,
    write,
)


def after(*pauses: float) -> Pauses:
    known = Pauses()
    for ms in pauses:
        known = known.after(ms)
    return known


def test_a_stranger_is_like_other_people() -> None:
    assert Pauses().factor == 1.0


def test_who_pauses_long_is_waited_for_longer_and_who_does_not_is_not() -> None:
    assert after(*[1500.0] * 40).factor > 1.3
    assert after(*[200.0] * 200).factor < 0.9


def test_the_quantile_is_found_whatever_comes_first() -> None:
    chance = random.Random(7)
    for start in ([], [3900.0] * 10, [110.0] * 10):
        lengths = start + [math.exp(chance.gauss(math.log(400), 0.5)) for _ in range(3000)]
        wanted = 400 * math.exp(0.5 * 1.0364)  # the 85 % quantile of a normal distribution
        found = after(*lengths)
        assert found.quantile_ms == pytest.approx(wanted, rel=0.2)
        assert found.count == sum(ms >= SHORTEST_MS for ms in lengths)


def test_a_single_pause_moves_it_by_a_bounded_step_whatever_its_length() -> None:
    long, longest = after(2000.0), after(10 * 60 * 1000.0)
    assert long == longest
    assert long.quantile_ms == pytest.approx(TYPICAL_MS * math.exp(FIRST_STEP * QUANTILE))
    assert 1 < long.factor < 1.02
    settled = after(*[300.0, 300.0, 300.0, 300.0, 300.0, 1000.0] * 50)
    assert settled.after(1e9).factor / settled.factor < 1.05


def test_parts_of_words_are_no_pauses() -> None:
    known = after(600.0, 700.0)
    assert known.after(SHORTEST_MS - 1) is known


def test_the_factor_is_bounded() -> None:
    assert after(*[1e6] * 5000).factor == MOST
    assert after(*[101.0] * 5000).factor == LEAST
    assert after(*[1e6] * 5000).quantile_ms <= LONGEST_MS
    assert after(*[101.0] * 5000).quantile_ms >= SHORTEST_MS


def test_it_is_kept_and_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "state" / "pauses.json"
    assert read(file) == Pauses()
    known = after(500.0, 1300.0, 900.0)
    write(file, known)
    assert read(file) == known
    assert [path.name for path in file.parent.iterdir()] == ["pauses.json"]
    file.unlink()
    assert read(file) == Pauses()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"quantile_ms": 500}',
        '{"quantile_ms": "long", "count": 3}',
        '{"quantile_ms": null, "count": 3}',
        '{"quantile_ms": NaN, "count": 3}',
        '{"quantile_ms": 1e9, "count": 3}',
        '{"quantile_ms": 1, "count": 3}',
        '{"quantile_ms": 500, "count": -3}',
        '{"quantile_ms": 500, "count": Infinity}',
    ],
)
def test_a_damaged_file_is_a_strangers(text: str, tmp_path: Path) -> None:
    file = tmp_path / "pauses.json"
    file.write_text(text)
    assert read(file) == Pauses()
    file.write_bytes(b"\xff\xfe" + text.encode())
    assert read(file) == Pauses()


def test_the_file_holds_two_numbers_and_no_words(tmp_path: Path) -> None:
    file = tmp_path / "pauses.json"
    write(file, after(500.0, 1300.0))
    assert set(json.loads(file.read_text())) == {"quantile_ms", "count"}
