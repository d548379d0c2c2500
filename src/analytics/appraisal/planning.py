"""Contribution planning for a person: which base and how many years give what pension, and when it pays back.

Everything is in today's wages (see :mod:`analytics.model.pension`); contributions of flexible workers are all their
own, so the whole of what they pay is held against what they get.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from analytics.inputs.pension_rules import PensionRules, minimum_years, pension_rules, retirement_values
from analytics.model.pension import (
    ACCOUNT_RATE,
    MONTHS,
    account_balance,
    account_pension,
    basic_pension,
    break_even_months,
    payout_months,
    relative_growth,
)
from analytics.model.retirement import RetirementRule, retirement_age_months, retirement_month

_REFORM = date(2025, 1, 1)
RESIDENT_AGE = 60 * MONTHS
"""Age in months from which the resident scheme pays; the rise of retirement ages leaves it alone."""


@dataclass(frozen=True)
class Person:
    """Who asks: a flexible worker by default.

    Attributes
    ----------
    category
        M60, F55 or F50: the retirement age before the rise.
    birth
        Year and month.
    index
        Contribution base as a share of the average wage, 0.6 to 3.0.
    years_paid, break_years
        Contribution years behind them, and years in which they will not pay (they cannot be paid back later).
    fee
        Yearly fee in the resident scheme, for comparison.
    """

    category: str
    birth: tuple[int, int]
    index: float = 0.6
    years_paid: float = 0.0
    break_years: float = 0.0
    fee: float = 300.0
    chosen_months: int = 0


@dataclass(frozen=True)
class Outlook:
    """What the rules give a person, amounts in yuan of today's wages."""

    retires: tuple[int, int]
    age_months: int
    years: float
    years_needed: float
    paid: float
    basic: float
    account: float
    resident_pension: float
    resident_paid: float

    @property
    def eligible(self) -> bool:
        """Whether the minimum years are reached by the retirement month."""
        return self.years >= self.years_needed

    @property
    def pension(self) -> float:
        """Monthly employee pension; none without the minimum years."""
        return self.basic + self.account if self.eligible else 0.0

    @property
    def break_even_age(self) -> float:
        """Age in years at which the pension has given back what was paid."""
        return (self.age_months + break_even_months(self.paid, self.pension)) / MONTHS

    @property
    def extra_break_even_age(self) -> float:
        """Age in years at which the higher pension of the employee scheme has made up for its higher contributions."""
        months = break_even_months(self.paid - self.resident_paid, self.pension - self.resident_pension)
        return (self.age_months + months) / MONTHS


def outlook(person: Person, place: str, day: date, crediting: float, wage_growth: float) -> Outlook:
    """The pension of a person who pays as a flexible worker in ``place`` from ``day`` until retirement.

    Parameters
    ----------
    crediting, wage_growth
        Yearly crediting rate of the account and growth of wages.

    Raises
    ------
    ValueError
        When the base lies outside the bounds of the rules.
    """
    rules = pension_rules(place, day)
    if not rules.floor.value <= person.index <= rules.cap.value:
        raise ValueError(
            f"the base must lie between {rules.floor.value:.0%} and {rules.cap.value:.0%} of the average wage"
        )
    rule = retirement_rule(place, day, person.category)
    retires = retirement_month(rule, *person.birth, person.chosen_months)
    age = retirement_age_months(rule, *person.birth, person.chosen_months)
    future = max(0.0, _years_between(day, retires) - person.break_years)
    growth = relative_growth(crediting, wage_growth)
    base = rules.benefit_base.value * person.index
    balance = account_balance(base * MONTHS * ACCOUNT_RATE, person.years_paid + future, growth)
    return Outlook(
        retires=retires,
        age_months=age,
        years=person.years_paid + future,
        years_needed=minimum_years(place, retires[0]),
        paid=base * MONTHS * rules.flexible_rate.value * (person.years_paid + future),
        basic=basic_pension(rules.benefit_base.value, person.index, person.years_paid + future),
        account=account_pension(balance, payout_months(age, rules.payout_months)),
        **_resident(person, rules, day, growth),
    )


def retirement_rule(place: str, day: date, category: str) -> RetirementRule:
    """The rule of a category in force on ``day``; before the reform began it is the reform's, for those it will meet."""
    return RetirementRule(**retirement_values(place, max(day, _REFORM), category))


def _years_between(day: date, month: tuple[int, int]) -> float:
    """Whole months from ``day`` to ``month``, in years."""
    return max(0, (month[0] - day.year) * MONTHS + month[1] - day.month) / MONTHS


def _resident(person: Person, rules: PensionRules, day: date, growth: float) -> dict[str, float]:
    """Pension and own contributions in the resident scheme, paying the person's fee tier until 60."""
    to_60 = (person.birth[0] + RESIDENT_AGE // MONTHS, person.birth[1])
    years = person.years_paid + max(0.0, _years_between(day, to_60) - person.break_years)
    tiers = [tier for tier in rules.fee_subsidies if tier <= person.fee]
    subsidy = rules.fee_subsidies[max(tiers)] if tiers else 0.0
    balance = account_balance(person.fee + subsidy, years, growth)
    months = payout_months(RESIDENT_AGE, rules.payout_months)
    return {
        "resident_pension": rules.resident_basic.value + account_pension(balance, months),
        "resident_paid": person.fee * years,
    }


def compare(people: Iterable[Person], place: str, day: date, crediting: float, wage_growth: float) -> pd.DataFrame:
    """Outlooks side by side, one row a person: the fields of :class:`Person` and :class:`Outlook` and what follows."""
    rows = []
    for person in people:
        found = outlook(person, place, day, crediting, wage_growth)
        rows.append(vars(person) | vars(found) | {
            "pension": found.pension, "eligible": found.eligible, "break_even_age": found.break_even_age,
            "extra_break_even_age": found.extra_break_even_age,
        })  # fmt: skip
    return pd.DataFrame(rows)


def by_base(person: Person, indices: Iterable[float]) -> list[Person]:
    """The same person paying on different bases."""
    return [replace(person, index=index) for index in indices]


def by_break(person: Person, years: Iterable[float]) -> list[Person]:
    """The same person with different years left out."""
    return [replace(person, break_years=gone) for gone in years]
