"""What waits in a spool: one call that could not be made yet, with its files."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, cast

from modelbox._gen.checkpoint_service_pb2 import CreateCheckpointRequest
from modelbox._gen.event_service_pb2 import LogEventsRequest
from modelbox._gen.metric_service_pb2 import LogMetricsRequest
from modelbox.chunking.source import Source
from modelbox.errors import CorruptData
from modelbox.spool.durable import COPY_BYTES, flush_folder, write_durably
from modelbox.transfer import Uploadable, find_files
from modelbox.transfer.local_file import LocalFile

EntryKind: TypeAlias = Literal["metrics", "events", "checkpoint"]
EntryRequest: TypeAlias = "LogMetricsRequest | LogEventsRequest | CreateCheckpointRequest"
"""With a request id, without a fence."""

_REQUEST_TYPES: Mapping[
    str, type[LogMetricsRequest] | type[LogEventsRequest] | type[CreateCheckpointRequest]
] = {
    "metrics": LogMetricsRequest,
    "events": LogEventsRequest,
    "checkpoint": CreateCheckpointRequest,
}
_NUMBER_DIGITS = 12


@dataclass(frozen=True)
class Entry:
    """One entry, on disk."""

    path: Path
    """A folder: `call.json`, `request`, and the files `0`, `1`, …"""
    number: int
    """The order within the experiment."""
    kind: EntryKind

    @staticmethod
    def at(path: Path) -> Entry | None:
        """The entry of a path, going by its name; None when that is something else."""
        number, _, kind = path.name.partition(".")
        if kind not in _REQUEST_TYPES or not number.isdigit():
            return None
        return Entry(path, int(number), cast("EntryKind", kind))

    def read(self) -> StoredCall:
        """What is to be sent. `CorruptData`: the disk has not kept it; `FileNotFoundError`: it has gone."""
        try:
            facts = json.loads((self.path / "call.json").read_text("utf-8"))
            request = _REQUEST_TYPES[self.kind]()
            request.ParseFromString((self.path / "request").read_bytes())
            files: dict[str, Uploadable] = {}
            for index, (path, size_bytes) in enumerate(facts["files"]):
                stored = self.path / str(index)
                if stored.stat().st_size != size_bytes:
                    raise ValueError(f"{stored} has not {size_bytes} bytes")
                files[path] = stored
            return StoredCall(request, str(facts["namespace_id"]), bool(facts["is_fenced"]), files)
        except FileNotFoundError:
            raise
        except Exception as error:
            raise CorruptData(f"{self.path} can't be read any more ({error}).") from error


@dataclass(frozen=True)
class StoredCall:
    """A call, and what belongs to it."""

    request: EntryRequest
    namespace_id: str
    is_fenced: bool
    """It is the write of a run that had a lease."""
    files: Mapping[str, Uploadable]


def entry_name(number: int, kind: EntryKind) -> str:
    """Names sort as the numbers do."""
    return f"{number:0{_NUMBER_DIGITS}d}.{kind}"


def entries_of(folder: Path) -> list[Entry]:
    """Those of an experiment's folder, in order; none when there is no such folder."""
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [entry for name in names if (entry := Entry.at(folder / name)) is not None]


def write_call(folder: Path, call: StoredCall) -> None:
    """Writes a call into a new folder, durably."""
    folder.mkdir(mode=0o700)
    sources = find_files(call.files) if call.files else {}
    with ExitStack() as opened:
        for index, file in enumerate(sources.values()):
            source: Source = opened.enter_context(file.open()) if isinstance(file, LocalFile) else file
            write_durably(folder / str(index), _parts_of(source))
    facts = {
        "namespace_id": call.namespace_id,
        "is_fenced": call.is_fenced,
        "files": [[path, file.size] for path, file in sources.items()],
    }
    write_durably(folder / "request", [call.request.SerializeToString()])
    write_durably(folder / "call.json", [json.dumps(facts).encode()])
    flush_folder(folder)


def _parts_of(source: Source) -> Generator[bytes | bytearray | memoryview]:
    offset = 0
    while offset < source.size:
        part = source.read_at(offset, min(COPY_BYTES, source.size - offset))
        if not len(part):
            raise EOFError(f"it ends at {offset} of {source.size} bytes")
        yield part
        offset += len(part)
