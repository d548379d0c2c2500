"""Reports with few notebooks, for benchmarks that need many; worker processes import this module by name."""

from __future__ import annotations

from pathlib import Path

from analytics.runs import order
from analytics.runs.order import Order, Progress
from analytics.runs.worker import make_beside_others


def few_notebooks() -> list[Path]:
    """The first notebook and the pension planner: text, tables and a chart."""
    return [path for path in order.notebook_sources() if path.stem[0] in "17"]


def make_with_few_notebooks(asked: Order, progress: Progress) -> Path:
    """Make a whole report, but for most of its notebooks."""
    from analytics.runs import single

    single.notebook_sources = few_notebooks
    return make_beside_others(asked, progress)
