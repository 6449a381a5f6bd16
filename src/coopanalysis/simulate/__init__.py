"""The demo release: fictional counties with a known truth, in the layouts of real files.

`truth` says how it is generated and with which parameters; `warts` says what is wrong in the
files on purpose; `write_demo` writes them.
"""

from coopanalysis.simulate.release import DEMO_FILES, write_demo
from coopanalysis.simulate.truth import TRUTH, Truth

__all__ = ["DEMO_FILES", "TRUTH", "Truth", "write_demo"]
