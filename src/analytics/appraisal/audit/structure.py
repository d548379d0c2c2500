"""What a share or a coverage target asks of the stocks: heads to move, and speed against what happens anyway."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analytics.appraisal.audit.evidence import Evidence
from analytics.appraisal.findings import NOTHING, Finding, Parts, amount, listed, percent, points, say
from analytics.model.structure import enrollment_required, transfers_required, yearly_shift_required
from analytics.terms import INDICATORS, Term

NATION = "china"


def milestones(e: Evidence) -> Iterator[Finding]:
    """For each year of a share or coverage target: the yearly shift from the base year on, and the heads it means."""
    for indicator in ("employee_share", "coverage_rate"):
        start = e.series("all", indicator).get(e.base_year)
        for year, goal in e.targets(indicator).get("all", {}).items():
            if start is not None and year > e.base_year:
                yield _milestone(e, indicator, year, start, goal)


def _milestone(e: Evidence, indicator: str, year: int, start: float, goal: float) -> Finding:
    years = year - e.base_year
    shift = yearly_shift_required(start, goal, years)
    trend = e.series("all", indicator, scenario="trend").get(year)
    parts: Parts = {
        "indicator": INDICATORS[indicator], "year": year, "base_year": e.base_year, "years": years,
        "start": percent(start), "goal": percent(goal), "shift": points(shift), "signed": points(shift, signed=True),
        "mark": e.mark(e.base_year, "all", indicator), "means": _means(e, indicator, year, goal),
        "anyway": _anyway(start, trend, years),
    }  # fmt: skip
    arithmetic = e.formula("({goal} − {start}) ÷ {years} = {signed}", **parts)
    behind = goal > start and (trend is None or trend < goal)
    sentence = _milestone_sentence(goal > start, parts)
    return Finding(f"{indicator}.{year}", "warning" if behind else "info", "all", arithmetic, sentence)


def _milestone_sentence(to_go: bool, parts: Parts) -> Term:
    if not to_go:
        return say(
            "{indicator}{year}年目标{goal}，{base_year}年已达{start}{mark}，须保持{anyway}。",
            "{indicator}: the {year} target of {goal} was reached by {base_year} ({start}{mark}) and must be "
            "kept{anyway}.",
            **parts,
        )
    return say(
        "{indicator}从{base_year}年的{start}{mark}提高到{year}年目标{goal}，每年需提高{shift}，{means}{anyway}。",
        "{indicator}: from {start}{mark} in {base_year} to the {year} target of {goal} takes {shift} a year, "
        "{means}{anyway}.",
        **parts,
    )


def _means(e: Evidence, indicator: str, year: int, goal: float) -> Term:
    """The heads a target means on the base year's stocks, and for a share on the leading path as well."""
    if indicator == "coverage_rate":
        covered = _at_base(e, ("employee", "participants"), ("resident", "participants"))
        heads = enrollment_required(goal * (covered + _at_base(e, ("all", "uncovered"))), covered)
        return say(
            "按基年人数需再参保{heads}",
            "{heads} more enrolled on the base year's numbers",
            heads=amount(heads, "person"),
        )
    moving = transfers_required(goal, _at_base(e, ("employee", "active")), _at_base(e, ("resident", "active")))
    along = sum(heads for moved, heads in e.series("employee", "transfers").items() if moved <= year)
    return say(
        "按基年人数需由居民保险转入职工保险{heads}（{path}累计转入{along}）",
        "{heads} transfers from the resident to the employee scheme on the base year's numbers ({path}: {along})",
        heads=amount(moving, "person"),
        path=e.label(e.leading),
        along=amount(along, "person"),
    )


def _at_base(e: Evidence, *stocks: tuple[str, str]) -> float:
    return sum(e.series(*stock).get(e.base_year, 0.0) for stock in stocks)


def _anyway(start: float, trend: float | None, years: int) -> Term:
    if trend is None:
        return NOTHING
    return say(
        "；趋势路径每年变化{speed}，届时为{reached}",
        "; the trend path moves by {speed} a year and stands at {reached} by then",
        speed=points(yearly_shift_required(start, trend, years), signed=True),
        reached=percent(trend),
    )


def base_share(e: Evidence) -> Iterator[Finding]:
    """The base year's employee share beside the published ones of the region itself, its province and the nation."""
    share = e.series("all", "employee_share").get(e.base_year)
    compared = [] if share is None else list(_published_shares(e))
    if not compared:
        return
    employee, resident = _at_base(e, ("employee", "active")), _at_base(e, ("resident", "active"))
    parts: Parts = {
        "year": e.base_year, "share": percent(share), "mark": e.mark(e.base_year, "all", "employee_share"),
        "employee": amount(employee, "person"), "resident": amount(resident, "person"), "others": listed(compared, "，"),
    }  # fmt: skip
    sentence = say(
        "基年（{year}年）缴费阶段职工占比{share}{mark}；{others}。",
        "The employee share in the base year {year} is {share}{mark}; {others}.",
        **parts,
    )
    arithmetic = e.formula("{employee} ÷ ({employee} + {resident}) = {share}", **parts)
    yield Finding("employee_share.base", "info", "all", arithmetic, sentence)


def _published_shares(e: Evidence) -> Iterator[Term]:
    own, province = e.plan.region.id, e.plan.region.province
    figures = pd.concat([e.history, e.peers], ignore_index=True)
    places = {province: Term("所在省（市、区）", "the province"), NATION: Term("全国", "the nation")}
    for region, place in (places | {own: Term("本地区公布数", "published for this region")}).items():
        found = latest_share(figures, region)
        if found is not None:
            parts: Parts = {"place": place, "year": found[0], "share": percent(found[1])}
            yield say("{place}{year}年为{share}", "{place} in {year}: {share}", **parts)


def latest_share(figures: pd.DataFrame, region: str) -> tuple[int, float] | None:
    """A region's latest published employee share: active ÷ (active + active of the resident scheme), and its year.

    Parameters
    ----------
    figures
        HISTORY frame, persons.

    Returns
    -------
    Year and ratio; ``None`` where no year has both schemes.
    """
    mine = (figures["region"] == region) & (figures["indicator"] == "active") & (figures["category"] == "total")
    heads = figures[mine].pivot_table(index="year", columns="scheme", values="value", aggfunc="last")
    heads = heads.reindex(columns=["employee", "resident"]).dropna()
    if heads.empty:
        return None
    last = heads.iloc[-1]
    return int(heads.index[-1]), float(last["employee"] / last.sum())
