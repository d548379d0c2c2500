"""Do the targets hold on the leading path, and would they hold if nothing changed?"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analytics.appraisal.attainment import attainment
from analytics.appraisal.audit.evidence import Evidence
from analytics.appraisal.findings import Finding, Parts, amount, difference, listed, say, slug, subject
from analytics.inputs.assumptions import delivered_as
from analytics.terms import Term, display_scale


def attained(e: Evidence) -> Iterator[Finding]:
    """Each target on the plan path and on the trend path: every year, some years, or never."""
    if not e.plan.targets:
        return
    shown = [name for name in ("plan", "trend") if name in e.projections]
    results = pd.concat([e.projections[name].results for name in shown], ignore_index=True)
    table = attainment(e.plan, results)
    delivered = {
        (target.scheme, target.indicator, target.category) for target in e.plan.targets if delivered_as(target)
    }
    for (scheme, indicator, category), rows in table.groupby(["scheme", "indicator", "category"], sort=False):
        by_path = {path: years for path, years in rows.groupby("scenario", sort=False)}
        missed = not rows.loc[rows["scenario"] == shown[0], "met"].all()
        given = (scheme, indicator, category) in delivered
        outcomes = [_outcome(e, path, years, given and path == "plan") for path, years in by_path.items()]
        sentence = say(
            "{subject}目标：{outcomes}。",
            "{subject} against its target: {outcomes}.",
            subject=subject(scheme, indicator, category),
            outcomes=listed(outcomes, "；", "; "),
        )
        name = f"attained.{slug(scheme, indicator, category)}"
        yield Finding(name, "warning" if missed else "info", scheme, _arithmetic(e, by_path), sentence)


def _outcome(e: Evidence, path: str, years: pd.DataFrame, given: bool) -> Term:
    missed = years.loc[~years["met"], "year"]
    parts: Parts = {"path": e.label(path), "years": listed(Term(str(year), str(year)) for year in missed)}
    if missed.empty and given:
        return say("{path}以完成目标为前提", "{path} – taken as delivered", **parts)
    if missed.empty:
        return say("{path}各年均可达到", "{path} – met every year", **parts)
    if len(missed) == len(years):
        return say("{path}各年均达不到", "{path} – never met", **parts)
    return say("{path}{years}年达不到", "{path} – missed in {years}", **parts)


def _arithmetic(e: Evidence, by_path: dict[str, pd.DataFrame]) -> str:
    """Value − target in the last year, path by path."""
    return e.formula("{parts}", parts=listed((_last_year(e, path, rows) for path, rows in by_path.items()), "; ", "; "))


def _last_year(e: Evidence, path: str, years: pd.DataFrame) -> Term:
    last = years.iloc[-1]
    scale = display_scale(last["unit"], last["target"])
    numbers = {name: amount(last[name], last["unit"], scale=scale) for name in ("value", "target")}
    numbers["difference"] = difference(last["difference"], last["unit"], scale)
    parts: Parts = {"path": e.label(path), "year": int(last["year"]), **numbers}
    return say(
        "{path}{year}年：{value} − {target} = {difference}", "{path} {year}: {value} − {target} = {difference}", **parts
    )
