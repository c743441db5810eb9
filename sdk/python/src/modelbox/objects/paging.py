"""Lists that are fetched page by page, while one goes through them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")

PAGE_SIZE = 200
"""Objects that one call fetches."""

Fetch = Callable[[int, str], tuple[list[T], str]]
"""From the size and the token of a page to its objects and the token of the next one."""


class Listing(Generic[T]):
    """Objects in the server's order. Nothing is asked for before the first one is wanted.

    Each `for` begins anew. A page at a time is in memory.
    """

    def __init__(self, fetch: Fetch[T], page_size: int = PAGE_SIZE) -> None:
        self._fetch = fetch
        self._page_size = page_size

    def __iter__(self) -> Iterator[T]:
        return self._pages(self._page_size)

    def first(self) -> T | None:
        """The first one; `None` when there is none."""
        return next(self._pages(1), None)

    def take(self, count: int) -> list[T]:
        """The first `count`, or as many as there are."""
        return list(islice(self._pages(max(1, min(count, self._page_size))), count))

    def _pages(self, page_size: int) -> Iterator[T]:
        token = ""
        while True:
            page, next_token = self._fetch(page_size, token)
            yield from page
            # A server that answers with the same page for ever must not hold its caller.
            if next_token in ("", token):
                return
            token = next_token

    def _repr_html_(self) -> str:
        from modelbox.display.table import listing_html

        return listing_html(self)
