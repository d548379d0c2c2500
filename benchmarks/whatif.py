"""The what-if page: how soon its levers can be used, and how soon it answers when one is moved.

Start: ``workbook whatif PLAN`` against plain ``voila`` on the same notebook, back to back, in headless Chromium where
there is one.  Seconds are counted from the command; processor seconds are those of the server and its kernels, without
the browser.  Levers: every lever of the plan is moved to several places, as an officer would with the slider; what is
timed is all that the page's kernel does before it can serve the next movement (model, sentences, charts, widgets).  The
probabilities that follow when a lever rests are timed for themselves.

    python benchmarks/whatif.py --plan rongcheng --repetitions 3

The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time, sleep
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from analytics.places import NOTEBOOKS, ROOT
from analytics.presentation.whatif.page import Page
from analytics.runs.open_study import open_study

NOTEBOOK = NOTEBOOKS / "8-what-if.ipynb"
PLACES = (0.2, 0.4, 0.6, 0.8, 0.3, 0.7)
ROUNDS = 3
PATIENCE = 120.0
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update")  # fmt: skip
LEVERS = ".wi-lever .noUi-handle"


@dataclass(frozen=True)
class Start:
    """Seconds from the command until something answers, and until levers can be used; processor seconds by then."""

    answering: float
    usable: float
    cpu: float


def main() -> None:
    """Measure, print tables, and as the last line one JSON object."""
    asked = _arguments()
    starts = _starts(asked.plan, asked.repetitions)
    levers = _levers(asked.plan)
    print(json.dumps({"benchmark": "whatif", "plan": asked.plan, **starts, **levers}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    repetitions = int(os.environ.get("BENCH_REPETITIONS", "1"))
    parser.add_argument("--repetitions", type=int, default=repetitions, help="or BENCH_REPETITIONS in the environment")
    parser.add_argument("--plan", default=os.environ.get("BENCH_PLAN", "rongcheng"), help="or BENCH_PLAN")
    return parser.parse_args()


# Start ------------------------------------------------------------------------------------------------------------


def _starts(plan: str, repetitions: int) -> dict[str, object]:
    """Medians of both ways, and theirs by ours."""
    taken: dict[str, list[Start]] = {"ours": [], "voila": []}
    for _ in range(repetitions):
        port = _free_port()
        ours = ("analytics.runs.cli", "whatif", plan, "--no-browser", "--port", str(port))
        taken["ours"].append(_start(ours, port))
        port = _free_port()
        theirs = ("voila", str(NOTEBOOK), "--no-browser", f"--port={port}")
        taken["voila"].append(_start(theirs, port))
    print(f"{'start':8} {'answers':>8} {'levers':>8} {'CPU s':>8}")
    shown = {way: [median(getattr(s, f) for s in found) for f in ("answering", "usable", "cpu")] for way, found in taken.items()}  # fmt: skip
    for way, seconds in shown.items():
        print(f"{way:8} {seconds[0]:8.1f} {seconds[1]:8.1f} {seconds[2]:8.1f}")
    ratios = {name: round(theirs / ours, 2) for name, ours, theirs in zip(("answering_ratio", "usable_ratio", "cpu_ratio"), *shown.values(), strict=True)}  # fmt: skip
    return {"start": {way: [round(s, 2) for s in seconds] for way, seconds in shown.items()}, **ratios}


def _start(module: tuple[str, ...], port: int) -> Start:
    """Run a server and open its page, in a browser if there is one, until the levers can be used."""
    with _browser() as visit:
        began = perf_counter()
        command = [sys.executable, "-m", *module]
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as server:
            try:
                _wait_for(port)
                answering = perf_counter() - began
                visit(_address(server, module, port))
                return Start(answering, perf_counter() - began, _cpu(server.pid))
            finally:
                server.terminate()


def _address(server: subprocess.Popen[str], module: tuple[str, ...], port: int) -> str:
    """Where the page is; ours tells, with its token."""
    if module[0] == "voila":
        return f"http://127.0.0.1:{port}/"
    return next(found[0] for line in server.stdout if (found := re.search(r"http://\S+", line)))


@contextmanager
def _browser() -> Iterator[object]:
    """Something that opens an address and returns when the levers can be used; without a browser, when it is sent."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("no Chromium: the seconds end when the page is sent, not when its levers can be used", file=sys.stderr)
        yield lambda address: urlopen(address, timeout=PATIENCE).read()
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1366, "height": 768})

        def visit(address: str) -> None:
            page.goto(address, wait_until="commit")
            page.wait_for_selector(LEVERS, timeout=1e3 * PATIENCE)

        yield visit
        browser.close()


def _wait_for(port: int) -> None:
    """Until something answers there; what is asked for starts no kernel."""
    until = perf_counter() + PATIENCE
    while perf_counter() < until:
        with suppress(URLError, ConnectionError):
            urlopen(f"http://127.0.0.1:{port}/voila/static/voila.js", timeout=PATIENCE).close()
            return
        sleep(0.02)
    sys.exit(f"nothing answers on port {port}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def _cpu(pid: int) -> float:
    """Processor seconds of a process and all that descends from it."""
    process = psutil.Process(pid)
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(t.user + t.system + t.children_user + t.children_system for t in times)


# Levers -----------------------------------------------------------------------------------------------------------


def _levers(plan: str) -> dict[str, object]:
    """Milliseconds of each lever's movements, seconds of the probabilities."""
    page = Page(open_study(plan), open_study)
    medians = {name: median(_milliseconds(page, name)) for name in page.desk.levers}
    for name, taken in sorted(medians.items(), key=lambda item: -item[1]):
        print(f"{taken:8.1f} ms  {name}")
    return {
        "levers": len(medians), "median_ms": round(median(medians.values()), 1),
        "slowest_lever_ms": round(max(medians.values()), 1),
        "probabilities_cpu_s": round(median(_seconds_of_probabilities(page) for _ in range(ROUNDS)), 3),
    }  # fmt: skip


def _milliseconds(page: Page, name: str) -> list[float]:
    """Processor milliseconds of one lever's movements along its slider."""
    row, times = page.row(name), []
    for place in PLACES:
        began = process_time()
        row.slider.value = row.slider.min + place * (row.slider.max - row.slider.min)
        times.append(1e3 * (process_time() - began))
    page.reset()
    return times


def _seconds_of_probabilities(page: Page) -> float:
    """Processor time of one drawing of the probabilities."""
    began = process_time()
    page.settle()
    return process_time() - began


if __name__ == "__main__":
    main()
