"""The what-if notebook in JupyterLab, as ``workbook lab`` sets it up: all cells run, and its levers move the answer."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.places import NOTEBOOKS
from analytics.runs.lab import overrides

pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: the what-if notebook is NOT tested in JupyterLab"
)
from test_whatif_browser import PATIENCE, Watched, browser, playwright  # noqa: F401

NOTEBOOK = "8-what-if.ipynb"
RUN_ALL = "void window.jupyterapp.commands.execute('notebook:run-all-cells')"
RAN = "window.jupyterapp.shell.currentWidget.content.model.toJSON().cells.at(-1).execution_count"
# JupyterLab keeps only the cells near the window in the page: scroll until the levers are among them
FOUND = """() => {
    if (document.querySelector(".wi-page [data-role=answers]")) return true;
    const panel = document.querySelector(".jp-NotebookPanel-notebook .jp-WindowedPanel-outer");
    panel.scrollTop = (panel.scrollTop + 250) % (panel.scrollHeight - panel.clientHeight + 251);
    return false;
}"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab over a copy of the notebook, with its token and nobody's workspace."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "settings").mkdir()
    (folder / "settings" / "overrides.json").write_text(json.dumps(overrides("zh")), encoding="utf-8")
    (folder / "notebooks").mkdir()
    shutil.copy(NOTEBOOKS / NOTEBOOK, folder / "notebooks")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root",
               f"--ServerApp.root_dir={folder / 'notebooks'}", f"--LabApp.app_settings_dir={folder / 'settings'}",
               f"--LabApp.workspaces_dir={folder / 'workspaces'}", "--LabApp.expose_app_in_browser=True"]  # fmt: skip
    log = folder / "lab.log"
    with log.open("w") as written, subprocess.Popen(command, stderr=written, env=os.environ) as server:
        try:
            yield _address(log, server)
        finally:
            server.terminate()


def _address(log: Path, server: subprocess.Popen[bytes]) -> str:
    """What the log says once JupyterLab listens."""
    while server.poll() is None:
        if found := re.search(r"http://127\S+token=\w+", log.read_text()):
            return found[0]
        with pytest.raises(subprocess.TimeoutExpired):
            server.wait(0.1)
    pytest.fail(log.read_text())


@pytest.fixture(scope="module")
def notebook(browser: playwright.Browser, lab: str) -> Iterator[Watched]:  # noqa: F811
    """The notebook with all its cells run."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    watched = Watched(context.new_page())
    watched.page.goto(lab.replace("/lab?", f"/lab/tree/{NOTEBOOK}?"))
    watched.page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=4 * PATIENCE)
    watched.page.wait_for_timeout(2000)  # an officer reads before he runs; JupyterLab still talks with the kernel
    watched.page.evaluate(RUN_ALL)
    watched.page.wait_for_function(RAN, timeout=6 * PATIENCE)
    watched.page.wait_for_function(FOUND, polling=300, timeout=2 * PATIENCE)
    yield watched
    context.close()


def test_a_lever_moves_the_answer_in_jupyterlab(notebook: Watched):
    answer = notebook.page.locator("tr[data-target='employee.collection_income.total'] td:nth-child(3)")
    before = answer.inner_text()
    notebook.type("employee.collection", "95")
    notebook.shows(".wi-moves", "97.00→95.00 %")
    playwright.expect(answer).not_to_have_text(before)
    notebook.reset()
    playwright.expect(answer).to_have_text(before)


def test_nothing_is_cut_off_beside_the_file_browser(notebook: Watched):
    cut = "[...document.querySelectorAll('.wi-label, .wi-answers td')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"
    assert notebook.page.evaluate(cut) == []


def test_nothing_was_asked_of_the_outside_and_nothing_went_wrong_in_jupyterlab(notebook: Watched, lab: str):
    own = re.match(r"https?://[^/]*", lab)[0]
    known = (own, own.replace("http", "ws"), "data:", "blob:")
    assert [url for url in notebook.requests if not url.startswith(known)] == []
    assert notebook.errors == []


def test_jupyterlab_needs_its_token(browser: playwright.Browser, lab: str):  # noqa: F811
    context = browser.new_context()
    page = context.new_page()
    page.goto(lab.partition("?")[0])
    assert "/login" in page.url
    assert context.request.get(lab.replace("/lab?", "/api/kernels?").partition("?")[0]).status == 403
    context.close()
