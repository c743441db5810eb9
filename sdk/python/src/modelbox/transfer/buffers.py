"""Memory that is lent and given back, so that a transfer holds no more than it says."""

from __future__ import annotations

import queue
import threading

from modelbox.transfer.stop import Stop


class Buffers:
    """A number of buffers of one size, made when they are first needed."""

    def __init__(self, count: int, size_bytes: int, stop: Stop) -> None:
        self._size_bytes = size_bytes
        self._stop = stop
        self._lock = threading.Lock()
        self._left = count
        self._free: queue.SimpleQueue[memoryview] = queue.SimpleQueue()

    def take(self) -> memoryview:
        """A buffer. Waits for one, and raises what ended the transfer when that happens first."""
        while True:
            self._stop.check()
            try:
                return self._free.get_nowait()
            except queue.Empty:
                pass
            with self._lock:
                if self._left > 0:
                    self._left -= 1
                    return memoryview(bytearray(self._size_bytes))
            try:
                return self._free.get(timeout=Stop.LOOK_SECONDS)
            except queue.Empty:
                continue

    def give_back(self, buffer: memoryview) -> None:
        """Nobody uses the buffer any more."""
        self._free.put(buffer)
