"""The same work on many pages, in several processes at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
WORKERS = 2


def map_in_processes(work: Callable[[T], R], parts: Sequence[T], fewest: int = 2) -> list[R]:
    """Do the same work on each part, several at once, and give the results in order.

    The work is a function of a module, so that a process that starts afresh finds it. Such a
    process takes seconds to start, so that fewer parts than `fewest` are done here.
    """
    if len(parts) < fewest:
        return [work(part) for part in parts]
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        return list(pool.map(work, parts))
