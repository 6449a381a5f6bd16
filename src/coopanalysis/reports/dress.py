"""The one dress of reports and index: style sheet, and the policy that lets in nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path

KEY_NAME = "coopanalysis-key"
"""Name of the `meta` that holds the hash of all a page depends on."""
TEMPLATE_FOLDER = Path(__file__).parent / "template"


@lru_cache(maxsize=1)
def page_style() -> str:
    """Style sheet of every page."""
    text = (TEMPLATE_FOLDER / "coopanalysis" / "page.css").read_text(encoding="utf-8")
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)).strip()


def content_policy(style: str, script: str = "") -> str:
    """Write the policy of a page: nothing from outside, one style sheet, images in the page."""
    allowed = [f"default-src 'none'; img-src data:; style-src '{_digest(style)}'"]
    if script:
        allowed.append(f"script-src '{_digest(script)}'")
    return "; ".join([*allowed, "base-uri 'none'; form-action 'none'"])


def _digest(text: str) -> str:
    raw = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(raw).decode('ascii')}"
