"""Which run lease stands behind what waits for an experiment, and whose it was."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from modelbox._gen.common_pb2 import RunFence
from modelbox._gen.lease_service_pb2 import Lease
from modelbox.spool.durable import flush_folder, write_durably

_NAME = "run.json"


@dataclass(frozen=True)
class Book:
    """What is known on this machine of the runs of an experiment."""

    lease: RunFence | None = None
    """The last run lease that a trainer with this spool had; None when there was none."""
    holder: str = ""
    """That trainer; empty for whoever only sent the spool."""


def read_book(folder: Path) -> Book:
    """An empty one when there is none."""
    try:
        facts = json.loads((folder / _NAME).read_text("utf-8"))
        lease = facts.get("lease_id")
        return Book(
            RunFence(lease_id=lease, fencing_number=facts["fencing_number"]) if lease else None,
            str(facts.get("holder", "")),
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
    }
    write_durably(temporary, [json.dumps(facts).encode()])
    temporary.replace(folder / _NAME)
    flush_folder(folder)


def has_missed_nothing(earlier: RunFence | None, lease: Lease) -> bool:
    """Whether nobody else wrote between two leases: only then may what waited under the earlier one still go."""
    return earlier is not None and lease.previous_writer <= earlier.fencing_number


def is_later(one: RunFence, other: RunFence) -> bool:
    """Whether a lease was taken after another one of the experiment.

    A server that was restored from a backup gives numbers again; ids, which begin with the time, it does not.
    """
    return one.fencing_number > other.fencing_number and one.lease_id > other.lease_id
