"""Where the numbers of a page of the site are from, and how to cite it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from coopanalysis import __version__
from coopanalysis.display.html import element
from coopanalysis.display.sentences import format_date
from coopanalysis.filehash import hash_memory
from coopanalysis.paths import processed_dir, project_root
from coopanalysis.reports.provenance import data_as_of
from coopanalysis.reports.site.shell import cited_address, data_address
from coopanalysis.reports.versions import (
    COMMIT_VARIABLE,
    NO_COMMIT,
    finish_time,
    git_commit,
    installed_versions,
)

NO_NOTEBOOK = {"Notebook": "none: the page is written from the tables alone"}
"""What pages of tables alone are made of."""


def cite_page(title: str, address: str, build: Mapping[str, Any]) -> str:
    """Write the citation of a page as HTML: year, title, release, day, version and address."""
    who = f'The coopanalysis developers ({finish_time().year}). "{title}". {_tail(build)}'
    return f"{escape(who)} {cited_address(address)}"


def origin_html(
    title: str, address: str, build: Mapping[str, Any], made_of: Mapping[str, str]
) -> str:
    """Write what a page is made of, by what and when, below it its licences and how to cite it.

    `made_of` has the parts, as HTML by name, that pages differ in: parameters and notebook.
    """
    release = str(build["release"])
    record = processed_dir(release) / "build.json"
    listed = element(
        "a", "all raw files, with publisher, licence and SHA-256", href=_sources(release, address)
    )
    facts = {
        "Release": escape(release) + ", simulated" * (release == "demo"),
        "Data as of": escape(data_as_of(build)),
        **made_of,
        "Made on": format_date(finish_time()),
        "Commit": escape(_commit(project_root())),
        "Packages": escape(_packages()),
        "Record": f"build.json, SHA-256 <code>{_hash_of(record)}</code>",
        "Sources": f"{listed}. Each source has its own licence; some state none.",
    }
    pairs = "".join(f"<div><dt>{name}</dt><dd>{said}</dd></div>" for name, said in facts.items())
    key = Path(address).with_suffix("").as_posix().replace("/", "-")
    fields = {
        "author": "{The coopanalysis developers}",
        "title": title,
        "year": str(finish_time().year),
        "note": _tail(build),
    }
    written = "".join(f"  {name} = {{{words}}},\n" for name, words in fields.items())
    bibtex = (
        f"{escape(f'@misc{{coopanalysis-{key},')}\n{escape(written)}"
        f"  howpublished = {{{cited_address(address)}}}\n}}"
    )
    cite = (
        f"<p>{cite_page(title, address, build)} Code and text: MIT licence; each source has its "
        f'own.</p><pre class="bibtex"><code>{bibtex}</code></pre>'
    )
    return _section("provenance", "Provenance", f'<dl class="record">{pairs}</dl>') + _section(
        "cite", "How to cite", cite
    )


def _section(anchor: str, heading: str, inner: str) -> str:
    head = f'<h3 id="{anchor}">{heading}</h3>'
    return f'<section aria-labelledby="{anchor}">{head}{inner}</section>'


@lru_cache(maxsize=1)
def _packages() -> str:
    return ", ".join(f"{name} {number}" for name, number in installed_versions().items())


def _tail(build: Mapping[str, Any]) -> str:
    commit = _commit(project_root())
    said = "" if commit == NO_COMMIT else f", commit {commit[:12]}"
    return (
        f"Release {build['release']}, data as of {data_as_of(build)}. "
        f"coopanalysis {__version__}{said}."
    )


def _sources(release: str, address: str) -> str:
    return f"{'../' * address.count('/')}{data_address(release)}#sources"


@lru_cache(maxsize=1)
def _commit(root: Path) -> str:
    return os.environ.get(COMMIT_VARIABLE) or git_commit(root)


@lru_cache(maxsize=2)
def _hash_of(file: Path) -> str:
    return hash_memory().sha256(file)
