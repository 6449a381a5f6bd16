"""The one dress of reports and site: style sheet, and the policy that lets in nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path

KEY_NAME = "coopanalysis-key"
"""Name of the `meta` that holds the hash of all a page depends on."""
TEMPLATE_FOLDER = Path(__file__).parent / "template"
BESIDE = "'self' file:"
"""Files of the site itself; browsers differ in whether a page on a disk has itself as a source."""


@lru_cache(maxsize=1)
def page_style() -> str:
    """Style sheet of every page."""
    return tidy_style((TEMPLATE_FOLDER / "coopanalysis" / "page.css").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def page_script() -> str:
    """Script of a page with figures: it lets maps answer, and makes addresses whole."""
    return (TEMPLATE_FOLDER / "coopanalysis" / "page.js").read_text(encoding="utf-8").strip()


def tidy_style(text: str) -> str:
    """Leave out what a browser does not read: comments, line breaks, spaces around signs."""
    bare = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
    return re.sub(r";?\s*([{};])\s*", r"\1", bare).replace("}", "}\n").strip()


def content_policy(style: str, script: str = "", *, beside: bool = False) -> str:
    """Write the policy of a page: nothing from outside, one style sheet, images in the page.

    Style and script are known by their hashes; `beside` lets in images and scripts of the same
    site.
    """
    more = f" {BESIDE}" if beside else ""
    allowed = [f"default-src 'none'; img-src data:{more}; style-src '{_digest(style)}'"]
    if script:
        allowed.append(f"script-src '{_digest(script)}'{more}")
    return "; ".join([*allowed, "base-uri 'none'; form-action 'none'"])


def _digest(text: str) -> str:
    raw = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(raw).decode('ascii')}"
