"""Police employees by agency (FBI, newest year of each agency).

The years of the agencies differ: the file is a directory of agencies, not a cross-section.
"""

from __future__ import annotations

from pathlib import Path

from coopanalysis.catalog.reject_reasons import NOT_A_NAME, NOT_A_NUMBER, OTHER_STATE
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import read_text_table

_COUNTS = {
    "population_count": "population",
    "officers_count": "officer_ct",
    "civilians_count": "civilian_ct",
    "employees_count": "total_pe_ct",
}
_TEXTS = ("ori", "pub_agency_name", "state_abbr", "county_name", "agency_type_name")
_COLUMNS = (*_TEXTS, "data_year", *_COUNTS.values(), "pe_ct_per_1000")
_FEDERAL = "FS"
"""In the place of a state for agencies of the federal government, wherever they are."""
_TYPES = (
    "City", "County", "Federal", "Other", "Other State Agency", "State Police", "Tribal",
    "University or College",
)  # fmt: skip
_ORI = r"[A-Z0-9]{9}"


def read_police_employees(path: Path, source: str = "") -> Reading:
    """Read officers and civilians by agency.

    Returns
    -------
    Reading
        One row per agency: `ori9`, `ori7` (its first seven characters, which several agencies
        can share), `year` (the agency's newest), `agency`, `state_text` (postal abbreviation,
        but `NB` for Nebraska and `GM` for Guam), `county_text` (names in capitals without
        suffix, several with commas between), `agency_type`, `population_count` (residents not
        served by another agency; 0 for agencies without residents of their own),
        `officers_count`, `civilians_count`, `employees_count`, and provenance. Lines whose
        total is not officers plus civilians are kept: the total is as published.
    """
    table = read_text_table(path, source, _COLUMNS)
    ori9 = table.matched("ori", _ORI, "agency identifier is not nine characters")
    state = table.text("state_abbr")
    elsewhere = (ori9.str[:2] != state) & (state != _FEDERAL)
    table.reject(elsewhere, f"{OTHER_STATE}: ori and state_abbr")
    table.matched("pe_ct_per_1000", r"\d+(\.\d+)?|NULL", f"{NOT_A_NUMBER}: pe_ct_per_1000")
    agency_type = table.text("agency_type_name")
    table.reject(~agency_type.isin(_TYPES), f"{NOT_A_NAME} of a type: agency_type_name")
    typed = {
        "ori9": ori9,
        "ori7": ori9.str[:7],
        **table.wholes({"year": "data_year"}),
        "agency": table.name("pub_agency_name"),
        "state_text": state,
        "county_text": table.name("county_name"),
        "agency_type": agency_type,
        **table.wholes(_COUNTS),
    }
    return table.reading(typed, ("ori9",))
