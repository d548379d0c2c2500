"""``workbook whatif rongcheng``: the what-if notebook as a page without code, for this machine alone.

Voilà serves it; a visitor gets a kernel of his own, so sessions cannot mix, and what the page sends to a kernel are
movements of its widgets, never code.
"""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import sys
import webbrowser
from datetime import date
from functools import partial
from logging.handlers import RotatingFileHandler
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from IPython.display import Markdown

from analytics.inputs.faults import raise_if
from analytics.inputs.plan_file import load_plan
from analytics.places import HOME, NOTEBOOKS
from analytics.runs.notebooks import Parameters, check_parameters, prepared
from analytics.runs.options import DONE, checked_day, command
from analytics.runs.order import ALL
from analytics.runs.warm.provisioner import KERNEL, KERNELS, prepare
from analytics.terms import Language, Term, text

if TYPE_CHECKING:
    from ipywidgets import Widget

    from analytics.appraisal.study import Study

NOTEBOOK = NOTEBOOKS / "8-what-if.ipynb"
LOG = HOME / "reports" / "whatif.log"
LOOPBACK, PORT = "127.0.0.1", 8866

_TEMPLATES = Path(__file__).with_name("whatif_share")
_FRONT_ENDS = ("JPY_SESSION_NAME", "VOILA_BASE_URL", "VSCODE_PID")
_EXTENSIONS = ("@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager")  # all others cost a second
_FORSAKEN = 120  # seconds after which the kernel of a closed page is ended
_REPORT = "report"  # cells that only the notebook shows
_LOG_BYTES = 1_000_000
_ADDRESS = Term(
    "推演台已启动，请用浏览器打开（Ctrl+C 结束）：\n  {address}", "the what-if page is at (Ctrl+C to end):\n  {address}"
)
_OPEN_TO_ALL = Term(
    "注意：{host} 可从其他机器访问，请只把带令牌的地址交给可信的人。",
    "note: {host} can be reached from other machines; give the address with its token to people you trust.",
)
_NOBODY = Term(
    "（拖动参数的页面在 JupyterLab 或 `workbook whatif {plan}` 中打开。）",
    "(The page with the levers opens in JupyterLab or with `workbook whatif {plan}`.)",
)


def page(study: Study) -> Widget | Markdown:
    """The what-if page of a study, or where to find it when nobody is looking at the notebook as it runs."""
    if not any(name in os.environ for name in _FRONT_ENDS):
        return Markdown(text(_NOBODY, study.language, plan=study.plan.name))
    from analytics.presentation.whatif.page import Page
    from analytics.runs.open_study import open_study

    _log_to(LOG)
    again = partial(open_study, scenarios=ALL, as_of=str(study.as_of), language=study.language)
    return Page(study, again).widget


def answer(study: Study) -> list[object]:
    """What the page shows before any lever is moved, as blocks for the notebook."""
    from analytics.presentation.whatif.desk import Desk
    from analytics.presentation.whatif.view import view_of

    return view_of(Desk(study, study.leading)).blocks()


def _log_to(path: Path) -> None:
    """Let the page's log, which an officer never sees, go to a file."""
    log = logging.getLogger("analytics.whatif")
    if not log.handlers:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8", delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        log.addHandler(handler)
        log.propagate = False


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add ``whatif`` to the command line."""
    parser = command(commands, "whatif", _run, "打开推演台 / open the what-if page of a plan")
    parser.add_argument("plan")
    parser.add_argument("--as-of", default=str(date.today()), metavar="DATE", help="数据截至日 YYYY-MM-DD / data as of")
    parser.add_argument("--host", default=LOOPBACK, help="默认只限本机 / this machine alone by default")
    parser.add_argument(
        "--port", type=int, default=PORT, help=f"默认 {PORT}，被占用时顺延 / the next free one if taken"
    )
    parser.add_argument("--no-browser", action="store_true", help="不打开浏览器 / do not open a browser")


def _run(asked: argparse.Namespace) -> int:
    load_plan(asked.plan)  # a faulty plan is told here, not on the page
    parameters: Parameters = {
        "plan": asked.plan, "scenarios": ALL, "as_of": checked_day(asked.as_of), "language": asked.language,
    }  # fmt: skip
    serve(parameters, asked.host, asked.port, asked.language, browser=not asked.no_browser)
    return DONE


def serve(parameters: Parameters, host: str, port: int, language: Language, browser: bool) -> None:
    """Serve the page until it is interrupted; its address, with a token of this run, is printed on standard output."""
    raise_if(check_parameters(NOTEBOOK, parameters))
    paths = [str(_TEMPLATES), str(KERNELS.parent), os.environ.get("JUPYTER_PATH")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, paths))
    prepare(os.environ)
    with TemporaryDirectory(prefix="workbook-whatif-") as folder:
        copy = Path(folder) / NOTEBOOK.name
        _write_copy(copy, parameters)
        _start(copy, host, port, language, browser)


def _write_copy(path: Path, parameters: Parameters) -> None:
    """What the page needs of the notebook, with its parameters, for kernels that have the libraries imported."""
    from nbformat import writes

    notebook = prepared(NOTEBOOK, parameters)
    notebook.cells = [c for c in notebook.cells if c.cell_type == "code" and _REPORT not in c.metadata.get("tags", [])]
    notebook.metadata.kernelspec["name"] = KERNEL
    path.write_text(writes(notebook), encoding="utf-8")


def _start(notebook: Path, host: str, port: int, language: Language, browser: bool) -> None:
    from traitlets.config import Config
    from voila.app import Voila

    class Server(Voila):
        """Voilà that prints its address in the officer's language."""

        def launch_browser(self) -> None:
            """Print the address; open it where a browser is wanted."""
            address = f"http://{self.ip}:{self.port}/?token={self.token}"
            print(text(_ADDRESS, language, address=address), flush=True)
            if browser:
                webbrowser.open(address)

    if host != LOOPBACK:
        print(text(_OPEN_TO_ALL, language, host=host), file=sys.stderr)
    settings = {
        "ip": host, "port": port, "token": secrets.token_urlsafe(16), "open_browser": True, "log_level": "ERROR",
    }  # fmt: skip
    pages = {"template": "whatif", "theme": "light", "show_tracebacks": False, "file_allowlist": ["^$"]}
    pages |= {"allow_template_override": "NO", "allow_theme_override": "NO", "extension_allowlist": list(_EXTENSIONS)}
    kernels = {"cull_idle_timeout": _FORSAKEN, "cull_interval": _FORSAKEN // 4}  # those no page is connected to
    logging.getLogger("tornado").setLevel(logging.ERROR)  # a page that is closed leaves warnings nobody can act on
    app = Server.instance(
        config=Config({"Voila": settings, "VoilaConfiguration": pages, "MappingKernelManager": kernels})
    )
    app.initialize([str(notebook)])
    app.start()
