"""How fast the report engine is, against papermill and nbconvert, and against plain scripts.

Run `python benchmarks/bench_engine.py [CASE ...]`; cases: cold, briefs, one, nothing, data, nbval,
cluster (all by default). It works on a copy of the notebooks and of the demo release in a
temporary folder; both sides of each ratio run on it in turns, and the best of each side counts.

- the loop: `papermill` and `jupyter nbconvert --to html`, notebook after notebook, from a shell:
  once as pip would install them, with rfc3987-syntax (put into a temporary folder), and once with
  the lock of this project, which leaves it out.
- plain scripts: the cells of the notebooks as Python, each ending in what it would show, written
  as a page would need it (figures as PNG, tables as HTML): no kernel, no notebook, no page. All in
  one process, one after the other, so that imports are paid for once.
- the engine: `coopanalysis reports run`, a process of its own, with an empty folder of reports.

CPU is that of the process and all its descendants. Briefs are timed in the loop for a few states,
evenly picked, and reckoned up to all. `--states 12` sweeps over fewer states.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ratios import say_ratio

from coopanalysis import paths

BIN = Path(sys.executable).parent
STATES_IN_LOOP = 4
REPEATS = 2
NOTHING_REPEATS = 15


@dataclass(frozen=True)
class Spent:
    """Seconds of a command.

    Attributes
    ----------
    wall, cpu : float
    """

    wall: float
    cpu: float


class Place:
    """A copy of the project to measure on.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.home = folder / "project"
        self.out = folder / "out"
        self.out.mkdir()
        root = paths.project_root()
        kept = shutil.ignore_patterns(".ipynb_checkpoints", "public", "__pycache__", ".hashes")
        for name in ("notebooks", "data"):
            shutil.copytree(root / name, self.home / name, ignore=kept)
        for name in ("requirements.lock", "pyproject.toml"):
            shutil.copy(root / name, self.home)
        self.environment = {**os.environ, paths.HOME_VARIABLE: str(self.home)}
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self.notebooks = [self.home / "notebooks" / name for name in report_notebooks()]
        self.state_brief = next((self.home / "notebooks").glob("9*_state_brief.ipynb"))

    def spend(self, command: Sequence[str], **environment: str) -> Spent:
        """Run a command; it must succeed."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.perf_counter()
        done = subprocess.run(
            list(command),
            cwd=self.home / "notebooks",
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        wall = time.perf_counter() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            sys.exit(f"{' '.join(command)}\n{done.stdout[-3000:]}")
        cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        return Spent(wall, cpu)

    def run(self, *words: str) -> Spent:
        """Run the engine."""
        return self.spend([str(BIN / "coopanalysis"), "reports", "run", "--no-data", *words])

    def cold(self, *words: str) -> Spent:
        """Run the engine with no report there."""
        shutil.rmtree(self.home / "reports", ignore_errors=True)
        return self.run(*words)

    def loop(self, notebooks: Sequence[tuple[Path, str]], **environment: str) -> Spent:
        """Run papermill and nbconvert from a shell, one notebook after the other."""
        lines = ["set -e"]
        for notebook, words in notebooks:
            target = self.out / notebook.name
            lines.append(
                f"'{BIN}/papermill' --no-progress-bar -k python3 -p release demo {words} "
                f"'{notebook}' '{target}'"
            )
            lines.append(f"'{BIN}/jupyter' nbconvert --log-level WARN --to html '{target}'")
        return self.spend(["sh", "-c", "\n".join(lines)], **environment)

    def scripts(self, scripts: Sequence[str]) -> Spent:
        """Run scripts, one after the other, in one process."""
        file = self.out / "plain.py"
        file.write_text("\n".join([SHOW, *scripts]), encoding="utf-8")
        return self.spend([sys.executable, str(file)], MPLBACKEND="agg")

    def fewer_states(self, count: int) -> None:
        """Sweep over fewer states, evenly picked."""
        if not count:
            return
        plan = self.home / "notebooks" / "reports.toml"
        codes = sorted({county[:2] for county in self._counties()})
        some = codes[:: max(len(codes) // count, 1)][:count]
        text = plan.read_text(encoding="utf-8")
        every = '[report.sweep]\nstate_fips = "states"'
        if every not in text:
            sys.exit(f"{plan.name} has no sweep over states any more.")
        plan.write_text(text.replace(every, f"[report.sweep]\nstate_fips = {json.dumps(some)}"))

    def _counties(self) -> list[str]:
        import pyarrow.parquet as pq  # noqa: PLC0415

        file = self.home / "data" / "processed" / "demo" / "county.parquet"
        return [str(code) for code in pq.read_table(file, columns=["county_fips"])[0].to_pylist()]

    def states(self) -> list[str]:
        """Codes of all states of the demo release."""
        from coopanalysis.reports.plan import load_plan  # noqa: PLC0415

        return [job.parameters["state_fips"] for job in load_plan("demo", "state-brief")]


def report_notebooks() -> list[str]:
    """Names of the notebooks that a run of all reports makes pages from."""
    from coopanalysis.reports.plan import load_plan  # noqa: PLC0415

    return sorted({job.notebook.name for job in load_plan("demo")})


SHOW = '''
def _show(value):
    """Write what a page needs of a value, as Jupyter asks it to."""
    if value is None:
        return
    if hasattr(value, "_repr_mimebundle_"):
        value._repr_mimebundle_()
    elif hasattr(value, "_repr_html_"):
        value._repr_html_()
    else:
        repr(value)
'''


def as_script(notebook: Path, parameters: Mapping[str, str]) -> str:
    """Write the cells of a notebook as one block that is run in a namespace of its own."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    body: list[str] = []
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse(re.sub(r"^[%!].*$", "", "".join(cell["source"]), flags=re.MULTILINE))
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            shown = ast.Call(ast.Name("_show", ast.Load()), [tree.body[-1].value], [])
            tree.body[-1] = ast.Expr(shown)
        body.append(ast.unparse(ast.fix_missing_locations(tree)))
        if "parameters" in cell["metadata"].get("tags", []):
            body += [f"{name} = {value!r}" for name, value in parameters.items()]
    source = "\n".join(body)
    return f"exec(compile({source!r}, {notebook.name!r}, 'exec'), {{'_show': _show}})"


def best(works: Sequence[Callable[[], Spent]], repeats: int = REPEATS) -> list[Spent]:
    """Run each in turns; the best of each."""
    seen: list[list[Spent]] = [[] for _ in works]
    for _ in range(repeats):
        for work, spent in zip(works, seen, strict=True):
            spent.append(work())
    return [Spent(min(s.wall for s in one), min(s.cpu for s in one)) for one in seen]


def told(name: str, spent: Spent) -> None:
    """Print seconds for whoever watches; the table has ratios alone."""
    print(f"  {name:34}{spent.wall:8.1f} s wall{spent.cpu:8.1f} s CPU", flush=True)


def cold(place: Place, options: argparse.Namespace) -> Iterator[bool]:
    """All reports, from nothing."""
    notebooks = [(notebook, "") for notebook in place.notebooks]
    plain = [as_script(notebook, {}) for notebook in place.notebooks]
    with as_installed(options.locked_only) as extra:
        works = [
            lambda: place.loop(notebooks),
            lambda: place.scripts(plain),
            place.cold,
            *([lambda: place.loop(notebooks, PYTHONPATH=extra)] if extra else []),
        ]
        loop, script, engine, *installed = best(works, options.repeats)
    told("the loop", loop)
    told("plain scripts", script)
    told("the engine", engine)
    yield from against_loops("all reports, cold", loop, installed, engine, at_least=4)
    what = "all reports, cold, CPU: engine / plain scripts"
    yield say_ratio(what, engine.cpu / script.cpu, at_most=1.45)
    say_ratio("all reports, cold, CPU: loop / plain scripts", loop.cpu / script.cpu)


def against_loops(
    what: str,
    loop: Spent,
    installed: Sequence[Spent],
    engine: Spent,
    *,
    at_least: float,
    with_lock: float | None = None,
) -> Iterator[bool]:
    """Say how much faster the engine is than each loop."""
    for one in installed:
        told("the loop, as pip installs it", one)
        name = f"{what}, wall: loop as pip installs it / engine"
        yield say_ratio(name, one.wall / engine.wall, at_least=at_least)
        say_ratio(name.replace("wall", "CPU"), one.cpu / engine.cpu)
    name = f"{what}, wall: loop with our lock / engine"
    yield say_ratio(name, loop.wall / engine.wall, at_least=with_lock)
    say_ratio(name.replace("wall", "CPU"), loop.cpu / engine.cpu)


def briefs(place: Place, options: argparse.Namespace) -> Iterator[bool]:
    """A brief of every state."""
    codes = place.states()
    some = codes[:: max(len(codes) // STATES_IN_LOOP, 1)][:STATES_IN_LOOP]
    plain = [as_script(place.state_brief, {"state_fips": code}) for code in codes]
    each = [(place.state_brief, f"-r state_fips {code}") for code in some]
    with as_installed(options.locked_only) as extra:
        works = [
            lambda: place.loop(each),
            lambda: place.scripts(plain),
            lambda: place.cold("--all-states"),
            *([lambda: place.loop(each, PYTHONPATH=extra)] if extra else []),
        ]
        loop, script, engine, *installed = best(works, options.repeats)
    told(f"the loop, {len(some)} states", loop)
    told(f"plain scripts, {len(codes)} states", script)
    told(f"the engine, {len(codes)} states", engine)
    what, share = f"{len(codes)} state briefs", len(codes) / len(some)
    yield say_ratio(f"{what}, CPU: engine / plain scripts", engine.cpu / script.cpu, at_most=1.7)
    whole = [Spent(one.wall * share, one.cpu * share) for one in (loop, *installed)]
    yield from against_loops(what, whole[0], whole[1:], engine, at_least=10, with_lock=10)


def one(place: Place, options: argparse.Namespace) -> Iterator[bool]:
    """One notebook changed: each in turn."""
    place.cold()
    loop, engine = [], []
    for notebook in place.notebooks:

        def changed(notebook: Path = notebook) -> Spent:
            document = json.loads(notebook.read_text(encoding="utf-8"))
            last = [cell for cell in document["cells"] if cell["cell_type"] == "code"][-1]
            last["source"] = [*last["source"], f"\n# {time.time_ns()}"]
            notebook.write_text(json.dumps(document), encoding="utf-8")
            return place.run()

        ours, theirs = best(
            [changed, lambda notebook=notebook: place.loop([(notebook, "")])], options.repeats
        )
        told(f"the engine, {notebook.stem}", ours)
        told(f"the loop, {notebook.stem}", theirs)
        engine.append(ours.wall)
        loop.append(theirs.wall)
    ratios = [a / b for a, b in zip(loop, engine, strict=True)]
    what = "one notebook changed, wall: loop / engine"
    say_ratio(f"{what}, the least of {len(ratios)}", min(ratios))
    yield say_ratio(what, sum(loop) / sum(engine), at_least=1.4)


NOTHING = """
import sys
from coopanalysis import front
assert front.up_to_date(["reports", "run"])
loaded = sorted({"papermill", "pandas", "numpy", "typer"} & set(sys.modules))
sys.exit(f"imported {loaded}" if loaded else 0)
"""


def nothing(place: Place, options: argparse.Namespace) -> Iterator[bool]:
    """Nothing changed: seconds, for here the goal is one."""
    place.spend([str(BIN / "coopanalysis"), "reports", "run"])
    time.sleep(2.5)  # a file touched just now is hashed again
    command = [str(BIN / "coopanalysis"), "reports", "run"]
    place.spend(command)
    (again,) = best([lambda: place.spend(command)], NOTHING_REPEATS)
    told("the engine", again)
    place.spend([sys.executable, "-c", NOTHING])
    yield say_ratio("nothing changed, seconds (nothing slow imported)", again.wall, at_most=0.7)


def data(place: Place, _: argparse.Namespace) -> Iterator[bool]:
    """A table changed, one after the other: what would run, against what declares it."""
    from coopanalysis.reports.plan import load_plan  # noqa: PLC0415
    from coopanalysis.reports.stale import decide  # noqa: PLC0415

    place.run()
    strange = declared = 0
    for table in sorted((place.home / "data" / "processed" / "demo").glob("*.parquet")):
        before = table.read_bytes()
        table.write_bytes(before + b" ")
        decisions = decide(load_plan("demo"))
        table.write_bytes(before)
        wanted = {one.job.slug for one in decisions if table.stem in one.job.reads}
        runs = {one.job.slug for one in decisions if not one.is_current}
        print(f"  {table.name:34}{', '.join(sorted(runs)) or 'none'}", flush=True)
        declared += len(wanted)
        strange += len(runs ^ wanted)
    what = f"a data file changed: reports run wrongly or left out, of {declared} that declare one"
    yield say_ratio(what, strange, at_most=0)


def nbval(place: Place, options: argparse.Namespace) -> Iterator[bool]:
    """All notebooks against their committed results."""
    folder = str(place.home / "notebooks")
    quiet = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, folder]
    plain = [sys.executable, "-m", "pytest", "--nbval-lax", *quiet]
    ours = [str(BIN / "coopanalysis"), "reports", "validate"]
    theirs, mine = best([lambda: place.spend(plain), lambda: place.spend(ours)], options.repeats)
    told("plain nbval", theirs)
    told("make notebooks", mine)
    what = "nbval over all notebooks, wall: ours / plain"
    say_ratio(what.replace("wall", "CPU"), mine.cpu / theirs.cpu)
    yield say_ratio(what, mine.wall / theirs.wall, at_most=0.6)


def cluster(place: Place, options: argparse.Namespace) -> Iterator[bool]:
    """All reports and all state briefs, on this machine and on two workers of dask."""
    words = ["--only", "policy-landscape", "--all-states"]
    with two_workers(place) as address:
        place.cold(*words[:2], "--scheduler", address)  # the workers warm up
        local, dask = best(
            [lambda: place.cold(*words), lambda: place.cold(*words, "--scheduler", address)],
            options.repeats,
        )
    told("the engine, here", local)
    told("the engine, two workers", dask)
    what = "two workers of dask, wall: cluster / here"
    yield say_ratio(what, dask.wall / local.wall, at_most=1.3)


@contextmanager
def two_workers(place: Place) -> Iterator[str]:
    """A scheduler and two workers as processes of their own, each with a folder of its own."""
    started: list[subprocess.Popen[str]] = []
    try:
        file = place.out / "scheduler.json"
        words = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        started.append(_dask(place, *words, "--scheduler-file", str(file)))
        while not (file.is_file() and file.stat().st_size):
            time.sleep(0.05)
        address = str(json.loads(file.read_text(encoding="utf-8"))["address"])
        for name in ("one", "two"):
            folder = place.out / name
            folder.mkdir()
            words = ["worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
            started.append(_dask(place, *words, "--local-directory", str(folder)))
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()


def _dask(place: Place, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(BIN / "dask"), *words],
        cwd=place.out,
        env=place.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )


@contextmanager
def as_installed(locked_only: bool) -> Iterator[str]:
    """Yield a folder with what this environment leaves out; empty where it is not wanted."""
    if locked_only:
        yield ""
        return
    with tempfile.TemporaryDirectory() as folder:
        uv = shutil.which("uv") or str(BIN / "uv")
        words = [
            "pip",
            "install",
            "--no-config",
            "--quiet",
            "--target",
            folder,
            "--compile-bytecode",
        ]
        done = subprocess.run([uv, *words, "rfc3987-syntax"], check=False)
        if done.returncode:
            print("  rfc3987-syntax cannot be had: no loop as pip would install it", flush=True)
        yield "" if done.returncode else folder


CASES = {
    "cold": cold,
    "briefs": briefs,
    "one": one,
    "nothing": nothing,
    "data": data,
    "nbval": nbval,
    "cluster": cluster,
}


def main() -> int:
    """Print the ratios; return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--locked-only", action="store_true", help="no loop as pip installs it")
    parser.add_argument("--states", type=int, default=0, help="as many briefs; all by default")
    options = parser.parse_args()
    missed = 0
    for name in options.cases or CASES:
        print(name, flush=True)
        with tempfile.TemporaryDirectory(prefix="b-") as folder:
            place = Place(Path(folder))
            place.fewer_states(options.states)
            os.environ[paths.HOME_VARIABLE] = str(place.home)
            missed += sum(not met for met in CASES[name](place, options))
            del os.environ[paths.HOME_VARIABLE]
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
