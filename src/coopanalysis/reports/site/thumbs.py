"""Small pictures of reports: the map of each, or else its first figure."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from coopanalysis.reports.records import write_atomically
from coopanalysis.reports.site.shell import PAGES

WIDE, NARROW = (640, 400), (240, 180)
"""Pixels of the picture of a report, and of a brief; drawn at half of it."""
_IMAGE = re.compile(r'<img\b[^>]*src="data:image/png;base64,([^"]+)"[^>]*>')


def add_thumbs(folder: Path, records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give each record its `thumb`, the address of its picture; empty where it has no figure.

    Pictures that are current stay, and those of no report go.
    """
    found = []
    for record in records:
        target = write_thumb(folder, record) if record["status"] == "built" else None
        address = target.relative_to(folder).as_posix() if target else ""
        found.append({**record, "thumb": address})
    kept = {record["thumb"] for record in found}
    for old in (folder / PAGES).glob("*/*.webp"):
        if old.relative_to(folder).as_posix() not in kept and old.is_file():
            old.unlink()
    return found


def write_thumb(folder: Path, record: Mapping[str, Any], *, anew: bool = False) -> Path | None:
    """Write the picture of one built report, unless it is there; None where it has none.

    Of the record its `id, release, slug, html` and `key` are read.
    """
    page = folder / record["release"] / record["html"]
    stem = str(record["slug"]).removeprefix("state-brief--state_fips-")  # 86 of them on the index
    name = f"{stem}-{str(record.get('key', ''))[:4]}.webp"
    target = folder / PAGES / record["release"] / name
    return (
        target
        if (target.is_file() and not anew) or _write(page, target, is_brief(record))
        else None
    )


def is_brief(record: Mapping[str, Any]) -> bool:
    """Whether a report is the brief of one state."""
    return str(record["id"]) == "state-brief"


def _write(page: Path, target: Path, brief: bool) -> bool:
    if not page.is_file():
        return False
    packed = choose_image(page.read_text(encoding="utf-8"), maps_only=brief)
    if packed is None:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    size = NARROW if brief else WIDE
    write_atomically(target, scale_image(base64.b64decode(packed), size))
    return True


def choose_image(html: str, *, maps_only: bool = False) -> str | None:
    """Return the picture of the first map of a page, else of its first figure, in base64."""
    found = list(_IMAGE.finditer(html))
    maps = [one for one in found if re.search(r'alt="(?:County|Tile|State) map\b', one.group(0))]
    chosen = maps or ([] if maps_only else found)
    return chosen[0].group(1) if chosen else None


def scale_image(raw: bytes, size: tuple[int, int]) -> bytes:
    """Trim the paper around a figure, and fit it into a size; cut a long one, but for a brief."""
    from PIL import Image, ImageChops  # noqa: PLC0415  (slow, and only for new reports)

    with Image.open(io.BytesIO(raw)) as opened:
        image = opened.convert("RGB")
    paper = Image.new("RGB", image.size, "white")
    box = ImageChops.difference(image, paper).getbbox()
    image = image.crop(box) if box else image
    margin = size[0] // 40
    width, height = size[0] - 2 * margin, size[1] - 2 * margin
    scale = width / image.width
    if size == WIDE and image.height * scale > 1.6 * height:
        image = image.crop((0, 0, image.width, round(1.6 * height / scale)))
    scale = min(scale, height / image.height)
    small = image.resize(
        (max(1, round(image.width * scale)), max(1, round(image.height * scale))),
        Image.Resampling.LANCZOS,
    )
    canvas = Image.new("RGB", size, "white")
    canvas.paste(small, ((size[0] - small.width) // 2, (size[1] - small.height) // 2))
    written = io.BytesIO()
    canvas.save(written, "WEBP", quality=72, method=4)
    return written.getvalue()
