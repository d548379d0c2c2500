"""How wrong the engine of people by age would have been, had it been started in an earlier year from published heads.

The nation's plan is set back to the end of an earlier year, with the heads published for it and the adults of the
population path, and run to the last published year on the engine behind every projection.  Two ways: ``followed``, where
contributors follow the published numbers and only retirees and beneficiaries are judged, that is ages, retirement and
deaths; and ``ahead``, where nothing after the start is known of enrollment and gross new members stay what they were for
each adult over the years before.  Death rates are the population source's present ones either way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analytics.appraisal.scores import mape
from analytics.inputs.assumptions import stated_values
from analytics.inputs.history import series
from analytics.inputs.plan import Horizon, Plan, Sourced
from analytics.model.book import Book, Given
from analytics.model.enrollment import advance, opening_heads, record_heads
from analytics.model.people.ground import nation
from analytics.model.people.states import EMPLOYED, FIRST_AGE
from analytics.model.projection import engine

FIRST_YEAR = 2012
"""The resident scheme covers the whole country from the end of 2012 on; before, only pilot counties are counted."""
STARTS = (2012, 2015, 2018)
WINDOW = 5
"""Years before the start that new enrollment is calibrated on, as far as the first year allows."""
COMPARED = (
    ("employee", "active"), ("employee", "retirees"), ("resident", "participants"), ("resident", "beneficiaries"),
)  # fmt: skip
_STARTED_FROM = (
    ("employee", "active"), ("employee", "retirees"), ("resident", "active"), ("resident", "beneficiaries"),
)  # fmt: skip
_FOLLOWED = ("employee", "resident")
_COLUMNS = ["way", "start", "scheme", "indicator", "year", "value", "published", "error", "quality"]

Heads = Mapping[int, float]
"""Persons by year."""


def replays(plan: Plan, history: pd.DataFrame, starts: Sequence[int] = STARTS) -> pd.DataFrame:
    """Every replay beside what was published.

    Parameters
    ----------
    plan
        The nation's plan.
    history
        The nation's published figures, HISTORY columns.
    starts
        Year-ends to start from; one without all heads published is left out.  ``ahead`` also needs an earlier year to
        calibrate on.

    Returns
    -------
    Columns way, start, scheme, indicator, year, value, published (persons), error (value ÷ published − 1) and quality
    of the published figure; published, error and quality are missing where nothing is published.  No rows without any
    start.
    """
    runs = [("followed", followed, start) for start in starts if can_start(history, start)]
    runs += [("ahead", ahead, start) for _, _, start in runs if _can_look_ahead(history, start)]
    if not runs:
        return pd.DataFrame(columns=_COLUMNS)
    last = max(int(series(history, *key).index.max()) for key in COMPARED)
    frames = [
        compared(run(plan, history, start, last), history, range(start, last + 1)).assign(start=start, way=way)
        for way, run, start in runs
    ]
    return pd.concat(frames, ignore_index=True)[_COLUMNS]


def can_start(history: pd.DataFrame, year: int) -> bool:
    """Whether the heads of every state are published for ``year``."""
    return all(year in series(history, *key).index for key in _STARTED_FROM)


def calibrated_from(start: int) -> int:
    """First year of the calibration behind ``ahead``."""
    return max(FIRST_YEAR, start - WINDOW)


def _can_look_ahead(history: pd.DataFrame, start: int) -> bool:
    return calibrated_from(start) < start and can_start(history, calibrated_from(start))


def followed(plan: Plan, history: pd.DataFrame, start: int, last: int) -> Book:
    """The engine's years with contributors of both schemes at their published numbers; years not published lie between."""
    paths = {f"{scheme}.active_path": series(history, scheme, "active").loc[start + 1 : last] for scheme in _FOLLOWED}
    return _run(set_back(plan, history, start, last), paths)


def ahead(plan: Plan, history: pd.DataFrame, start: int, last: int) -> Book:
    """The engine's years with gross new enrollment for each adult as calibrated before ``start``, and kept."""
    adults = _adults(plan, range(start, last))
    rates = enrollment_rates(plan, history, calibrated_from(start), start)
    kept = {f"{s}.gross_new": {year + 1: rate * adults[year] for year in adults} for s, rate in rates.items()}
    return _run(set_back(plan, history, start, last), kept)


def enrollment_rates(plan: Plan, history: pd.DataFrame, first: int, last: int) -> dict[str, float]:
    """Gross new enrollment of each scheme for one adult and year, Σ gross new ÷ Σ adults at the years' starts.

    Gross new enrollment is what the engine finds behind the published contributors of the years after ``first``.
    """
    book, adults = followed(plan, history, first, last), _adults(plan, range(first, last))
    return {
        scheme: float(sum(book(scheme, "gross_new", year + 1)[0] for year in adults)) / sum(adults.values())
        for scheme in _FOLLOWED
    }


def set_back(plan: Plan, history: pd.DataFrame, start: int, last: int) -> Plan:
    """The plan as if its base year were ``start``: published heads, categories in the proportions of the plan.

    Raises
    ------
    KeyError
        When heads of ``start`` are not published.
    """
    stated = stated_values(plan, plan.horizon.base_year)
    active, *others = (float(series(history, *key)[start]) for key in _STARTED_FROM)
    parts = {f"employee.{state}": stated[f"employee.{state}"] for state in EMPLOYED if f"employee.{state}" in stated}
    heads = {name: active * part / sum(parts.values()) for name, part in parts.items()}
    heads |= dict(zip(("employee.retirees", "resident.active", "resident.beneficiaries"), others, strict=True))
    heads |= {"population.adults": _adults(plan, [start])[start]}
    baseline = plan.baseline | {name: _persons(plan.baseline[name], value) for name, value in heads.items()}
    horizon = Horizon(base_year=start, first_year=start + 1, last_year=last)
    return plan.model_copy(update={"horizon": horizon, "baseline": baseline})


def _persons(entry: Sourced, heads: float) -> Sourced:
    return entry.model_copy(update={"value": heads, "arithmetic": None, "low": None, "high": None, "unit": "人"})


def _adults(plan: Plan, years: Sequence[int]) -> dict[int, float]:
    """Persons of 16 and older at the end of each year on the nation's population path."""
    path, _ = nation(plan.people.tables)
    return {year: float(path.at_end(year)[:, FIRST_AGE:].sum()) for year in years}


def _run(plan: Plan, changes: Mapping[str, Heads]) -> Book:
    """The heads of every year: what the plan states for its base year holds throughout, but for ``changes``."""
    base, last = plan.horizon.base_year, plan.horizon.last_year
    stated = {name: dict.fromkeys(range(base, last + 1), value) for name, value in stated_values(plan, base).items()}
    values = {
        name: {y: np.array([v]) for y, v in by_year.items()} for name, by_year in (stated | dict(changes)).items()
    }
    given, book = Given(values), Book()
    ages, heads = engine(plan, given, draws=1), opening_heads(given, book, base)
    ages.open(base, heads)
    heads = record_heads(heads, book, base)
    for year in range(base + 1, last + 1):
        heads = record_heads(advance(heads, ages, given, book, year), book, year)
    return book


def compared(book: Book, history: pd.DataFrame, years: Sequence[int]) -> pd.DataFrame:
    """Heads of ``book`` beside the published ones; columns as of :func:`replays`, without way and start."""
    published = history[history["category"] == "total"].set_index(["scheme", "indicator", "year"])
    keys = pd.MultiIndex.from_tuples([(*key, year) for key in COMPARED for year in years], names=published.index.names)
    known = published.reindex(keys)[["value", "quality"]].rename(columns={"value": "published"})
    frame = known.assign(value=[float(book(*key)[0]) for key in keys]).reset_index()
    return frame.assign(error=frame["value"] / frame["published"] - 1)


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean absolute error (ratio) and last error by way, start, scheme and indicator, over the published years after it."""
    later = frame[(frame["year"] > frame["start"]) & frame["published"].notna()]
    keys = ["way", "start", "scheme", "indicator"]
    groups = later.groupby(keys, sort=False)
    return pd.DataFrame([
        dict(zip(keys, key, strict=True)) | {
            "mape": mape(rows["value"].to_numpy(), rows["published"].to_numpy()),
            "last_year": int(rows["year"].iloc[-1]), "last_error": float(rows["error"].iloc[-1]),
        }
        for key, rows in groups
    ]).set_index(keys)  # fmt: skip


def unexplained_growth(frame: pd.DataFrame, start: int, first: int, last: int) -> float:
    """Retirees by whom the published number grew more than the replay's from the end of ``first`` to that of ``last``."""
    wanted = (frame["way"] == "followed") & (frame["start"] == start)
    rows = frame[wanted & (frame["scheme"] == "employee") & (frame["indicator"] == "retirees")].set_index("year")
    growth = rows.loc[last, ["published", "value"]] - rows.loc[first, ["published", "value"]]
    return float(growth["published"] - growth["value"])


def unpublished(history: pd.DataFrame, years: Sequence[int]) -> dict[tuple[str, str], list[int]]:
    """Years without a published number, by scheme and indicator; nothing where all are there."""
    found = {key: [year for year in years if year not in series(history, *key).index] for key in COMPARED}
    return {key: absent for key, absent in found.items() if absent}
