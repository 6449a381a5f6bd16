"""Write panel.csv and grid.csv, the simulated data that the R programs and the tests share.

The panel has 40 groups of unequal size in 6 years, some rows left out; the grid has 12 by 12
places. Outcomes depend on x1 and x2 with errors that groups, or neighbours, have in common.
"""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent


def make_panel() -> pd.DataFrame:
    random = np.random.default_rng(20160)
    units = np.repeat(np.arange(40), random.integers(1, 4, 40))
    frame = pd.DataFrame(
        {"group": np.repeat(units, 6), "unit": np.repeat(np.arange(len(units)), 6)}
    )
    n = len(frame)
    frame["year"] = np.tile(np.arange(2011, 2017), len(units))
    level = random.normal(size=40)[frame["group"]]
    frame["x1"] = random.normal(size=n) + 0.5 * level
    frame["x2"] = random.normal(size=n) + 0.2 * (frame["year"] - 2011)
    frame["treated"] = (random.normal(size=40) > 0.2)[frame["group"]].astype(int)
    frame["kind"] = random.choice(["city", "rural", "suburb"], n)
    frame["w"] = random.uniform(0.5, 2.0, n)
    frame["pop"] = random.integers(500, 5000, n)
    index = 0.4 * frame["x1"] - 0.3 * frame["x2"] + 0.5 * frame["treated"] + 0.5 * level
    frame["y"] = index + random.normal(size=n) * (1 + 0.3 * np.abs(frame["x1"]))
    frame["binary"] = (index + random.logistic(size=n) > 0).astype(int)
    frame["share"] = 1 / (1 + np.exp(-(index + random.normal(size=n))))
    frame["ordered"] = np.digitize(index + random.logistic(size=n), [-1.5, -0.2, 1.0])
    mean = frame["pop"] / 1000 * np.exp(0.3 * index)
    frame["count"] = random.poisson(mean * random.gamma(2.0, 0.5, n))
    frame["lat"] = random.uniform(30, 45, 40)[frame["group"]] + random.normal(size=n) * 0.3
    frame["lon"] = random.uniform(-110, -80, 40)[frame["group"]] + random.normal(size=n) * 0.3
    return frame[random.random(n) > 0.1].round(6)


def make_grid() -> pd.DataFrame:
    random = np.random.default_rng(2016)
    side = 12
    row, column = np.divmod(np.arange(side * side), side)
    near = (np.abs(row[:, None] - row) <= 1) & (np.abs(column[:, None] - column) <= 1)
    np.fill_diagonal(near, val=False)
    weights = near / near.sum(axis=1, keepdims=True)
    x1, x2 = random.normal(size=(2, side * side))
    mixed = np.linalg.inv(np.eye(side * side) - 0.5 * weights)
    y = mixed @ (1 + 0.8 * x1 - 0.4 * x2 + random.normal(size=side * side))
    return pd.DataFrame({"row": row, "column": column, "x1": x1, "x2": x2, "y": y}).round(6)


if __name__ == "__main__":
    make_panel().to_csv(HERE / "panel.csv", index=False)
    make_grid().to_csv(HERE / "grid.csv", index=False)
