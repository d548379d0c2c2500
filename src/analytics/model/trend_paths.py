"""Paths that the trend path follows: head counts forecast from the history by the backtested trend models."""

from __future__ import annotations

import pandas as pd

from analytics.inputs.assumptions import Assumption
from analytics.inputs.faults import Fault, raise_if
from analytics.inputs.history import series
from analytics.inputs.plan import Plan, TrendSource
from analytics.model.trend import MODEL_LABELS, TrendForecast, UnusableSeries, trend_forecast
from analytics.terms import label


def trend_forecasts(plan: Plan, history: pd.DataFrame) -> dict[str, TrendForecast]:
    """A forecast for every parameter whose trend the plan reads off the history, to the plan's last year.

    Raises
    ------
    InputError
        When a history is too short for a trend model or has holes, for every path at once: drivers with ranges must be
        stated instead.
    """
    base, faults, forecasts = plan.horizon.base_year, [], {}
    for name, source in plan.trends.items():
        try:
            forecasts[name] = _forecast(history, source, base, plan.horizon.last_year)
        except UnusableSeries as error:
            faults.append(Fault(error.reason, file=f"params/{plan.name}.yaml", column=f"trends.{name}"))
    raise_if(faults)
    return forecasts


def _forecast(history: pd.DataFrame, source: TrendSource, base_year: int, last_year: int) -> TrendForecast:
    known = series(history, source.scheme, source.indicator).loc[source.since : base_year]
    return trend_forecast(known, last_year - base_year, events=source.events)


def trend_assumptions(plan: Plan, history: pd.DataFrame) -> dict[str, Assumption]:
    """The forecasts as parameters of the trend path, their 80 % intervals as ranges."""
    return {
        name: _assumption(name, forecast, plan.trends[name].indicator, plan.horizon.base_year)
        for name, forecast in trend_forecasts(plan, history).items()
    }


def _assumption(name: str, forecast: TrendForecast, indicator: str, base_year: int) -> Assumption:
    frame = forecast.frame.set_index("year")
    value, low, high = ({int(y): float(v) for y, v in frame[c].items()} for c in ("value", "low", "high"))
    source = (
        f"趋势模型（{'、'.join(MODEL_LABELS[model].zh for model in forecast.models)}），历史序列：{label(indicator)}"
    )
    return Assumption(name, value, low, high, "derived", source, str(base_year), forecast.reason.zh)
