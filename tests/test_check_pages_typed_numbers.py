"""A number typed into a sentence is found; one that comes from the results is not."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tools.check_pages.sentences import canonical, numbers
from tools.check_pages.typed_numbers import find_typed_numbers

PAGE = """<html><body><h1>Rates in 2023</h1>
<div class="coop-headline"><p class="coop-estimate">Counties with it report {estimate} fewer
offences per 100,000 residents (95% interval {low} to {high}; n = {n}).{typed}</p></div>
<div class="coop-limits"><ul><li>{missing} of 50 counties are missing.</li></ul></div>
<figure><p class="coop-finding">The largest is {estimate}</p>
<img alt="Bar chart of 287(g) models, {estimate} at most."><details><table><tbody>
<tr><th scope="row">a</th><td class="num">{estimate}</td></tr>
<tr><th scope="row">b</th><td class="num">12.5</td></tr></tbody></table></details>
<a class="coop-download" href="data:text/csv;charset=utf-8,{csv}">CSV (2 rows)</a></figure>
</body></html>"""


def page(estimate: float, missing: int = 4, typed: str = "") -> str:
    rows = f"name,rate,of\na,{estimate},50\nb,12.5,50\n"
    return PAGE.format(
        estimate=estimate,
        low=estimate - 1.5,
        high=estimate + 1.5,
        n=round(1000 * estimate),
        missing=missing,
        typed=typed,
        csv=quote(rows),
    )


def test_computed_numbers_pass() -> None:
    assert find_typed_numbers(page(2.5), [page(3.75, 9)]) == []


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        (" That is 3.0 fewer.", "3"),
        (" About 41.7% of them.", "41.7"),
        (" They are 1,234 in all.", "1234"),
    ],
)
def test_a_typed_number_is_caught(typed: str, number: str) -> None:
    (miss,) = find_typed_numbers(page(2.5, typed=typed), [page(3.75, 9, typed=typed)])
    assert miss.goal == 7
    assert f"{number} in a headline is in no result" in miss.problem


def test_a_number_that_stays_by_chance_is_tried_on_other_data() -> None:
    first = page(2.5, 31)
    assert {m.problem[:2] for m in find_typed_numbers(first, [page(3.75, 31)])} == {"31"}
    assert find_typed_numbers(first, [page(3.75, 31), page(3.75, 9)]) == []


def test_a_number_of_another_figure_does_not_excuse_a_caption() -> None:
    extra = '<figure><p class="coop-finding">It is 12.5</p></figure>'
    html, other = (page(one).replace("</body>", f"{extra}</body>") for one in (2.5, 3.75))
    assert [m.problem[:17] for m in find_typed_numbers(html, [other])] == ["12.5 in a finding"]


def test_parameters_may_be_named() -> None:
    typed = " Above quality 77."
    html, other = page(2.5, typed=typed), page(3.75, 9, typed=typed)
    assert len(find_typed_numbers(html, [other])) == 1
    assert find_typed_numbers(html, [other], {"least": 77}) == []


def test_names_and_conventions_are_no_results() -> None:
    text = "287(g) agreements on 18 May 2026, per 100,000 residents; 95% interval, thick line 80%"
    assert numbers(text) == []
    assert numbers("from <0.001 and <0.01 to <1, not <2.5") == ["2.5"]
    assert numbers("fell by 1,200.50, or \u22123.0%, in county 06001") == ["1200.5", "3", "06001"]
    assert canonical("\u22121,000") == "1000"


def test_a_share_that_follows_from_its_counts_is_no_number_of_its_own() -> None:
    assert numbers("67 of 67 counties (100.0%) of Florida") == ["67", "67"]
    assert numbers("1 of 3 (33.3%) and 1 of 3 (34%)") == ["1", "3", "1", "3", "34"]
    assert numbers("1,000 of 4,000 known counties (25%)") == ["1000", "4000"]


def test_a_count_of_the_rows_that_share_a_value_is_a_result() -> None:
    rows = "name,model\n" + "".join(f"c{n},{'a' if n < 77 else 'b'}\n" for n in range(100))
    figure = f"""<figure><p class="coop-finding">{{}} are of model a.</p>
<a class="coop-download" href="data:text/csv;charset=utf-8,{quote(rows)}">CSV</a></figure>"""
    assert find_typed_numbers(figure.format(77), [figure.format(77)]) == []
    (miss,) = find_typed_numbers(figure.format(78), [figure.format(78)])
    assert "78 in a finding is in no result" in miss.problem
