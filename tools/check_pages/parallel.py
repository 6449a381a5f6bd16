"""The same work on many pages, in several processes at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
WORKERS = 2


def map_in_processes(work: Callable[[T], R], parts: Sequence[T]) -> list[R]:
    """Do the same work on each part, several at once.

    Parameters
    ----------
    work : callable
        Of a module, so that a process that starts afresh finds it.
    parts : sequence
        One argument each.

    Returns
    -------
    list
        What came of each part, in their order.
    """
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        return list(pool.map(work, parts))
