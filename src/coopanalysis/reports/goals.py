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
_UNREAD = frozenset({"style", "script", "code", "annotation"})
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
    page = Tags(BeautifulSoup(without_payloads(html), "html.parser"))
    misses = [
        *_check_size(html, page),
        *_check_images(page),
        *_check_figures(html, page),
        *_check_tables(page),
        *_check_outline(page),
        *_check_top(page),
        *_check_provenance(page, build),
        *_check_text(page),
        *_check_outside(page),
    ]
    if simulated:
        misses += _check_simulated(page)
    if real:
        misses += _check_real(page)
    return misses


class Tags:
    """The tags of a page, in order and by name: to ask the soup each time takes ten times as long.

    `title` has the words of its head.
    """

    def __init__(self, soup: BeautifulSoup) -> None:
        self.soup, self.all = soup, soup.find_all(True)
        self._named: dict[str, list[Tag]] = {}
        for tag in self.all:
            self._named.setdefault(tag.name, []).append(tag)
        self.title = soup.title.get_text(strip=True) if soup.title else ""

    def named(self, *names: str) -> list[Tag]:
        """Tags of a name; of several names one after the other."""
        return [tag for name in names for tag in self._named.get(name, ())]

    def having(self, attribute: str) -> list[Tag]:
        """Tags that have an attribute."""
        return [tag for tag in self.all if attribute in tag.attrs]

    def of_class(self, word: str, *names: str) -> list[Tag]:
        """Tags of a class, of those of a name if one is given."""
        some = self.named(*names) if names else self.all
        return [tag for tag in some if word in (tag.get("class") or ())]


def _check_size(html: str, page: Tags) -> Iterator[Miss]:
    size, nodes = len(html.encode("utf-8")), len(page.all)
    if size > MOST_BYTES:
        yield Miss(3, f"{size:,} bytes, at most {MOST_BYTES:,}")
    if nodes > MOST_NODES:
        yield Miss(3, f"{nodes:,} DOM nodes, at most {MOST_NODES:,}")
    for packed in re.findall(r'src="data:image/[\w+]+;base64,([^"]*)"', html):
        if len(packed) * 3 // 4 > MOST_FIGURE_BYTES:
            yield Miss(3, f"a figure of {len(packed) * 3 // 4:,} bytes, at most 250,000")


def _check_images(page: Tags) -> Iterator[Miss]:
    for image in page.named("img"):
        alt = " ".join(str(image.get("alt") or "").split())
        if not ALT_SHORTEST <= len(alt) <= ALT_LONGEST:
            yield Miss(4, f"an image has an alt text of {len(alt)} characters: {alt[:60]!r}")
        elif re.search(r"\.(png|svg|jpe?g|ipynb)\b", alt, re.IGNORECASE):
            yield Miss(4, f"an alt text names a file: {alt[:60]!r}")
        caption = image.find_parent("figure")
        found = caption.find("figcaption") if caption else None
        if found is not None and alt == found.get_text(" ", strip=True):
            yield Miss(4, f"an alt text is a copy of the caption: {alt[:60]!r}")


def _check_figures(html: str, page: Tags) -> Iterator[Miss]:
    texts = [
        unquote_to_bytes(t).decode()
        for t in re.findall(r'href="data:text/csv;charset=utf-8,([^"]*)"', html)
    ]
    texts += [
        base64.b64decode(t).decode()
        for t in re.findall(r'href="data:text/csv;charset=utf-8;base64,([^"]*)"', html)
    ]
    rows = {len(list(csv.reader(io.StringIO(text)))) - 1 for text in texts}
    for figure in page.named("figure"):
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


def _check_tables(page: Tags) -> Iterator[Miss]:
    for table in page.named("table"):
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


def _check_outline(page: Tags) -> Iterator[Miss]:
    titles = page.named("h1")
    words = [h.get_text(" ", strip=True) for h in titles]
    if len(titles) != 1 or words[0] != page.title:
        yield Miss(11, f"the h1 {words} is not one and equal to the title '{page.title}'")
    level = 0
    for heading in (tag for tag in page.all if re.fullmatch(r"h[1-6]", tag.name)):
        own = int(heading.name[1])
        if own > level + 1 and level:
            text = heading.get_text(" ", strip=True)
            yield Miss(11, f"heading '{text}' skips from level {level} to {own}")
        level = own if own > 1 else 1
    ids = Counter(str(tag["id"]) for tag in page.having("id"))
    for repeated in sorted(name for name, count in ids.items() if count > 1):
        yield Miss(11, f"the anchor '{repeated}' stands on the page more than once")
    if not any(tag.find("a") for tag in page.named("nav")[:1]):
        yield Miss(11, "there is no table of contents")
    for link in page.named("a"):
        target = str(link.get("href") or "")
        if target.startswith("#") and target[1:] not in ids:
            yield Miss(11, f"the link '{link.get_text(strip=True)}' leads nowhere")


def _check_top(page: Tags) -> Iterator[Miss]:
    answers = page.of_class("coop-answers")
    yield from _check_answers(answers[0]) if answers else _check_headline(page)
    limits = next(iter(page.of_class("coop-limits")), None)
    first = page.soup.find(["figure", "table"])
    if limits is None or not limits.find("li"):
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


OF_AN_ESTIMATE = ("Unit", "Compared with", "95% interval", "n")
OF_A_COUNT = ("What is counted", "Beside it", "Of")


def _check_headline(page: Tags) -> Iterator[Miss]:
    facts = {
        dt.get_text(strip=True): dd.get_text(" ", strip=True)
        for headline in page.of_class("coop-headline")[:1]
        for dt, dd in zip(headline.find_all("dt"), headline.find_all("dd"), strict=False)
    }
    counts = facts.get("Reading") == DESIGN_WORDS["description"]
    for name in (*(OF_A_COUNT if counts else OF_AN_ESTIMATE), "Reading"):
        if not facts.get(name):
            yield Miss(13, f"the main estimate does not say: {name}")
    if facts.get("Reading") and facts["Reading"] not in DESIGN_WORDS.values():
        yield Miss(13, f"the reading '{facts['Reading']}' is none that a design supports")


def _check_provenance(page: Tags, build: Mapping[str, Any] | None) -> Iterator[Miss]:
    sections = {tag.get("aria-labelledby"): tag for tag in page.named("section")}
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


def _check_text(page: Tags) -> Iterator[Miss]:
    for text, within in [
        *_visible(page.soup, frozenset()),
        *((str(image["alt"]), {"img"}) for image in page.named("img") if "alt" in image.attrs),
    ]:
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


def _check_outside(page: Tags) -> Iterator[Miss]:
    for tag in page.all:
        if tag.name == "script" and tag.string == page_script():
            continue
        if tag.name in {"script", "iframe", "object", "embed", "video", "audio"}:
            yield Miss(2, f"a <{tag.name}> on the page")
    for tag in page.having("src"):
        if not str(tag["src"]).startswith("data:"):
            yield Miss(2, f"<{tag.name}> asks for {str(tag['src'])[:60]!r}")
    for tag in page.named("link"):
        if tag.has_attr("href") and not str(tag["href"]).startswith("data:"):
            yield Miss(2, f"<link> asks for {str(tag['href'])[:60]!r}")
    if page.having("style"):
        yield Miss(2, "an element carries its own style, which the policy of the page blocks")


def _check_simulated(page: Tags) -> Iterator[Miss]:
    if "simulated" not in page.title.lower() or not page.of_class("banner"):
        yield Miss(14, "title and banner do not say that the data are simulated")
    for source in page.of_class("coop-source", "p"):
        if "simulated" not in source.get_text().lower():
            yield Miss(14, f"a source does not say 'simulated': {source.get_text()[:50]!r}")


def _check_real(page: Tags) -> Iterator[Miss]:
    banners = page.of_class("banner")
    if not banners or "real data" not in banners[0].get_text().lower():
        yield Miss(14, "no banner says that the data are real")
    for source in page.of_class("coop-source", "p"):
        if "simulated" in source.get_text().lower():
            yield Miss(14, f"a source says 'simulated': {source.get_text()[:50]!r}")


def _visible(tag: Tag, within: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Text a reader sees, but for code, with the tags around it.

    A section of prose, which the author of the notebook wrote, counts as a tag.
    """
    for child in tag.children:
        if not isinstance(child, Tag):
            if str(child).strip():
                yield str(child), within
            continue
        kinds = child.get("class") or ()
        if child.name in _UNREAD or (child.name == "details" and "code" in kinds):
            continue
        prose = {"prose"} if child.name == "section" and "prose" in kinds else ()
        yield from _visible(child, within.union({child.name}, prose))


def without_payloads(html: str) -> str:
    """Shorten the long data addresses, which only slow the parser."""
    return re.sub(r'"(data:[\w/+.;=-]{0,60},)[^"]{100,}"', r'"\1"', html)
