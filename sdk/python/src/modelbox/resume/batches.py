"""An order of samples that needs no state."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from modelbox.errors import InvalidInput


class Batches:
    """Endless batches of indices: which samples a step gets follows from the step and the seed alone.

    So a training that goes on gets what it would have got, whatever a data loader had fetched ahead. Each pass goes
    through all samples in an order of its own; those that fill no batch at its end are left out.
    """

    def __init__(self, first_step: Callable[[], int], size: int, batch_size: int, seed: int) -> None:
        if not 0 < batch_size <= size:
            raise InvalidInput(f"A batch has from 1 to {size} of {size} samples, not {batch_size}.")
        self._first_step = first_step
        self._size = size
        self._batch_size = batch_size
        self._seed = seed

    def __iter__(self) -> Iterator[list[int]]:
        passes, first = divmod(self._first_step(), self._size // self._batch_size)
        while True:
            order = list(range(self._size))
            random.Random(f"{self._seed}/{passes}").shuffle(order)
            for batch in range(first, self._size // self._batch_size):
                yield order[batch * self._batch_size : (batch + 1) * self._batch_size]
            passes, first = passes + 1, 0
