"""Lists that are fetched page by page, while one goes through them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Generic, TypeVar

from modelbox.connection import Connection
from modelbox.method import Method, RequestT, ResponseT

T = TypeVar("T")

PAGE_SIZE = 200
"""Objects that one call fetches."""


class Listing(Generic[T]):
    """Objects in the server's order. Nothing is asked for before the first one is wanted.

    Each `for` begins anew. A page at a time is in memory.
    """

    def __init__(
        self,
        connection: Connection,
        method: Method[RequestT, ResponseT],
        request: RequestT,
        take: Callable[[ResponseT], Iterable[T]],
        page_size: int = PAGE_SIZE,
    ) -> None:
        """`request` is what the calls for all pages have in common; `take` makes the objects of an answer."""

        def fetch(size: int, token: str) -> tuple[Iterable[T], str]:
            # Every List method has these fields, of which the types know nothing.
            wanted: Any = method.request_type(page_size=size, page_token=token)  # type: ignore[call-arg]
            wanted.MergeFrom(request)
            answer: Any = connection.call(method, wanted)
            return take(answer), answer.next_page_token

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
