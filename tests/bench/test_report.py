import json
import math
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from assistant.bench import plots
from assistant.bench.drawing import axis, distribution, waterfall
from assistant.bench.machine import described, line
from assistant.bench.report import Report, Table, number, write

BARS = (("pause", 0.0, 64.0), ("words", -80.0, 20.0), ("mind", 30.0, 130.0))
REPORT = Report(
    "latency",
    "Voice <to> voice",
    (Table(("clip", "ms"), (("a|b", "250"),)),),
    {"summary": {"p50": 250.0, "none": math.nan}, "rows": [(1, math.inf)]},
    ("2 cores",),
    {"complete": [200.0, 250.0, 410.0], "empty": []},
    BARS,
)


def test_everything_is_written(tmp_path: Path) -> None:
    written = write(REPORT, tmp_path / "new" / "folder")
    suffixes = {".json", ".md", ".html"} | ({".png"} if plots.available() else set())
    assert {path.suffix for path in written} == suffixes
    assert all(path.stat().st_size for path in written)


def test_json_has_no_number_that_is_none(tmp_path: Path) -> None:
    write(REPORT, tmp_path)
    text = (tmp_path / "latency.json").read_text()
    data = json.loads(text, parse_constant=pytest.fail)
    assert data == {"summary": {"p50": 250.0, "none": None}, "rows": [[1, None]]}


def test_markdown_is_a_table(tmp_path: Path) -> None:
    write(REPORT, tmp_path)
    lines = (tmp_path / "latency.md").read_text().splitlines()
    assert lines[2:5] == ["| clip | ms |", "| --- | --- |", r"| a\|b | 250 |"]
    assert lines[-1] == "- 2 cores"


def test_html_needs_nothing_else_and_escapes(tmp_path: Path) -> None:
    write(REPORT, tmp_path)
    page = (tmp_path / "latency.html").read_text()
    assert "Voice &lt;to&gt; voice" in page
    assert page.count("<svg") == 2
    assert "src=" not in page
    assert "href=" not in page


def test_a_dot_for_each_time_and_a_bar_for_each_span() -> None:
    dots = ET.fromstring(distribution({"complete": [200.0, 250.0, 410.0]}))  # noqa: S314 - ours
    bars = ET.fromstring(waterfall(BARS))  # noqa: S314 - ours
    space = "{http://www.w3.org/2000/svg}"
    assert len(dots.findall(f"{space}circle")) == 3
    widths = [float(bar.attrib["width"]) for bar in bars.findall(f"{space}rect")]
    assert widths[1] / widths[2] == pytest.approx(1.0, abs=0.01)
    assert widths[0] / widths[1] == pytest.approx(0.64, abs=0.01)


def test_axes_are_round() -> None:
    assert axis([203.0, 411.0]) == (200.0, 450.0, [200.0, 250.0, 300.0, 350.0, 400.0, 450.0])
    low, high, marks = axis([5.0, 5.0])
    assert low <= 5 < high
    assert marks
    assert axis([])[0] < axis([])[1]


def test_without_matplotlib_there_is_no_png(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert {path.suffix for path in write(REPORT, tmp_path)} == {".json", ".md", ".html"}


def test_the_machine_is_described() -> None:
    machine = described()
    assert int(machine["cores"]) >= 1
    assert float(machine["memory_gib"]) > 0
    assert "load before" in line(machine)


def test_what_is_not_known_is_a_dash() -> None:
    assert (number(None), number(math.nan), number(249.6, " ms")) == ("-", "-", "250 ms")
