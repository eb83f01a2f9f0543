"""Small pictures for web pages, as SVG: a distribution of times, the waterfall of a turn."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

Bar = tuple[str, float, float]
"""A name, and the milliseconds at which it begins and ends."""

WIDTH, LEFT, ROW = 760, 110, 26
COLOURS = {
    "pause": "#d9a441",
    "words": "#3a9db5",
    "decision": "#b58a2a",
    "mind": "#a0528f",
    "clause": "#c184b5",
    "voice": "#4f9a4f",
    "speaker": "#4a6fb5",
}
TICKS = 6
_TEXT = 'font-family="sans-serif" font-size="12"'


def distribution(times: Mapping[str, Sequence[float]]) -> str:
    """Draw a dot for each time, a row for each group, with its median and 95th percentile."""
    groups = {name: sorted(values) for name, values in times.items() if len(values)}
    low, high, ticks = axis([ms for values in groups.values() for ms in values])
    parts = []
    for row, (name, values) in enumerate(groups.items()):
        y = ROW * (row + 1)
        parts.append(_label(name, y))
        parts += [
            f'<circle cx="{_x(ms, low, high):.1f}" cy="{y}" r="4" fill="#3a9db5" '
            f'fill-opacity=".45"><title>{ms:.0f} ms</title></circle>'
            for ms in values
        ]
        for share, colour in ((50, "#222"), (95, "#c0392b")):
            x = _x(float(np.percentile(values, share)), low, high)
            parts.append(
                f'<path d="M{x:.1f} {y - 10}v20" stroke="{colour}" stroke-width="2">'
                f"<title>p{share}</title></path>"
            )
    return _picture(parts, ROW * (len(groups) + 1), low, high, ticks)


def waterfall(bars: Sequence[Bar]) -> str:
    """Draw a bar for each span; 0 is the last voiced sample."""
    low, high, ticks = axis([ms for _, start, end in bars for ms in (start, end)] + [0.0])
    parts = []
    for row, (name, start, end) in enumerate(bars):
        y = ROW * (row + 1)
        x, width = _x(start, low, high), max(1.0, _x(end, low, high) - _x(start, low, high))
        parts += [
            _label(name, y),
            (
                f'<rect x="{x:.1f}" y="{y - 8}" width="{width:.1f}" height="16" '
                f'fill="{COLOURS.get(name, "#888")}"><title>{end - start:.0f} ms</title></rect>'
            ),
            f'<text x="{x + width + 5:.1f}" y="{y + 4}" {_TEXT}>{end - start:.0f}</text>',
        ]
    return _picture(parts, ROW * (len(bars) + 1), low, high, ticks)


def axis(values: Sequence[float]) -> tuple[float, float, list[float]]:
    """Return where an axis for these values begins and ends, and its round marks."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    span = max(high - low, 1.0)
    size = 10 ** np.floor(np.log10(span / TICKS))
    step = float(next(size * times for times in (1, 2, 5, 10) if span / (size * times) <= TICKS))
    low, high = float(np.floor(low / step)) * step, float(np.ceil(high / step)) * step
    if high <= low:
        high = low + step
    return low, high, [float(mark) for mark in np.arange(low, high + step / 2, step)]


def _x(ms: float, low: float, high: float) -> float:
    return LEFT + (ms - low) / (high - low) * (WIDTH - LEFT - 40)


def _label(name: str, y: int) -> str:
    return f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end" {_TEXT}>{escape(name)}</text>'


def _picture(
    parts: Sequence[str], height: int, low: float, high: float, ticks: Sequence[float]
) -> str:
    lines = [
        f'<path d="M{_x(mark, low, high):.1f} 6V{height}" stroke="#ddd"/>'
        f'<text x="{_x(mark, low, high):.1f}" y="{height + 16}" text-anchor="middle" {_TEXT}>'
        f"{mark:g}</text>"
        for mark in ticks
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height + 40}" '
        f'width="{WIDTH}">{"".join(lines)}{"".join(parts)}'
        f'<text x="{WIDTH - 40}" y="{height + 34}" text-anchor="end" {_TEXT}>ms</text></svg>'
    )
