import math
import re
import sys
import uuid
from typing import Protocol
from xml.etree import ElementTree

import modelbox
from modelbox.display.plot import plot_svg

_LARGEST = sys.float_info.max


class Shown(Protocol):
    def _repr_html_(self) -> str: ...


def html_of(value: Shown) -> str:
    text = value._repr_html_()
    # Well-formed, so that it can't break the page around it, and without scripts.
    ElementTree.fromstring(f"<body>{text}</body>")
    assert "<script" not in text
    return text


def test_objects_and_lists_are_tables(box: modelbox.ModelBox) -> None:
    namespace = f"shown-{uuid.uuid4().hex[:12]}"
    experiment = box.new_experiment("a", "<script>", namespace)
    experiment.log_metrics({"loss <1>": 0.123456789, "note": "x" * 1000}, step=1)
    experiment.new_checkpoint(5, {"a.bin": b"x" * 2048})
    shown = html_of(experiment.refresh())
    assert "&lt;script&gt;" in shown
    assert "loss &lt;1&gt;=<b>0.123457</b>" in shown
    assert len(shown) < 3000
    listed = html_of(box.experiments(namespace))
    assert f"{namespace}/a" in listed
    assert "Experiments: 1" in listed
    assert "Nothing found" in html_of(box.models(namespace))
    assert "2 KiB" in html_of(experiment.checkpoints())
    assert "produced" in html_of(experiment.lineage())


def test_a_metric_is_a_plot(box: modelbox.ModelBox) -> None:
    experiment = box.new_experiment("a", namespace=f"shown-{uuid.uuid4().hex[:12]}")
    values = [math.exp(-step / 1000) for step in range(3000)]
    values[1234] = 5.0
    values[7] = math.nan
    experiment.log_metric_points(
        modelbox.MetricPoint(key="loss & co", step=step, value=value) for step, value in enumerate(values)
    )
    plot = html_of(experiment.metric_points("loss & co"))
    points = re.search(r'points="([^"]*)"', plot)
    assert points is not None
    heights = [float(one.split(",")[1]) for one in points[1].split()]
    assert 300 <= len(heights) <= 700
    # The one that stands out is drawn, far above the rest.
    highest, next_highest = sorted(heights)[:2]
    assert next_highest - highest > 100
    assert "1 point is NaN or infinite" in plot
    experiment.log_metrics({"note": "text"}, step=1)
    assert "text" in html_of(experiment.metric_points("note"))


def test_any_numbers_can_be_drawn() -> None:
    for values in (
        [0.0],
        [1e308, -1e308],
        [5e-324, 0.0],
        [3.0, 3.0],
        [-1e-12, 1e12],
        [5e-324],
        [_LARGEST],
        [_LARGEST, -_LARGEST],
    ):
        svg = plot_svg({"a": list(enumerate(values))})
        assert "nan" not in svg
        assert "inf" not in svg
    assert "nan" not in plot_svg({"a": [(-(2**63), 1.0), (2**63 - 1, 2.0)]})
    # Nanoseconds as steps: more than a double tells apart.
    for step in (1_764_166_808_000_000_000, 2**63 - 1):
        assert "nan" not in plot_svg({"a": [(step, 1.0)]})
