"""Rewrite `data/raw/demo`."""

from coopanalysis.catalog.sources import release_dir
from coopanalysis.simulate import write_demo

if __name__ == "__main__":
    write_demo(release_dir("demo"))
