"""Do the plan's own numbers agree: growth rates, sums, and the arithmetic the document invites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from analytics.appraisal.audit.evidence import Evidence
from analytics.appraisal.findings import NOTHING, Finding, Parts, amount, listed, percent, say
from analytics.inputs.arithmetic import evaluate
from analytics.inputs.plan import Check
from analytics.terms import INDICATORS, SCHEMES, UNIT_FACTORS, Term, display_scale

_AGREES = 0.001  # amounts are published with two decimals, so a stated rate comes back to about 0.1 points
_FLOWS = ("gross_new", "net_new", "transfers", "collection_income")
_SIGNS = str.maketrans("*/-", "×÷−")


def growth(e: Evidence) -> Iterator[Finding]:
    """Growth of the income targets from year to year, against the yearly growth the document states."""
    for scheme, targets in e.targets("collection_income").items():
        stated = stated_growth(e, scheme)
        if stated is not None:
            yield _implied_base(e, scheme, stated)
        for before, year in pairwise(targets):
            if year == before + 1:
                yield _growth(e, scheme, year, targets[before], targets[year], stated)


def stated_growth(e: Evidence, scheme: str) -> float | None:
    """The yearly growth the document states for a scheme's income, as a ratio; ``None`` where it states none.

    It shows in how the plan file derives the base year's income: first target ÷ (1 + growth).
    """
    base = e.plan.baseline.get(f"{scheme}.collection_income")
    if base is None or base.quality != "derived":
        return None
    written = re.fullmatch(r"\s*([\d.]+)\s*/\s*([\d.]+)\s*", base.arithmetic or "")
    if written is None:
        return None
    first = next(iter(e.targets("collection_income")[scheme].values()))
    return float(written[2]) - 1 if abs(base.plain(float(written[1])) - first) <= _AGREES * first else None


def _implied_base(e: Evidence, scheme: str, stated: float) -> Finding:
    year, first = next(iter(e.targets("collection_income")[scheme].items()))
    parts: Parts = {
        "scheme": SCHEMES[scheme], "year": year, "before": year - 1, "first": amount(first, "yuan"),
        "rate": amount(stated, "ratio"), "base": amount(first / (1 + stated), "yuan"),
    }  # fmt: skip
    sentence = say(
        "文件未给出{scheme}{before}年征缴收入；按{year}年目标{first}和年均增长{rate}反推，为{base}。",
        "{scheme}: the document gives no collection income for {before}; the {year} target of {first} and growth of "
        "{rate} a year imply {base}.",
        **parts,
    )
    return Finding(f"base.{scheme}", "info", scheme, e.formula("{first} ÷ (1 + {rate}) = {base}", **parts), sentence)


def _growth(e: Evidence, scheme: str, year: int, before: float, now: float, stated: float | None) -> Finding:
    rate = now / before - 1
    agrees = stated is None or abs(rate - stated) <= _AGREES
    parts: Parts = {
        "scheme": SCHEMES[scheme], "year": year, "now": amount(now, "yuan"), "before": amount(before, "yuan"),
        "rate": percent(rate), "signed": percent(rate, signed=True), "against": _against(stated, agrees),
    }  # fmt: skip
    sentence = say(
        "{scheme}{year}年征缴收入目标{now}，比上年目标增长{rate}{against}。",
        "{scheme}: the {year} collection-income target of {now} is {rate} above the year before{against}.",
        **parts,
    )
    arithmetic = e.formula("{now} ÷ {before} − 1 = {signed}", **parts)
    return Finding(f"growth.{scheme}.{year}", "info" if agrees else "error", scheme, arithmetic, sentence)


def _against(stated: float | None, agrees: bool) -> Term:
    if stated is None:
        return NOTHING
    if agrees:
        return say(
            "，与年均增长{rate}的要求相符", ", in line with the stated {rate} a year", rate=amount(stated, "ratio")
        )
    return say("，与年均增长{rate}的要求不符", ", at odds with the stated {rate} a year", rate=amount(stated, "ratio"))


def below_headline(e: Evidence) -> Iterator[Finding]:
    """Schemes whose income targets grow less than half as fast as the document's stated growth."""
    schemes = e.targets("collection_income")
    headline = next((rate for rate in (stated_growth(e, scheme) for scheme in schemes) if rate is not None), None)
    for scheme, targets in schemes.items():
        first, last = min(targets), max(targets)
        if headline is None or first == last:
            continue
        average = (targets[last] / targets[first]) ** (1 / (last - first)) - 1
        if average < headline / 2:
            yield _below_headline(e, scheme, average, headline)


def _below_headline(e: Evidence, scheme: str, average: float, headline: float) -> Finding:
    parts = {"scheme": SCHEMES[scheme], "average": percent(average), "headline": amount(headline, "ratio")}
    sentence = say(
        "{scheme}征缴收入目标年均增长{average}，明显低于文件提出的{headline}，该增速不适用于本险种。",
        "{scheme}: the income targets grow by {average} a year, far below the document's headline of {headline}, which "
        "does not hold for this scheme.",
        **parts,
    )
    arithmetic = e.formula("{average} < {headline} ÷ 2", **parts)
    return Finding(f"growth.{scheme}.headline", "warning", scheme, arithmetic, sentence)


def sums(e: Evidence) -> Iterator[Finding]:
    """Yearly targets of flows added up over the plan's years."""
    for indicator in _FLOWS:
        for scheme, targets in e.targets(indicator).items():
            if len(targets) > 1:
                yield _sum(e, scheme, indicator, targets)


def _sum(e: Evidence, scheme: str, indicator: str, targets: dict[int, float]) -> Finding:
    unit = INDICATORS[indicator].unit
    parts = {
        "scheme": SCHEMES[scheme],
        "indicator": INDICATORS[indicator],
        "first": min(targets),
        "last": max(targets),
        "parts": listed((amount(value, unit) for value in targets.values()), " + ", " + "),
        "sum": amount(sum(targets.values()), unit),
    }
    sentence = say(
        "{scheme}{first}—{last}年{indicator}目标合计{sum}。",
        "{scheme}, {first}–{last}: {indicator} targets add up to {sum}.",
        **parts,
    )
    return Finding(f"sum.{scheme}.{indicator}", "info", scheme, e.formula("{parts} = {sum}", **parts), sentence)


def checks(e: Evidence) -> Iterator[Finding]:
    """Arithmetic from the document, recomputed; a stated result may differ by the check's tolerance, a share of it."""
    for check in e.plan.checks:
        yield _check(e, check)


def _check(e: Evidence, check: Check) -> Finding:
    computed = evaluate(check.arithmetic)
    agrees = check.stated is None or abs(computed - check.stated) <= check.tolerance * abs(check.stated)
    parts = {
        "label": Term(check.label.zh, check.label.en),
        "arithmetic": _readable(check.arithmetic),
        "computed": _in_its_unit(computed, check.unit),
        "against": _against_stated(check, agrees),
    }
    sentence = say("{label}：{computed}{against}。", "{label}: {computed}{against}.", **parts)
    arithmetic = e.formula("{arithmetic} = {computed}", **parts)
    return Finding(f"check.{check.id}", "info" if agrees else "error", "all", arithmetic, sentence)


def _against_stated(check: Check, agrees: bool) -> Term:
    if check.stated is None:
        return NOTHING
    stated = _in_its_unit(check.stated, check.unit)
    if agrees:
        return say("，与文件所述{stated}一致", ", as stated ({stated})", stated=stated)
    return say("，与文件所述{stated}不一致", ", not the {stated} stated", stated=stated)


def _in_its_unit(value: float, unit: str) -> Term:
    """``value``, given in ``unit``, in the reader's form of that unit (yuan stay yuan, however many), to the cent."""
    plain, factor = UNIT_FACTORS[unit]
    scale = display_scale(plain, 10 * factor)  # from ten on, every unit is shown in itself
    shown = value * factor / scale.factor
    decimals = next(places for places in (0, 1, 2) if round(shown, places) == round(shown, 2))
    return amount(value * factor, plain, decimals, scale=scale)


def _readable(arithmetic: str) -> str:
    """``1564 * 350`` as 1,564 × 350."""
    thousands = re.sub(r"(?<![\d.])\d{4,}", lambda digits: f"{int(digits[0]):,}", arithmetic)
    return thousands.translate(_SIGNS)
