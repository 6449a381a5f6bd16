"""Pause Python's garbage collector where millions of lasting objects are made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collector of reference cycles; works as a decorator too.

    Parsing a file makes many objects that stay and no cycles. The collector would walk over all
    of them time and again to find nothing: a fifth of the time of a build.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
