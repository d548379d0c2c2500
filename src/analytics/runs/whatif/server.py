"""Voilà over the what-if notebook, for this machine alone unless told otherwise.

A visitor gets a kernel of his own, so sessions cannot mix, and what the page sends to a kernel are movements of its
widgets, never code.  The kernels are forked from a parent that begins to import while Voilà itself is imported.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
import sys
import webbrowser
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

from analytics.inputs.faults import shown_path
from analytics.places import ROOT
from analytics.runs.notebooks import Parameters
from analytics.runs.warm.client import PARENT
from analytics.runs.warm.spec import KERNEL, KERNELS, prepare
from analytics.runs.whatif.log import LOG, NumberedLog, log_to_file
from analytics.runs.whatif.parent import STUDY
from analytics.runs.whatif.waiting import LOOPBACK, WORDS, answering, listening, loading
from analytics.terms import Language, Term, text

if TYPE_CHECKING:
    from voila.app import Voila

_TEMPLATES = Path(__file__).with_name("share")
_EXTENSIONS = ("@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager")  # all others cost a second
_FORSAKEN = 120  # seconds after which the kernel of a closed page is ended
_REPORT = "report"  # cells that only the notebook shows
_ADDRESS = Term("推演台地址（Ctrl+C 结束）：\n  {address}", "the what-if page is at (Ctrl+C to end):\n  {address}")
_OPEN_TO_ALL = Term(
    "注意：{host} 可从其他机器访问，请只把带令牌的地址交给可信的人。",
    "note: {host} can be reached from other machines; give the address with its token to people you trust.",
)
_PAGES = {
    "title": Term("推演台", "What if"),
    "failed": Term("推演台没有打开", "The what-if page did not open"),
    "refused": Term("规划或数据有误，改正后请刷新本页：", "Plan or data are faulty; mend them and load this page again:"),
    "again": Term("请刷新本页再试一次。", "Please load this page again."),
    "missing": Term("没有这个页面", "There is no such page"),
    "home": Term("打开推演台", "Open the what-if page"),
    "login": Term("需要令牌", "A token is needed"),
    "login_how": Term("请使用启动时显示的带令牌的完整地址，或在此填写令牌：",
                      "Use the whole address, with its token, that was shown at the start, or enter the token here:"),
    "enter": Term("进入", "Enter"),
    "wrong": Term("令牌不对", "That is not the token"),
}  # fmt: skip
_ENTRY = Term(
    "请把编号 {number} 告诉维护人员，详情记在 {log}。",
    "Please give the maintainer the number {number}; details are in {log}.",
)
_LOGS = ("analytics.whatif.server", "tornado.application")
"""Voilà's log, and that of requests that failed."""


def serve(notebook: Path, parameters: Parameters, host: str, port: int, browser: bool) -> None:
    """Serve the page until it is interrupted; its address, with a token of this run, is printed on standard output.

    Raises
    ------
    InputError
        When nothing can listen at that address.
    """
    language: Language = parameters["language"]
    _prepare_kernels(parameters)
    with listening(host, port) as listener, TemporaryDirectory(prefix="workbook-whatif-") as folder:
        token = secrets.token_urlsafe(16)
        with ExitStack() as waiting:
            waiting.enter_context(answering(listener, language))
            _tell(f"http://{host}:{listener.getsockname()[1]}/?token={token}", host, language, browser)
            copy = Path(folder) / notebook.name
            _write_copy(notebook, copy, parameters)
            app = _server(listener, waiting, token, language)
            app.initialize([str(copy)])
            app.start()


def _prepare_kernels(parameters: Parameters) -> None:
    """Let the parent of the kernels begin; Jupyter finds kernels and page templates by the same path."""
    paths = [str(_TEMPLATES), str(KERNELS.parent), os.environ.get("JUPYTER_PATH")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, paths))
    os.environ[PARENT] = "analytics.runs.whatif.parent"
    os.environ[STUDY] = json.dumps([parameters[name] for name in ("plan", "scenarios", "as_of", "language")])
    prepare(os.environ)


def _tell(address: str, host: str, language: Language, browser: bool) -> None:
    """Print the address; open it where a browser is wanted, which can take its time."""
    if host != LOOPBACK:
        print(text(_OPEN_TO_ALL, language, host=host), file=sys.stderr)
    print(text(_ADDRESS, language, address=address), flush=True)
    if browser:
        Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _write_copy(source: Path, path: Path, parameters: Parameters) -> None:
    """The notebook's cells that the page needs, behind its parameters ours, for kernels that have imported already.

    Done on the file itself: to import papermill for it would take longer than all else here.
    """
    notebook = json.loads(source.read_text(encoding="utf-8"))
    cells = [c for c in notebook["cells"] if c["cell_type"] == "code" and _REPORT not in _tags(c)]
    place = next(n for n, cell in enumerate(cells, 1) if "parameters" in _tags(cell))
    given = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    cells.insert(place, {"cell_type": "code", "id": "given", "metadata": {}, "source": given, "outputs": [],
                         "execution_count": None})  # fmt: skip
    notebook["metadata"]["kernelspec"]["name"] = KERNEL
    notebook["metadata"]["title"] = f"{text(_PAGES['title'], parameters['language'])} · {parameters['plan']}"
    path.write_text(json.dumps(notebook | {"cells": cells}), encoding="utf-8")


def _tags(cell: Mapping[str, dict[str, list[str]]]) -> list[str]:
    return cell["metadata"].get("tags", [])


def _server(listener: socket.socket, waiting: ExitStack, token: str, language: Language) -> Voila:
    from tornado.httpserver import HTTPServer
    from tornado.ioloop import IOLoop
    from traitlets.config import Config

    sys.modules.setdefault("rfc3987_syntax", None)  # a grammar of addresses, two seconds to build and of no use here
    from jupyter_server.base.handlers import Template404
    from voila.app import Voila

    told = _told(language, log_to_file(*_LOGS))
    logging.getLogger("tornado").setLevel(logging.ERROR)  # a page that is closed leaves warnings nobody can act on

    class Server(Voila):
        """Voilà on a socket that listens already, speaking the officer's language."""

        def init_settings(self) -> dict[str, object]:
            """All pages from one set of templates."""
            settings = super().init_settings()
            pages = settings["jinja2_env"] = settings["voila_jinja2_env"]
            pages.globals["resources"] = told
            return settings

        def init_handlers(self) -> list[tuple[object, ...]]:
            """No files but those of the page itself: whatever else is asked for does not exist."""
            handlers = super().init_handlers()
            return [(h[0], Template404) if h[0].startswith("/voila/files/") else h for h in handlers]

        def listen(self) -> None:
            """Take over from the waiting page, and serve until interrupted."""
            waiting.close()
            listener.setblocking(False)  # tornado accepts until there is nobody left
            HTTPServer(self.app).add_socket(listener)
            with suppress(KeyboardInterrupt):
                self.ioloop.start()
            self.stop()

    app = Server.instance(config=Config(_settings(token, told)), log=logging.getLogger(_LOGS[0]))
    app.ioloop = IOLoop.current()
    return app


def _told(language: Language, log: NumberedLog) -> dict[str, object]:
    """What the page templates say, by the name they know it by."""

    def entry() -> str:
        """Where a maintainer finds what has just gone wrong."""
        return text(_ENTRY, language, number=log.number, log=shown_path(LOG, ROOT))

    words = {name: text(term, language) for name, term in _PAGES.items()}
    return {"words": words, "entry": entry, "loading": loading(text(WORDS, language)), "language_code": language}


def _settings(token: str, told: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """Voilà's configuration.  Tracebacks go to our template, which logs that there is one and shows none."""
    return {
        "Voila": {"token": token, "open_browser": False, "log_level": "ERROR"},
        "VoilaConfiguration": {
            "template": "whatif", "theme": "light", "resources": dict(told), "show_tracebacks": True,
            "allow_template_override": "NO", "allow_theme_override": "NO",
            "extension_allowlist": list(_EXTENSIONS),
        },
        "MappingKernelManager": {"cull_idle_timeout": _FORSAKEN, "cull_interval": _FORSAKEN // 4},
    }  # fmt: skip
