"""Where a report comes from and how to cite it, written from the records of build and run."""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coopanalysis import __version__
from coopanalysis.display.html import download_link, element
from coopanalysis.display.sentences import format_count, format_date, join_words
from coopanalysis.errors import DataError
from coopanalysis.panel.record import build_view, standing_build, table_sources
from coopanalysis.paths import PLAN_FILE, project_root, reference_dir
from coopanalysis.reports.site.shell import cited_address
from coopanalysis.reports.versions import (
    COMMIT_VARIABLE,
    NO_COMMIT,
    finish_time,
    git_commit,
    installed_versions,
    read_analysis_plan,
    run_seconds,
)

if TYPE_CHECKING:
    from coopanalysis.reports.plan import ReportJob

LARGEST_EMBEDDED_BYTES = 400_000
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_OTHER_RECORDS = (
    (("detention", "detention_facility"), "detention", "facility-daily"),
    (("detainers_declined",), "detainers", "npr-declined"),
    (("county_year",), "crime", "urban-crime"),
)
"""Tables that end on another day than the lists of agreements, what they record, and the layout of
the file that reaches furthest."""


@dataclass(frozen=True)
class RunFacts:
    """When, in how many seconds, and from which code a report was made.

    `SOURCE_DATE_EPOCH` wins over the time, and makes the seconds 0, so that a build can be repeated
    to the byte. The commit has a remark if files differ from it.
    """

    finished: datetime
    seconds: float
    commit: str
    versions: Mapping[str, str]


def run_facts(seconds: float, root: Path) -> RunFacts:
    """Gather what is known about this run."""
    commit = os.environ.get(COMMIT_VARIABLE) or git_commit(root)
    return RunFacts(finish_time(), run_seconds(seconds), commit, installed_versions())


def read_inputs(job: ReportJob) -> dict[str, Any]:
    """Read what a report is made from: its tables' part of the build, or its reference files."""
    if job.data != "real":
        folder = job.build_path.parent
        view = build_view(standing_build(folder), job.reads, table_sources(folder))
        if job.reference and not job.is_simulated:
            view["inputs"] = [*view["inputs"], *map(_reference_input, job.reference)]
        return view
    return {"release": job.release, "inputs": [_reference_input(one) for one in job.reference]}


def _reference_input(source: Mapping[str, str]) -> dict[str, Any]:
    """Record of a reference file in the form that a build has; a broken row stops its reader."""
    path = reference_dir() / source["file"]
    if not path.is_file():
        raise DataError(path.name, "the file is missing", "Restore it from version control.")
    raw = path.read_bytes()
    rows = sum(1 for _ in csv.reader(raw.decode("utf-8").splitlines())) - 1
    return {
        **source,
        "id": path.stem,
        "url": "",
        "sha256": hashlib.sha256(raw).hexdigest(),
        "rows_in": rows,
        "rows_kept": rows,
        "rows_rejected": 0,
    }


def data_as_of(build: Mapping[str, Any], reads: Sequence[str] = ()) -> str:
    """Newest day of the agreement lists, else of the sources, in words.

    Of a page that reads tables of other records, `reads`, those end on days of their own: then each
    is said with what it is of.
    """
    days = [str(entry["list_date"]) for entry in build.get("agreement_lists", [])]
    if not days:
        return _last_day(max((str(entry["vintage"]) for entry in build["inputs"]), default=""))
    said = [(_last_day(max(days)), "agreements")]
    for tables, of, layout in _OTHER_RECORDS:
        ends = [str(one["vintage"]) for one in build["inputs"] if one.get("layout") == layout]
        if ends and set(tables) & set(reads):
            said.append((_last_day(max(ends)), of))
    return join_words([f"{day} ({of})" for day, of in said]) if said[1:] else said[0][0]


def _last_day(vintage: str) -> str:
    """Last day of a vintage in words, or what it says where it names no day."""
    *_, last = _DAY.findall(vintage) or [""]
    return format_date(last) if last else vintage


def provenance_html(
    job: ReportJob, build: Mapping[str, Any], run: RunFacts, source_notebook: str
) -> str:
    """Write release, inputs with hashes, parameters, versions, commit, run time, downloads."""
    name = f"{job.slug}.ipynb"
    if len(source_notebook) <= LARGEST_EMBEDDED_BYTES:
        embedded = download_link(
            source_notebook, name, "Download the notebook", "application/x-ipynb+json"
        )
        embedded = f"{embedded} (kept in this page; without outputs, with the parameters below)"
    else:
        embedded = "The notebook is too large to keep in this page"
    beside = element("a", f"{escape(name)}", href=name)
    took = f", notebook ran {run.seconds:.0f} s" if run.seconds else ""
    stamp = run.finished.strftime("%Y-%m-%d %H:%M UTC")
    facts = {
        "Release": escape(job.release)
        + (", simulated: fictional counties, invented numbers" if job.is_simulated else "")
        + ("; this page is made from real data that every release has" * (job.data == "real")),
        "Report": f"{escape(job.id)}, from <code>notebooks/{escape(job.notebook.name)}</code>",
        **_own_files(job),
        "Plan of analysis": _plan_words(),
        "Parameters": "; ".join(
            f"<code>{escape(key)} = {escape(repr(value))}</code>"
            for key, value in job.parameters.items()
        ),
        "Commit": f"<code>{escape(run.commit)}</code>",
        "Made": f'<span class="run">{stamp}{took}</span>',
        "Packages": escape(", ".join(f"{key} {value}" for key, value in run.versions.items())),
        "Notebook": f"{embedded}; with outputs, beside this file: {beside}",
    }
    listed = "".join(f"<div><dt>{key}</dt><dd>{value}</dd></div>" for key, value in facts.items())
    return f'<dl class="record">{listed}</dl>{inputs_table(build)}'


def _plan_words() -> str:
    """Say which plan of analysis the page was made under; its whole hash is in the record."""
    plan = read_analysis_plan()
    link = element("a", f"<code>{PLAN_FILE}</code>", href="../pages/plan.html")
    return f"{link}, fixed on {escape(plan.fixed)}, SHA-256 <code>{plan.short}</code>"


def _own_files(job: ReportJob) -> dict[str, str]:
    """Files that whoever made the page joined to its tables, each with its hash."""
    said = []
    for name in job.files:
        digest = hashlib.sha256((project_root() / name).read_bytes()).hexdigest()
        said.append(f"<code>{escape(name)}</code>, SHA-256 <code>{digest}</code>")
    return {"Own files": "; ".join(said)} if said else {}


def inputs_table(build: Mapping[str, Any]) -> str:
    """Write the raw files of a build with publisher, licence, day, rows and SHA-256."""
    caption = f"Raw files behind this page, release {build['release']}, with their SHA-256"
    heads = ("Source, publisher and licence", "As of", "Rows in", "Kept", "Rejected", "SHA-256")
    head = "".join(
        element("th", text, scope="col", **({"class": "num"} if 2 <= at <= 4 else {}))
        for at, text in enumerate(heads)
    )
    rows = []
    for entry in build["inputs"]:
        title = escape(str(entry["title"]))
        if str(entry.get("url", "")).startswith("https://"):
            title = element("a", title, href=str(entry["url"]), rel="noreferrer")
        cells = [
            f"<td>{escape(str(entry['vintage']))}</td>",
            *(
                f'<td class="num">{format_count(entry[name])}</td>'
                for name in ("rows_in", "rows_kept", "rows_rejected")
            ),
            f"<td><code>{escape(str(entry['sha256']))}</code></td>",
        ]
        who = f"{escape(str(entry['publisher']))}; {escape(str(entry['licence']))}"
        rows.append(f'<tr><th scope="row">{title}<small>. {who}</small></th>{"".join(cells)}</tr>')
    table = (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )
    return element(
        "div", table, class_="coop-scroll", role="region", aria_label=caption, tabindex="0"
    )


def cite_figure(job: ReportJob, build: Mapping[str, Any], run: RunFacts, title: str) -> str:
    """Write the end of the citation of one result: the year, its report, release and version."""
    return f'({run.finished.year}). In "{escape(title)}". {escape(_citation_tail(job, build, run))}'


def _citation_tail(job: ReportJob, build: Mapping[str, Any], run: RunFacts) -> str:
    commit = "" if run.commit == NO_COMMIT else f", commit {run.commit[:12]}"
    real = " (this page: real data)" if job.data == "real" else ""
    as_of = data_as_of(build, job.reads)
    return f"Release {job.release}{real}, data as of {as_of}. coopanalysis {__version__}{commit}."


def citation_html(job: ReportJob, build: Mapping[str, Any], run: RunFacts, title: str) -> str:
    """Write the citation as text and as BibTeX, and the licences."""
    year, tail = run.finished.year, _citation_tail(job, build, run)
    text = f'The coopanalysis developers ({year}). "{title}". {tail}'
    key, address = (
        f"coopanalysis-{job.slug}-{job.release}",
        cited_address(f"{job.release}/{job.slug}.html"),
    )
    fields = {
        "author": "{The coopanalysis developers}",
        "title": title,
        "year": str(year),
        "note": tail,
    }
    written = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    told = escape(f"@misc{{{key},\n{written}")
    bibtex = f"{told},\n  howpublished = {{{address}}}\n}}"
    silent = any(
        re.search("unstated|states no licence", str(one["licence"])) for one in build["inputs"]
    )
    data = "Data: each source has its own licence, named beside it in the table of raw files above"
    data += "; some state none." if silent else "."
    return (
        f'<p class="cite run">{escape(text)} {address}</p>'
        f'<pre class="bibtex run"><code>{bibtex}</code></pre>'
        f"<p>Code and text: MIT licence. {data} "
        "When you quote a number, quote its interval and its limits with it.</p>"
    )
