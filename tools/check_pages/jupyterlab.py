"""Goals 20 and 21: every notebook runs through in JupyterLab, and its figures carry alt there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from coopanalysis.display.sentences import ALT_LONGEST, ALT_SHORTEST
from coopanalysis.reports.goals import Miss
from coopanalysis.reports.render import NOTEBOOK_ONLY
from tools.check_pages.browser import open_browser
from tools.check_pages.jupyterlab_server import Lab, start_lab

if TYPE_CHECKING:
    from playwright.sync_api import Page

OPEN_MILLISECONDS, RUN_MILLISECONDS = 240_000, 900_000

# The model is asked, never the clock and never the look of the page.
_IDLE = """(name) => {
  const widget = window.jupyterapp?.shell?.currentWidget;
  return widget?.context?.path === name && widget.context.isReady
    && widget.sessionContext?.session?.kernel?.status === 'idle';
}"""
_DONE = """() => {
  const widget = window.jupyterapp.shell.currentWidget;
  if (widget.sessionContext?.session?.kernel?.status !== 'idle') return false;
  const cells = widget.content.model.cells;
  let count = 0, done = true;
  for (let i = 0; i < cells.length; i++) {
    const cell = cells.get(i);
    if (cell.type !== 'code' || !cell.sharedModel.getSource().trim()) continue;
    for (let j = 0; j < cell.outputs.length; j++)
      if (cell.outputs.get(j).type === 'error') return true;
    count += 1;
    if (cell.executionCount !== count) done = false;
  }
  return done;
}"""
_FIGURES = """async () => {
  const images = [...document.querySelectorAll('.jp-OutputArea-output figure img')];
  await Promise.all(images.map((image) => image.decode().catch(() => null)));
  return images.map((image) => ({
    alt: image.alt, natural: image.naturalWidth / image.naturalHeight,
    shown: image.clientWidth / image.clientHeight,
    over: image.getBoundingClientRect().right
      - image.closest('.jp-OutputArea-output').getBoundingClientRect().right,
  }));
}"""
_SAVE = "() => window.jupyterapp.shell.currentWidget.context.save()"
_OPEN = "(path) => window.jupyterapp?.commands.execute('docmanager:open', {path}).then(() => true)"
_CLOSE = """async () => {
  const widget = window.jupyterapp.shell.currentWidget;
  await widget.sessionContext.shutdown();
  widget.dispose();
}"""


def check_lab(notebooks: Sequence[Path]) -> dict[str, list[Miss]]:
    """Open each notebook in JupyterLab in a browser, restart its kernel and run all cells.

    One after the other is opened in the same JupyterLab, which takes seconds to load.
    Gives misses of goals 20 and 21 by name of the notebook.
    """
    misses: dict[str, list[Miss]] = {}
    with (
        start_lab(notebooks) as lab,
        open_browser(viewport={"width": 1280, "height": 900}) as context,
    ):
        asked: list[str] = []
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        for notebook in notebooks:
            asked.clear()
            misses[notebook.stem] = _check_notebook(page, lab, notebook.name, asked)
    return misses


def _check_notebook(page: Page, lab: Lab, name: str, asked: list[str]) -> list[Miss]:
    from playwright.sync_api import Error  # noqa: PLC0415  (a development dependency)

    try:
        _run_all(page, lab, name)
        figures = page.evaluate(_FIGURES)
        page.evaluate(_SAVE)
        page.evaluate(_CLOSE)
    except Error as error:
        page.goto("about:blank")  # so that the next one begins with a JupyterLab of its own
        return [Miss(20, f"does not run in JupyterLab: {error.message.splitlines()[0][:200]}")]
    own = (lab.address, lab.address.replace("http", "ws", 1), "data:", "blob:")
    misses = [Miss(20, f"asks for {url[:100]}") for url in asked if not url.startswith(own)]
    return [*misses, *_check_saved(lab.root / name, figures)]


def _run_all(page: Page, lab: Lab, name: str) -> None:
    """Open the notebook, choose "Restart Kernel and Run All Cells", accept, wait for the end."""
    if not page.evaluate(_OPEN, name):
        page.goto(lab.link(name), timeout=OPEN_MILLISECONDS)
    page.wait_for_function(_IDLE, arg=name, timeout=OPEN_MILLISECONDS)
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Restart Kernel and Run All Cells")).click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.wait_for_function(_DONE, timeout=RUN_MILLISECONDS)


def _check_saved(path: Path, figures: Sequence[dict[str, Any]]) -> list[Miss]:
    """Check what was saved: valid, without error, and as many figures as were shown."""
    nb = nbformat.read(path, as_version=4)
    nbformat.validate(nb)
    outputs = [
        (number, output)
        for number, cell in enumerate(nb.cells, 1)
        for output in cell.get("outputs", [])
    ]
    misses = [
        Miss(20, f"cell {number}: {output.ename}: {output.evalue[:160]}")
        for number, output in outputs
        if output.output_type == "error"
    ]
    texts = [str(output.get("data", {}).get("text/html", "")) for _, output in outputs]
    expected = sum(text.count("<figure") for text in texts)
    if len(figures) != expected and not misses:
        misses.append(Miss(21, f"shows {len(figures)} figures, the cells made {expected}"))
    plain = [
        number for number, o in outputs if any(k.startswith("image/") for k in o.get("data", {}))
    ]
    for number in plain:
        # A plain plot is offered to be changed; it is on no page.
        if NOTEBOOK_ONLY not in nb.cells[number - 1].metadata.get("tags", []):
            words = f"cell {number}: an image without a place for alt text: use display.show_figure"
            misses.append(Miss(21, words))
    for number, figure in enumerate(figures, 1):
        if not ALT_SHORTEST <= len(figure["alt"]) <= ALT_LONGEST:
            misses.append(
                Miss(21, f"figure {number} has an alt text of {len(figure['alt'])} characters")
            )
        if abs(figure["shown"] / figure["natural"] - 1) > 0.03 or figure["over"] > 1:
            misses.append(Miss(21, f"figure {number} is stretched or cut in JupyterLab"))
    return misses
