"""Objects as HTML tables."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, cast

from modelbox.objects.artifact import Artifact
from modelbox.objects.paging import Listing

MAX_ROWS = 50
"""More objects of a list are not fetched for being shown."""
_MAX_TEXT = 160
_MAX_PAIRS = 12
_HIDDEN = (
    "etag",
    "namespace_id",
    "updated_at",
    "checkpoint_id",
    "experiment_id",
    "model_id",
    "artifact_id",
    "kind",
)
_IN_TABLES_HIDDEN = (*_HIDDEN, "id", "description", "object_id", "object_kind")
_STYLE = "font: 13px/1.5 system-ui, sans-serif; border-collapse: collapse; margin: 4px 0;"
_CELL = "padding: 2px 12px 2px 0; text-align: left; vertical-align: top; background: none;"
_HEAD = f"{_CELL} font-weight: 600; border-bottom: 1px solid rgba(128,128,128,.4);"
_NAME = f"{_CELL} opacity: .65;"


def object_html(value: object) -> str:
    """One object: a row for each field that has something."""
    rows = [
        f'<tr><td style="{_NAME}">{escape(_title(name))}</td><td style="{_CELL}">{_cell(name, one)}</td></tr>'
        for name, one in _shown(value, _HIDDEN)
        if one not in ("", None, (), {})
    ]
    return _table(f"{type(value).__name__}", "".join(rows))


def listing_html(listing: Listing[Any]) -> str:
    """The beginning of a list: a row for each object."""
    found = listing.take(MAX_ROWS + 1)
    rows = [dict(_shown(one, _IN_TABLES_HIDDEN)) for one in found[:MAX_ROWS]]
    for row in rows:
        # The end of a path is the name; of a version it is another thing.
        if "path" in row and "version" not in row:
            row.pop("name", None)
    more = f"the first {MAX_ROWS}; there are more" if len(found) > MAX_ROWS else str(len(found))
    title = f"{type(found[0]).__name__}s: {more}" if found else "Nothing found"
    return rows_html(title, rows)


def rows_html(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows with the columns of the first that have something in any row."""
    columns = [
        name
        for name in (rows[0] if rows else ())
        if any(row.get(name) not in ("", None, (), {}) for row in rows)
    ]
    head = "".join(f'<th style="{_HEAD}">{escape(_title(name))}</th>' for name in columns)
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{_CELL}">{_cell(name, row.get(name))}</td>' for name in columns)
        + "</tr>"
        for row in rows
    )
    return _table(title, f"<tr>{head}</tr>{body}" if rows else "")


def _table(title: str, rows: str) -> str:
    return (
        f'<div style="overflow-x: auto"><table style="{_STYLE}">'
        f'<caption style="text-align: left; font-weight: 600; caption-side: top; color: inherit; padding: 0 0 2px;">'
        f"{escape(title)}</caption>{rows}</table></div>"
    )


def _shown(value: Any, hidden: Sequence[str]) -> list[tuple[str, Any]]:
    fields = [field.name for field in dataclasses.fields(value)]
    # What an object is called comes first, whatever class its fields come from.
    first = [name for name in ("path", "name", "version", "key", "step") if name in fields]
    names = first + [name for name in fields if name not in first]
    return [(name, getattr(value, name)) for name in names if name not in hidden and not name.startswith("_")]


def _title(name: str) -> str:
    return name.removesuffix("_bytes").removesuffix("_at").replace("_", " ")


def _cell(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        return f'<span style="white-space: nowrap">{value:%Y-%m-%d %H:%M:%S} UTC</span>'
    if isinstance(value, Artifact):
        files = "1 file" if value.file_count == 1 else f"{value.file_count} files"
        return f"{files}, {size_text(value.size_bytes)}"
    if isinstance(value, Mapping):
        return _pairs(cast("Mapping[str, Any]", value))
    if isinstance(value, tuple):
        items = cast("tuple[Any, ...]", value)
        return escape(", ".join(str(getattr(item, "name", item)) for item in items))
    if isinstance(value, int) and name.endswith("_bytes"):
        return escape(size_text(value)) if value >= 0 else ""
    return escape(_short(value_text(value)))


def _pairs(pairs: Mapping[str, Any]) -> str:
    shown = [
        f"{escape(_short(key))}=<b>{escape(_short(value_text(value)))}</b>"
        for key, value in sorted(pairs.items())[:_MAX_PAIRS]
    ]
    left = len(pairs) - len(shown)
    return ", ".join(shown) + (f", and {left} more" if left else "")


def value_text(value: Any) -> str:
    """A value of a metric or label."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def size_text(size_bytes: int) -> str:
    """For example `2.86 MiB`."""
    size = float(size_bytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} B" if unit == "B" else f"{size:.3g} {unit}"
        size /= 1024
    return f"{size:.3g} TiB"


def _short(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"
