"""What a page must keep to, read from its HTML.

`tools/check_pages/__init__.py` lists the goals by their numbers. A blocking miss misinforms a
reader or shuts one out; the renderer refuses such a page. The others are reported.
"""

from __future__ import annotations

import base64
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from bs4 import BeautifulSoup, Tag

from coopanalysis.display.page import DESIGN_WORDS
from coopanalysis.display.sentences import ALT_LONGEST, ALT_SHORTEST
from coopanalysis.reports.style import page_script
from coopanalysis.reports.versions import read_analysis_plan

MOST_BYTES, MOST_NODES, MOST_FIGURE_BYTES = 1_500_000, 8_000, 250_000
BLOCKING = frozenset({4, 6, 11, 13, 14, 17})

_MACHINE_PATH = re.compile(
    r"(?<![\w/.:])/(?:home|root|work|tmp|usr|var|opt|Users|mnt|srv)/[\w.-]+/?"
)
_BARE_TERM = re.compile(r"\bC\([^)]*\)\s*\[T?\.?")
_LEFTOVER_MATH = re.compile(r"(?<![\\$\w])\$[^$\n]*(?:\\[a-zA-Z]+|[_^{}])[^$\n]*\$(?!\w)")
_LEFTOVER_BLOCK = re.compile(r"\$\$")
_NOT_A_NUMBER = re.compile(r"(?<![\w-])(?:NaN|nan|NaT|<NA>|inf)(?![\w-])")
_MANY_DECIMALS = re.compile(r"\d\.\d{4,}")


@dataclass(frozen=True)
class Miss:
    """One goal that a page does not keep to."""

    goal: int
    problem: str

    @property
    def blocking(self) -> bool:
        """Whether the page must not be shown."""
        return self.goal in BLOCKING

    def __str__(self) -> str:
        return f"goal {self.goal}: {self.problem}"


def check_page(
    html: str,
    *,
    simulated: bool = False,
    real: bool = False,
    build: Mapping[str, Any] | None = None,
) -> list[Miss]:
    """Check one rendered report against goals 2 to 6, 11 and 13 to 17.

    A page of simulated data, or of real facts whatever the release, has to say so; the hashes of
    the `build` must stand in it.
    """
    soup = BeautifulSoup(without_payloads(html), "html.parser")
    misses = [
        *_check_size(html, soup),
        *_check_images(soup),
        *_check_figures(html, soup),
        *_check_tables(soup),
        *_check_outline(soup),
        *_check_top(soup),
        *_check_provenance(soup, build),
        *_check_text(soup),
        *_check_outside(soup),
    ]
    if simulated:
        misses += _check_simulated(soup)
    if real:
        misses += _check_real(soup)
    return misses


def _check_size(html: str, soup: BeautifulSoup) -> Iterator[Miss]:
    size, nodes = len(html.encode("utf-8")), len(soup.find_all(True))
    if size > MOST_BYTES:
        yield Miss(3, f"{size:,} bytes, at most {MOST_BYTES:,}")
    if nodes > MOST_NODES:
        yield Miss(3, f"{nodes:,} DOM nodes, at most {MOST_NODES:,}")
    for packed in re.findall(r'src="data:image/[\w+]+;base64,([^"]*)"', html):
        if len(packed) * 3 // 4 > MOST_FIGURE_BYTES:
            yield Miss(3, f"a figure of {len(packed) * 3 // 4:,} bytes, at most 250,000")


def _check_images(soup: BeautifulSoup) -> Iterator[Miss]:
    for image in soup.find_all("img"):
        alt = " ".join(str(image.get("alt") or "").split())
        if not ALT_SHORTEST <= len(alt) <= ALT_LONGEST:
            yield Miss(4, f"an image has an alt text of {len(alt)} characters: {alt[:60]!r}")
        elif re.search(r"\.(png|svg|jpe?g|ipynb)\b", alt, re.IGNORECASE):
            yield Miss(4, f"an alt text names a file: {alt[:60]!r}")
        caption = image.find_parent("figure")
        found = caption.find("figcaption") if caption else None
        if found is not None and alt == found.get_text(" ", strip=True):
            yield Miss(4, f"an alt text is a copy of the caption: {alt[:60]!r}")


def _check_figures(html: str, soup: BeautifulSoup) -> Iterator[Miss]:
    texts = [
        unquote_to_bytes(t).decode()
        for t in re.findall(r'href="data:text/csv;charset=utf-8,([^"]*)"', html)
    ]
    texts += [
        base64.b64decode(t).decode()
        for t in re.findall(r'href="data:text/csv;charset=utf-8;base64,([^"]*)"', html)
    ]
    rows = {len(list(csv.reader(io.StringIO(text)))) - 1 for text in texts}
    for figure in soup.find_all("figure"):
        name = figure.get_text(" ", strip=True)[:50]
        link = figure.find("a", class_="coop-download")
        if figure.find("details") is None or figure.find("table") is None or link is None:
            yield Miss(5, f"figure '{name}' has no data table or no CSV")
            continue
        stated = re.search(r"\(([\d,]+) rows\)", link.get_text())
        if stated is None or int(stated.group(1).replace(",", "")) not in rows:
            yield Miss(5, f"the CSV of figure '{name}' has not the rows it states")
        source = figure.find("p", class_="coop-source")
        if source is None or "as of" not in source.get_text().lower():
            yield Miss(16, f"figure '{name}' does not say 'data as of'")


def _check_tables(soup: BeautifulSoup) -> Iterator[Miss]:
    for table in soup.find_all("table"):
        caption = table.find("caption")
        name = caption.get_text(" ", strip=True) if caption else ""
        if not name:
            yield Miss(
                6,
                f"a table has no caption: '{table.get_text(' ', strip=True)[:50]}'; "
                "show tables with tables.show_table",
            )
        heads = table.find_all("th")
        if not heads or any(th.get("scope") not in ("col", "row") for th in heads):
            yield Miss(6, f"table '{name}' has a th without scope")
        box = table.find_parent(attrs={"role": "region"})
        if box is None or box.get("tabindex") != "0" or not box.get("aria-label"):
            yield Miss(6, f"table '{name}' does not stand in a labelled box that takes focus")
        cells = [cell.get_text(" ", strip=True) for cell in table.find_all(["td", "th"])]
        for text in cells:
            if _NOT_A_NUMBER.fullmatch(text) or _MANY_DECIMALS.search(text):
                yield Miss(6, f"table '{name}' shows {text[:40]!r}")
                break


def _check_outline(soup: BeautifulSoup) -> Iterator[Miss]:
    titles = soup.find_all("h1")
    words = [h.get_text(" ", strip=True) for h in titles]
    head = soup.title.get_text(strip=True) if soup.title else ""
    if len(titles) != 1 or words[0] != head:
        yield Miss(11, f"the h1 {words} is not one and equal to the title '{head}'")
    level = 0
    for heading in (tag for tag in soup.find_all(True) if re.fullmatch(r"h[1-6]", tag.name)):
        own = int(heading.name[1])
        if own > level + 1 and level:
            text = heading.get_text(" ", strip=True)
            yield Miss(11, f"heading '{text}' skips from level {level} to {own}")
        level = own if own > 1 else 1
    ids = Counter(str(tag["id"]) for tag in _tags_with("id", soup))
    for repeated in sorted(name for name, count in ids.items() if count > 1):
        yield Miss(11, f"the anchor '{repeated}' stands on the page more than once")
    contents = soup.find("nav")
    links = contents.find_all("a") if isinstance(contents, Tag) else []
    if not links:
        yield Miss(11, "there is no table of contents")
    for link in soup.find_all("a"):
        target = str(link.get("href") or "")
        if target.startswith("#") and target[1:] not in ids:
            yield Miss(11, f"the link '{link.get_text(strip=True)}' leads nowhere")


def _check_top(soup: BeautifulSoup) -> Iterator[Miss]:
    answers = soup.find(class_="coop-answers")
    yield from _check_answers(answers) if isinstance(answers, Tag) else _check_headline(soup)
    limits = soup.find(class_="coop-limits")
    first = soup.find(["figure", "table"])
    if not isinstance(limits, Tag) or not limits.find("li"):
        yield Miss(14, "the page does not say what it cannot show")
    elif not re.search(r"\d", limits.get_text()):
        yield Miss(14, "the limits count nothing")
    elif isinstance(first, Tag) and not any(one is limits for one in first.previous_elements):
        yield Miss(14, "the limits stand after the first result")


def _check_answers(card: Tag) -> Iterator[Miss]:
    """A page of facts opens with answers, each with a link to more, and with their days."""
    for line in card.find_all("div", recursive=False):
        said, link = line.find("dd"), line.find("a")
        if not said or not said.get_text(strip=True) or not link:
            yield Miss(13, f"an answer is empty or leads nowhere: '{line.get_text(' ')[:50]}'")
    if not card.find("small"):
        yield Miss(13, "no answer says of which day it is")


def _check_headline(soup: BeautifulSoup) -> Iterator[Miss]:
    headline = soup.find(class_="coop-headline")
    facts = (
        {
            dt.get_text(strip=True): dd.get_text(" ", strip=True)
            for dt, dd in zip(headline.find_all("dt"), headline.find_all("dd"), strict=False)
        }
        if isinstance(headline, Tag)
        else {}
    )
    for name in ("Unit", "Compared with", "95% interval", "n", "Reading"):
        if not facts.get(name):
            yield Miss(13, f"the main estimate does not say: {name}")
    if facts.get("Reading") and facts["Reading"] not in DESIGN_WORDS.values():
        yield Miss(13, f"the reading '{facts['Reading']}' is none that a design supports")


def _check_provenance(soup: BeautifulSoup, build: Mapping[str, Any] | None) -> Iterator[Miss]:
    sections = {tag.get("aria-labelledby"): tag for tag in soup.find_all("section")}
    text = sections["provenance"].get_text(" ") if "provenance" in sections else ""
    for word in ("Release", "Parameters", "Commit", "Packages", "Notebook", "SHA-256"):
        if word not in text:
            yield Miss(15, f"the provenance does not give: {word}")
    if build and read_analysis_plan().short not in text:
        yield Miss(15, "the plan of analysis it names is not the one that stands")
    for entry in build["inputs"] if build else ():
        if str(entry["sha256"]) not in text:
            yield Miss(15, f"the hash of input '{entry['id']}' is not that of the build")
    words = sections["cite"].get_text(" ") if "cite" in sections else ""
    for word in ("@misc{", "data as of", "licence"):
        if word not in words:
            yield Miss(16, f"how to cite: '{word}' is missing")


def _check_text(soup: BeautifulSoup) -> Iterator[Miss]:
    for text, within in _visible(soup):
        patterns = [
            (_MACHINE_PATH, "a path of the machine"),
            (_BARE_TERM, "a bare model term"),
            (_NOT_A_NUMBER, "a missing value not in words"),
        ]
        if "tbody" not in within:  # what the data hold, such as names, is nobody's formula
            patterns.append((_LEFTOVER_MATH, "a leftover formula"))
        if "prose" in within:
            patterns.append((_LEFTOVER_BLOCK, "a leftover formula"))
        for pattern, what in patterns:
            found = pattern.search(text)
            if found:
                yield Miss(17, f"{what} shows: {found.group(0)[:60]!r}")


def _check_outside(soup: BeautifulSoup) -> Iterator[Miss]:
    for tag in soup.find_all(True):
        if tag.name == "script" and tag.string == page_script():
            continue
        if tag.name in {"script", "iframe", "object", "embed", "video", "audio"}:
            yield Miss(2, f"a <{tag.name}> on the page")
    for tag in _tags_with("src", soup):
        if not str(tag["src"]).startswith("data:"):
            yield Miss(2, f"<{tag.name}> asks for {str(tag['src'])[:60]!r}")
    for tag in soup.find_all("link"):
        if tag.has_attr("href") and not str(tag["href"]).startswith("data:"):
            yield Miss(2, f"<link> asks for {str(tag['href'])[:60]!r}")
    if _tags_with("style", soup):
        yield Miss(2, "an element carries its own style, which the policy of the page blocks")


def _check_simulated(soup: BeautifulSoup) -> Iterator[Miss]:
    title = soup.title.get_text() if soup.title else ""
    if "simulated" not in title.lower() or soup.find(class_="banner") is None:
        yield Miss(14, "title and banner do not say that the data are simulated")
    for source in soup.find_all("p", class_="coop-source"):
        if "simulated" not in source.get_text().lower():
            yield Miss(14, f"a source does not say 'simulated': {source.get_text()[:50]!r}")


def _check_real(soup: BeautifulSoup) -> Iterator[Miss]:
    banner = soup.find(class_="banner")
    if banner is None or "real data" not in banner.get_text().lower():
        yield Miss(14, "no banner says that the data are real")
    for source in soup.find_all("p", class_="coop-source"):
        if "simulated" in source.get_text().lower():
            yield Miss(14, f"a source says 'simulated': {source.get_text()[:50]!r}")


def _tags_with(attribute: str, soup: BeautifulSoup) -> list[Tag]:
    """Tags that have an attribute; to ask the soup for them takes ten times as long."""
    return [tag for tag in soup.find_all(True) if attribute in tag.attrs]


def _visible(soup: BeautifulSoup) -> Iterator[tuple[str, set[str]]]:
    """Text a reader sees, but for code, with the tags around it; what is read aloud too.

    A section of prose, which the author of the notebook wrote, counts as a tag.
    """
    skipped = {"style", "script", "code", "annotation"}
    for text in soup.find_all(string=True):
        names = {parent.name for parent in text.parents}
        in_code = any(
            parent.name == "details" and "code" in (parent.get("class") or [])
            for parent in text.parents
        )
        if not names & skipped and not in_code and text.strip():
            is_prose = text.find_parent("section", class_="prose") is not None
            yield str(text), names | ({"prose"} if is_prose else set())
    for tag in soup.find_all(["img"], alt=True):
        yield str(tag["alt"]), {"img"}


def without_payloads(html: str) -> str:
    """Shorten the long data addresses, which only slow the parser."""
    return re.sub(r'"(data:[\w/+.;=-]{0,60},)[^"]{100,}"', r'"\1"', html)
