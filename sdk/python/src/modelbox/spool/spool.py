"""What could not be sent yet, on this machine's disk."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import threading
import uuid
import weakref
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from modelbox._gen.checkpoint_service_pb2 import CreateCheckpointRequest
from modelbox._gen.common_pb2 import RunFence
from modelbox._gen.event_service_pb2 import LogEventsRequest
from modelbox._gen.lease_service_pb2 import Lease
from modelbox._gen.metric_service_pb2 import LogMetricsRequest
from modelbox.connection import Connection
from modelbox.errors import ModelBoxError, RunTakenOver, SpoolFull
from modelbox.holder import is_own, life_of
from modelbox.objects.lease import fence_of
from modelbox.saving.fence import RunFencing
from modelbox.spool.book import Book, has_missed_nothing, is_later, read_book, write_book
from modelbox.spool.durable import flush_folder, make_folder, size_of
from modelbox.spool.entry import Entry, EntryKind, StoredCall, entries_of, entry_name, write_call
from modelbox.spool.file_lock import file_lock
from modelbox.spool.folder import require_room, server_folder, spool_folder, spool_limit_bytes
from modelbox.transfer import Uploadable, find_files
from modelbox.transfer.local_error import reason_of

SET_ASIDE = "set-aside"
_PART = "part"
_OWN_NAMES = {"run.json", "writer.lock", "sender.lock"}
_MAX_LOCK_ATTEMPTS = 10
_SMALL_BYTES = 64 << 10
"""What an entry takes besides its bytes, at most."""

_log = logging.getLogger("modelbox")

_trainers: weakref.WeakValueDictionary[str, RunFencing] = weakref.WeakValueDictionary()
"""Those of this process, by the folder of their experiment."""


class Spool:
    """Checkpoints, metrics and events that wait for a server, in the order in which they came for each experiment.

    What `add_…` returned from is durable. A `Sender` sends it later, also one of another process. Threads and
    processes may share the folder; a child of a fork may go on using it.
    """

    def __init__(
        self,
        connection: Connection,
        folder: str | os.PathLike[str] | None = None,
        limit_bytes: int | None = None,
    ) -> None:
        """By default the folder is `MODELBOX_SPOOL_DIR`, or `~/.cache/modelbox/spool`, and the limit for all that is
        in it `MODELBOX_SPOOL_SIZE_MIB`, or 50 GiB. Nothing is written before something has to wait."""
        self.connection = connection
        self.base_folder = spool_folder() if folder is None else Path(folder).absolute()
        self.folder = server_folder(self.base_folder, connection.base_url)
        """Of this server."""
        self.limit_bytes = spool_limit_bytes() if limit_bytes is None else limit_bytes
        self.added = threading.Event()
        """Set whenever something was added, for whoever sends."""
        self.on_added: Callable[[], None] | None = None
        """Called after that."""

    def holds(self, experiment_id: str) -> bool:
        """Whether something of the experiment waits, so that what is newer must go behind it."""
        return bool(entries_of(self.folder_of(experiment_id)))

    def send_now(self, experiment_id: str) -> bool:
        """Sends what waits for the experiment, to make room: whether the server has taken something."""
        from modelbox.spool.sender import Sender

        before = len(entries_of(self.folder_of(experiment_id)))
        try:
            Sender(self).send(experiment_id, wait_seconds=None)
        except ModelBoxError as error:
            _log.warning("What waits in the spool can't be sent: %s", error)
        return len(entries_of(self.folder_of(experiment_id))) < before

    def add_metrics(self, experiment_id: str, request: LogMetricsRequest, *, fence: RunFencing) -> None:
        """Keeps points of metrics. Raises as `add_checkpoint`."""
        self._add(experiment_id, "metrics", request, "", {}, fence)

    def add_events(self, experiment_id: str, request: LogEventsRequest, *, fence: RunFencing) -> None:
        """Keeps events. Raises as `add_checkpoint`."""
        self._add(experiment_id, "events", request, "", {}, fence)

    def add_checkpoint(
        self,
        namespace_id: str,
        request: CreateCheckpointRequest,
        files: Mapping[str, Uploadable],
        *,
        fence: RunFencing,
    ) -> None:
        """Keeps a checkpoint of the experiment whose id `request` has.

        Where there is no room for it, older checkpoints of the experiment give way, all but the newest: what a killed
        training goes on from. Raises `SpoolFull` when that is not enough, or the disk fails, and `RunTakenOver` when
        another trainer has gone on with the run.
        """
        self._add(request.experiment, "checkpoint", request, namespace_id, files, fence)

    def attach(self, experiment_id: str, fence: RunFencing) -> None:
        """The trainer of this process: what waits for the experiment goes with its fence, as long as it lives."""
        _trainers[self._key_of(experiment_id)] = fence

    def detach(self, experiment_id: str, fence: RunFencing) -> None:
        """The trainer has ended."""
        if self.fence_of(experiment_id) is fence:
            _trainers.pop(self._key_of(experiment_id), None)

    def fence_of(self, experiment_id: str) -> RunFencing | None:
        """That of the trainer of this process."""
        return _trainers.get(self._key_of(experiment_id))

    def is_trained_elsewhere(self, experiment_id: str) -> bool:
        """Whether a trainer in another process of this machine lives, which sends with its own lease."""
        holder = read_book(self.folder_of(experiment_id)).holder
        return holder != "" and not is_own(holder) and life_of(holder) == "alive"

    def adopt(self, experiment_id: str, lease: Lease, holder: str = "") -> int:
        """A trainer has taken the run lease: what waits goes on with it, unless another one has written in between.

        Then it is set aside, since it is of a past that the run has left. Returns how many entries were.
        """
        fence = fence_of(lease)
        folder = self.folder_of(experiment_id)
        if self.limit_bytes == 0 and not folder.is_dir():
            return 0
        with self._locked(folder):
            earlier = read_book(folder).lease
            if earlier is not None and is_later(earlier, fence):
                # Somebody of this machine has taken the run since, and what waits with it.
                return 0
            stale = [] if has_missed_nothing(earlier, lease) else entries_of(folder)
            why = "Another trainer has gone on with this run since, from an older checkpoint."
            set_aside = [entry for entry in stale if _is_fenced(entry) and self._set_aside(entry, why)]
            write_book(folder, Book(fence, holder))
        return len(set_aside)

    def book_of(self, experiment_id: str) -> RunFence | None:
        """The last run lease of trainers with this spool."""
        return read_book(self.folder_of(experiment_id)).lease

    def tidy(self, experiment_id: str) -> None:
        """A run has ended: nothing stays of an experiment for which nothing waits."""
        folder = self.folder_of(experiment_id)
        if not folder.is_dir():
            return
        with self._locked(folder):
            if set(os.listdir(folder)) <= _OWN_NAMES:
                shutil.rmtree(folder, ignore_errors=True)

    def set_aside(self, entry: Entry, why: str) -> None:
        """Moves what can never be sent out of the way, with the reason, for somebody to look at."""
        with self._locked(entry.path.parent):
            self._set_aside(entry, why)

    def remove(self, entry: Entry) -> None:
        """It is sent. What is left of it after a crash is not sent again."""
        with self._locked(entry.path.parent) as part:
            _discard(entry, part)

    def folder_of(self, experiment_id: str) -> Path:
        """The folder of an experiment."""
        return self.folder / experiment_id

    def _key_of(self, experiment_id: str) -> str:
        return str(self.folder_of(experiment_id))

    def experiment_ids(self) -> list[str]:
        """The experiments for which something waits."""
        try:
            names = sorted(os.listdir(self.folder))
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [name for name in names if self.holds(name)]

    def _add(
        self,
        experiment_id: str,
        kind: EntryKind,
        request: CreateCheckpointRequest | LogMetricsRequest | LogEventsRequest,
        namespace_id: str,
        files: Mapping[str, Uploadable],
        fence: RunFencing,
    ) -> None:
        used = fence.current()
        stored = type(request)()
        stored.MergeFrom(request)  # pyright: ignore[reportArgumentType]
        if not stored.request_id:
            stored.request_id = str(uuid.uuid4())
        call = StoredCall(stored, namespace_id, used is not None, files)
        folder = self.folder_of(experiment_id)
        if self.limit_bytes == 0:
            raise SpoolFull(
                "There is no spool (MODELBOX_SPOOL_SIZE_MIB is 0), and the server can't be reached."
            )
        try:
            with self._locked(folder) as part:
                if used is not None:
                    self._check_book(folder, used)
                self._make_room(folder, kind, call)
                number = max((entry.number for entry in entries_of(folder)), default=0) + 1
                write_call(part, call)
                part.rename(folder / entry_name(number, kind))
                flush_folder(folder)
        except OSError as error:
            if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
                raise SpoolFull(
                    f"The disk of the spool {self.base_folder} is full; make room there, or set MODELBOX_SPOOL_DIR to "
                    "a folder on another disk."
                ) from error
            raise SpoolFull(
                f"The spool {folder} can't be written ({reason_of(error)}); check its disk, or set MODELBOX_SPOOL_DIR."
            ) from error
        self.added.set()
        if self.on_added is not None:
            self.on_added()

    def _check_book(self, folder: Path, used: RunFence) -> None:
        book = read_book(folder)
        if book.lease is not None and is_later(book.lease, used):
            raise RunTakenOver("Another trainer on this machine has taken the run over; end this one.")
        if book.lease != used:
            write_book(folder, replace(book, lease=used))

    def _make_room(self, folder: Path, kind: EntryKind, call: StoredCall) -> None:
        sources = find_files(call.files) if call.files else {}
        wanted = sum(file.size for file in sources.values())
        wanted += call.request.ByteSize() + _SMALL_BYTES
        older: list[Entry] | None = None
        while True:
            try:
                return require_room(self.base_folder, self.limit_bytes, wanted)
            except SpoolFull:
                if older is None:
                    is_checkpoint = kind == "checkpoint"
                    older = [one for one in entries_of(folder) if is_checkpoint and one.kind == kind][:-1]
                    # None goes for one that has no room even so.
                    freed = sum(size_of(one.path) for one in older)
                    require_room(self.base_folder, self.limit_bytes, max(0, wanted - freed))
                if not older:
                    raise
                oldest = older.pop(0)
                _log.warning(
                    "The spool is full: %s gives way to a newer checkpoint, and will not be sent.",
                    oldest.path,
                )
                _discard(oldest, folder / _PART)

    def _set_aside(self, entry: Entry, why: str) -> bool:
        folder = entry.path.parent / SET_ASIDE
        folder.mkdir(mode=0o700, exist_ok=True)
        target = folder / f"{entry.path.name}-{uuid.uuid4().hex[:8]}"
        try:
            entry.path.rename(target)
        except FileNotFoundError:
            return False
        (target / "why.txt").write_text(f"{why}\n", "utf-8")
        _log.error("%s was not sent, and is kept in %s: %s", entry.path.name, target, why)
        return True

    @contextmanager
    def _locked(self, folder: Path) -> Generator[Path]:
        """Only one writes in an experiment's folder. Gives a path for what is being made, at which nothing is."""
        with ExitStack() as lock:
            for attempt in range(_MAX_LOCK_ATTEMPTS):
                try:
                    make_folder(folder)
                    lock.enter_context(file_lock(folder / "writer.lock", wait_seconds=None))
                    break
                except FileNotFoundError:
                    # Somebody has just tidied up.
                    if attempt == _MAX_LOCK_ATTEMPTS - 1:
                        raise
            part = folder / _PART
            # Whoever left it there is dead: the lock is ours.
            shutil.rmtree(part, ignore_errors=True)
            try:
                yield part
            finally:
                shutil.rmtree(part, ignore_errors=True)


def _discard(entry: Entry, part: Path) -> None:
    shutil.rmtree(part, ignore_errors=True)
    try:
        # One step: half an entry is none.
        entry.path.rename(part)
    except FileNotFoundError:
        return
    flush_folder(part.parent)
    shutil.rmtree(part, ignore_errors=True)


def _is_fenced(entry: Entry) -> bool:
    try:
        return entry.read().is_fenced
    except Exception:
        return True
