"""The forecast ledger: what was forecast when, how far it was from what came, and why it changed in between.

Each published report enters one :class:`Batch`.  Only headline totals of the plan path and the trend path are kept,
for years after the base year, with every parameter of either path, so that a later reader sees which inputs moved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from pydantic import AwareDatetime, BaseModel, ConfigDict

from analytics.appraisal.scores import bias, coverage, mape
from analytics.inputs.assumptions import at
from analytics.inputs.faults import Fault

HEADLINES = (
    "participants", "active", "retirees", "beneficiaries", "gross_new", "net_new", "coverage_rate", "employee_share",
    "collection_income", "income", "expenditure", "gap", "balance",
)  # fmt: skip
SIGNED = ("gap", "net_new")
"""They may lie on either side of zero: an error in proportion to them means nothing."""
PATHS = ("plan", "trend")
LEDGER_COLUMNS = [
    "plan", "region", "scenario", "scheme", "indicator", "category", "year", "value", "low", "high", "unit", "as_of",
    "manifest",
]  # fmt: skip
SCORE_COLUMNS = [
    "plan", "scenario", "scheme", "indicator", "category", "year", "as_of", "forecast", "low", "high", "actual", "error",
    "relative_error", "inside", "lead_years", "unit",
]  # fmt: skip
SUMMARY_COLUMNS = ["scenario", "scheme", "indicator", "n", "bias", "mape", "ranged", "coverage", "unit"]
REVISION_COLUMNS = [
    "plan", "scenario", "scheme", "indicator", "category", "year", "as_of_before", "as_of", "before", "value", "change",
    "relative_change", "unit", "why",
]  # fmt: skip
CHANGE_COLUMNS = ["name", "year", "before", "after", "kind"]

_WHAT = ["scheme", "indicator", "category", "year"]
_NOISE = 1e-9  # of the value: changes below it are floating point


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Forecast(NamedTuple):
    """One forecast value in plain units; ``low`` and ``high`` are ``None`` where there is no range."""

    scenario: str
    scheme: str
    indicator: str
    category: str
    year: int
    value: float
    low: float | None
    high: float | None
    unit: str


class Stated(_Strict):
    """A parameter as it stood: central values by year, and a digest of these with range, quality, source and date."""

    value: dict[int, float]
    digest: str


class Batch(_Strict):
    """What one report enters.

    Attributes
    ----------
    id
        Digest of the report's manifest without its clock: equal runs have equal ids.
    region
        Id of the region whose numbers were projected, and whose actuals will be compared.
    as_of, published
        Day of the data, and moment of publication.
    parameters
        Every parameter by path and name.
    """

    id: str
    plan: str
    region: str
    as_of: date
    published: AwareDatetime
    forecasts: tuple[Forecast, ...]
    parameters: dict[str, dict[str, Stated]]


@dataclass(frozen=True)
class Ledger:
    """All batches in the order they were entered, and what is wrong with the lines that cannot be read."""

    batches: tuple[Batch, ...] = ()
    faults: tuple[Fault, ...] = ()

    def of(self, plan: str, before: date | None = None) -> tuple[Batch, ...]:
        """The batches of one plan by day of data, then publication; with ``before`` only earlier days.

        A report shows earlier days only, so that repeating it on the same day gives the same report.
        """
        own = [b for b in self.batches if b.plan == plan and (before is None or b.as_of < before)]
        return tuple(sorted(own, key=_vintage))

    @property
    def plans(self) -> list[str]:
        """Names of the plans that have entries, sorted."""
        return sorted({batch.plan for batch in self.batches})


def _vintage(batch: Batch) -> tuple[date, datetime]:
    return batch.as_of, batch.published


def view_digest(batches: Sequence[Batch]) -> str:
    """One digest of the batches a report was shown, for its manifest; "" for none."""
    return hashlib.sha256("".join(batch.id for batch in batches).encode()).hexdigest() if batches else ""


# ------------------------------------------------------------------------------------------------------------ entries


def ledger_frame(batches: Iterable[Batch]) -> pd.DataFrame:
    """Every forecast of ``batches`` as a row, columns ``LEDGER_COLUMNS``; missing ranges are NaN."""
    rows = [(b.plan, b.region, *forecast, pd.Timestamp(b.as_of), b.id) for b in batches for forecast in b.forecasts]
    frame = pd.DataFrame(rows, columns=LEDGER_COLUMNS)
    return frame.astype({"year": int, "value": float, "low": float, "high": float, "as_of": "datetime64[s]"})


# ------------------------------------------------------------------------------------------------------------ scoring


def score(ledger: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Every forecast whose actual has come, beside it.

    error = forecast − actual; relative_error = error ÷ |actual| (NaN for an actual of zero, and for ``SIGNED``
    indicators); lead_years = years from the day of the data to the end of the year forecast, below zero for an estimate
    made after it.

    Parameters
    ----------
    ledger
        From :func:`ledger_frame`.
    history
        HISTORY frame; ``assumed`` figures are no actuals and are left out.

    Returns
    -------
    Columns ``SCORE_COLUMNS``; ``inside`` (the actual lies in the range, ends included) is missing without a range.
    """
    actuals = history[history["quality"] != "assumed"][["region", *_WHAT, "value"]].rename(columns={"value": "actual"})
    found = ledger.rename(columns={"value": "forecast"}).merge(actuals, on=["region", *_WHAT])
    ends = pd.to_datetime(found["year"].astype(str) + "-12-31")
    error = found["forecast"] - found["actual"]
    inside = found["actual"].between(found["low"], found["high"]).astype("boolean")
    found = found.assign(
        error=error,
        relative_error=(error / found["actual"].abs().replace(0.0, np.nan)).mask(found["indicator"].isin(SIGNED)),
        inside=inside.mask(found["low"].isna() | found["high"].isna()),
        lead_years=(ends - found["as_of"]).dt.days / 365.25,
    )
    return found.sort_values(["scenario", "scheme", "indicator", "year", "as_of"], ignore_index=True)[SCORE_COLUMNS]


def summary(scored: pd.DataFrame) -> pd.DataFrame:
    """Scores by path and indicator over forecasts made before their year was over, columns ``SUMMARY_COLUMNS``.

    bias is the mean error in the indicator's unit, mape the mean |relative error| where there is one, coverage the share
    of the ``ranged`` forecasts whose range held the actual.  All vintages count.
    """
    ahead = scored[scored["lead_years"] > 0]
    groups = ahead.groupby(["scenario", "scheme", "indicator"], sort=False)
    return pd.DataFrame([(*key, *_scores(rows)) for key, rows in groups], columns=SUMMARY_COLUMNS)


def _scores(rows: pd.DataFrame) -> tuple[object, ...]:
    ranged, related = rows[rows["inside"].notna()], rows[rows["relative_error"].notna()]
    return (
        len(rows),
        bias(rows["forecast"].to_numpy(), rows["actual"].to_numpy()),
        mape(related["forecast"].to_numpy(), related["actual"].to_numpy()) if len(related) else np.nan,
        len(ranged),
        coverage(*(ranged[side].to_numpy() for side in ("low", "high", "actual"))) if len(ranged) else np.nan,
        rows["unit"].iloc[0],
    )


# ---------------------------------------------------------------------------------------------------------- revisions


def revisions(batches: Sequence[Batch]) -> pd.DataFrame:
    """How each forecast changed from one vintage of its plan to the next, and why; columns ``REVISION_COLUMNS``.

    ``why`` names the parameters of that path whose values changed between the two; none means that the program or what
    it runs on changed.  A forecast that stayed as it was, or that only one of the two made, has no row.
    """
    plans = dict.fromkeys(batch.plan for batch in batches)
    own = [sorted((b for b in batches if b.plan == plan), key=_vintage) for plan in plans]
    steps = [_revised(before, after) for vintages in own for before, after in pairwise(vintages)]
    empty = pd.DataFrame(columns=REVISION_COLUMNS)
    return pd.concat(steps, ignore_index=True) if steps else empty


def _revised(before: Batch, after: Batch) -> pd.DataFrame:
    key = ["plan", "scenario", *_WHAT]
    old = ledger_frame([before])[[*key, "value", "as_of"]].rename(columns={"value": "before", "as_of": "as_of_before"})
    both = ledger_frame([after]).merge(old, on=key)
    change = both["value"] - both["before"]
    both = both.assign(change=change, relative_change=change / both["before"].abs().replace(0.0, np.nan))
    moved = both[change.abs() > _NOISE * both[["value", "before"]].abs().max(axis=1)]
    reasons = {path: _why(before, after, path) for path in moved["scenario"].unique()}
    return moved.assign(why=[reasons[path] for path in moved["scenario"]])[REVISION_COLUMNS]


def _why(before: Batch, after: Batch, scenario: str) -> tuple[str, ...]:
    changes = input_changes(before, after, scenario)
    return tuple(changes.loc[changes["kind"] != "basis", "name"])


def input_changes(before: Batch, after: Batch, scenario: str) -> pd.DataFrame:
    """What changed in the parameters of a path between two vintages, columns ``CHANGE_COLUMNS``, by name.

    ``kind`` is ``value`` (then year, before and after are those of the first year that differs), ``added``, ``dropped``,
    or ``basis`` for the same value with another range, quality, source or date.
    """
    old, new = (batch.parameters.get(scenario, {}) for batch in (before, after))
    rows = [_input_change(name, old.get(name), new.get(name)) for name in sorted({*old, *new})]
    return pd.DataFrame([row for row in rows if row], columns=CHANGE_COLUMNS)


def _input_change(name: str, old: Stated | None, new: Stated | None) -> tuple[object, ...]:
    if old is None or new is None:
        stated, kind = (new, "added") if old is None else (old, "dropped")
        year, value = min(stated.value.items())
        return (name, year, np.nan, value, kind) if old is None else (name, year, value, np.nan, kind)
    for year in sorted({*old.value, *new.value}):
        if at(old.value, year) != at(new.value, year):
            return name, year, at(old.value, year), at(new.value, year), "value"
    return (name, min(new.value), np.nan, np.nan, "basis") if old.digest != new.digest else ()
