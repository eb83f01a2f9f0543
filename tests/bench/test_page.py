import json
from pathlib import Path

from scripts.bench_page import PAGE, PENDING, TARGETS, filled


def test_results_are_put_between_their_marks_and_nothing_else_changes(tmp_path: Path) -> None:
    place = tmp_path / "tiny.en"
    place.mkdir()
    (place / "latency.json").write_text("{}")
    (place / "latency.md").write_text("# T\n\n| a |\n| --- |\n\n| b |\n\n- 2 cores\n- tiny.en\n")
    measured = "<!-- begin tiny.en/latency -->\nold\n<!-- end -->"
    missing = "<!-- begin base/x -->\nkept\n<!-- end -->"
    page = f"Text.\n\n{measured}\n\n{missing}\n"
    new = filled(page, tmp_path)
    assert (
        "<!-- begin tiny.en/latency -->\n| a |\n| --- |\n\n2 cores  \ntiny.en\n<!-- end -->" in new
    )
    assert new.startswith("Text.\n\n")
    assert "kept" in new
    assert "old" not in new
    assert filled(new, tmp_path) == new


def test_targets_say_what_was_reached_and_what_was_not_measured(tmp_path: Path) -> None:
    place = tmp_path / "tiny.en"
    place.mkdir()
    complete = {"clips": 43, "p50_ms": 251.4, "p95_ms": 402.0, "early": 1, "mended": 1}
    complete |= {"longest_wait_ms": 998.7, "unanswered": 0}
    (place / "latency.json").write_text(json.dumps({"summary": {"complete": complete}}))
    table = filled("<!-- begin targets -->\n<!-- end -->", tmp_path)
    assert "251 / 402 (n 43)" in table
    assert "1 of 43, mended 1" in table
    assert "999 ms" in table
    assert table.count(PENDING) == len(TARGETS) - 4


def test_without_results_the_page_stays_as_it_is(tmp_path: Path) -> None:
    page = PAGE.read_text()
    assert filled(page, tmp_path) == page
    assert page.count("<!-- begin ") == page.count("<!-- end -->")
