"""The dated rules behind one person's pension, gathered from the policy tables for a place and a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from analytics.inputs.history import region_chain
from analytics.inputs.policy import PolicyValue, load_table, policy_set, policy_value


@dataclass(frozen=True)
class PensionRules:
    """Rules in force on a day: benefit base, rates, bounds, payout months, resident basic pension, fee subsidies."""

    benefit_base: PolicyValue
    flexible_rate: PolicyValue
    employee_rate: PolicyValue
    floor: PolicyValue
    cap: PolicyValue
    resident_basic: PolicyValue
    payout_months: Mapping[float, float]
    fee_subsidies: Mapping[float, float]


def pension_rules(place: str, day: date) -> PensionRules:
    """The rules in force in ``place`` on ``day``.

    The benefit base is the latest published one: offices pay on account by it until the new year's is out.

    Raises
    ------
    InputError
        Where a rule has not begun by then.
    """
    rate = {"table": "contribution_rates", "place": place, "on_date": day, "scheme": "employee"}
    return PensionRules(
        benefit_base=_latest("benefit_base", place, day),
        flexible_rate=policy_value(**rate, payer="flexible"),
        employee_rate=policy_value(**rate, payer="employee"),
        floor=policy_value("base_rules", place, day, rule="flexible_floor"),
        cap=policy_value("base_rules", place, day, rule="flexible_cap"),
        resident_basic=policy_value("resident_basic_pension", place, day, component="base"),
        payout_months=dict(policy_set("payout_months", place, day)),
        fee_subsidies=dict(policy_set("resident_tiers", place, day)),
    )


def has_benefit_base(place: str, day: date) -> bool:
    """Whether a benefit base has been published for ``place``, or what it lies in, by ``day``."""
    return bool(_published("benefit_base", place, day))


def _latest(table: str, place: str, day: date) -> PolicyValue:
    """The last value of a yearly table published for ``place`` by ``day``."""
    return policy_value(table, place, max(_published(table, place, day), default=day))


def _published(table: str, place: str, day: date) -> list[date]:
    chain = region_chain(place)
    return [row.effective for row in load_table(table) if row.place in chain and row.effective <= day]


def minimum_years(place: str, year: int) -> float:
    """Contribution years without which no monthly employee pension is paid to those who retire in ``year``."""
    return policy_value("min_contribution_years", place, date(year, 12, 31)).value


def retirement_values(place: str, day: date, category: str) -> dict[str, float]:
    """Start age, final age, months of birth per step and first affected birth year of a category (M60, F55, F50)."""
    rules = {"start_age": "start_age", "final_age": "final_age", "birth_months_per_step": "months_per_step",
             "first_birth_year": "first_birth_year"}  # fmt: skip
    found = {rule: policy_value("retirement_ages", place, day, category=category, rule=rule) for rule in rules}
    return {rules[rule]: value.value for rule, value in found.items()}
