"""What is missing: targets without numbers, balances, data behind commitments, a region's own figures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analytics.appraisal.audit.evidence import Evidence
from analytics.appraisal.audit.structure import NATION
from analytics.appraisal.findings import Finding, amount, listed, say, slug, subject
from analytics.inputs.plan import Observation, Target
from analytics.terms import NOT_GIVEN, SCHEMES, UNIT_FACTORS, Term


def missing_targets(e: Evidence) -> Iterator[Finding]:
    """A document without targets, and targets without a number."""
    if e.plan.document and not e.plan.targets:
        sentence = say(
            "{note}任何可量化的目标数，本报告只列测算结果，不评判完成情况。",
            "Targets: {note}. The report shows projections only and judges nothing.",
            note=NOT_GIVEN,
        )
        yield Finding("missing.targets", "warning", "all", "", sentence)
    for target in e.plan.targets:
        if target.aim == "fall":
            yield _direction_only(target)


def _direction_only(target: Target) -> Finding:
    sentence = say(
        "文件只要求{subject}逐步下降，未给出数额；本报告按逐年低于上年评判。",
        "{subject}: the document asks for a fall and gives no number; each year is judged against the year before.",
        subject=subject(target.scheme, target.indicator, target.category),
    )
    name = f"missing.number.{slug(target.scheme, target.indicator, target.category)}"
    return Finding(name, "info", target.scheme, "", sentence)


def unprojected_targets(e: Evidence) -> Iterator[Finding]:
    """Targets that the projection does not reach: another scheme, category or year than what is projected."""
    for target in e.plan.targets:
        projected = e.series(target.scheme, target.indicator, target.category)
        years = [year for year in sorted(target.by_year()) if year not in projected]
        if years:
            sentence = say(
                "{subject}{years}年目标未列入测算，不评判完成情况。",
                "{subject}: the target for {years} is not projected and not judged.",
                subject=subject(target.scheme, target.indicator, target.category),
                years=listed(Term(str(year), str(year)) for year in years),
            )
            name = f"missing.projection.{slug(target.scheme, target.indicator, target.category)}"
            yield Finding(name, "warning", target.scheme, "", sentence)


def missing_balances(e: Evidence) -> Iterator[Finding]:
    """Schemes of which no accumulated balance is known."""
    for scheme in e.plan.schemes:
        if f"{scheme}.balance" not in e.lead.assumptions:
            sentence = say(
                "缺少{scheme}{year}年累计结余，累计结余和可支付月数无法测算。",
                "{scheme}: the accumulated balance of {year} is missing, so neither balance nor months payable can be "
                "projected.",
                scheme=SCHEMES[scheme],
                year=e.base_year,
            )
            yield Finding(f"missing.balance.{scheme}", "info", scheme, "", sentence)


def commitments(e: Evidence) -> Iterator[Finding]:
    """What the document promises and nobody can project for want of data."""
    for place, commitment in enumerate(e.plan.commitments, 1):
        sentence = say(
            "“{title}”无法测算，尚缺：{missing}。",
            "“{title}” cannot be projected; missing: {missing}.",
            title=Term(commitment.title.zh, commitment.title.en),
            missing=Term(commitment.missing.zh, commitment.missing.en),
        )
        yield Finding(f"commitment.{place}", "info", "all", "", sentence)


def partial_observations(e: Evidence) -> Iterator[Finding]:
    """Published actuals that cover less than a year, where no full year of the same is published."""
    full = {(o.scheme, o.indicator) for o in e.plan.observations if re.fullmatch(r"\d{4}", o.period)}
    for observation in e.plan.observations:
        if (observation.scheme, observation.indicator) not in full:
            yield _partial(observation)


def _partial(observation: Observation) -> Finding:
    unit, factor = UNIT_FACTORS[observation.unit]
    sentence = say(
        "{subject}仅公布{period}数据（{value}），没有全年数。",
        "{subject}: only {period} is published ({value}), no full year.",
        subject=subject(observation.scheme, observation.indicator),
        period=_period(observation.period),
        value=amount(observation.value * factor, unit),
    )
    name = f"observation.{slug(observation.scheme, observation.indicator)}.{observation.period}"
    return Finding(name, "info", observation.scheme, "", sentence)


def _period(period: str) -> Term:
    """``2025-01/2025-06`` as 2025年1—6月, ``2025-06`` as 2025年6月; anything else as it stands."""
    months = re.fullmatch(r"(\d{4})-(\d{2})(?:/\1-(\d{2}))?", period)
    if months is None:
        return Term(period, period)
    first, last = int(months[2]), int(months[3] or months[2])
    span = f"{first}" if first == last else f"{first}—{last}"
    return Term(f"{months[1]}年{span}月", period.replace("/", " to "))


def stand_in(e: Evidence) -> Iterator[Finding]:
    """Another region's figures in place of the plan's own."""
    reference = e.plan.region.reference
    if not reference:
        return
    roles = {NATION: Term("全国", "the nation"), e.plan.region.province: Term("所在省（市、区）", "its province")}
    sentence = say(
        "{region}没有公开的基础数据，以下测算以{stand_in}的数据代替，结果不能直接视为本地数。",
        "{region} publishes no base data of its own; {stand_in} stands in, so the results are not local figures.",
        region=Term(e.plan.region.label.zh, e.plan.region.label.en),
        stand_in=roles.get(reference, Term("其他地区", "another region")),
    )
    yield Finding("missing.region", "warning", "all", "", sentence)
