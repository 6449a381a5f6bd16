"""Break the package in small ways, one at a time, and see whether its tests notice.

`python tests/mutants.py` prints a table for docs/reliability.md, and ends with status 1 if a mutant
survives. A mutant that no test can kill, since nothing that the package returns changes, is not in
the list. `python tests/mutants.py WORD` tries those whose file, old or new text has that word.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[1]
PACKAGE = Path("src/coopanalysis")
COPIED = ("src", "tests", "tools", "notebooks", "data/raw", "docs", "pyproject.toml",
          "requirements.lock")  # fmt: skip
LIMIT_SECONDS = 900


@dataclass(frozen=True)
class Mutant:
    """A text in a file of the package, what stands in its place, and the tests that must notice."""

    file: str
    old: str
    new: str
    tests: str


MUTANTS = (
    Mutant(
        "models/inference.py", "2 * special.ndtr(-size)", "special.ndtr(-size)", "models_inference"
    ),
    Mutant("models/inference.py", "0.5 + CONFIDENCE / 2", "CONFIDENCE", "models_inference"),
    Mutant("models/matching.py", 'side="right"', 'side="left"', "models_matching"),
    Mutant("models/poisson.py", "- special.gammaln(y + 1)", "", "models_fit"),
    Mutant("models/poisson.py", "deviance, 2 * float(", "deviance, float(", "models_fit"),
    Mutant("models/linear/covariance.py", "len(scores) - 1.0", "len(scores)", "models_fit"),
    Mutant(
        "models/linear/covariance.py",
        "(n_clusters - 1) * (n_rows - 1)",
        "(n_clusters - 1) * n_rows",
        "models_reference",
    ),
    Mutant("models/ols.py", "sample.n_clusters - 1.0", "sample.n_clusters", "models_fit"),
    Mutant(
        "models/linear/covariance.py",
        "sample.effects[name].levels) - 1",
        "sample.effects[name].levels)",
        "models_linear",
    ),
    Mutant(
        "models/multiple_testing.py",
        "(largest >= seen[order])",
        "(largest > seen[order])",
        "models_multiple",
    ),
    Mutant(
        "models/multiple_testing.py",
        "(1 + counts) / (1 + len(drawn))",
        "counts / len(drawn)",
        "models_multiple",
    ),
    Mutant(
        "models/spatial_autocorrelation.py",
        "(1 + count) / (1 + n_permutations)",
        "count / n_permutations",
        "models_reference",
    ),
    Mutant(
        "models/spatial_autocorrelation.py",
        "-1 / (len(gap) - 1)",
        "-1 / len(gap)",
        "models_reference",
    ),
    Mutant(
        "models/results.py",
        "t_quantile(1 - LEVEL, df)",
        "t_quantile(1 - LEVEL / 2, df)",
        "models_power",
    ),
    Mutant(
        "models/results.py",
        "abs(estimate) + half_width < margin",
        "abs(estimate) < margin",
        "models_power",
    ),
    Mutant("models/comparability.py", "ddof=1", "ddof=0", "models_matching"),
    Mutant(
        "clean/agreements.py", "signed < FIRST_SIGNING", "signed <= FIRST_SIGNING", "agreements"
    ),
    Mutant("clean/agreements.py", "signed > day", "signed >= day", "agreements"),
    Mutant(
        "clean/agreements.py", "late.sum() >= _LATE_ROWS", "late.sum() > _LATE_ROWS", "agreements"
    ),
    Mutant("clean/agreements.py", "first < named", "first <= named", "agreements"),
    Mutant("clean/coverage.py", ">= FEWEST_MONTHS_COUNTED", "> FEWEST_MONTHS_COUNTED", "coverage"),
    Mutant(
        "clean/coverage.py", ">= FEWEST_MONTHS_WEIGHTED", "> FEWEST_MONTHS_WEIGHTED", "coverage"
    ),
    Mutant(
        "clean/coverage.py",
        "(months > 0) & (months < YEAR_MONTHS)",
        "(months > 0) & (months <= YEAR_MONTHS)",
        "coverage",
    ),
    Mutant("clean/coverage.py", '["rank"].min()', '["rank"].max()', "coverage"),
    Mutant(
        "clean/coverage.py", 'drop_duplicates([*KEY, "ori7"])', "drop_duplicates(KEY)", "coverage"
    ),
    Mutant("clean/rubric.py", "(1 - rows[", "(0 + rows[", "rubric"),
    Mutant("clean/rubric.py", "elif at:", "elif at > 1:", "rubric"),
    Mutant("clean/law_status.py", "if day <= last]", "if day < last]", "law_status"),
    Mutant("clean/law_status.py", "if moment <= day)", "if moment < day)", "law_status"),
    Mutant(
        "clean/vintages.py",
        "(years > low) & (years <= high)",
        "(years > low) & (years < high)",
        "vintages",
    ),
    Mutant("panel/policies.py", "(since <= when)", "(since < when)", "policies"),
    Mutant(
        "panel/verify.py",
        "reading.rows_in >= source.rows",
        "reading.rows_in > source.rows",
        "panel",
    ),
    Mutant(
        "panel/county_lists.py",
        "absent > source.most_absent",
        "absent >= source.most_absent",
        "county_lists",
    ),
    Mutant(
        "panel/county_lists.py", "> source.most_strange", ">= source.most_strange", "county_lists"
    ),
    Mutant("panel/agency_years.py", "<= RESIDENTS_YEARS", "< RESIDENTS_YEARS", "panel_agencies"),
    Mutant(
        "sources/reading.py",
        "self.rows_in != self.rows_kept",
        "self.rows_in < self.rows_kept",
        "table",
    ),
    Mutant(
        "sources/text_table.py", "plain > limits.maximum", "plain >= limits.maximum", "raw_columns"
    ),
    Mutant("panel/practice_status.py", "days[days <= day]", "days[days < day]", "practice_status"),
    Mutant(
        "panel/practice_status.py",
        '(spells["first_listed"] <= latest)',
        '(spells["first_listed"] < latest)',
        "practice_status",
    ),
    Mutant(
        "panel/practice_status.py",
        '(spells["last_listed"] >= latest)',
        '(spells["last_listed"] > latest)',
        "practice_status",
    ),
    Mutant(
        "panel/practice_status.py",
        'there & (spells["agency_type"] == "county")',
        "there",
        "practice_status",
    ),
    Mutant(
        "panel/practice_status.py",
        'known_by.where(table["seen"].notna(), "unknown")',
        "known_by",
        "practice_status",
    ),
    Mutant("panel/practice_status.py", '[kind, "both"]', "[kind]", "practice_status"),
    Mutant(
        "panel/practice_status.py",
        "include_verify=include_verify",
        "include_verify=True",
        "practice_status",
    ),
    Mutant("panel/practice_status.py", "against | (", "against & (", "practice_status"),
    Mutant(
        "panel/people.py",
        'frame["foreign_born_pct"] / 100',
        'frame["foreign_born_pct"]',
        "people",
    ),
    Mutant(
        "panel/people.py",
        'frame[f"{name}_{part}pct"] / 100',
        'frame[f"{name}_{part}pct"]',
        "people",
    ),
    Mutant("panel/people.py", "known_margins(raw)", "raw", "people"),
    Mutant("clean/people.py", "margins < 100", "margins <= 100", "people"),
    Mutant("clean/people.py", "codes.notna() & codes.duplicated()", "codes.duplicated()", "people"),
    Mutant("clean/detention.py", "dates.dt.month >= 10", "dates.dt.month > 10", "detention"),
    Mutant("clean/detention.py", ").days + 1)", ").days)", "detention"),
    Mutant("clean/detention.py", ">= FIRST_FULL_YEAR", "> FIRST_FULL_YEAR", "detention"),
    Mutant(
        "clean/detention.py",
        'rows["held_mean"] > 0].assign',
        'rows["held_mean"] >= 0].assign',
        "detention",
    ),
    Mutant(
        "clean/detention.py",
        'rows = rows[rows["held_mean"] > 0]',
        'rows = rows[rows["held_mean"] >= 0]',
        "detention",
    ),
    Mutant("clean/detention.py", 'frame["held"] > 0', 'frame["held"] >= 0', "detention"),
    Mutant("clean/detention.py", "largest >= LEAST_MEAN", "largest > LEAST_MEAN", "detention"),
    Mutant("clean/detention.py", "days.ge(least)", "days.gt(least)", "detention"),
    Mutant("clean/detention.py", '.mask(facility_type.isna(), "unknown")', "", "detention"),
    Mutant(
        "clean/detention.py", 'placed[placed["type_group"] == "agreement"]', "placed", "detention"
    ),
    Mutant("clean/detention.py", ".where(record == LIST)", "", "detention"),
    Mutant(
        "clean/detention_places.py", 'ones["nunique"] == 1', 'ones["nunique"] >= 1', "detention"
    ),
    Mutant(
        "clean/detention_places.py",
        "hit = codes.isna() & by_city.notna()",
        "hit = by_city.notna()",
        "detention",
    ),
    Mutant(
        "clean/detention_places.py",
        "range(_MOST_WORDS, -1, -1)",
        "range(_MOST_WORDS, 0, -1)",
        "detention",
    ),
    Mutant("clean/detention_places.py", "before[-words:]", "before[:words]", "detention"),
    Mutant("panel/detention.py", 'found.where(rows["record"] == LIST)', "found", "detention"),
    Mutant("panel/detention.py", '["fiscal_year", "source_row"]', '["source_row"]', "detention"),
    Mutant(
        "panel/detention.py",
        'rows["record"] == LIST, in_list',
        'rows["record"] != LIST, in_list',
        "detention",
    ),
    Mutant(
        "sources/detention_lists.py", "sheet.rows[at[0] + 1 :]", "sheet.rows[at[0] :]", "detention"
    ),
    Mutant("sources/row_checks.py", '"Int64") + 2000', '"Int64") + 1900', "detention"),
    Mutant("sources/detention_days.py", "least=1", "least=0", "detention"),
    Mutant("sources/detention_days.py", "held > limit", "held >= limit", "detention"),
    Mutant(
        "sources/detention_days.py", "(codes < 0) | ~sound[codes]", "~sound[codes]", "detention"
    ),
    Mutant("sources/detainers.py", "stated & ~same", "~same", "detainers"),
    Mutant(
        "sources/row_checks.py",
        "(part > whole)",
        "(part >= whole)",
        "detainers",
    ),
    Mutant("sources/detainers.py", "len(row) != width", "len(row) > width", "detainers"),
    Mutant("clean/detainers.py", 'ones["nunique"] == 1', 'ones["nunique"] >= 1', "detainers"),
    Mutant("clean/detainers.py", "states_of_name > 1", "states_of_name >= 1", "detainers"),
    Mutant(
        "clean/detainers.py",
        'rows["county_fips"].isna() & found.notna()',
        "found.notna()",
        "detainers",
    ),
    Mutant(
        "clean/detainers.py",
        'placed["year"].isin(SUMMED_YEARS)',
        'placed["year"].notna()',
        "detainers",
    ),
    Mutant(
        "clean/agreement_spells.py",
        "missed.ge(LISTS_WITHOUT)",
        "missed.gt(LISTS_WITHOUT)",
        "agreement_spells",
    ),
    Mutant(
        "clean/agreement_spells.py",
        "lacking.lt(LISTS_WITHOUT)",
        "lacking.le(LISTS_WITHOUT)",
        "agreement_spells",
    ),
    Mutant(
        "clean/agreement_spells.py",
        "lacking > MOST_LACKING",
        "lacking >= MOST_LACKING",
        "agreement_spells",
    ),
    Mutant(
        "clean/agreement_spells.py", 'pairs["last"].lt(', 'pairs["last"].le(', "agreement_spells"
    ),
    Mutant(
        "clean/agreement_spells.py",
        '["first_listed_new"].gt(',
        '["first_listed_new"].ge(',
        "agreement_spells",
    ),
    Mutant(
        "clean/agreement_spells.py",
        '["first_listed_new"].le(',
        '["first_listed_new"].lt(',
        "agreement_spells",
    ),
    Mutant("clean/agreement_spells.py", ' & pairs["last"].eq(prior_last)', "", "agreement_spells"),
    Mutant("clean/agreement_spells.py", "len(found) == 1", "len(found) >= 1", "agreement_spells"),
)


def copy_project(target: Path) -> None:
    """Copy what the tests need, so that no broken code ever writes tables of the project."""
    for name in COPIED:
        source, copy = PROJECT / name, target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("public", "__pycache__"))
        else:
            shutil.copy(source, copy)


def is_killed(mutant: Mutant, root: Path) -> bool:
    """Whether the tests fail with a mutant in place."""
    file = root / PACKAGE / mutant.file
    sound = file.read_text(encoding="utf-8")
    if mutant.old not in sound:
        raise SystemExit(f"{mutant.file} has no {mutant.old!r}: bring tests/mutants.py up to date.")
    file.write_text(sound.replace(mutant.old, mutant.new, 1), encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header",
             "-m", "not mirror", f"tests/test_{mutant.tests}.py"],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root / "src"), "COOPANALYSIS_HOME": str(root)},
            capture_output=True,
            check=False,
            timeout=LIMIT_SECONDS,
        )  # fmt: skip
    finally:
        file.write_text(sound, encoding="utf-8")
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout.decode()[-2000:])
    return done.returncode == 1


def main(words: list[str]) -> int:
    """Try the mutants, print a row of a table for each, and say how many survived."""
    chosen = [m for m in MUTANTS if all(w in f"{m.file} {m.old} {m.new}" for w in words)]
    survived = 0
    print("| file | was | became | tests | outcome |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        copy_project(Path(folder))
        for mutant in chosen:
            killed = is_killed(mutant, Path(folder))
            survived += not killed
            cells = (mutant.file, f"`{mutant.old}`", f"`{mutant.new}`", f"test_{mutant.tests}.py")
            print(f"| {' | '.join(cells)} | {'killed' if killed else 'survived'} |", flush=True)
    print(f"\n{len(chosen)} mutants, {survived} survived.")
    return int(survived > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
