"""Sheets of a workbook or of a CSV file as plain text cells, with the links behind them.

An `.xlsx` file is a zip of XML. It is read here directly, because only three things are wanted
of it (text, dates, link targets) and a general reader takes about three times as long.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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

LARGEST_PART = 200_000_000
"""Bytes beyond which a part of a workbook is not unpacked; the lists here have below a million."""


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
        self.epoch = EPOCH_1904 if is_1904 else EPOCH_1900
        relations = self._relations(self.part)
        self.sheet_parts = [
            (stored_text(sheet.get("name", "")), relations[_relation_id(sheet)][1])
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
        size = self.archive.getinfo(part).file_size
        if size > LARGEST_PART:
            raise ValueError(f"{part} would unpack to {size:,} bytes, more than {LARGEST_PART:,}")
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
        return [plain_text(item, _namespace(item)) for item in self._xml(part)]

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
        return [is_date_format(style.get("numFmtId", "0"), codes) for style in _all(styles, "xf")]

    def _sheet(self, name: str, part: str) -> Sheet:
        root = self._xml(part)
        rows: list[tuple[int, list[str]]] = []
        number = 0
        for row in _all(root, "row"):
            before, number = number, row_number(row.get("r"), number + 1)
            if number <= before:
                raise ValueError(f"row {number} of sheet '{name}' stands after row {before}")
            cells = self._row_texts(row)
            if any(map(str.strip, cells)):
                rows.append((number, cells))
        return Sheet(name, rows, self._links(root, part))

    def _row_texts(self, row: Element) -> list[str]:
        cells: list[str] = []
        for cell in row:
            column = column_index(cell.get("r"), len(cells))
            if column < len(cells):
                raise ValueError(f"the cell {cell.get('r')} stands twice, or out of order")
            cells.extend([""] * (column - len(cells)))
            cells.append(self._cell_text(cell))
        return cells

    def _cell_text(self, cell: Element) -> str:
        kind, space = cell.get("t", "n"), _namespace(cell)
        if kind == "inlineStr":
            return plain_text(cell, space)
        text = cell.findtext(space + "v") or ""
        if not text:
            # A formula that nobody has computed is not an empty cell.
            formula = None if kind == "str" else cell.find(space + "f")
            return "" if formula is None else f"={formula.text or ''}"
        if kind == "s":
            return self._string(int(text))
        if kind == "d":
            return text.removesuffix("T00:00:00")
        return self._number_text(cell, text) if kind == "n" else stored_text(text)

    def _number_text(self, cell: Element, text: str) -> str:
        style = int(cell.get("s", 0))
        is_date = 0 <= style < len(self.is_date) and self.is_date[style]
        return (is_date and date_text(float(text), self.epoch)) or text

    def _string(self, number: int) -> str:
        if number < 0:
            raise ValueError(f"there is no shared string {number}")
        return self.strings[number]

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
                links[int(digits), column_index(first, 0)] = target[1]
        return links


def _namespace(element: Element) -> str:
    return element.tag[: element.tag.rfind("}") + 1]


def _all(root: Element, name: str) -> Iterator[Element]:
    return root.iter(_namespace(root) + name)


def _relation_id(element: Element) -> str:
    return next((value for key, value in element.items() if key.endswith("}id")), "")


def other_widths(sheet: Sheet, body: Sequence[tuple[int, list[str]]], width: int) -> list[bool]:
    """Whether each row of delimited text has another number of cells than its header.

    A workbook does not store the empty cells at the end of a row, so none of its rows is meant.
    """
    return [not sheet.name and len(cells) != width for _, cells in body]


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
