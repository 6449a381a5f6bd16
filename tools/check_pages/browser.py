"""Headless Chromium, driven by Playwright, with a profile of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from coopanalysis.errors import UsageError

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str:
    """Path of a Chromium on this machine; empty where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), "")


@contextmanager
def open_browser(**options: Any) -> Iterator[BrowserContext]:
    """Start headless Chromium; the context, and others that its `browser` makes, keep nothing."""
    path = find_chromium()
    if not path:
        raise UsageError("No Chromium on this machine: install it to check pages in a browser.")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415
    except ImportError as error:
        raise UsageError("Playwright is missing: install the `test` extra.") from error
    with (
        sync_playwright() as driver,
        driver.chromium.launch(executable_path=path, args=list(FLAGS), headless=True) as browser,
        browser.new_context(**options) as context,
    ):
        yield context
