"""The work of one download."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from modelbox.chunking import MAX_CHUNK_BYTES
from modelbox.errors import ModelBoxError
from modelbox.transfer.cache import MIN_CACHED_BYTES, ChunkCache
from modelbox.transfer.destination import Destination, FilePlace, LocalCopy, PartialFile, write_whole
from modelbox.transfer.fetch import fetch
from modelbox.transfer.limits import RANGE_BYTES, SMALL_FILE_BYTES
from modelbox.transfer.progress import Counter, OnProgress
from modelbox.transfer.server import Server
from modelbox.transfer.small_files import bring_small_files, group_small_files
from modelbox.transfer.stop import Stop
from modelbox.transfer.stored_chunks import StoredChunk, stored_chunks
from modelbox.transfer.wanted_files import StoredFile
from modelbox.transfer.workers import Workers


class DownloadRun:
    """Brings files to disk. The thread of the caller plans, others fetch, check and write."""

    def __init__(
        self,
        server: Server,
        files: Sequence[StoredFile],
        destination: Destination,
        *,
        cache: ChunkCache | None,
        workers: int,
        stop: Stop,
        progress: OnProgress,
    ) -> None:
        self._server = server
        self._files = files
        self._destination = destination
        self._cache = cache
        self._worker_count = workers
        self._stop = stop
        self.counter = Counter(len(files), sum(file.size for file in files), progress)
        self._memory = threading.local()
        self._jobs: set[_FileJob] = set()

    def run(self) -> None:
        """Returns when all files are whole."""
        # What the cache may have is looked up there.
        most = SMALL_FILE_BYTES if self._cache is None else MIN_CACHED_BYTES - 1
        groups, others = group_small_files(self._files, self._server.reads, most)
        end = self._server.blobs.end
        try:
            with Workers(self._worker_count, self._stop, on_failure=end, name="download") as workers:
                for group in groups:
                    workers.start(lambda group=group: self._bring_small(group))
                for file in others:
                    if file.size <= RANGE_BYTES:
                        workers.start(lambda file=file: self._bring(file))
                    else:
                        self._bring_large(file, workers)
        finally:
            for job in list(self._jobs):
                job.close()

    def _buffer(self) -> memoryview:
        """Memory of this thread for one chunk."""
        if not hasattr(self._memory, "buffer"):
            self._memory.buffer = memoryview(bytearray(MAX_CHUNK_BYTES))
        return self._memory.buffer

    def _bring_small(self, files: Sequence[StoredFile]) -> None:
        def take(place: FilePlace, file: StoredFile, data: memoryview) -> None:
            write_whole(place, data)
            self.counter.add(files=1, done=file.size, transferred=file.size)

        places = {file.id: self._destination.place(file.path) for file in files}
        asked = [file for file in files if places[file.id].is_free]
        left = [file for file in files if not places[file.id].is_free]
        try:
            bring_small_files(
                self._server.blobs,
                asked,
                self._buffer(),
                lambda file, data: take(places[file.id], file, data),
            )
        except ModelBoxError:
            self._stop.check()
            # Each file must tell by itself what is wrong with it.
            left.extend(file for file in asked if places[file.id].is_free)
        for file in left:
            self._bring(file)

    def _bring(self, file: StoredFile) -> None:
        job = self._open(file)
        chunks = list(stored_chunks(self._server.connection, file))
        if not self._is_whole(job, chunks):
            job.begin(1)
            self._fill(job, chunks)
        else:
            self._keep(job)

    def _bring_large(self, file: StoredFile, workers: Workers) -> None:
        job = self._open(file)
        groups = list(_groups(stored_chunks(self._server.connection, file)))
        if job.existing is not None and job.existing.size == file.size:
            check = _Check(len(groups))
            for group in groups:
                workers.start(
                    lambda group=group: check.note(not check.is_wrong and self._is_whole(job, group))
                )
            while not check.finished.wait(Stop.LOOK_SECONDS):
                self._stop.check()
            if not check.is_wrong:
                self._keep(job)
                return
        job.begin(len(groups))
        for group in groups:
            workers.start(lambda group=group: self._fill(job, group))

    def _open(self, file: StoredFile) -> _FileJob:
        job = _FileJob(file, self._destination.place(file.path), on_close=self._jobs.discard)
        self._jobs.add(job)
        return job

    def _is_whole(self, job: _FileJob, chunks: Sequence[StoredChunk]) -> bool:
        """Whether the file on disk has the right bytes here."""
        existing = job.existing
        if existing is None or existing.size != job.file.size:
            return False
        buffer = self._buffer()
        for chunk in chunks:
            self._stop.check()
            data = buffer[: chunk.size]
            if not existing.read(chunk.offset, data) or not chunk.is_right(data):
                return False
        return True

    def _keep(self, job: _FileJob) -> None:
        self.counter.add(files=1, done=job.file.size, reused=job.file.size)
        job.close()

    def _fill(self, job: _FileJob, chunks: Sequence[StoredChunk]) -> None:
        """Fills a part of the file: with what is there, and with what the server has."""
        missing = [chunk for chunk in chunks if not self._reuse(job, chunk)]

        def take(chunk: StoredChunk, data: memoryview) -> None:
            job.partial.write(chunk.offset, data)
            self.counter.add(done=chunk.size, transferred=chunk.size)

        buffer = self._buffer()
        fetch(
            self._server,
            job.file,
            missing,
            memory_of=lambda chunk: buffer[: chunk.size],
            on_chunk=take,
            cache=self._cache,
        )
        if job.finish_one():
            self.counter.add(files=1)

    def _reuse(self, job: _FileJob, chunk: StoredChunk) -> bool:
        self._stop.check()
        data = self._buffer()[: chunk.size]
        if job.partial.read(chunk.offset, data) and chunk.is_right(data):
            self.counter.add(done=chunk.size, reused=chunk.size)
            return True
        if job.existing is not None and job.existing.read(chunk.offset, data) and chunk.is_right(data):
            job.partial.write(chunk.offset, data)
            self.counter.add(done=chunk.size, reused=chunk.size)
            return True
        if self._cache is not None and self._cache.read(chunk.sha256, data, chunk.is_intact):
            job.partial.write(chunk.offset, data)
            self.counter.add(done=chunk.size, cached=chunk.size)
            return True
        return False


class _FileJob:
    """A file on its way, parts of which several threads may fill."""

    def __init__(self, file: StoredFile, place: FilePlace, on_close: Callable[[_FileJob], None]) -> None:
        self.file = file
        self.existing = LocalCopy.open(place.final_path)
        self._place = place
        self._on_close = on_close
        self._partial: PartialFile | None = None
        self._left = 0
        self._lock = threading.Lock()

    @property
    def partial(self) -> PartialFile:
        """What is being filled; only after `begin`."""
        assert self._partial is not None
        return self._partial

    def begin(self, parts: int) -> None:
        """So many parts are to be filled."""
        self._partial = PartialFile(self._place)
        self._left = parts

    def finish_one(self) -> bool:
        """A part is filled; after the last one the file gets its name, and this is True."""
        with self._lock:
            self._left -= 1
            if self._left > 0:
                return False
        self.partial.finish(self.file.size)
        self.close()
        return True

    def close(self) -> None:
        """Closes its files; nobody uses it any more."""
        if self.existing is not None:
            self.existing.close()
            self.existing = None
        if self._partial is not None:
            self._partial.close()
        self._on_close(self)


class _Check:
    """Whether all parts of a file are right."""

    def __init__(self, parts: int) -> None:
        self._left = parts
        self._lock = threading.Lock()
        self.is_wrong = False
        self.finished = threading.Event()

    def note(self, is_right: bool) -> None:
        """A part was looked at."""
        with self._lock:
            self.is_wrong = self.is_wrong or not is_right
            self._left -= 1
            if self._left == 0:
                self.finished.set()


def _groups(chunks: Iterator[StoredChunk]) -> Iterator[list[StoredChunk]]:
    """Neighbours that one task takes."""
    group: list[StoredChunk] = []
    size = 0
    for chunk in chunks:
        if group and size + chunk.size > RANGE_BYTES:
            yield group
            group, size = [], 0
        group.append(chunk)
        size += chunk.size
    if group:
        yield group
