"""Draw the demo release anew into `data/raw/demo`: `make demo`."""

from coopanalysis.catalog.sources import release_dir
from tools.demo import write_demo

if __name__ == "__main__":
    write_demo(release_dir("demo"))
