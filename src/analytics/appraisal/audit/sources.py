"""What the headlines rest on: the assumed inputs that move them most, and inputs that are out of date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd

from analytics.appraisal.audit.evidence import Evidence
from analytics.appraisal.findings import Finding, amount, difference, listed, say, slug, subject
from analytics.inputs.history import region_chain
from analytics.inputs.policy import stale
from analytics.terms import INDICATORS, PARAMETERS, SCHEMES, Term

Headline = tuple[str, str, str]
"""(scheme, indicator, category)."""

_HEADLINES: list[Headline] = [
    ("employee", "collection_income", "total"), ("all", "employee_share", "total"), ("employee", "gap", "total"),
]  # fmt: skip
_NAMED = 3  # inputs named beside a headline
_STALE_YEARS = 3


def assumed_inputs(e: Evidence) -> Iterator[Finding]:
    """For each headline in the last year: the assumed inputs that move it most between their low and their high."""
    for headline in headlines(e):
        effects = _effects(e, headline)
        assumed = effects[[e.lead.assumptions[name].quality == "assumed" for name in effects["input"]]].head(_NAMED)
        if not assumed.empty:
            yield _assumed(e, headline, assumed)


def headlines(e: Evidence) -> list[Headline]:
    """What the reader looks at first: the indicators of the targets, else income, employee share and gap."""
    aimed = [(target.scheme, target.indicator, target.category) for target in e.plan.targets]
    return list(dict.fromkeys(aimed or _HEADLINES))


def _effects(e: Evidence, headline: Headline) -> pd.DataFrame:
    """Effects of the inputs on a headline of the leading path in the last year, the widest span first."""
    effects = e.lead.effects
    asked = zip(["scheme", "indicator", "category", "year"], [*headline, e.plan.horizon.last_year], strict=True)
    for column, value in asked:
        effects = effects[effects[column] == value]
    effects = effects.assign(span=(effects["high_effect"] - effects["low_effect"]).abs())
    return effects.sort_values("span", ascending=False, kind="stable")


def _assumed(e: Evidence, headline: Headline, effects: pd.DataFrame) -> Finding:
    scheme, indicator, category = headline
    unit, last = INDICATORS[indicator].unit, e.plan.horizon.last_year
    sentence = say(
        "{subject}{year}年测算值{value}，主要取决于以下假定：{inputs}。",
        "{subject}: the {year} projection of {value} rests mostly on these assumptions: {inputs}.",
        year=last,
        subject=subject(scheme, indicator, category),
        value=amount(e.series(scheme, indicator, category)[last], unit),
        inputs=listed(PARAMETERS[name] for name in effects["input"]),
    )
    arithmetic = e.formula("{moves}", moves=listed(_moves(effects, unit), "; ", "; "))
    return Finding(f"assumed.{slug(*headline)}", "info", scheme, arithmetic, sentence)


def _moves(effects: pd.DataFrame, unit: str) -> Iterator[Term]:
    """Each input with what its low and its high do to the headline."""
    for name, low, high in effects[["input", "low_effect", "high_effect"]].itertuples(index=False):
        ends = [difference(end, unit) for end in (low, high)]
        yield say("{name} {ends}", "{name} {ends}", name=PARAMETERS[name], ends=listed(ends, " / ", " / "))


def stale_inputs(e: Evidence) -> Iterator[Finding]:
    """Inputs that move a headline and are dated more than three years before the base year."""
    moved: dict[str, list[Headline]] = {}
    for headline in headlines(e):
        for name in _effects(e, headline)["input"]:
            moved.setdefault(name, []).append(headline)
    for name, touched in moved.items():
        year = int(e.lead.assumptions[name].date[:4] or e.base_year)
        if year < e.base_year - _STALE_YEARS:
            yield _stale(e, name, year, touched)


def _stale(e: Evidence, name: str, year: int, touched: list[Headline]) -> Finding:
    parts = {
        "name": PARAMETERS[name],
        "year": year,
        "base_year": e.base_year,
        "age": e.base_year - year,
        "touched": listed((subject(*headline) for headline in touched), "、", "; "),
    }
    sentence = say(
        "{name}采用{year}年数据，早于基年{age}年，影响：{touched}。",
        "{name} dates from {year}, {age} years before the base year; it moves: {touched}.",
        **parts,
    )
    scheme = name.split(".")[0]
    arithmetic = e.formula("{base_year} − {year} = {age}", **parts)
    return Finding(f"stale.{name}", "warning", scheme if scheme in SCHEMES else "all", arithmetic, sentence)


def unchecked_policies(place: str, day: date) -> list[Finding]:
    """Policy values in force for ``place`` whose source nobody has looked at for a year, one finding a table."""
    old = stale(day)
    own = old[old["place"].isin(region_chain(place))]
    return [_unchecked(str(table), rows) for table, rows in own.groupby("table")]


def _unchecked(table: str, rows: pd.DataFrame) -> Finding:
    parts = {
        "table": f"data/policy/{table}.csv",
        "n": len(rows),
        "checked": min(rows["checked"]),
        "age": rows["age_days"].max(),
    }
    sentence = say(
        "政策表{table}有{n}项已超过一年未核对（最早核对于{checked}），请核对后更新核对日期。",
        "{n} values of the policy table {table} have not been checked for over a year (oldest check {checked}).",
        **parts,
    )
    return Finding(f"unchecked.{table}", "warning", "all", f"{parts['age']} > 365", sentence)
