"""Random numbers that come out the same on every machine and numpy version.

Only uniform doubles are taken from the generator (PCG64); everything else is made from them
by inverse distribution functions. Each topic has its own stream, so that changing one part of
the demo release leaves the draws of the others as they were.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit as _logit
from scipy.special import ndtr, ndtri

SEED = 2556

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def uniform(topic: str, *shape: int) -> Floats:
    """Uniform numbers in (0, 1) from the stream of a topic."""
    stream = np.random.SeedSequence([SEED, zlib.crc32(topic.encode())])
    drawn = np.random.Generator(np.random.PCG64(stream)).random(shape)
    return np.clip(drawn, 1e-12, 1 - 1e-12)


def normal(topic: str, *shape: int) -> Floats:
    """Standard normal numbers from the stream of a topic."""
    return np.asarray(ndtri(uniform(topic, *shape)), dtype="float64")


def whole(topic: str, below: int, *shape: int) -> Ints:
    """Whole numbers 0 to `below` - 1 from the stream of a topic."""
    return np.floor(uniform(topic, *shape) * below).astype("int64")


def shuffled(topic: str, count: int) -> Ints:
    """Whole numbers 0 to `count` - 1 in random order."""
    return np.argsort(uniform(topic, count), kind="stable").astype("int64")


def logistic_from_normal(values: Floats) -> Floats:
    """Turn standard normal numbers into standard logistic ones, keeping their dependence."""
    return np.asarray(_logit(np.clip(ndtr(values), 1e-12, 1 - 1e-12)), dtype="float64")


def smooth_field(topic: str, x: Floats, y: Floats, scale: float, waves: int = 60) -> Floats:
    """A smooth random surface, mean 0 and variance about 1, as a sum of cosine waves.

    Values are alike over the distance `scale`, in map units like x and y.
    """
    steps = normal(topic, waves, 2) / scale
    phase = 2 * np.pi * uniform(f"{topic}-phase", waves)
    angles = np.outer(x, steps[:, 0]) + np.outer(y, steps[:, 1]) + phase
    return np.asarray(np.cos(angles).sum(axis=1) * np.sqrt(2 / waves), dtype="float64")
