"""Sheets of a workbook or of a CSV file as plain text cells, with the links behind them.

An `.xlsx` file is a zip of XML. It is read here directly, because only three things are wanted
of it (text, dates, link targets) and a general reader takes about three times as long.
"""

from __future__ import annotations

import csv
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

from coopanalysis.errors import DataError

Element = ElementTree.Element

_BUILTIN_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_NOT_A_DATE_PART = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_EPOCH_1900 = datetime(1899, 12, 30)
_EPOCH_1904 = datetime(1904, 1, 1)


@dataclass(frozen=True)
class Sheet:
    """One sheet, or a whole CSV file.

    Attributes
    ----------
    name : str
        Sheet name; empty for a CSV file.
    rows : list of (int, list of str)
        Row number as a person sees it, and the text of each cell from column A on; dates as
        `YYYY-MM-DD`, error cells as their text, empty cells as an empty text. Rows without any
        text are left out.
    links : dict
        Link target by (row number, column index from 0).
    """

    name: str
    rows: list[tuple[int, list[str]]]
    links: dict[tuple[int, int], str] = field(default_factory=dict)


def read_sheets(path: Path) -> list[Sheet]:
    """Read every sheet of an `.xlsx` workbook, or delimited text as one sheet.

    Parameters
    ----------
    path : Path
        The file. Told by its content: a zip is a workbook, anything else is text.

    Raises
    ------
    DataError
        If the file is missing, or is neither a workbook nor delimited text.
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


class _Workbook:
    """The parts of an open `.xlsx` archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.names = set(archive.namelist())
        self.part = self._workbook_part()
        root = self._xml(self.part)
        properties = next(_all(root, "workbookPr"), None)
        is_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        self.epoch = _EPOCH_1904 if is_1904 else _EPOCH_1900
        relations = self._relations(self.part)
        self.sheet_parts = [
            (sheet.get("name", ""), relations[_relation_id(sheet)][1])
            for sheet in _all(root, "sheet")
        ]
        by_kind = dict(relations.values())
        self.strings = self._strings(by_kind.get("sharedStrings"))
        self.is_date = self._date_styles(by_kind.get("styles"))

    def sheets(self) -> list[Sheet]:
        return [self._sheet(name, part) for name, part in self.sheet_parts if "worksheets" in part]

    def _workbook_part(self) -> str:
        for kind, target in self._relations("").values():
            if kind == "officeDocument":
                return target
        return "xl/workbook.xml"

    def _xml(self, part: str) -> Element:
        return ElementTree.fromstring(self.archive.read(part))

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

    def _strings(self, part: str | None) -> list[str]:
        if part is None or part not in self.names:
            return []
        return [_plain_text(item) for item in self._xml(part)]

    def _date_styles(self, part: str | None) -> list[bool]:
        if part is None or part not in self.names:
            return []
        root = self._xml(part)
        codes = {
            item.get("numFmtId", ""): item.get("formatCode", "") for item in _all(root, "numFmt")
        }
        styles = next(_all(root, "cellXfs"), None)
        if styles is None:
            return []
        return [_is_date_format(style.get("numFmtId", "0"), codes) for style in _all(styles, "xf")]

    def _sheet(self, name: str, part: str) -> Sheet:
        root = self._xml(part)
        rows: list[tuple[int, list[str]]] = []
        number = 0
        for row in _all(root, "row"):
            number = int(row.get("r", number + 1))
            cells: list[str] = []
            for cell in row:
                column = _column_index(cell.get("r"), len(cells))
                cells.extend([""] * (column + 1 - len(cells)))
                cells[column] = self._cell_text(cell)
            if any(map(str.strip, cells)):
                rows.append((number, cells))
        return Sheet(name, rows, self._links(root, part))

    def _cell_text(self, cell: Element) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _plain_text(cell)
        text = cell.findtext(_namespace(cell) + "v") or ""
        if kind == "s" and text:
            return self.strings[int(text)]
        if kind == "d":
            return text.removesuffix("T00:00:00")
        if kind != "n" or not text:
            return text
        style = int(cell.get("s", 0))
        if style < len(self.is_date) and self.is_date[style]:
            return _date_text(float(text), self.epoch) or text
        return text

    def _links(self, root: Element, part: str) -> dict[tuple[int, int], str]:
        anchors = list(_all(root, "hyperlink"))
        if not anchors:
            return {}
        targets = self._relations(part)
        links = {}
        for anchor in anchors:
            first = anchor.get("ref", "").partition(":")[0]
            digits = first.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ$")
            target = targets.get(_relation_id(anchor))
            if target is not None and digits.isdigit():
                links[int(digits), _column_index(first, 0)] = target[1]
        return links


def _namespace(element: Element) -> str:
    return element.tag[: element.tag.rfind("}") + 1]


def _all(root: Element, name: str) -> Iterator[Element]:
    return root.iter(_namespace(root) + name)


def _relation_id(element: Element) -> str:
    return next((value for key, value in element.items() if key.endswith("}id")), "")


def _plain_text(item: Element) -> str:
    """Text of a string item, run by run, without the phonetic readings."""
    space = _namespace(item)
    phonetic = {id(text) for reading in item.iter(space + "rPh") for text in reading}
    return "".join(text.text or "" for text in item.iter(space + "t") if id(text) not in phonetic)


def _column_index(reference: str | None, default: int) -> int:
    if not reference:
        return default
    index = 0
    for letter in reference.replace("$", "").rstrip("0123456789"):
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def _is_date_format(number: str, codes: dict[str, str]) -> bool:
    code = codes.get(number)
    if code is None:
        return int(number) in _BUILTIN_DATE_FORMATS
    return any(letter in "dmyhs" for letter in _NOT_A_DATE_PART.sub("", code).lower())


def _date_text(serial: float, epoch: datetime) -> str:
    """Date of a serial number, as ISO text; empty if no calendar has it."""
    try:
        moment = epoch + timedelta(days=serial)
    except OverflowError:
        return ""
    return moment.date().isoformat() if serial == int(serial) else moment.isoformat("T", "seconds")


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
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What spreadsheet programs call plain "CSV" is in this encoding.
        text = raw.decode("cp1252", errors="replace")
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text)))
    except csv.Error as error:
        raise DataError(
            path.name, f"is not delimited text ({error})", "Save it again as CSV (UTF-8)."
        ) from error
    rows = [
        (number, cells) for number, cells in enumerate(records, 1) if any(map(str.strip, cells))
    ]
    return Sheet("", rows)
