"""Sheets of a workbook or of a CSV file as plain text cells, with the links behind them.

An `.xlsx` file is a zip of XML. It is read here directly: readers made for spreadsheets pass on
cells that stand twice or in no row there is, and the quickest lose errors (`#N/A`) and links.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

from coopanalysis.errors import DataError
from coopanalysis.sources.raw_text import read_records, visible
from coopanalysis.sources.workbook_cells import (
    EPOCH_1900,
    EPOCH_1904,
    column_index,
    date_text,
    is_date_format,
    plain_text,
    row_number,
    stored_text,
)

Element = ElementTree.Element
Row = tuple[int, list[str]]

_PROPERTIES, _MOST_PROPERTIES = "docProps/core.xml", 100_000
_MODIFIED = re.compile(r"<dcterms:modified[^>]*>(\d{4}-\d{2}-\d{2})", re.ASCII)
LARGEST_PART = 200_000_000
"""Bytes beyond which a part of a workbook is not unpacked; the lists here have below a million."""


@dataclass(frozen=True)
class Sheet:
    """One sheet, or a whole CSV file, whose name is empty.

    `rows` are the row's number as a person sees it, and the text of each cell from column A on:
    dates as `YYYY-MM-DD`, error cells as their text, empty cells as an empty text. Rows without
    any text are left out. `links` has targets by row number and column index from 0.
    """

    name: str
    rows: list[Row]
    links: dict[tuple[int, int], str] = field(default_factory=dict)


def read_sheets(path: Path) -> list[Sheet]:
    """Read every sheet of an `.xlsx` workbook, or delimited text as one sheet.

    Told by its content: a zip is a workbook, anything else is text. `DataError` if it is
    missing, or neither.
    """
    if not path.is_file():
        raise DataError(path.name, "there is no such file", f"Looked for {path}.")
    if not zipfile.is_zipfile(path):
        return [_csv_sheet(path)]
    try:
        with zipfile.ZipFile(path) as archive:
            return _Workbook(archive).sheets()
    except (
        OSError,  # a part that lies before the file begins, by what its damaged end says
        EOFError,
        zipfile.BadZipFile,
        ElementTree.ParseError,
        zlib.error,
        LookupError,
        ValueError,
        RuntimeError,
    ) as error:
        raise DataError(
            path.name,
            f"is not a workbook that can be read ({type(error).__name__}: {error})",
            "Open it in a spreadsheet program and save it as .xlsx, or fetch it again.",
        ) from error


def saved_on(path: Path) -> date | None:
    """Day on which a workbook says it was last saved; None where it does not, or is no workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(_PROPERTIES).file_size > _MOST_PROPERTIES:
                return None
            properties = archive.read(_PROPERTIES).decode("utf-8", "replace")
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, LookupError, RuntimeError):
        return None
    found = _MODIFIED.search(properties)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


class _Workbook:
    """The parts of an open `.xlsx` archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.names = set(archive.namelist())
        kinds = dict(self._relations("").values())
        self.part = kinds.get("officeDocument", "xl/workbook.xml")
        self.root = self._xml(self.part)
        self.relations = self._relations(self.part)
        properties = next(_all(self.root, "workbookPr"), None)
        is_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        self.epoch = EPOCH_1904 if is_1904 else EPOCH_1900
        kinds = dict(self.relations.values())
        strings, styles = self._optional(kinds, "sharedStrings"), self._optional(kinds, "styles")
        self.strings = [plain_text(item, _namespace(item)) for item in strings]
        codes = {
            item.get("numFmtId", ""): item.get("formatCode", "") for item in _all(styles, "numFmt")
        }
        self.is_date = [
            is_date_format(style.get("numFmtId", "0"), codes)
            for formats in _all(styles, "cellXfs")
            for style in _all(formats, "xf")
        ]

    def sheets(self) -> list[Sheet]:
        parts = [
            (stored_text(sheet.get("name", "")), self.relations[_relation_id(sheet)][1])
            for sheet in _all(self.root, "sheet")
        ]
        return [self._sheet(name, part) for name, part in parts if "worksheets" in part]

    def _xml(self, part: str) -> Element:
        size = self.archive.getinfo(part).file_size
        if size > LARGEST_PART:
            raise ValueError(f"{part} would unpack to {size:,} bytes, more than {LARGEST_PART:,}")
        return ElementTree.fromstring(self.archive.read(part))

    def _optional(self, kinds: dict[str, str], kind: str) -> Element:
        part = kinds.get(kind)
        return self._xml(part) if part in self.names else Element("none")

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Kind and target of each relation of a part, by id."""
        folder, name = posixpath.split(part)
        listing = posixpath.join(folder, "_rels", f"{name}.rels")
        if listing not in self.names:
            return {}
        found = {}
        for relation in self._xml(listing):
            target = relation.get("Target", "")
            if relation.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = relation.get("Type", "").rpartition("/")[2]
            found[relation.get("Id", "")] = (kind, target)
        return found

    def _sheet(self, name: str, part: str) -> Sheet:
        root = self._xml(part)
        space = _namespace(root)
        rows: list[Row] = []
        number = 0
        for row in _all(root, "row"):
            before, number = number, row_number(row.get("r"), number + 1)
            if number <= before:
                raise ValueError(f"row {number} of sheet '{name}' stands after row {before}")
            cells: list[str] = []
            for cell in row:
                column = column_index(cell.get("r"), len(cells))
                if column < len(cells):
                    raise ValueError(f"the cell {cell.get('r')} stands twice, or out of order")
                cells.extend([""] * (column - len(cells)))
                cells.append(self._cell_text(cell, space))
            if any(map(str.strip, cells)):
                rows.append((number, cells))
        return Sheet(name, rows, self._links(root, part))

    def _cell_text(self, cell: Element, space: str) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return plain_text(cell, space)
        text = cell.findtext(space + "v") or ""
        if not text:
            # A formula that nobody has computed is not an empty cell.
            formula = None if kind == "str" else cell.find(space + "f")
            return "" if formula is None else f"={formula.text or ''}"
        if kind == "s":
            if int(text) < 0:
                raise ValueError(f"there is no shared string {text}")
            return self.strings[int(text)]
        if kind == "d":
            return text.removesuffix("T00:00:00")
        if kind != "n":
            return stored_text(text)
        style = int(cell.get("s", 0))
        is_date = 0 <= style < len(self.is_date) and self.is_date[style]
        return (is_date and date_text(float(text), self.epoch)) or text

    def _links(self, root: Element, part: str) -> dict[tuple[int, int], str]:
        anchors = list(_all(root, "hyperlink"))
        targets = self._relations(part) if anchors else {}
        links = {}
        for anchor in anchors:
            first = anchor.get("ref", "").partition(":")[0]
            digits = first.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ$")
            target = targets.get(_relation_id(anchor))
            if target is not None and digits.isdigit():
                links[int(digits), column_index(first, 0)] = target[1]
        return links


def _namespace(element: Element) -> str:
    return element.tag[: element.tag.rfind("}") + 1]


def _all(root: Element, name: str) -> Iterator[Element]:
    return root.iter(_namespace(root) + name)


def _relation_id(element: Element) -> str:
    return next((value for key, value in element.items() if key.endswith("}id")), "")


def delimiter_of(text: str) -> str:
    """What parts the cells of delimited text, told by its first line: comma, tab or semicolon.

    A table copied from a web page has tabs, and spreadsheet programs of some countries write
    semicolons.
    """
    header = text.partition("\n")[0]
    return max(",\t;", key=header.count)


def _csv_sheet(path: Path) -> Sheet:
    raw = path.read_bytes()
    if b"\0" in raw:
        raise DataError(
            path.name,
            "is neither a workbook (.xlsx) nor text",
            "Save it as .xlsx or as CSV (UTF-8), or fetch it again.",
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        # What spreadsheet programs call plain "CSV" is in this encoding.
        text = raw.decode("cp1252", errors="replace")
    text = visible(text)
    records = read_records(text, delimiter_of(text), path.name)
    rows = [
        (number, cells) for number, cells in enumerate(records, 1) if any(map(str.strip, cells))
    ]
    return Sheet("", rows)
