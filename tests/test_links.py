"""Addresses lose their wrappers, and no mailbox passes."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopanalysis.sources.links import hide_mailboxes, holds_mailbox, tidy_address

PLAIN = "https://www.example.org/doc/Ash%20County.pdf"
WRAPPED = (
    f"https://x.safelinks.protection.outlook.com/?url={quote(PLAIN, safe='')}"
    "&data=05%7C01%7Ca.person%40example.org%7C00"
)


@pytest.mark.parametrize(
    ("target", "address"),
    [
        (PLAIN, PLAIN),
        (f"  {PLAIN} ", PLAIN),
        (WRAPPED, "https://www.example.org/doc/Ash%20County.pdf"),
        (
            f"https://y.safelinks.protection.outlook.com/?url={quote(WRAPPED, safe='')}",
            "https://www.example.org/doc/Ash%20County.pdf",
        ),
        (f"https://urldefense.com/v3/__{PLAIN}__;!!abc!def$", PLAIN),
        (f"https://urldefense.us/v3/__{PLAIN}__;!!abc!def$", PLAIN),
        (
            "https://urldefense.proofpoint.com/v2/url?u=https-3A__www.example.org_doc_Ash-2DCounty.pdf"
            "&d=abc&r=a.person-40example.org",
            "https://www.example.org/doc/Ash-County.pdf",
        ),
        (f"https://urldefense.proofpoint.com/v1/url?u={quote(PLAIN)}&k=abc", PLAIN),
        ("https://urldefense.proofpoint.com/v2/url?d=abc", ""),
        (f"chrome-extension://abcdefgh/{PLAIN}", PLAIN),
        (PLAIN.replace("https://", "https:/"), PLAIN),
        ("http://www.example.org/a", "http://www.example.org/a"),
        ("https://x.safelinks.protection.outlook.com/?data=a.person%40example.org", ""),
        ("mailto:a.person@example.org", ""),
        ("https://example.org/?to=a.person@example.org", ""),
        ("https://example.org/?to=a.person%2540example.org", ""),
        ("file:///c:/a.pdf", ""),
        ("link pending", ""),
        ("https://[", ""),
        ("https:///a", ""),
        ("", ""),
    ],
)
def test_tidy_address(target: str, address: str) -> None:
    assert tidy_address(target) == address


@given(st.text())
def test_an_address_never_holds_a_mailbox(text: str) -> None:
    for target in (text, f"https://example.org/{text}", f"{WRAPPED}{text}"):
        address = tidy_address(target)
        assert not holds_mailbox(address)
        assert address == "" or address.lower().startswith(("http://", "https://"))


def test_mailboxes_in_text_are_hidden() -> None:
    assert "@" not in hide_mailboxes("Ash County (a.person@example.org)")
    assert "person" not in hide_mailboxes("https://example.org/?data=05|a.person%2540example.org")
    assert hide_mailboxes("Ash County") == "Ash County"
