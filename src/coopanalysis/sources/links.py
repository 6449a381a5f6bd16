"""Addresses of documents, freed from mail scanners; no mailbox passes."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit

MAILBOX = re.compile(r"[\w.+'-]+\s*(?:@|%(?:25)*40)\s*[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)

_BROWSER_PREFIX = re.compile(r"^(?:chrome|moz|edge|safari-web)-extension://[^/]*/", re.IGNORECASE)
_ONE_SLASH = re.compile(r"^(https?):/(?=[^/])", re.IGNORECASE)
_WEB = re.compile(r"^https?://", re.IGNORECASE)
_MAX_WRAPPERS = 4
_DEFENSE = ("urldefense.com", "urldefense.us")
_PROOFPOINT = "urldefense.proofpoint.com"
_PROOFPOINT_SIGNS = str.maketrans("-_", "%/")


def tidy_address(target: str) -> str:
    """Return the address of a document on the web, or an empty text.

    Wrappers of mail scanners and browser extensions are taken off, `https:/www` gets its
    second slash. What is then no web address, or still carries a mailbox, is dropped: wrappers
    hold the mailbox of the person whose mail was scanned.
    """
    address = target.strip()
    for _ in range(_MAX_WRAPPERS):
        inner = _unwrap(address)
        if inner == address:
            break
        address = inner
    is_usable = _WEB.match(address) and not holds_mailbox(address) and "." in (_host(address) or "")
    return address if is_usable else ""


def holds_mailbox(text: str) -> bool:
    """Whether a text holds an e-mail address, however often it is percent-encoded."""
    for _ in range(_MAX_WRAPPERS):
        if "@" in text or (_may_hold_mailbox(text) and MAILBOX.search(text)):
            return True
        decoded = unquote(text)
        if decoded == text:
            return False
        text = decoded
    return True


def hide_mailboxes(text: str) -> str:
    """Return a text with each e-mail address in it replaced by a note."""
    return MAILBOX.sub("(mailbox removed)", text) if _may_hold_mailbox(text) else text


def _may_hold_mailbox(text: str) -> bool:
    """Whether a search is worth its time: most texts have nothing like an @."""
    return "@" in text or ("%" in text and "40" in text)


def _unwrap(address: str) -> str:
    """Take one wrapper off, or return the address as it is; empty if it is none."""
    bare = _ONE_SLASH.sub(r"\1://", _BROWSER_PREFIX.sub("", address)).strip()
    host = _host(bare)
    if host is None:
        return ""
    parts = urlsplit(bare)
    if ".safelinks.protection." in f".{host}":
        return parse_qs(parts.query).get("url", [""])[0]
    if host in _DEFENSE and "__" in bare:
        return bare.split("__")[1]
    if host == _PROOFPOINT:
        inner = parse_qs(parts.query).get("u", [""])[0]
        return unquote(inner.translate(_PROOFPOINT_SIGNS)) if "/v2/" in parts.path else inner
    return bare


def _host(address: str) -> str | None:
    """Name of the machine; empty where there is none, None where it is no address at all."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return None
