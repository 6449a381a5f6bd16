from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from coopanalysis.tempfolder import make_folder, remove_folder

MAKE = """import sys, time
from pathlib import Path
from coopanalysis.tempfolder import make_folder
print(make_folder("coop-x-", Path(sys.argv[1])), flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no locks of folders on this system")
def test_what_a_killed_process_left_is_swept_by_the_next(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", MAKE, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    with other:
        assert other.stdout is not None
        left = Path(other.stdout.readline().strip())
        (left / "file").touch()
        own = make_folder("coop-x-", tmp_path)
        assert left.is_dir(), "its maker is at work"
        other.kill()
    second = make_folder("coop-x-", tmp_path)
    assert not left.exists()
    assert own.is_dir()
    remove_folder(own)
    remove_folder(second)
    assert not list(tmp_path.iterdir())
