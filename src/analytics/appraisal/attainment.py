"""Targets beside what is projected: which are met, on which path, and by how much they are missed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.inputs.plan import Plan, Target
from analytics.terms import INDICATORS

TARGET_COLUMNS = ["scheme", "indicator", "category", "year", "target", "aim", "unit", "quality", "source"]
ATTAINMENT_COLUMNS = [
    "scenario", "scheme", "indicator", "category", "year", "aim", "target", "value", "low", "high", "difference",
    "met", "grade", "unit", "quality",
]  # fmt: skip
_RESULT = ["scheme", "indicator", "category", "year"]
_ROUNDING = 1e-9  # of the target: a path that walks to a share arrives there up to floating point


def targets_frame(plan: Plan) -> pd.DataFrame:
    """The plan's targets in plain units, one row a year, columns ``TARGET_COLUMNS``.

    A target that only gives a direction (``fall``) has no number: its ``target`` is NaN.  Targets of a published
    document are ``official``, those of a plan without one ``assumed``.
    """
    quality = "official" if plan.document else "assumed"
    rows = [_row(target, year, value, quality) for target in plan.targets for year, value in target.by_year().items()]
    return pd.DataFrame(rows, columns=TARGET_COLUMNS).astype({"year": int, "target": float})


def _row(target: Target, year: int, value: float, quality: str) -> tuple[object, ...]:
    number = np.nan if target.aim == "fall" else value
    unit = INDICATORS[target.indicator].unit
    return target.scheme, target.indicator, target.category, year, number, target.aim, unit, quality, target.source


def attainment(plan: Plan, results: pd.DataFrame) -> pd.DataFrame:
    """Every target beside every scenario's value, columns ``ATTAINMENT_COLUMNS``.

    difference = value − target; met when the value is not below the target (``at_least``), not above it
    (``at_most``), or below the year before, which is then the target (``fall``).  The grade also looks at the range:
    ``met`` or ``missed`` when all of it lies on one side of the target, ``likely`` or ``at_risk`` when it does not.

    Parameters
    ----------
    results
        RESULT frame of one or more scenarios, base year included.

    Returns
    -------
    Rows in the order of the scenarios in ``results``, then of the plan's targets; value, low, high and quality are the
    result's.  Targets of something that is not projected have no row.
    """
    targets = targets_frame(plan).drop(columns=["quality", "source", "unit"])
    found = targets.merge(results, on=_RESULT).merge(_year_before(results), on=["scenario", *_RESULT], how="left")
    found["target"] = found["target"].where(found["aim"] != "fall", found["before"])
    found = found[found["target"].notna()]
    found = found.assign(difference=found["value"] - found["target"]).assign(met=_met).assign(grade=_grade)
    order = {name: place for place, name in enumerate(results["scenario"].unique())}
    found = found.sort_values("scenario", key=lambda names: names.map(order), kind="stable", ignore_index=True)
    return found[ATTAINMENT_COLUMNS]


def _year_before(results: pd.DataFrame) -> pd.DataFrame:
    """Each result's value one year earlier, under the name ``before``."""
    earlier = results[["scenario", *_RESULT, "value"]].rename(columns={"value": "before"})
    return earlier.assign(year=earlier["year"] + 1)


def _met(rows: pd.DataFrame) -> np.ndarray:
    return reached(rows["aim"].to_numpy(), rows["value"].to_numpy(), rows["target"].to_numpy())


def reached(aim: np.ndarray | str, value: np.ndarray, target: np.ndarray | float) -> np.ndarray:
    """Whether values meet targets: not below (``at_least``), not above (``at_most``), below last year's (``fall``).

    All three broadcast against each other; rounding of a path that walks to a share is forgiven, a fall must be real.
    """
    slack, difference, aim = _ROUNDING * np.abs(target), value - target, np.asarray(aim)
    kept = np.where(aim == "at_most", difference <= slack, difference < -slack)
    return np.where(aim == "at_least", difference >= -slack, kept)


def _grade(rows: pd.DataFrame) -> pd.Series:
    """``met``, ``likely``, ``at_risk`` or ``missed``; a result without a range is either met or missed."""
    open_ = (rows["low"] < rows["target"]) & (rows["target"] < rows["high"]) & (rows["aim"] != "fall")
    certain = np.where(rows["met"], "met", "missed")
    uncertain = np.where(rows["met"], "likely", "at_risk")
    return pd.Series(np.where(open_, uncertain, certain), index=rows.index)
