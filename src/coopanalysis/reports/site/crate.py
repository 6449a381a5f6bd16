"""Describe the data folder of a release as an RO-Crate, which archives and catalogues read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

CRATE_FILE = "ro-crate-metadata.json"
PROFILE = "https://w3id.org/ro/crate/1.2"
AUTHORS, LICENCES = "#authors", "#licences"
FORMATS = {
    ".atom": "application/atom+xml",
    ".csv": "text/csv",
    ".duckdb": "application/vnd.duckdb.file",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
DESCRIPTIONS = {
    "changes.json": "What came onto ICE's lists of agreements and what left, day by day.",
    "changes.atom": "The latest of those changes as a feed.",
    ".duckdb": "Every table in one file.",
    "datapackage.json": "Types, units, meanings and sources of every column.",
}


def crate_text(package: Mapping[str, Any], files: Iterable[Path], day: str) -> str:
    """Write the crate of a folder: its files, its raw sources, and who made it.

    `package` is the Data Package of the release; `day` is when the folder was made, YYYY-MM-DD.
    """
    tables = {str(one["name"]): str(one["description"]) for one in package["resources"]}
    said = DESCRIPTIONS | tables
    listed = [
        _file(one, said.get(one.name) or said.get(one.suffix) or said[one.stem]) for one in files
    ]
    sources = [_source(one) for one in package["sources"] if "path" in one]
    texts = sorted({str(one["title"]) for one in package["licenses"]})
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": package["title"],
        "description": package["description"],
        "datePublished": day,
        "version": package["version"],
        "license": _link(LICENCES),
        "author": _link(AUTHORS),
        "publisher": _link(AUTHORS),
        "hasPart": [_link(one["@id"]) for one in listed],
        "isBasedOn": [_link(one["@id"]) for one in sources],
    }
    about = (
        (LICENCES, "CreativeWork", "Licences of the raw files", "; ".join(texts)),
        *(
            (_licence_id(one), "CreativeWork", one, "As the raw file's publisher states it.")
            for one in dict.fromkeys(
                str(one["licence"]) for one in package["sources"] if "path" in one
            )
        ),
        (AUTHORS, "Organization", "The coopanalysis developers", "Who makes the package."),
    )
    graph = [
        {
            "@id": CRATE_FILE,
            "@type": "CreativeWork",
            "about": _link("./"),
            "conformsTo": _link(PROFILE),
        },
        root,
        *listed,
        *(dict(zip(("@id", "@type", "name", "description"), one, strict=True)) for one in about),
        *sources,
    ]
    crate = {"@context": f"{PROFILE}/context", "@graph": graph}
    return json.dumps(crate, indent=1, ensure_ascii=False) + "\n"


def _file(path: Path, description: str) -> dict[str, Any]:
    return {
        "@id": path.name,
        "@type": "File",
        "name": path.name,
        "description": description,
        "encodingFormat": FORMATS[path.suffix],
        "contentSize": str(path.stat().st_size),
    }


def _source(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@id": entry["path"],
        "@type": "CreativeWork",
        "name": entry["title"],
        "version": entry["version"],
        "license": _link(_licence_id(str(entry["licence"]))),
    }


def _licence_id(text: str) -> str:
    return "#licence-" + re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _link(name: str) -> dict[str, str]:
    return {"@id": name}
