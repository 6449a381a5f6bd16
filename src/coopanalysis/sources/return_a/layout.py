"""The fixed positions of a Return A master record, as data.

Positions are those of the FBI's record description: counted from 1, both ends included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

RECORD_LENGTH: Final = 7385
HEADER_LENGTH: Final = 305
MONTH_LENGTH: Final = 590
MONTHS: Final = 12

Kind = Literal["code", "name", "integer"]


@dataclass(frozen=True)
class Field:
    """One field of the heading: the column it becomes, and where it stands.

    `first` and `last` are counted from 1, both included. A code has a fixed alphabet, a name is
    free text, an integer is unsigned digits.
    """

    name: str
    first: int
    last: int
    kind: Kind
    meaning: str

    @property
    def span(self) -> slice:
        """Offsets of the field in a record."""
        return slice(self.first - 1, self.last)

    @property
    def width(self) -> int:
        """Number of characters."""
        return self.last - self.first + 1


HEADING: Final[tuple[Field, ...]] = (
    Field("ucr_state", 2, 3, "code", "State in the FBI's own numbering, 01 to 62"),
    Field("ori7", 4, 10, "code", "Agency identifier without its last two characters"),
    Field("population_group", 11, 12, "code", "Size group of the agency"),
    Field("year_in_century", 14, 15, "integer", "Year, two digits"),
    Field("covered_by_ori7", 24, 30, "code", "Agency that sends this one's crimes with its own"),
    Field("last_month_reported", 42, 43, "integer", "Last month that was sent"),
    Field("counts_as_agency", 44, 44, "integer", "1, or 0 for state police and the like"),
    Field("population_1", 45, 53, "integer", "Residents served in the first county"),
    Field("ucr_county_1", 54, 56, "code", "First county, in the FBI's own numbering"),
    Field("population_2", 60, 68, "integer", "Residents served in the second county"),
    Field("ucr_county_2", 69, 71, "code", "Second county"),
    Field("population_3", 75, 83, "integer", "Residents served in the third county"),
    Field("ucr_county_3", 84, 86, "code", "Third county"),
    Field("follow_up", 118, 118, "code", "Y if the FBI asks for returns that are missing"),
    Field("mailing_group", 119, 119, "code", "7 if the agency is no contributor"),
    Field("agency", 121, 144, "name", "Name of the agency"),
    Field("state_text", 145, 150, "name", "Short name of the state"),
    Field("office", 151, 180, "name", "First line of the address: the office written to"),
)
"""Fields read from the heading; addresses beyond the office are left alone."""
HEADING_READ: Final = max(field.last for field in HEADING)
"""Characters of the heading that are looked at."""

INCLUDED_IN: Final = slice(0, 2)
CARD_TYPES: Final = slice(8, 13)
TOTALS_ONLY: Final = slice(13, 17)
NUMBERS: Final = slice(17, 437)
"""Offsets inside a month: the month it is included in, card types, broken down or totals
only, and the cells of the first three cards."""

CELL_WIDTH: Final = 5
CELLS_PER_CARD: Final = 28
CARDS: Final[tuple[str, ...]] = ("unfounded", "actual", "cleared")

CARD_HAS_DATA: Final = b"25"
"""Card types of a month that was sent: an adjusted return, a normal return."""
CARD_TYPE_CODES: Final = b" 02458"
TOTALS_ONLY_CODES: Final = b" 0PT"
FOLLOW_UP_CODES: Final = b" YN"
MAILING_GROUP_CODES: Final = b" 0123456789"
"""All that these fields hold: with anything else in them, a record has lost or gained a byte."""

OFFENSE_CELLS: Final[dict[str, tuple[tuple[int, int], ...]]] = {
    "murder": ((1, 1),),
    "manslaughter": ((2, 1),),
    "rape": ((3, 1),),
    "robbery": ((6, 1),),
    "aggravated_assault": ((11, 1), (16, -1)),
    "simple_assault": ((16, 1),),
    "burglary": ((17, 1),),
    "larceny": ((21, 1),),
    "motor_vehicle_theft": ((22, 1),),
    "violent": ((1, 1), (3, 1), (6, 1), (11, 1), (16, -1)),
    "property": ((17, 1), (21, 1), (22, 1)),
}
"""Offence to (number on the card, sign). Violent and property in the FBI's usual sense."""

TOTAL_CELLS: Final[dict[int, tuple[int, ...]]] = {
    3: (4, 5),
    6: (7, 8, 9, 10),
    11: (12, 13, 14, 15, 16),
    17: (18, 19, 20),
    22: (23, 24, 25),
    26: (1, 2, 3, 6, 11, 17, 21, 22),
}
"""Totals on a card, and the numbers they are sums of."""

FIRST_YEAR: Final = 1960
"""Two-digit years from 60 on belong to the twentieth century: no master file is older."""
