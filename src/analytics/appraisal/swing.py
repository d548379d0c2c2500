"""What moving one person from the resident to the employee scheme gives and costs: every party, year by year and for life.

Two lives of the same person are laid beside each other: staying in the resident scheme, and paying into the employee
scheme from the transfer on.  Every payment is a flow from one party to another, and the swing is the flows of the new
life together with those of the old one taken back.  So what the parties gain and lose sums to zero in every month, and
so do their present values: there is no residual.

Amounts are in today's wages (see :mod:`analytics.model.pension`); deaths and interest are expectations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from analytics.appraisal.planning import RESIDENT_AGE, Person, retirement_rule
from analytics.inputs.assumptions import Assumption, at
from analytics.inputs.demography import load_demography
from analytics.inputs.pension_rules import minimum_years, pension_rules
from analytics.model.pension import (
    ACCOUNT_RATE,
    MONTHS,
    account_balance,
    account_pension,
    basic_pension,
    payout_months,
    relative_growth,
)
from analytics.model.population.nation import insured_death_rates
from analytics.model.retirement import retirement_age_months

PARTIES = ("person", "employer", "employee_fund", "resident_fund", "budget")
REAL_RATE, REAL_RATES = 0.01, (0.0, 0.03)
"""Rate of interest over the growth of wages, a year: as assumed, and its range."""
_INPUTS = ("employee.collection", "employee.pension_adjustment", "employee.subsidy", "employee.funeral", "wage.growth",
           "resident.fee", "resident.fee_subsidy", "resident.supplement_65", "resident.supplement_75",
           "population.insured_mortality")  # fmt: skip
_EVER_AFTER = 9999  # a year after all that assumptions are given for
_LAST_AGE = 101 * MONTHS
_LATEST_CLAIM = 70 * MONTHS  # where the table of payout months ends


@dataclass(frozen=True)
class Flow:
    """A payment from one party to another, yuan: one amount, or one a month."""

    name: str
    payer: str
    receiver: str
    amount: float | np.ndarray

    def times(self, weight: float | np.ndarray) -> Flow:
        """The flow in proportion."""
        return replace(self, amount=self.amount * weight)

    @property
    def undone(self) -> Flow:
        """The flow paid back: what no longer happens."""
        return replace(self, payer=self.receiver, receiver=self.payer)


@dataclass(frozen=True)
class Conditions:
    """What both lives rest on; yuan of today's wages, rates a year, growth against wages.

    Attributes
    ----------
    wage
        Average wage and benefit base, yuan a month.
    base, collected
        Declared base as a share of the wage, and the share of what is due that is paid; only what is paid earns pension.
    own_rate, employer_rate
        Contribution rates of the person and the employer.
    fee, fee_subsidy, resident_basic, supplements
        Resident scheme: yearly fee and the budget's subsidy to it, basic pension a month, and what is added to it from an
        age in years on (in place of an earlier addition).
    subsidised, funeral
        Share of employee pensions that the budget covers; one-off payment at a pensioner's death.
    crediting, indexation
        Growth of accounts, and of employee pensions in payment; resident pensions keep pace with wages.
    discount
        Real rate of interest: over the growth of wages.
    payout_months
        Months over which an account is paid out, by age.
    """

    wage: float
    base: float
    collected: float
    own_rate: float
    employer_rate: float
    fee: float
    fee_subsidy: float
    resident_basic: float
    supplements: Mapping[int, float]
    subsidised: float
    funeral: float
    crediting: float
    indexation: float
    discount: float
    payout_months: Mapping[float, float]

    @property
    def index(self) -> float:
        """Average contribution index: what is paid on, over the wage."""
        return self.base * self.collected


@dataclass(frozen=True, eq=False)
class Life:
    """When things happen.

    Attributes
    ----------
    start, claims
        Age in months at the transfer and when the employee pension begins.
    alive
        (months + 1,) probability of being alive at the start of each month after the transfer, and at the end of the last.
    """

    start: int
    claims: int
    alive: np.ndarray

    @property
    def ages(self) -> np.ndarray:
        """Age in months at the start of every month."""
        return self.start + np.arange(len(self.alive) - 1)

    @property
    def died(self) -> np.ndarray:
        """Probability of dying within each month."""
        return -np.diff(self.alive)

    def lived(self, begin: int, end: int = _LAST_AGE) -> np.ndarray:
        """Share of each month lived between the ages of ``begin`` and ``end`` months."""
        within = (self.ages >= begin) & (self.ages < end)
        return within * (self.alive[:-1] + self.alive[1:]) / 2

    @property
    def certain(self) -> Life:
        """The same life if nobody died."""
        return replace(self, alive=np.ones_like(self.alive))


def survivors(death_rates: np.ndarray, start: int) -> np.ndarray:
    """Probability of being alive month by month from ``start`` (age in months) to 101 years.

    Parameters
    ----------
    death_rates
        (101,) deaths per person-year by single age, constant within a year of age.
    """
    hazard = np.repeat(death_rates, MONTHS)[start:] / MONTHS
    return np.exp(-np.concatenate([[0.0], np.cumsum(hazard)]))


def claim_age(person: Person, place: str, day: date) -> int:
    """Age in months from which a person who pays from ``day`` on gets the employee pension.

    The statutory retirement age, or later when the minimum years are not reached by then: contributions are then
    extended until they are (decision of the Standing Committee of the National People's Congress of 2024-09-13).

    Raises
    ------
    ValueError
        When the minimum years are not reached before 70.
    """
    earliest = retirement_age_months(retirement_rule(place, day, person.category), *person.birth)
    for age in range(earliest, _LATEST_CLAIM + 1):
        if _reaches_minimum(person, place, day, age):
            return age
    raise ValueError(f"a person born in {person.birth[0]} does not reach the minimum contribution years before 70")


def oldest_age(category: str, place: str, day: date) -> int:
    """Oldest age in years at which somebody who pays from ``day`` on reaches the minimum years when retirement is due."""
    rule = retirement_rule(place, day, category)
    people = {age: Person(category, (day.year - age, day.month)) for age in range(16, RESIDENT_AGE // MONTHS)}
    due = {age: retirement_age_months(rule, *person.birth) for age, person in people.items()}
    return max(age for age, person in people.items() if _reaches_minimum(person, place, day, due[age]))


def _reaches_minimum(person: Person, place: str, day: date, age: int) -> bool:
    """Whether contributions from ``day`` to ``age`` (months) make the minimum years of that time."""
    year = person.birth[0] + (person.birth[1] - 1 + age) // MONTHS
    return (age - age_in_months(person, day)) / MONTHS >= minimum_years(place, year)


def age_in_months(person: Person, day: date) -> int:
    """Whole months of age on ``day``."""
    return (day.year - person.birth[0]) * MONTHS + day.month - person.birth[1]


def paying_year(given: Conditions) -> list[Flow]:
    """The swing of a year in which the person would pay in either scheme, yuan a year."""
    return [*_contributions(given), *(flow.undone for flow in _fees(given))]


def _contributions(given: Conditions) -> list[Flow]:
    """A year's contributions to the employee scheme: wage × base × 12 × rate × collection rate."""
    paid_on = given.wage * given.index * MONTHS
    rates = {"person": given.own_rate, "employer": given.employer_rate}
    return [Flow("contributions", payer, "employee_fund", paid_on * rate) for payer, rate in rates.items()]


def _fees(given: Conditions) -> list[Flow]:
    """A year's fee and subsidy in the resident scheme."""
    return [
        Flow("fee", "person", "resident_fund", given.fee),
        Flow("fee_subsidy", "budget", "resident_fund", given.fee_subsidy),
    ]


@dataclass(frozen=True)
class Account:
    """A personal account: ``yearly`` paid in for ``saving`` months, then paid out over ``payout`` months' pensions."""

    yearly: float
    saving: int
    payout: float
    growth: float

    @property
    def pension(self) -> float:
        """Monthly account pension."""
        return account_pension(self._full, self.payout)

    @property
    def _full(self) -> float:
        return account_balance(self.yearly, self.saving / MONTHS, self.growth)

    def left(self, months: np.ndarray) -> np.ndarray:
        """Balance after ``months``: what heirs get; nothing once the account is paid out, though the pension goes on."""
        paid_in, paid_out = np.minimum(months, self.saving), np.maximum(months - self.saving, 0)
        saved = account_balance(self.yearly, paid_in / MONTHS, self.growth)
        left = account_balance(-MONTHS * self.pension, paid_out / MONTHS, self.growth, opening=saved)
        return np.maximum(left, 0.0)


def employee_account(given: Conditions, life: Life) -> Account:
    """The account in the employee scheme: 8 % of what is paid on."""
    yearly = given.wage * given.index * MONTHS * ACCOUNT_RATE
    payout = payout_months(life.claims, given.payout_months)
    return Account(yearly, life.claims - life.start, payout, given.crediting)


def resident_account(given: Conditions, life: Life) -> Account:
    """The account in the resident scheme: fee and subsidy until 60."""
    payout = payout_months(RESIDENT_AGE, given.payout_months)
    return Account(given.fee + given.fee_subsidy, RESIDENT_AGE - life.start, payout, given.crediting)


def employee_pension(given: Conditions, life: Life) -> float:
    """Monthly employee pension when it begins, basic + account, for the contributions paid from the transfer on."""
    years = (life.claims - life.start) / MONTHS
    return basic_pension(given.wage, given.index, years) + employee_account(given, life).pension


def resident_pension(given: Conditions, life: Life) -> float:
    """Monthly resident pension at 60, basic + account, for the fees paid from the transfer on."""
    return given.resident_basic + resident_account(given, life).pension


def employee_life(given: Conditions, life: Life) -> list[Flow]:
    """Expected payments month by month of a member of the employee scheme.

    Contributions until the pension begins, the pension and what the budget covers of it, and at death the rest of the
    account (Social Insurance Law, article 14) and, for pensioners, the one-off payment.
    """
    paying, receiving = life.lived(life.start, life.claims), life.lived(life.claims)
    pension = employee_pension(given, life) * receiving * (1 + given.indexation) ** ((life.ages - life.claims) / MONTHS)
    left = employee_account(given, life).left(life.ages + 0.5 - life.start) * life.died
    return [
        *(flow.times(paying / MONTHS) for flow in _contributions(given)),
        Flow("pension", "employee_fund", "person", pension),
        Flow("pension_subsidy", "budget", "employee_fund", given.subsidised * pension),
        Flow("inheritance", "employee_fund", "person", left),
        Flow("funeral", "employee_fund", "person", given.funeral * life.died * (life.ages >= life.claims)),
    ]


def resident_life(given: Conditions, life: Life) -> list[Flow]:
    """Expected payments month by month of a member of the resident scheme who pays every year.

    Fee and subsidy until 60, from then on the basic pension from the budget and the account pension from the fund, and
    at death the rest of the account (国发〔2014〕8号).
    """
    account, receiving = resident_account(given, life), life.lived(RESIDENT_AGE)
    left = account.left(life.ages + 0.5 - life.start) * life.died
    return [
        *(flow.times(life.lived(life.start, RESIDENT_AGE) / MONTHS) for flow in _fees(given)),
        Flow("basic_pension", "budget", "person", _basic_by_age(given, life) * receiving),
        Flow("account_pension", "resident_fund", "person", account.pension * receiving),
        Flow("resident_inheritance", "resident_fund", "person", left),
    ]


def _basic_by_age(given: Conditions, life: Life) -> np.ndarray:
    """Resident basic pension with its supplement at every month's age."""
    steps = sorted(given.supplements)
    added = np.array([0.0, *(given.supplements[age] for age in steps)])
    return given.resident_basic + added[np.searchsorted(steps, life.ages / MONTHS, side="right")]


def swing(given: Conditions, life: Life) -> list[Flow]:
    """What changes when the person is moved: the payments of the new life, and those of the old one taken back."""
    return [*employee_life(given, life), *(flow.undone for flow in resident_life(given, life))]


def net(flows: Iterable[Flow]) -> dict[str, float | np.ndarray]:
    """What every party receives less what it pays; the parties together have nothing."""
    flows = list(flows)
    return {
        party: sum(flow.amount for flow in flows if flow.receiver == party)
        - sum(flow.amount for flow in flows if flow.payer == party)
        for party in PARTIES
    }


def running_value(amounts: np.ndarray, rate: float) -> np.ndarray:
    """Present value of monthly ``amounts`` up to the end of every month: Σ amount × (1 + rate)^−(months ÷ 12)."""
    months = np.arange(len(amounts)) + 0.5
    return np.cumsum(amounts * (1 + rate) ** (-months / MONTHS))


def turning_age(amounts: np.ndarray, life: Life, rate: float) -> float:
    """Age in years at which a running value leaves the side it is on when the employee pension begins.

    For the person who has paid so far, the age at which it is all back; for the fund that has collected so far, the age
    at which it is spent.  Infinite when it stays to the end of the table.
    """
    running = running_value(amounts, rate)
    first = life.claims - life.start
    turned = np.sign(running[first:]) != np.sign(running[first - 1])
    return (life.claims + int(np.argmax(turned)) + 1) / MONTHS if turned.any() else float("inf")


@dataclass(frozen=True, eq=False)
class Swing:
    """One person's move and what follows from it."""

    given: Conditions
    life: Life

    @cached_property
    def flows(self) -> list[Flow]:
        """See :func:`swing`."""
        return swing(self.given, self.life)

    @property
    def values(self) -> dict[str, float]:
        """Present value of every party's swing at the transfer, yuan; they sum to zero."""
        return {party: float(running_value(part, self.given.discount)[-1]) for party, part in net(self.flows).items()}

    def value_of(self, name: str) -> float:
        """Present value of all payments of one name that are made or no longer made, yuan."""
        amounts = sum(flow.amount for flow in self.flows if flow.name == name)
        return float(running_value(amounts, self.given.discount)[-1])

    @property
    def pension(self) -> float:
        """Monthly employee pension when it begins."""
        return employee_pension(self.given, self.life)

    @property
    def resident_pension(self) -> float:
        """Monthly resident pension at 60, had the person stayed."""
        return resident_pension(self.given, self.life)

    @property
    def break_even_age(self) -> float:
        """Age at which a person who lives on has got back in pensions what the move costs, without interest."""
        return turning_age(net(swing(self.given, self.life.certain))["person"], self.life, 0.0)

    @property
    def spent_age(self) -> float:
        """Age at which the employee fund has spent on average what it collected, with interest."""
        return turning_age(net(self.flows)["employee_fund"], self.life, self.given.discount)


@dataclass(frozen=True, eq=False)
class Setting:
    """Where and when people are moved.

    Attributes
    ----------
    given
        A plan's assumptions by parameter.
    place, day
        Whose rules apply, and when the person is moved.
    year
        Year whose assumptions are taken; by default the last they are given for, which hold for the rest of a life.
    level
        Level of declared bases that the plan's income was found to imply.
    rate
        Real rate of interest: over the growth of wages.
    """

    given: Mapping[str, Assumption]
    place: str
    day: date
    year: int = _EVER_AFTER
    level: float = 1.0
    rate: float = REAL_RATE

    def now(self, name: str) -> float:
        """A parameter's value in the year."""
        return at(self.given[name].value, self.year)

    def with_input(self, name: str, value: float) -> Setting:
        """The setting with one parameter, or the real ``rate``, at another value."""
        if name == "rate":
            return replace(self, rate=value)
        return replace(self, given={**self.given, name: replace(self.given[name], value={self.year: value})})

    def move(self, person: Person, category: str) -> Swing:
        """The swing of moving a person to ``category`` of the employee scheme (flexible, enterprise).

        Both lives end by the insurers' life table times the plan's multiplier; see :func:`claim_age` for what is refused.
        """
        start = age_in_months(person, self.day)
        sex = 0 if person.category == "M60" else 1
        rates = insured_death_rates(load_demography(), self.now("population.insured_mortality"))[sex]
        life = Life(start, claim_age(person, self.place, self.day), survivors(rates, start))
        return Swing(self.conditions(category), life)

    def conditions(self, category: str) -> Conditions:
        """The plan's assumptions and the rules in force, for a member of ``category``."""
        rules, growth = pension_rules(self.place, self.day), self.now("wage.growth")
        rate = self.now(f"employee.{category}_rate")
        own = rules.employee_rate.value if category == "enterprise" else rate
        return Conditions(
            wage=rules.benefit_base.value,
            base=self.now(f"employee.{category}_base") * self.level,
            collected=self.now("employee.collection"),
            own_rate=own,
            employer_rate=rate - own,
            fee=self.now("resident.fee"),
            fee_subsidy=self.now("resident.fee_subsidy"),
            resident_basic=rules.resident_basic.value,
            supplements={age: self.now(f"resident.supplement_{age}") for age in (65, 75)},
            subsidised=self.now("employee.subsidy"),
            funeral=self.now("employee.funeral"),
            crediting=0.0,  # accounts keep up with wages, as in contribution planning
            indexation=relative_growth(self.now("employee.pension_adjustment"), growth),
            discount=self.rate,
            payout_months=rules.payout_months,
        )


def flexible_share(transfers: float, gross_new: float, from_resident: float, new_flexible: float) -> float:
    """Share of the transfers of a year that become flexible workers.

    Of the ``gross_new`` members a share ``from_resident`` comes from the resident scheme, and of those a share
    ``new_flexible``; whoever is transferred beyond that, for the structure's sake, is a flexible worker.
    own = from_resident × (gross new − further), further = transfers − own.
    """
    if transfers <= 0 or from_resident >= 1:
        return new_flexible
    own = min(transfers, from_resident * (gross_new - transfers) / (1 - from_resident))
    return 1 - own / transfers * (1 - new_flexible)


def inputs_of(category: str) -> tuple[str, ...]:
    """Parameters of the plan that decide what the move to ``category`` is worth."""
    return (f"employee.{category}_base", f"employee.{category}_rate", *_INPUTS)


def sensitivity(here: Setting, person: Person, category: str) -> pd.DataFrame:
    """Present values of the employee fund and the person with one input at a time at its low and at its high.

    Returns
    -------
    DataFrame
        A row a ranged parameter and one for the real ``rate``, what moves the fund most first; columns ``low``, ``high``
        (the input), ``fund_low``, ``fund_high``, ``person_low``, ``person_high`` (yuan).
    """
    given = {name: here.given[name] for name in inputs_of(category) if here.given[name].ranged}
    bounds = {name: (at(a.low, here.year), at(a.high, here.year)) for name, a in given.items()} | {"rate": REAL_RATES}
    rows = {}
    for name, ends in bounds.items():
        low, high = (here.with_input(name, end).move(person, category).values for end in ends)
        rows[name] = [*ends, *(values[party] for party in ("employee_fund", "person") for values in (low, high))]
    columns = ["low", "high", "fund_low", "fund_high", "person_low", "person_high"]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    width = (frame["fund_high"] - frame["fund_low"]).abs()
    return frame.loc[width.sort_values(ascending=False, kind="stable").index]
