"""The demo release: fictional counties with a known truth, in the layouts of real files.

`truth` says how it is generated and with which parameters; `planted_faults` says what is wrong in
the files on purpose; `write_demo` writes them (`make demo`).
"""

from tools.demo.release import DEMO_FILES, write_demo
from tools.demo.truth import TRUTH, Truth

__all__ = ["DEMO_FILES", "TRUTH", "Truth", "write_demo"]
