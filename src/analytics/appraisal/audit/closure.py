"""Does the income target follow from the enrollment target and the growth of the contribution base?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from analytics.appraisal.audit.evidence import Evidence
from analytics.appraisal.findings import Finding, Parts, amount, assumed_mark, percent, say
from analytics.model.fund import MONTHS, collection_income
from analytics.terms import SCHEMES, Term

_RATE_OF = {"employee": "enterprise"}  # the scheme's rate is that of its main category; small funds have only one


@dataclass(frozen=True)
class Closure:
    """What is to be added to a year's income, and what the plan offers for it.

    new + base growth against the increment: heads × floor × 12 × rate + growth × income before, against
    target − income before.  The reading is generous in heads (all new members pay all year, nobody leaves) and strict
    in their base (the floor).

    Attributes
    ----------
    heads
        Gross new enrollment asked for, persons.
    floor
        Base floor in the year, yuan a month.
    rate
        Contribution rate, employer and employee together.
    growth
        Growth of the wage behind the base, a ratio.
    before, target
        Income targets of the year before and of the year, yuan.
    """

    heads: float
    floor: float
    rate: float
    growth: float
    before: float
    target: float

    @property
    def increment(self) -> float:
        """What the target adds to the year before, yuan."""
        return self.target - self.before

    @property
    def from_heads(self) -> float:
        """Income from the new members, yuan."""
        return collection_income(self.heads, self.floor, self.rate, 1.0)

    @property
    def from_growth(self) -> float:
        """Income from the growth of the base, yuan."""
        return self.growth * self.before

    @property
    def short(self) -> float:
        """What neither gives, yuan; negative when they give more than is needed."""
        return self.increment - self.from_heads - self.from_growth

    @property
    def growth_required(self) -> float:
        """Growth of the base that closes the target, the heads as planned."""
        return (self.increment - self.from_heads) / self.before

    @property
    def further_heads_required(self) -> float:
        """Members on the floor, beyond those planned, that close the target."""
        return self.short / (self.floor * MONTHS * self.rate)


def closures(e: Evidence) -> Iterator[tuple[str, int, Closure]]:
    """Scheme, year and closure for every income target that follows another and has an enrollment target beside it."""
    enrollment = e.targets("gross_new")
    floors = e.series("employee", "base_floor")
    for scheme, incomes in e.targets("collection_income").items():
        rates = e.series(scheme, "contribution_rate", _RATE_OF.get(scheme, "total"))
        for before, year in pairwise(incomes):
            heads = enrollment.get(scheme, {}).get(year)
            if heads is None or year != before + 1 or year not in rates:
                continue
            growth = floors[year] / floors[before] - 1
            yield scheme, year, Closure(heads, floors[year], rates[year], growth, incomes[before], incomes[year])


def closure(e: Evidence) -> Iterator[Finding]:
    """Enrollment at the floor and base growth against the income target's increment, per scheme and year."""
    for scheme, year, found in closures(e):
        parts = _parts(found) | {"scheme": SCHEMES[scheme], "year": year}
        parts["mark"] = assumed_mark(e.ranged(year, "employee", "base_floor"))  # published wages carry no range
        arithmetic = e.formula(
            "{heads} × {floor} × 12 × {rate} = {from_heads}; {growth} × {before} = {from_growth}; "
            "{from_heads} + {from_growth} = {offered} {sign} {increment}",
            **parts,
        )
        severity = "warning" if found.short > 0 else "info"
        yield Finding(f"closure.{scheme}.{year}", severity, scheme, arithmetic, _sentence(found, parts))


def _parts(c: Closure) -> Parts:
    return {
        "heads": amount(c.heads, "person"),
        "floor": amount(c.floor, "yuan/month", decimals=1),
        "rate": percent(c.rate),
        "growth": percent(c.growth),
        "before": amount(c.before, "yuan"),
        "from_heads": amount(c.from_heads, "yuan"),
        "from_growth": amount(c.from_growth, "yuan"),
        "offered": amount(c.from_heads + c.from_growth, "yuan"),
        "increment": amount(c.increment, "yuan"),
        "sign": "<" if c.short > 0 else "≥",
        "short": amount(c.short, "yuan"),
        "growth_required": percent(c.growth_required),
        "further_heads": amount(c.further_heads_required, "person"),
    }


def _sentence(c: Closure, parts: Parts) -> Term:
    offer = say(
        "{scheme}{year}年征缴收入目标比上年增加{increment}：新增参保{heads}按缴费基数下限缴满全年可增收{from_heads}，"
        "缴费基数增长{growth}{mark}可增收{from_growth}，合计{offered}",
        "{scheme}: the {year} income target adds {increment}. {heads} newly enrolled, paying all year on the base "
        "floor, give {from_heads}; base growth of {growth}{mark} gives {from_growth}, together {offered}",
        **parts,
    )
    if c.short <= 0:
        return say("{offer}，可以支撑目标增量。", "{offer}: enough.", offer=offer)
    return say(
        "{offer}，尚差{short}；仅靠这两项，缴费基数需增长{growth_required}，或再增加参保{further_heads}，目标方可实现。",
        "{offer}, which is {short} short. To close it, the base must grow by {growth_required}, or a further "
        "{further_heads} must enroll.",
        offer=offer,
        **parts,
    )
