"""``workbook whatif rongcheng``: the what-if page of a plan, for this machine alone."""

from __future__ import annotations

import argparse
from datetime import date

from analytics.inputs.faults import raise_if
from analytics.places import NOTEBOOKS
from analytics.runs.notebooks import Parameters, check_parameters
from analytics.runs.options import DONE, checked_day, command
from analytics.runs.order import ALL
from analytics.runs.whatif.waiting import LOOPBACK

NOTEBOOK = NOTEBOOKS / "8-what-if.ipynb"
PORT = 8866


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
    from analytics.inputs.plan_file import load_plan  # not for those who only read the help

    parameters: Parameters = {
        "plan": asked.plan, "scenarios": ALL, "as_of": checked_day(asked.as_of), "language": asked.language,
    }  # fmt: skip
    load_plan(asked.plan)  # a faulty plan is told here, not on the page
    raise_if(check_parameters(NOTEBOOK, parameters))
    from analytics.runs.whatif.server import serve

    serve(NOTEBOOK, parameters, asked.host, asked.port, browser=not asked.no_browser)
    return DONE
