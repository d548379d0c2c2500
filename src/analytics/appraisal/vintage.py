"""What a study enters into the ledger: one vintage of its forecasts and the parameters they rest on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from analytics.appraisal.ledger import HEADLINES, PATHS, Batch, Forecast, Stated
from analytics.appraisal.study import Study
from analytics.inputs.assumptions import Assumption


def batch_of(study: Study, id: str, published: datetime) -> Batch:
    """What ``study`` enters into the ledger: its headline forecasts and its parameters."""
    paths = [name for name in PATHS if name in study.projections]
    return Batch(
        id=id,
        plan=study.plan.name,
        region=study.plan.numbers_of,
        as_of=study.as_of,
        published=published,
        forecasts=_forecasts(study, paths),
        parameters={name: _stated(study.projections[name].assumptions) for name in paths},
    )


def _forecasts(study: Study, paths: Sequence[str]) -> tuple[Forecast, ...]:
    rows = study.results
    wanted = (
        rows["scenario"].isin(paths) & rows["indicator"].isin(HEADLINES) & (rows["category"] == "total")
        & (rows["year"] > study.plan.horizon.base_year)
    )  # fmt: skip
    return tuple(
        Forecast(r.scenario, r.scheme, r.indicator, r.category, int(r.year), float(r.value), _or_none(r.low),
                 _or_none(r.high), r.unit)
        for r in rows[wanted].itertuples()
    )  # fmt: skip


def _or_none(number: float) -> float | None:
    return None if number != number else float(number)


def _stated(assumptions: Mapping[str, Assumption]) -> dict[str, Stated]:
    return {name: Stated(value=dict(a.value), digest=_digest(a)) for name, a in sorted(assumptions.items())}


def _digest(a: Assumption) -> str:
    """The first half of SHA-256 over everything that is said about a parameter."""
    said = [sorted(side.items()) for side in (a.value, a.low, a.high)], a.quality, a.source, a.date, a.note
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:32]
