"""The engine of people by age: cell updates a second, and what draws and regions cost end to end, in one run.

A cell is one state at one age of one sex; a year updates each of the 2 × 85 × 9 cells of a draw.  The compiled recursion
is measured beside the formula sheet in plain numpy that is the tests' oracle, and beside a bare copy of memory.  Other
work on the machine stretches wall time, so processor time stands beside it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache
from statistics import median
from time import perf_counter, process_time

import numpy as np

from analytics.inputs.assumptions import assumptions_for, at
from analytics.inputs.plan_file import load_plan
from analytics.model import projection
from analytics.model.book import Book
from analytics.model.people import rows
from analytics.model.people.ground import ground_of
from analytics.model.people.kernel import age_year, enroll
from analytics.model.people.retiring import past_retirement
from analytics.model.people.states import AGES, PAYING, SEXES, STATES
from analytics.model.projection import parameter_years, run_draws, stated_heads
from analytics.places import ROOT

sys.path.insert(0, str(ROOT / "tests"))
import people_oracle as oracle

AS_OF, PLAN, YEARS, CORES = date(2026, 1, 31), "longling", 13, os.cpu_count() or 1
BLOCKS = (32, 64, 128, 256, 512, 1024)
SIZES, REGIONS = (1_000, 4_000, 16_000), (2, 4, 8)
CELLS = SEXES * AGES * len(STATES)
_LOADING = """
from time import perf_counter
import numpy as np
began = perf_counter()
from analytics.model.people.kernel import age_year, enroll
imported = perf_counter()
stocks, pattern, level = np.zeros((2, 86, 9, 1)), np.zeros((9, 2, 85)), np.zeros((24, 1))
age_year(stocks, 1, pattern, np.zeros((2, 2, 25, 6)), level, np.zeros((31, 1)))
first = perf_counter()
enroll(stocks, 0, pattern, level, np.zeros((12, 1)), np.zeros((2, 44, 1)))
print(imported - began, first - imported, perf_counter() - first)
"""


def main() -> None:
    """Measure, print a table, and as the last line one JSON object."""
    rates = {"copy": _copied(), "numpy": _numpy_rate(128)} | {f"block {n}": _compiled_rate(n) for n in BLOCKS}
    loading = _loading()
    draws = {n: _cost(lambda n=n: run_draws(*_path(), _moved(n)), 3 if n > 1_000 else 15) for n in (1, *SIZES)}
    regions = {n: _cost(lambda n=n: [run_draws(*_path(), _moved(1_000)) for _ in range(n)], 3) for n in REGIONS}
    memory = {n: _memory(n) for n in SIZES}
    print(
        f"live cells: {_live():.0%} of {CELLS}; years: {YEARS}; copy: {rates['copy'][0] * 0.016:.1f} GB/s read and written"
    )
    _table("million cell updates a second of wall and of processor time", {k: _shown(v) for k, v in rates.items()})
    _table("seconds to load in a fresh process", {name: f"{seconds:8.2f}" for name, seconds in loading.items()})
    _table(
        "ms for draws: least and median wall time, least processor time",
        {f"{n:,}": _shown(cost) for n, cost in draws.items()},
    )
    _table("… for regions of 1,000 draws", {str(n): _shown(cost) for n, cost in regions.items()})
    _table("MB of results, and beyond them", {f"{n:,}": f"{r:8.0f}{b:8.0f}" for n, (r, b) in memory.items()})
    print(json.dumps({
        "benchmark": "engine", "cpus": CORES, "million_cells_per_second": rates,
        "best": max(wall for name, (wall, _) in rates.items() if name.startswith("block")),
        "live": round(_live(), 3), "loading_seconds": {k: round(v, 3) for k, v in loading.items()},
        "draws_ms": draws, "regions_ms": regions, "memory_mb": memory,
    }))  # fmt: skip


def _table(title: str, lines: dict[str, str]) -> None:
    print(f"\n{title}")
    for name, line in lines.items():
        print(f"  {name:24}{line}")


def _shown(figures: Iterable[float]) -> str:
    return "".join(f"{figure:10,.1f}" for figure in figures)


def _cost(work: Callable[[], object], times: int) -> tuple[float, float, float]:
    """Milliseconds: least and median wall time, and least processor time, after a run that warms up."""
    work()
    walls, processors = [], []
    for _ in range(times):
        wall, processor = perf_counter(), process_time()
        work()
        walls.append(perf_counter() - wall)
        processors.append(process_time() - processor)
    return tuple(round(seconds * 1e3, 2) for seconds in (min(walls), median(walls), min(processors)))


def _rate(updates: float, cores: int, work: Callable[[], object], times: int) -> tuple[float, float]:
    """Million updates a second on so many cores, by the least wall time and by the least processor time."""
    wall, _, processor = _cost(work, times)
    return round(updates / wall / 1e3, 1), round(updates * cores / processor / 1e3, 1)


def _side_by_side(work: Callable[[int], object], times: Iterable[int]) -> None:
    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(work, times))


def _copied() -> tuple[float, float]:
    """Numbers that all cores together read and write when they copy what no cache holds: what a cell update needs."""
    held = [(np.ones(8_000_000), np.empty(8_000_000)) for _ in range(CORES)]
    copy = lambda core: np.copyto(*held[core][::-1])  # noqa: E731
    return _rate(CORES * held[0][0].size, CORES, lambda: _side_by_side(copy, range(CORES)), 10)


def _numpy_rate(draws: int) -> tuple[float, float]:
    """Million cell updates a second of the oracle, on one core."""
    pattern, level = _patterns(), {name: np.full(draws, 0.02) for name in rows.LEVELS}
    by_name = dict(zip(rows.PATTERNS, pattern, strict=True))
    new = {
        name: np.full(draws, 10.0) for name in ("joined", "own", "further", "arrivals", "enrolled", "resident_arrivals")
    }
    new |= {f"{which} {k}": np.full(draws, 1 / 3) for k in PAYING for which in ("new", "further")}
    due, ones = np.full((SEXES, AGES, draws), 0.02), np.ones(draws)

    def years() -> None:
        stocks = {state: np.full((SEXES, AGES, draws), 100.0) for state in STATES}
        for _ in range(YEARS):
            stocks, _ = oracle.pass_year(stocks, by_name, level, due, ones, np.ones((SEXES, draws)))
            stocks, _ = oracle.enroll(stocks, by_name, level, new)

    return _rate(CELLS * YEARS * draws, 1, years, 3)


def _patterns() -> np.ndarray:
    pattern = np.random.default_rng(0).uniform(0.5, 1.5, (len(rows.PATTERNS), SEXES, AGES))
    pattern[[rows.RISK, rows.INSURED_RISK]] *= 0.02
    return pattern


def _compiled_rate(draws: int) -> tuple[float, float]:
    """Million cell updates a second of the compiled recursion on all cores, every year of a block before the next."""
    pattern, level, new = _patterns(), np.full((rows.YEAR_ROWS, draws), 0.02), np.full((rows.NEW_ROWS, draws), 0.02)
    past = past_retirement(ground_of(load_plan(PLAN).people, 2025).rules, 2030)
    held = [np.zeros((SEXES, YEARS + AGES, len(STATES), draws)) for _ in range(CORES)]
    rounds = max(1, 1024 // draws)

    def years(core: int) -> None:
        total, taken = np.zeros((len(rows.PLACES), draws)), np.empty((SEXES, 44, draws))
        for _ in range(rounds):
            held[core][:, YEARS:] = 100.0  # opening is part of a block's work
            for youngest in range(YEARS, 0, -1):
                age_year(held[core], youngest, pattern, past, level, total)
                enroll(held[core], youngest - 1, pattern, level, new, taken)

    updates = CELLS * YEARS * draws * rounds * CORES
    return _rate(updates, CORES, lambda: _side_by_side(years, range(CORES)), 15)


def _loading() -> dict[str, float]:
    """Seconds of a fresh process until the compiled code, kept on disk, has run once; medians of three."""
    said = [
        subprocess.run([sys.executable, "-c", _LOADING], capture_output=True, text=True, check=True).stdout.split()
        for _ in range(3)
    ]
    names = ("import", "first call", "second function")
    return {name: median(map(float, seconds)) for name, seconds in zip(names, zip(*said, strict=True), strict=True)}


@cache
def _path() -> tuple[object, ...]:
    plan = load_plan(PLAN)
    return plan, "plan", assumptions_for(plan, "plan", AS_OF)


@cache
def _moved(draws: int) -> dict[str, dict[int, np.ndarray]]:
    """Every ranged parameter anywhere in its range; a single draw moves nothing."""
    plan, _, assumptions = _path()
    rng = np.random.default_rng(0)
    drawn = {name: rng.uniform(size=draws) for name, a in assumptions.items() if a.ranged and draws > 1}
    return {
        name: {y: at(a.low, y) + (at(a.high, y) - at(a.low, y)) * drawn[name] for y in parameter_years(a, plan)}
        for name, a in assumptions.items() if name in drawn
    }  # fmt: skip


def _memory(draws: int) -> tuple[float, float]:
    """MB of the results, and the most held beside them; several blocks' results are held twice while they are joined."""
    moved = _moved(draws)
    tracemalloc.start()
    book: Book = run_draws(*_path(), moved)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    kept = sum(values.nbytes for by_year in book.entries.values() for values in by_year.values())
    return round(kept / 1e6, 1), round((peak - kept * (2 if draws > projection.BLOCK else 1)) / 1e6, 1)


def _live() -> float:
    """Share of the cells that can have members: those with somebody in the plan's opening stocks."""
    plan = load_plan(PLAN)
    return float((ground_of(plan.people, plan.horizon.base_year).opening(stated_heads(plan)) > 0).mean())


if __name__ == "__main__":
    main()
