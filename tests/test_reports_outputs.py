"""What cells leave behind: shown as meant, or refused with the cell named."""

from __future__ import annotations

import nbformat
import pytest
from nbformat import NotebookNode

from coopanalysis.display.html import printable
from coopanalysis.errors import ReportError
from coopanalysis.reports import ReportRun, run_reports
from coopanalysis.reports.markdown import ProseRenderer
from coopanalysis.reports.outputs import OutputWriter
from engine_samples import entry, write_tiny_project

OBJECT = "<IPython.core.display.Thing object>"


def write(output: NotebookNode) -> str:
    return OutputWriter(ProseRenderer(), simulated=False).write(output, in_section=True)


def shown(**data: object) -> NotebookNode:
    bundle = {kind.replace("__", "/"): value for kind, value in data.items()}
    return nbformat.v4.new_output("display_data", data={"text/plain": OBJECT, **bundle})


def stream(text: str, name: str = "stdout") -> NotebookNode:
    return nbformat.v4.new_output("stream", name=name, text=text)


@pytest.mark.parametrize(
    ("data", "html"),
    [
        ({"text__markdown": "Of the **7** agencies, *2* signed."}, "Of the <strong>7</strong>"),
        ({"text__markdown": "The mean $\\bar x$"}, "<math"),
        ({"text__latex": "$\\displaystyle x^{2}$"}, "<msup>"),
        ({"text__latex": "\\frac{a}{b}"}, "<mfrac>"),
        ({"text__latex": "$$\\alpha$$"}, 'display="block"'),
        ({"text__latex": "\\begin{align}a &= b\\end{align}"}, "<math"),
        ({"text__latex": "Take $a$ and $b$."}, "Take <math"),
        ({"image__png": "x", "text__latex": "$x$"}, "<math"),
        ({"application__json": {"a": ["ü", 1]}}, "&quot;ü&quot;"),
        ({"text__html": "<p>One</p>", "text__latex": "\\one", "text__x": "x"}, "<p>One</p>"),
    ],
)
def test_the_richest_kind_is_shown(data: dict[str, object], html: str) -> None:
    written = write(shown(**data))
    assert html in written
    assert "object" not in written


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (shown(**{"application__vnd.plotly.v1+json": {}}), "plotly.*no page can show"),
        (shown(application__javascript="alert(1)"), "application/javascript"),
        (shown(text__html="<div><script>draw()</script></div>"), "<script>"),
        (shown(text__html='<img alt="a map" src="https://x.org/map.png">'), "https://x.org"),
        (shown(text__markdown="![a map](map.png)"), "map.png"),
        (shown(image__jpeg="x"), "no alt text"),
        (shown(), "says nothing"),
        (shown(text__plain="[<matplotlib.lines.Line2D at 0x7f1c2a>]"), "says nothing"),
        (shown(text__latex="\\nosuch{x}"), "nosuch is not known"),
        (
            stream("ERROR:root:odd\nTraceback (most recent call last):\nKeyError: 1\n", "stderr"),
            "say so .KeyError: 1.",
        ),
    ],
)
def test_what_a_page_cannot_show_is_refused(output: NotebookNode, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        write(output)


def test_colours_of_a_terminal_go_and_other_controls_are_replaced() -> None:
    text = "\x1b[1;31mred\x1b[0m \x1b]8;;https://x.org\x1b\\link\x1b]8;;\x07 nul\x00 bell\x07\tend"
    html = printable(write(stream(text)))
    assert "<pre>red link nul\ufffd bell\ufffd\tend</pre>" in html
    assert printable("a\r\nb\ud83d \ufffe\x85 ü 😀") == "a\nb\ufffd \ufffd\ufffd ü 😀"
    assert "<pre>red</pre>" in write(shown(text__plain="\x1b[31mred\x1b[0m"))


FAULTS = {
    "half": "print('bad \\ud83d name')",
    "half-in-an-error": "raise ValueError('bad \\ud83d name')",
    "ends": "import sys\nsys.exit(0)",
    "dies": "import ctypes\nctypes.string_at(0)",
    "is-killed": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "thread": "from threading import Thread\none = Thread(target=lambda: {}['nowhere'])\n"
    "one.start()\none.join()",
    "unknown": "from IPython.display import GeoJSON\ndisplay(GeoJSON({}))",
}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> ReportRun:
    folder = tmp_path_factory.mktemp("project")
    write_tiny_project(folder, "".join(map(entry, FAULTS)), FAULTS)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("COOPANALYSIS_HOME", str(folder))
        return run_reports("demo")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("half-in-an-error", "cell 4: ValueError: bad \ufffd name"),
        ("ends", "cell 4: SystemExit: 0. A report must run to its end"),
        ("dies", "cell 4 ended its Python process by signal SIGSEGV\nimport ctypes"),
        ("is-killed", "cell 4 ended its Python process by signal SIGKILL; it had held"),
        (
            "thread",
            "cell 4: something failed beside the cell, and only its messages say so (KeyError",
        ),
        ("unknown", "cell 4: it shows application/geo+json"),
    ],
)
def test_a_failure_names_its_cell(faulty: ReportRun, name: str, message: str) -> None:
    (error,) = (outcome.error for outcome in faulty.failed if outcome.job.id == name)
    assert error.startswith(message)


@pytest.mark.slow
def test_half_of_a_pair_is_replaced_and_nothing_else_lost(faulty: ReportRun) -> None:
    (built,) = (outcome.job for outcome in faulty.outcomes if outcome.status == "built")
    assert built.id == "half"
    assert "bad \ufffd name" in built.html_path.read_text(encoding="utf-8")
