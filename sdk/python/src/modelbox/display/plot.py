"""A metric over its steps, as SVG without scripts."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from html import escape
from itertools import islice

from modelbox.display.table import rows_html
from modelbox.objects.metric import MetricSeries

MAX_POINTS = 100_000
"""More points are not fetched for a plot."""
_MAX_DRAWN = 600
"""Of more points in a line, the lowest and highest of each stretch are drawn: nothing that stands out is lost."""
_MAX_SERIES = 8
_WIDTH, _HEIGHT = 560, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 12, 36
_COLORS = ("#3b76d4", "#d9822b", "#2f9e6e", "#b8479f", "#8a6fd1", "#c94f4f", "#6b8e23", "#607d8b")
_LARGEST = sys.float_info.max
_GRID = 'stroke="currentColor" stroke-opacity=".15"'
_TICKS = 5


def series_html(series: MetricSeries) -> str:
    """A plot of the numbers, or a table where there are none."""
    points = list(islice(series, MAX_POINTS + 1))
    by_key: dict[str, list[tuple[int, float]]] = {}
    odd = 0
    for point in points[:MAX_POINTS]:
        if not isinstance(point.value, float):
            continue
        if math.isfinite(point.value):
            by_key.setdefault(point.key, []).append((point.step, point.value))
        else:
            odd += 1
    if not by_key:
        rows = [{"key": one.key, "step": one.step, "value": one.value} for one in points[:50]]
        return rows_html(f"Metric {series.key}: {len(points)} points without a number to draw", rows)
    notes = _notes(by_key, odd, is_cut=len(points) > MAX_POINTS)
    shown = dict(list(by_key.items())[:_MAX_SERIES])
    return f"<div>{plot_svg(shown)}{notes}</div>"


def _notes(by_key: Mapping[str, Sequence[object]], odd: int, *, is_cut: bool) -> str:
    notes: list[str] = []
    if len(by_key) > _MAX_SERIES:
        notes.append(f"{len(by_key) - _MAX_SERIES} more metrics are not drawn")
    if odd:
        notes.append(f"{odd} {'point is' if odd == 1 else 'points are'} NaN or infinite")
    if is_cut:
        notes.append(f"only the first {MAX_POINTS:,} points were fetched")
    text = "; ".join(notes)
    return f'<div style="font: 12px system-ui, sans-serif; opacity: .7">{escape(text)}</div>' if text else ""


def plot_svg(series: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """Lines of finite values over steps; each series has a point or more."""
    steps = [step for points in series.values() for step, _ in points]
    values = [value for points in series.values() for _, value in points]
    x_ticks, x_low, x_high = _axis(min(steps), max(steps), whole=True)
    y_ticks, y_low, y_high = _axis(min(values), max(values), whole=False)

    def x(step: float) -> float:
        return _LEFT + (step - x_low) / (x_high - x_low) * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        # Halves, because the difference of two doubles may be beyond the largest.
        share = (value / 2 - y_low / 2) / (y_high / 2 - y_low / 2)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    height = _HEIGHT + 16 * len(series) + 4
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" style="max-width: 100%; height: auto"'
    font = 'font-family="system-ui, sans-serif" font-size="11" fill="currentColor"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size} {font}>']
    parts.append(f"<title>{escape(', '.join(series))} over steps</title>")
    for tick in y_ticks:
        top = f"{y(tick):.1f}"
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{top}" y2="{top}" {_GRID}/>')
        parts.append(_text(_LEFT - 8, y(tick) + 4, "end", _number(tick)))
    parts += [_text(x(tick), _HEIGHT - _BOTTOM + 16, "middle", _number(tick)) for tick in x_ticks]
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 4, "middle", "step"))
    for index, points in enumerate(series.values()):
        color = _COLORS[index]
        drawn = _thinned(points)
        line = " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in drawn)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="1.75"/>')
        if len(drawn) <= 40:
            parts += [f'<circle cx="{x(s):.1f}" cy="{y(v):.1f}" r="2.5" fill="{color}"/>' for s, v in drawn]
    parts += _legend(series)
    return "".join(parts) + "</svg>"


def _text(x: float, y: float, anchor: str, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill-opacity=".75">{escape(text)}</text>'


def _legend(series: Mapping[str, Sequence[tuple[int, float]]]) -> list[str]:
    parts: list[str] = []
    for index, (key, points) in enumerate(series.items()):
        top = _HEIGHT + 16 * index
        name = key if len(key) <= 60 else key[:59] + "…"
        parts.append(f'<rect x="{_LEFT}" y="{top + 4}" width="12" height="3" fill="{_COLORS[index]}"/>')
        parts.append(
            _text(_LEFT + 18, top + 10, "start", f"{name}: {points[-1][1]:.6g} at step {points[-1][0]}")
        )
    return parts


def _axis(low: float, high: float, *, whole: bool) -> tuple[list[float], float, float]:
    """Round numbers from below the lowest to above the highest value, and the two ends."""
    if low == high:
        # As doubles, long steps such as times in nanoseconds are equal to those next to them.
        margin = max(1.0, abs(low) * 1e-12) if whole else abs(low) * 0.1 or 1.0
        low, high = max(low - margin, -_LARGEST), min(high + margin, _LARGEST)
    # A difference beyond the largest double is no number.
    rough = high / _TICKS - low / _TICKS
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    step = next((factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough), rough)
    if whole:
        step = max(1.0, float(round(step)))
        first = math.ceil(low / step)
        ticks = [tick * step for tick in range(first, first + _TICKS + 2) if tick * step <= high]
        return ticks, low, high
    first = math.floor(low / step)
    ticks = [max(first * step, -_LARGEST)]
    while ticks[-1] < high and len(ticks) < _TICKS + 4:
        ticks.append(min((first + len(ticks)) * step, _LARGEST))
    return ticks, ticks[0], ticks[-1]


def _thinned(points: Sequence[tuple[int, float]]) -> Sequence[tuple[int, float]]:
    if len(points) <= _MAX_DRAWN:
        return points
    stretch = math.ceil(len(points) / (_MAX_DRAWN / 2))
    drawn: list[tuple[int, float]] = []
    for begin in range(0, len(points), stretch):
        part = points[begin : begin + stretch]
        ends = {min(part, key=lambda one: one[1]), max(part, key=lambda one: one[1])}
        drawn += sorted(ends)
    return drawn


def _number(value: float) -> str:
    if value != 0 and not 1e-3 <= abs(value) < 1e6:
        return f"{value:.3g}"
    return f"{value:,.6f}".rstrip("0").rstrip(".")
