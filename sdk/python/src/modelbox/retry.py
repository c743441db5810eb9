"""When a call is tried again, and how long it waits."""

import time
from collections.abc import Callable
from random import SystemRandom
from typing import TypeVar

from modelbox.errors import ConnectionFailed, ModelBoxError, Unavailable

MAX_ATTEMPTS = 7
"""The first try included. With the waits below that is about four seconds."""
TRANSFER_PATIENCE_SECONDS = 60.0
"""A transfer that has begun outlives a server that drains, by default for 30 seconds, and starts again."""
_FIRST_WAIT_SECONDS = 0.1
_LONGEST_WAIT_SECONDS = 2.0
_LONGEST_RETRY_AFTER_SECONDS = 30.0

_random = SystemRandom()
"""Not the generator that a training draws from: what is tried again must not change what it draws."""

T = TypeVar("T")


def with_retry(
    attempt: Callable[[], T],
    should_retry: Callable[[ModelBoxError], bool],
    *,
    patience_seconds: float = 0.0,
    max_attempts: int = MAX_ATTEMPTS,
    wait: Callable[[float], object] = time.sleep,
) -> T:
    """Runs `attempt` until it succeeds, with growing and random waits between the tries.

    Tries don't end before `patience_seconds` have gone by since the first failure; by default `max_attempts` decides.
    `wait` may raise to end the waiting.
    """
    failed_at: float | None = None
    tries = 1
    while True:
        try:
            return attempt()
        except ModelBoxError as error:
            failed_at = time.monotonic() if failed_at is None else failed_at
            is_patient = tries < max_attempts or time.monotonic() - failed_at < patience_seconds
            if not is_patient or not should_retry(error):
                raise
            pause = pause_seconds(tries, error)
        wait(pause)
        tries += 1


def is_transient(error: ModelBoxError) -> bool:
    """True for what another try may cure when repeating the request can't repeat its effect."""
    if isinstance(error, ConnectionFailed):
        return not error.is_lasting
    if error.retry_after_seconds is not None:
        return error.retry_after_seconds <= _LONGEST_RETRY_AFTER_SECONDS
    return isinstance(error, Unavailable)


def pause_seconds(tries: int, error: ModelBoxError) -> float:
    """How long to wait after so many tries: longer each time, with chance in it so that many don't come at once."""
    longest = min(_FIRST_WAIT_SECONDS * 2.0 ** (tries - 1), _LONGEST_WAIT_SECONDS)
    chance = 0.5 + _random.random() / 2
    if error.retry_after_seconds is None:
        return longest * chance
    return error.retry_after_seconds + _FIRST_WAIT_SECONDS * chance
