"""Which run lease stands behind what waits for an experiment, and whose it was."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from modelbox._gen.common_pb2 import RunFence
from modelbox.spool.durable import flush_folder, write_durably

_NAME = "run.json"


@dataclass(frozen=True)
class Book:
    """What is known on this machine of the runs of an experiment."""

    lease: RunFence | None = None
    """The last run lease that a trainer with this spool had; None when there was none."""
    holder: str = ""
    """That trainer; empty for whoever only sent the spool."""
    announced: tuple[str, ...] = ()
    """Trainers that were about to take the lease after that. They have written nothing as long as they stand here."""


def read_book(folder: Path) -> Book:
    """An empty one when there is none."""
    try:
        facts = json.loads((folder / _NAME).read_text("utf-8"))
        lease = facts.get("lease_id")
        return Book(
            RunFence(lease_id=lease, fencing_number=facts["fencing_number"]) if lease else None,
            str(facts.get("holder", "")),
            tuple(str(one) for one in facts.get("announced", [])),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Book()


def write_book(folder: Path, book: Book) -> None:
    """The caller has the folder's lock."""
    temporary = folder / f"{_NAME}.part"
    temporary.unlink(missing_ok=True)
    facts = {
        "lease_id": book.lease.lease_id if book.lease else "",
        "fencing_number": book.lease.fencing_number if book.lease else 0,
        "holder": book.holder,
        "announced": book.announced,
    }
    write_durably(temporary, [json.dumps(facts).encode()])
    temporary.replace(folder / _NAME)
    flush_folder(folder)


def is_next(earlier: RunFence | None, later: RunFence) -> bool:
    """Whether nobody else had the run between two leases: only then may what waited under the earlier one still go."""
    return earlier is not None and later.fencing_number <= earlier.fencing_number + 1
