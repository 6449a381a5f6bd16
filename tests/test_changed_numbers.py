"""A changed number is told with its report, its name, and both values."""

from __future__ import annotations

from pathlib import Path

from coopanalysis.reports.validate import change_lines, changed_numbers


def test_a_number_in_a_sentence_is_named_by_its_words() -> None:
    old = "In Aldermark 73.7 more offences are known (46 to 101; n = 1,256 counties)."
    (found,) = changed_numbers(old, old.replace("1,256", "1,255"))
    assert found == ("known (46 to 101; n = [...] counties).", "1,256", "1,255")


def test_a_number_in_a_table_is_named_by_its_row_and_place() -> None:
    old = "        Rule    Estimate\nFull coverage      68.5  34.6\n        None      73.7  46.5"
    (found,) = changed_numbers(old, old.replace("34.6", "34.7"))
    assert found == ("Full coverage, value 2", "34.6", "34.7")


def test_changed_words_are_told_as_a_line() -> None:
    assert list(changed_numbers("It is 3.\nThe end.", "It was 3.\nThe end.")) == [
        ("text", "It is 3.", "It was 3.")
    ]
    assert list(changed_numbers("It is 3.", "It is 3.")) == []


def test_a_line_names_the_report_of_the_notebook() -> None:
    old, new = ([{"data": {"text/plain": f"It is {n}."}}] for n in (3, 4))
    (line,) = change_lines(Path("50_robustness.ipynb"), old, new)
    assert line == "robustness: It is [...] .: was 3, is 4"
