"""Are the targets possible within the population, and how much of the new enrollment only replaces those who leave?"""

from __future__ import annotations

from collections.abc import Iterator

from analytics.appraisal.audit.evidence import Evidence
from analytics.appraisal.findings import Finding, Parts, amount, listed, percent, say
from analytics.model.people.ground import ground_of
from analytics.model.projection import stated_heads
from analytics.terms import INDICATORS, SCHEMES, Term

_OUTFLOWS: dict[str, Term] = {
    "deaths": Term("死亡", "deaths"),
    "retirements": Term("退休", "retirements"),
    "exits": Term("退出", "exits"),
}
_TIGHT = 0.5  # a plan that needs more than half of everyone who could still join deserves a second look
_ASTRAY = 0.005  # share of heads at ages that the population does not have
_HALF_A_PERSON = 0.5  # fewer than this below zero is floating point


def net_growth(e: Evidence) -> Iterator[Finding]:
    """Over the plan's years: how much of the gross new enrollment only replaces deaths, retirements and exits."""
    for scheme in e.plan.schemes:
        gross = _over_the_plan(e, scheme, "gross_new")
        if gross > 0 and e.series(scheme, "net_new"):
            yield _net_growth(e, scheme, gross)


def _net_growth(e: Evidence, scheme: str, gross: float) -> Finding:
    lost = {flow: _over_the_plan(e, scheme, flow) for flow in _OUTFLOWS if e.series(scheme, flow)}
    net = gross - sum(lost.values())
    parts: Parts = {
        "path": e.label(e.leading), "span": e.span, "scheme": SCHEMES[scheme], "gross": amount(gross, "person"),
        "lost": amount(sum(lost.values()), "person"), "net": amount(net, "person"), "size": amount(abs(net), "person"),
        "share": amount(net / gross, "ratio"), "flows": listed(_OUTFLOWS[flow] for flow in lost),
        "mark": e.mark(e.plan.horizon.last_year, scheme, "net_new"),
    }  # fmt: skip
    outflows = [say("{n} {heads}", "{n} {heads}", n=_OUTFLOWS[k], heads=amount(v, "person")) for k, v in lost.items()]
    arithmetic = e.formula("{gross} − {outflows} = {net}", **parts, outflows=listed(outflows, " − ", " − "))
    severity = "warning" if net < 0 else "info"
    return Finding(f"net.{scheme}", severity, scheme, arithmetic, _net_sentence(net, parts))


def _net_sentence(net: float, parts: Parts) -> Term:
    if net < 0:
        return say(
            "{path}下，{span}{scheme}新增参保{gross}，不足以弥补{flows}{lost}，净减少{size}{mark}。",
            "{path}, {span}, {scheme}: {gross} newly enrolled do not make up for {lost} lost ({flows}); "
            "the net loss is {size}{mark}.",
            **parts,
        )
    return say(
        "{path}下，{span}{scheme}新增参保{gross}，其中{lost}用于弥补{flows}，净增{size}{mark}，占新增的{share}。",
        "{path}, {span}, {scheme}: of {gross} newly enrolled, {lost} only replace losses ({flows}); net "
        "growth is {size}{mark}, {share} of the gross.",
        **parts,
    )


def _over_the_plan(e: Evidence, scheme: str, indicator: str) -> float:
    by_year = e.series(scheme, indicator)
    return sum(by_year.get(year, 0.0) for year in e.plan.years)


def pool(e: Evidence) -> Iterator[Finding]:
    """Gross new enrollment asked for in the employee scheme against those who could still join it.

    The pool: uncovered persons and members of the resident scheme who still pay, at the end of the base year.
    """
    asked = sum(e.targets("gross_new").get("employee", {}).values())
    left = e.series("all", "uncovered").get(e.base_year, 0.0)
    resident = e.series("resident", "active").get(e.base_year, 0.0)
    available = left + resident
    if asked and available > 0:
        parts = {
            "scheme": SCHEMES["employee"], "span": e.span, "asked": amount(asked, "person"), "year": e.base_year,
            "uncovered": amount(left, "person"), "resident": amount(resident, "person"),
            "available": amount(available, "person"), "share": percent(asked / available),
            "mark": e.mark(e.base_year, "all", "uncovered"),
        }  # fmt: skip
        severity = "error" if asked > available else "warning" if asked > _TIGHT * available else "info"
        arithmetic = e.formula("{asked} ÷ ({uncovered} + {resident}) = {share}", **parts)
        yield Finding("pool.employee", severity, "employee", arithmetic, _pool_sentence(severity, parts))


def _pool_sentence(severity: str, parts: Parts) -> Term:
    possible = {
        "error": say("，超出可扩面人数，不可能实现", ": more than there are"),
        "warning": say("，超过一半，难度较大", ": more than half of them, which is demanding"),
        "info": say("，从人口规模看可以实现", ": possible as far as numbers go"),
    }[severity]
    return say(
        "{span}{scheme}新增参保目标合计{asked}，占{year}年末应参未参人员和居民保险缴费阶段人员{available}{mark}的{share}{possible}。",
        "{scheme}, {span}: the targets ask for {asked} newly enrolled, {share} of the {available}{mark} uncovered or "
        "paying into the resident scheme at the end of {year}{possible}.",
        possible=possible,
        **parts,
    )


def pool_left(e: Evidence) -> Iterator[Finding]:
    """Paths on which more are enrolled than there are people within reach; the rest must come from elsewhere.

    Paths that go wrong in the same year by the same heads share one finding.
    """
    alike: dict[tuple[str, int, int], list[str]] = {}
    for scenario in e.projections:
        for scheme in ("all", "employee", "resident"):
            left = e.series(scheme, "pool_left", scenario=scenario)
            impossible = [year for year, heads in left.items() if heads < -_HALF_A_PERSON]
            if impossible:
                year = min(impossible)
                alike.setdefault((scheme, year, round(left[year])), []).append(scenario)
    for (scheme, year, left), scenarios in alike.items():
        yield _pool_left(e, scheme, year, left, scenarios)


def _pool_left(e: Evidence, scheme: str, year: int, left: int, scenarios: list[str]) -> Finding:
    parts: Parts = {
        "paths": listed(e.label(scenario) for scenario in scenarios), "year": year, "left": amount(left, "person"),
        "excess": amount(-left, "person"), "rate": percent(e.series("all", "coverage_rate", scenario=scenarios[0])[year]),
        "scheme": SCHEMES[scheme],
    }  # fmt: skip
    sentence = say(
        "{paths}下，{year}年参保人数超出本地应参保人口{excess}，人口或参保存量有误。",
        "{paths}: in {year} enrollment exceeds those who should be enrolled by {excess}; the population or the stocks "
        "are wrong.",
        **parts,
    ) if scheme == "all" else say(
        "{paths}下，{year}年{scheme}新增参保超出本地可扩面人数{excess}，测算按外地转入处理（参保率{rate}），人口、参保存量或新增参保数有误。",
        "{paths}: in {year} new enrollment in the {scheme} exceeds those within reach by {excess}; the projection takes "
        "them from elsewhere (coverage {rate}): the population, the stocks or the new enrollment are wrong.",
        **parts,
    )  # fmt: skip
    return Finding(f"pool_left.{scheme}.{scenarios[0]}", "error", scheme, e.formula("{left} < 0", **parts), sentence)


def ages(e: Evidence) -> Iterator[Finding]:
    """Whether the stated heads fit the region's ages: more pensioners than old people cannot be."""
    heads, base = stated_heads(e.plan), e.base_year
    astray = ground_of(e.plan.people, base).misfit(heads) if any(heads.values()) else 0.0
    if astray > _ASTRAY:
        parts: Parts = {
            "year": base, "share": percent(astray), "most": percent(_ASTRAY),
            "heads": amount(astray * sum(heads.values()), "person"),
        }  # fmt: skip
        sentence = say(
            "{year}年末各类参保人数与本地分年龄人口不符：{heads}（占{share}）放不进相应的年龄，领取待遇人数、在职人数或60岁及以上人口占比有误。",
            "At the end of {year} the stated heads do not fit the region's ages: {heads} ({share}) have no persons of "
            "the right age behind them; pensioners, contributors or the share of the old are wrong.",
            **parts,
        )  # fmt: skip
        yield Finding("ages.misfit", "error", "all", e.formula("{share} > {most}", **parts), sentence)


def above_all(e: Evidence) -> Iterator[Finding]:
    """Rates asked for that exceed the whole: a coverage rate or a share above 100 %."""
    for target in e.plan.targets:
        if target.indicator not in ("coverage_rate", "employee_share"):
            continue
        for year, rate in target.by_year().items():
            if rate > 1:
                yield _above_all(e, target.indicator, year, rate)


def _above_all(e: Evidence, indicator: str, year: int, rate: float) -> Finding:
    parts = {"indicator": INDICATORS[indicator], "year": year, "rate": percent(rate)}
    sentence = say(
        "{indicator}{year}年目标{rate}超过100%。", "{indicator}: the {year} target, {rate}, exceeds 100 %.", **parts
    )
    return Finding(f"{indicator}.{year}.above", "error", "all", e.formula("{rate} > 100%", **parts), sentence)
