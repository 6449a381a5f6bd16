"""Treatments dealt out anew: the permutation test of a specification curve as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coopanalysis.models.arrays import Floats, Ints
from coopanalysis.models.inference import t_p_value
from coopanalysis.models.specification_groups import Group, treatment_values


class Permutations:
    """Row whose treatments each row is dealt, the same way for all specifications.

    Within blocks of the rows that any specification uses, those known of the same rows stay
    together. One random number per row and draw serves all, so that others stay together as far as
    they can.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        frame: pd.DataFrame,
        count: int,
        within: str | None,
        seed: int,
    ) -> None:
        self._frame, self._count, self._seed = frame, count, seed
        self._used = np.zeros(len(frame), dtype=bool)
        for group in groups:
            self._used |= group.mask(len(frame))
        self._blocks = np.zeros(len(frame), dtype=np.int64)
        if within is not None:
            self._blocks = pd.factorize(frame[within])[0].astype(np.int64)
        self._dealt: dict[tuple[str, ...], tuple[Floats, NDArray[np.int32]]] = {}
        self._orders: dict[bytes, NDArray[np.int32]] = {}

    def deal(self, treatments: tuple[str, ...]) -> tuple[Floats, NDArray[np.int32]]:
        """Values of treatments, (rows of the frame, k), and orders, (draws, rows of the frame)."""
        if treatments not in self._dealt:
            values = treatment_values(self._frame, treatments)
            known = np.flatnonzero(self._used & ~np.isnan(values).any(axis=1))
            key = known.tobytes()
            if key not in self._orders:
                self._orders[key] = self._permuted(known)
            self._dealt[treatments] = values, self._orders[key]
        return self._dealt[treatments]

    def _permuted(self, known: Ints) -> NDArray[np.int32]:
        n_rows = len(self._frame)
        # Draws of one row lie side by side, as they are asked for by row.
        orders = np.tile(np.arange(n_rows, dtype=np.int32)[:, None], (1, self._count)).T
        random, blocks = np.random.default_rng(self._seed), self._blocks[known]
        home = known[np.argsort(blocks, kind="stable")]
        for order in orders:
            order[home] = known[np.lexsort((random.random(n_rows)[known], blocks))]
        return orders


def draw_statistics(group: Group, deal: Permutations) -> Floats:
    """Statistics and p values of a group as it is and under each order, (1 + count, 2, specs)."""
    drawn = []
    for each in (group.fitted, group.fit_permuted(*deal.deal(group.treatments))):
        fits = each.fits
        good = ~fits.is_singular & (each.error > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = np.where(good, fits.estimate / each.error, np.nan)
        drawn.append(np.stack([statistic, t_p_value(statistic, each.df)], axis=1))
    return np.concatenate(drawn)


def compare_draws(drawn: Sequence[Floats]) -> dict[str, float]:
    """P values of the curve as a whole, from what every group drew."""
    figures = np.concatenate(drawn, axis=2)
    seen, *others = (_whole(*each[:, ~np.isnan(each[0])]) for each in figures)
    count = len(others)
    at_least = np.sum([other >= seen * (1 - 1e-12) for other in others], axis=0)
    p_values = (1 + at_least) / (1 + count)
    return {
        "p_median": float(p_values[0]),
        "p_share_sign": float(p_values[1]),
        "p_share_significant": float(p_values[2]),
        "n_permutations": float(count),
        "n_permuted": float(figures.shape[2]),
    }


def _whole(statistic: Floats, p_value: Floats) -> Floats:
    """Size of the median, share of the commoner sign, share significant with it."""
    figures = describe_estimates(statistic, p_value)
    share = figures["share_positive"]
    return np.array([abs(figures["median"]), max(share, 1 - share), figures["share_significant"]])


def describe_estimates(estimate: Floats, p_value: Floats) -> dict[str, float]:
    """Median, share of positive estimates, and share significant with the commoner sign."""
    positive = estimate > 0
    commoner = positive if positive.mean() >= 0.5 else ~positive
    return {
        "median": float(np.median(estimate)),
        "share_positive": float(positive.mean()),
        "share_significant": float((commoner & (p_value < 0.05)).mean()),
    }
