"""From moving a lever to a redrawn page: milliseconds of compute and drawing, through the notebook's own update path.

Every lever of a plan is moved to several places, as an officer would with the slider; what is timed is all that the
page's kernel does before it can serve the next movement (model, sentences, charts, widgets).  The probabilities that
follow when a lever rests are timed for themselves.

    python benchmarks/whatif.py [plan]

The last line is one JSON object.
"""

from __future__ import annotations

import json
import sys
from statistics import median
from time import perf_counter

from analytics.presentation.whatif.page import Page
from analytics.runs.open_study import open_study

PLACES = (0.2, 0.4, 0.6, 0.8, 0.3, 0.7)
ROUNDS = 3


def milliseconds(page: Page, name: str) -> list[float]:
    """Times of one lever's movements along its slider."""
    row = page.row(name)
    times = []
    for place in PLACES:
        began = perf_counter()
        row.slider.value = row.slider.min + place * (row.slider.max - row.slider.min)
        times.append(1e3 * (perf_counter() - began))
    page.reset()
    return times


def seconds_of_probabilities(page: Page) -> float:
    """Time of one drawing of the probabilities."""
    began = perf_counter()
    page.settle()
    return perf_counter() - began


def main(plan: str) -> None:
    """Time the page of one plan and print the table."""
    began = perf_counter()
    study = open_study(plan)
    opened = perf_counter()
    page = Page(study, open_study)
    built = perf_counter()
    medians = {name: median(milliseconds(page, name)) for name in page.desk.levers}
    for name, taken in sorted(medians.items(), key=lambda item: -item[1]):
        print(f"{taken:8.1f} ms  {name}")
    found = {
        "benchmark": "whatif", "plan": plan, "levers": len(medians),
        "median_ms": round(median(medians.values()), 1), "slowest_lever_ms": round(max(medians.values()), 1),
        "probabilities_s": round(median(seconds_of_probabilities(page) for _ in range(ROUNDS)), 3),
        "open_study_s": round(opened - began, 2), "build_page_s": round(built - opened, 2),
    }  # fmt: skip
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "rongcheng")
