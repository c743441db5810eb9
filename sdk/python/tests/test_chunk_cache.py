import hashlib
import os
import time
from pathlib import Path
from threading import Thread

import pytest
from transfers import MIB

from modelbox.transfer import CacheUse, ChunkCache
from modelbox.transfer.cache import MIN_CACHED_BYTES, usual_folder
from modelbox.transfer.stored_chunks import StoredChunk
from modelbox.transfer.xxh3 import has_xxh3, xxh3_of


def a_chunk(size: int = MIB) -> tuple[str, memoryview]:
    data = os.urandom(size)
    return hashlib.sha256(data).hexdigest(), memoryview(data)


def read(cache: ChunkCache, chunk: tuple[str, memoryview]) -> bool:
    into = memoryview(bytearray(len(chunk[1])))
    found = cache.read(chunk[0], into)
    assert not found or into == chunk[1]
    return found


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def cache(tmp_path: Path) -> ChunkCache:
    return ChunkCache(tmp_path / "chunks-here", 10 * MIB)


def test_it_has_what_was_written_also_for_another_process(cache: ChunkCache) -> None:
    chunk = a_chunk()
    assert not read(cache, chunk)
    cache.write(*chunk)
    cache.write(*chunk)
    assert read(cache, chunk)
    other = ChunkCache(cache.folder, cache.limit_bytes)
    assert read(other, chunk)
    assert other.use() == CacheUse(1, MIB)
    assert [path.relative_to(cache.folder).as_posix() for path in files(cache.folder)] == [
        f"chunks/{chunk[0][:2]}/{chunk[0]}"
    ]
    assert files(cache.folder)[0].stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("size", [1, MIN_CACHED_BYTES - 1, 11 * MIB])
def test_it_leaves_what_is_too_small_or_too_large(cache: ChunkCache, size: int) -> None:
    chunk = a_chunk(size)
    cache.write(*chunk)
    assert not read(cache, chunk)
    assert cache.use() == CacheUse(0, 0)


@pytest.mark.parametrize("damage", [b"short", bytes(MIB), bytes(MIB + 1)])
def test_it_drops_what_is_damaged(cache: ChunkCache, damage: bytes) -> None:
    chunk = a_chunk()
    cache.write(*chunk)
    files(cache.folder)[0].write_bytes(damage)
    assert not read(cache, chunk)
    cache.write(*chunk)
    assert read(cache, chunk)


def test_what_was_right_once_is_checked_by_xxh3_where_that_is_known(cache: ChunkCache) -> None:
    if not has_xxh3():
        pytest.skip("xxhash is not installed")
    sha256, data = a_chunk()
    cache.write(sha256, data)
    into = memoryview(bytearray(len(data)))
    known = StoredChunk(0, len(data), sha256, xxh3_of(data) or "")
    assert cache.read(sha256, into, known.is_intact)
    assert into == data
    damaged = bytearray(data)
    damaged[len(data) // 2] ^= 1
    files(cache.folder)[0].write_bytes(damaged)
    assert not cache.read(sha256, into, known.is_intact)
    assert not read(cache, (sha256, data))
    # Where it is not known, SHA-256 decides.
    assert StoredChunk(0, len(data), sha256).is_intact(data)
    assert not StoredChunk(0, len(data), sha256).is_intact(memoryview(damaged))


def test_it_stays_within_its_limit_and_keeps_what_was_used_last(cache: ChunkCache) -> None:
    chunks = [a_chunk() for _ in range(10)]
    now = time.time()
    for index, (sha256, data) in enumerate(chunks):
        cache.write(sha256, data)
        at = now - (100 - index) * 3600
        os.utime(cache.folder / "chunks" / sha256[:2] / sha256, (at, at))
    assert read(cache, chunks[0])
    another = a_chunk()
    cache.write(*another)
    assert cache.use().size_bytes <= 10 * MIB
    assert read(cache, chunks[0])
    assert not read(cache, chunks[1])
    assert read(cache, another)


def test_several_at_once_stay_within_the_limit(cache: ChunkCache) -> None:
    def fill() -> None:
        own = ChunkCache(cache.folder, cache.limit_bytes)
        for _ in range(10):
            own.write(*a_chunk())

    threads = [Thread(target=fill) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ChunkCache(cache.folder, cache.limit_bytes).write(*a_chunk())
    assert cache.use().size_bytes <= 10 * MIB


def test_it_removes_what_a_killed_process_left(cache: ChunkCache) -> None:
    cache.write(*a_chunk())
    old, young = (cache.folder / "tmp" / name for name in ("old", "young"))
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    ChunkCache(cache.folder, cache.limit_bytes).write(*a_chunk())
    assert sorted(os.listdir(cache.folder / "tmp")) == ["young"]


def test_it_is_read_where_it_cannot_be_written_any_more(
    cache: ChunkCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, another = a_chunk(), a_chunk()
    cache.write(*kept)
    (cache.folder / "tmp").rmdir()
    (cache.folder / "tmp").write_bytes(b"")
    blocked = ChunkCache(cache.folder, cache.limit_bytes)
    blocked.write(*another)
    assert not read(blocked, another)
    assert read(blocked, kept)

    # As on a mount for reading only, which a test can't have without being root.
    def refuse(*_: object) -> None:
        raise PermissionError

    os.utime(cache.folder / "chunks" / kept[0][:2] / kept[0], (0, 0))
    monkeypatch.setattr(os, "utime", refuse)
    assert read(blocked, kept)


def test_where_it_cannot_be_it_is_as_if_it_were_empty(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    blocked = ChunkCache(tmp_path / "file" / "cache", 10 * MIB)
    chunk = a_chunk()
    blocked.write(*chunk)
    assert not read(blocked, chunk)
    assert blocked.use() == CacheUse(0, 0)


def test_it_is_where_the_command_line_has_it(tmp_path: Path) -> None:
    assert usual_folder({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "modelbox"
    assert usual_folder({"XDG_CACHE_HOME": "relative"}) == Path.home() / ".cache/modelbox"
