"""Faults planted in a report that stands are each found by the check of all reports."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from coopanalysis.display.figures.style import STATUS_COLOURS, STATUS_LABELS
from coopanalysis.reports import ReportRun, run_reports
from coopanalysis.reports.goals import Miss
from coopanalysis.reports.plan import ReportJob
from coopanalysis.seal import sealed
from report_samples import write_project
from tools.check_pages import typed_numbers
from tools.check_pages.__main__ import main
from tools.check_pages.check import (
    Checked,
    check_reports,
    draw_notebooks,
    draw_pages,
    format_checks,
)
from tools.check_pages.place_codes import check_places
from tools.check_pages.reproducible import check_repeats
from tools.check_pages.status_colours import check_colours
from tools.check_pages.typed_numbers import find_typed_numbers

FAULTS: dict[str, tuple[int, Callable[[str], str]]] = {
    "an image without alt": (4, lambda h: h.replace("<img alt=", "<img data-was=", 1)),
    "an outside script": (
        2,
        lambda h: h.replace("</main>", '<script src="https://x.example/a.js"></script></main>'),
    ),
    "a table without scope": (6, lambda h: h.replace(' scope="col"', "", 1)),
    "a heading out of order": (
        11,
        lambda h: h.replace("</main>", "<h2>Second</h2><h4>Fourth</h4></main>"),
    ),
    "a broken link in the contents": (
        11,
        lambda h: h.replace('<li><a href="#', '<li><a href="#no-', 1),
    ),
}


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patched:
        yield patched


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> ReportRun:
    folder = tmp_path_factory.mktemp("project")
    patch.setenv("COOPANALYSIS_HOME", str(folder))
    write_project(folder)
    (folder / "data" / "raw" / "reference").mkdir(parents=True)
    return run_reports("demo", only="rates")


@pytest.fixture
def page(run: ReportRun) -> Iterator[Path]:
    """The page as it stands; what a test does to it and to its record is undone."""
    job = run.outcomes[0].job
    before = {path: path.read_bytes() for path in (job.html_path, job.record_path)}
    yield job.html_path
    for path, content in before.items():
        path.write_bytes(content)


def about(folder: Path, code: str) -> ReportJob:
    """A report about a state, whose page stands."""
    (folder / f"{code}.html").write_text('<p class="dek">It is 5.</p>')
    return ReportJob(
        id="brief",
        slug=code,
        notebook=folder / "brief.ipynb",
        title="",
        description="",
        topic="",
        release="demo",
        parameters={"state_fips": code},
        folder=folder,
        build_path=folder / "build.json",
    )


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_fails_the_check(run: ReportRun, page: Path, fault: str) -> None:
    goal, plant = FAULTS[fault]
    folder = run.index.parent
    assert not check_reports(folder).failed
    html = page.read_text(encoding="utf-8")
    assert plant(html) != html, "the fault was not planted"
    page.write_text(plant(html), encoding="utf-8")
    checked = check_reports(folder)
    assert checked.failed
    assert {miss.goal for miss in checked.misses["demo/rates"]} == {goal}
    assert f"demo/rates: goal {goal}:" in format_checks(checked)


@pytest.mark.slow
def test_a_hand_typed_number_fails_the_check(run: ReportRun) -> None:
    first = run.outcomes[0].job
    other = run_reports("demo", only="rates", overrides={"seed": "12"}).outcomes[0].job
    pages = [job.html_path.read_text(encoding="utf-8") for job in (first, other)]
    typed = [
        html.replace(
            '<section class="prose">', '<section class="prose"><p>It is 3.07 fewer.</p>', 1
        )
        for html in pages
    ]
    other.html_path.unlink()
    other.record_path.unlink()
    (miss,) = set(find_typed_numbers(typed[0], typed[1:])) - set(
        find_typed_numbers(pages[0], pages[1:])
    )
    assert miss.goal == 7
    assert "3.07 in a prose is in no result" in miss.problem


@pytest.mark.slow
def test_the_same_inputs_give_the_same_bytes_or_it_is_said(run: ReportRun, page: Path) -> None:
    job = run.outcomes[0].job
    assert check_repeats([job]) == {"rates": []}
    html = page.read_text(encoding="utf-8")
    drawn = html.replace("</main>", "<p>Drawn at 12:03.</p></main>")
    page.write_text(drawn, encoding="utf-8")
    (miss,) = check_repeats([job])["rates"]
    assert "rates.html is not as it was written" in miss.problem
    record = json.loads(job.record_path.read_bytes())
    digest = hashlib.sha256(drawn.encode("utf-8")).hexdigest()
    job.record_path.write_text(
        json.dumps(sealed(record | {"page_sha256": digest})), encoding="utf-8"
    )
    (miss,) = check_repeats([job])["rates"]
    assert miss.goal == 17
    assert "a second run gives another page" in miss.problem


def test_a_report_whose_state_is_left_out_waits_for_other_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [about(tmp_path, code) for code in ("60", "61", "62")]
    draws = {seed: {"62"} for seed in typed_numbers.SEEDS} | {3: {"60", "62"}, 11: {"60", "62"}}
    seeds: dict[str, list[int]] = {job.slug: [] for job in jobs}
    now: list[int] = []

    def leave_out(_: Path, __: str, seed: int, ___: set[str]) -> set[str]:
        now.append(seed)
        return draws[seed]

    def run(folder: Path, left: list[ReportJob]) -> Iterator[tuple[ReportJob, Path]]:
        for job in left:
            seeds[job.slug].append(now[-1])
            page = folder / f"{job.slug}.html"
            page.write_text(f'<p class="dek">It is {5 if job.slug == "61" else now[-1]}.</p>')
            yield job, page

    monkeypatch.setattr(typed_numbers, "write_perturbed_project", leave_out)
    monkeypatch.setattr(typed_numbers, "run_in_copy", run)
    misses = typed_numbers.check_typed_numbers(jobs)
    assert seeds == {
        "60": [29],
        "61": list(typed_numbers.SEEDS[: typed_numbers.MOST_TRIES]),
        "62": [],
    }
    assert misses["60"] == []
    assert ["5 in a description is in no result" in miss.problem for miss in misses["61"]] == [True]
    assert ["add a seed" in miss.problem for miss in misses["62"]] == [True]


@pytest.mark.slow
def test_every_code_of_a_place_stays_text_and_an_unknown_one_is_an_error(run: ReportRun) -> None:
    found = check_places("demo")
    assert found["rates"] == []
    plan = run.index.parent.parent / "notebooks" / "reports.toml"
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace('state_fips = ["60", "06"]\n', ""), encoding="utf-8")
    (miss,) = check_places("demo")["rates"]
    plan.write_text(text, encoding="utf-8")
    assert miss.goal == 18
    assert "any text passes as state_fips" in miss.problem


def test_where_nothing_stands_the_check_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COOPANALYSIS_HOME", str(write_project(tmp_path / "project")))
    assert main() == 1
    assert "make reports" in capsys.readouterr().err


def legend(colour: str, words: str = "Limits cooperation", hatch: str = "") -> str:
    swatch = f'<svg><rect fill="{colour}"></rect>{hatch}</svg>'
    return f'<ul class="coop-legend"><li>{swatch}<span>{words}</span></li></ul>'


def test_a_status_in_another_colour_is_found() -> None:
    words = STATUS_LABELS["limits"]
    hatch = '<path d="M0 0"></path>'
    assert list(check_colours(legend(STATUS_COLOURS["limits"], words))) == []
    (other,) = check_colours(legend("#9E6FBF", words))
    assert other.goal == 8
    assert "not its own colour" in other.problem
    assert len(list(check_colours(legend(STATUS_COLOURS["limits"], words, hatch)))) == 1
    unknown = legend(STATUS_COLOURS["unknown"], STATUS_LABELS["unknown"])
    assert ["only what is not known is hatched" in m.problem for m in check_colours(unknown)] == [
        True
    ]
    assert list(check_colours(legend("#123456", "No status at all"))) == []


def test_the_table_says_what_was_missed_and_what_was_not_checked() -> None:
    checked = Checked()
    checked.add("demo/a", (1, 4), [])
    checked.add("demo/b", (4,), [Miss(4, "an image has no alt")])
    assert format_checks(checked).splitlines() == [
        "goal    1  4",
        "demo/a  .  .",
        "demo/b     x",
        "demo/b: goal 4: an image has no alt",
    ]
    assert checked.failed
    lacking = Checked(unchecked=["No Chromium here."])
    lacking.add("demo/a", (4,), [])
    assert lacking.failed
    assert format_checks(lacking).endswith("No Chromium here.")


def test_pages_and_notebooks_take_turns_and_every_national_report_is_opened(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    records = [{"release": "demo", "slug": f"brief-{at}", "id": "brief"} for at in range(40)]
    twins = [
        {"release": release, "slug": f"nation-{at}", "id": "nation"}
        for at in range(8)
        for release in ("demo", "public")
    ]
    alone = {"release": "public", "slug": "alone", "id": "nation"}
    records += [*twins, alone]
    monkeypatch.setattr(
        "tools.check_pages.check.load_plan", lambda _: [SimpleNamespace(id="nation")]
    )
    drawn = {turn: draw_pages(records, 6, turn) for turn in ("one", "two")}
    for full, opened in drawn.values():
        assert [one["id"] for one in full].count("brief") == 6
        assert {one["slug"] for one in full if one["id"] == "nation"} == {
            one["slug"] for one in [*twins, alone]
        }
        assert alone in full and len(opened) == 8
        assert all((one in full) != (one in opened) for one in twins)
    assert drawn["one"] != drawn["two"]
    backwards = draw_pages(records[::-1], 6, "one")
    assert tuple(part[::-1] for part in backwards) == drawn["one"]
    notebooks = [tmp_path / f"{at}.ipynb" for at in range(11)]
    turns = [set(draw_notebooks(notebooks, 6, str(turn))) for turn in range(12)]
    assert {len(some) for some in turns} == {6}
    assert set().union(*turns) == set(notebooks)
