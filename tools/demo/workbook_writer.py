"""A small writer of Excel workbooks whose bytes are the same everywhere.

openpyxl writes different bytes with and without lxml and from version to version, and
compressed bytes depend on the zlib at hand. So the parts are written here and stored, not
compressed.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape, quoteattr

FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_SHEET_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL_NS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE_NS = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@dataclass(frozen=True)
class Mistake:
    """A cell that holds a spreadsheet error such as `#N/A`, not text."""

    text: str = "#N/A"


Cell = str | date | Mistake | None


def workbook(
    sheet: str,
    rows: Sequence[Sequence[Cell]],
    links: Mapping[tuple[int, int], str],
    empty_rows: int = 0,
    empty_columns: int = 0,
) -> bytes:
    """Write a workbook of one sheet whose first row is the header.

    None is an empty cell. Links are by row and column, from 0. `empty_rows` below and
    `empty_columns` to the right are formatted but empty, as real lists have them.
    """
    strings: dict[str, int] = {}
    width = len(rows[0]) + empty_columns
    padded = [[*row, *[None] * (width - len(row))] for row in rows]
    padded += [[None] * width for _ in range(empty_rows)]
    body = "".join(_row(number, row, strings) for number, row in enumerate(padded))
    places = sorted(links)
    link_tags = "".join(
        f'<hyperlink ref="{_reference(*place)}" r:id="rId{number}"/>'
        for number, place in enumerate(places, 1)
    )
    last = _reference(len(padded) - 1, width - 1)
    sheet_xml = (
        f'{_XML}<worksheet xmlns="{_SHEET_NS}" xmlns:r="{_REL_NS}">'
        f'<dimension ref="A1:{last}"/><sheetData>{body}</sheetData>'
        f'<autoFilter ref="A1:{_reference(len(rows) - 1, len(rows[0]) - 1)}"/>'
        f"{'<hyperlinks>' + link_tags + '</hyperlinks>' if places else ''}</worksheet>"
    )
    relations = [(f"{_REL_NS}/hyperlink", links[place], "External") for place in places]
    return _package(sheet, sheet_xml, relations, strings)


def _row(number: int, row: Sequence[Cell], strings: dict[str, int]) -> str:
    cells = "".join(
        _cell(_reference(number, column), value, strings) for column, value in enumerate(row)
    )
    return f'<row r="{number + 1}">{cells}</row>'


def _cell(place: str, value: Cell, strings: dict[str, int]) -> str:
    if value is None:
        return f'<c r="{place}" s="2"/>'
    if isinstance(value, Mistake):
        return f'<c r="{place}" t="e"><v>{value.text}</v></c>'
    if isinstance(value, date):
        return f'<c r="{place}" s="1"><v>{(value - date(1899, 12, 30)).days}</v></c>'
    return f'<c r="{place}" t="s"><v>{strings.setdefault(value, len(strings))}</v></c>'


def _reference(row: int, column: int) -> str:
    return f"{chr(ord('A') + column)}{row + 1}"


def _relations(entries: Sequence[tuple[str, str, str]]) -> str:
    tags = "".join(
        f'<Relationship Id="rId{number}" Type="{kind}" Target={quoteattr(target)}'
        f"{' TargetMode=' + quoteattr(mode) if mode else ''}/>"
        for number, (kind, target, mode) in enumerate(entries, 1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE_NS}/relationships">{tags}</Relationships>'


def _package(
    sheet: str,
    sheet_xml: str,
    relations: Sequence[tuple[str, str, str]],
    strings: Mapping[str, int],
) -> bytes:
    office = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    types = {
        "/xl/workbook.xml": f"{office}.sheet.main+xml",
        "/xl/worksheets/sheet1.xml": f"{office}.worksheet+xml",
        "/xl/styles.xml": f"{office}.styles+xml",
        "/xl/sharedStrings.xml": f"{office}.sharedStrings+xml",
        "/docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
    }
    overrides = "".join(
        f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in types.items()
    )
    parts = {
        "[Content_Types].xml": (
            f'{_XML}<Types xmlns="{_PACKAGE_NS}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
            'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
            f"{overrides}</Types>"
        ),
        "_rels/.rels": _relations(
            [
                (f"{_REL_NS}/officeDocument", "xl/workbook.xml", ""),
                (
                    f"{_PACKAGE_NS}/relationships/metadata/core-properties",
                    "docProps/core.xml",
                    "",
                ),
            ]
        ),
        "xl/workbook.xml": (
            f'{_XML}<workbook xmlns="{_SHEET_NS}" xmlns:r="{_REL_NS}"><sheets>'
            f'<sheet name={quoteattr(sheet)} sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": _relations(
            [
                (f"{_REL_NS}/worksheet", "worksheets/sheet1.xml", ""),
                (f"{_REL_NS}/styles", "styles.xml", ""),
                (f"{_REL_NS}/sharedStrings", "sharedStrings.xml", ""),
            ]
        ),
        "xl/worksheets/sheet1.xml": sheet_xml,
        "xl/worksheets/_rels/sheet1.xml.rels": _relations(relations),
        "xl/styles.xml": _styles(),
        "xl/sharedStrings.xml": _shared_strings(strings),
        "docProps/core.xml": _core_properties(),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, text in parts.items():
            info = zipfile.ZipInfo(name, FIXED_TIME)
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, text.encode())
    return buffer.getvalue()


def _styles() -> str:
    return (
        f'{_XML}<styleSheet xmlns="{_SHEET_NS}"><fonts count="1"><font><sz val="11"/>'
        '<name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill '
        'patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        '</cellStyleXfs><cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" '
        'xfId="0"/><xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" '
        'applyNumberFormat="1"/><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" '
        'applyAlignment="1"><alignment wrapText="1"/></xf></cellXfs><cellStyles count="1">'
        '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def _shared_strings(strings: Mapping[str, int]) -> str:
    items = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in strings)
    return (
        f'{_XML}<sst xmlns="{_SHEET_NS}" count="{len(strings)}" '
        f'uniqueCount="{len(strings)}">{items}</sst>'
    )


def _core_properties() -> str:
    metadata = f"{_PACKAGE_NS}/metadata/core-properties"
    stamp = '<dcterms:{0} xsi:type="dcterms:W3CDTF">2026-01-01T00:00:00Z</dcterms:{0}>'
    return (
        f'{_XML}<cp:coreProperties xmlns:cp="{metadata}" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>Simulated, not real'
        f"</dc:title><dc:creator>coopanalysis</dc:creator>{stamp.format('created')}"
        f"{stamp.format('modified')}</cp:coreProperties>"
    )
