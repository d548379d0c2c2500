"""States of a person of 16 or older, and the flows between them, in the order in which the engine keeps them."""

from __future__ import annotations

FIRST_AGE, LAST_AGE, PENSION_AGE = 16, 100, 60
AGES = LAST_AGE - FIRST_AGE + 1
SEXES = 2

STATES = (
    "outside", "uncovered", "resident", "enterprise", "flexible", "institution", "interrupted", "beneficiaries",
    "retirees",
)  # fmt: skip
OUTSIDE, UNCOVERED, RESIDENT, ENTERPRISE, FLEXIBLE, INSTITUTION, INTERRUPTED, BENEFICIARIES, RETIREES = range(9)
PAYING = ("enterprise", "flexible", "institution")
EMPLOYED = (*PAYING, "interrupted")
INSURED = (*EMPLOYED, "retirees")
"""States whose members die by the insurers' life table; the others die as the population does."""
MOVING = ("outside", "uncovered", "resident")
"""States that net migration adds to or takes from; members of the employee scheme leave by exits instead."""

FLOWS: tuple[tuple[str, str], ...] = (
    *(("deaths", state) for state in STATES),
    *(("retirements", state) for state in EMPLOYED),
    *(("exits", state) for state in PAYING),
    *(("interruptions", state) for state in PAYING),
    ("resumptions", "interrupted"),
    ("leaving_school", "outside"),
    *(("migration", state) for state in MOVING),
    ("ageing", "resident"),
    ("back_payments", "uncovered"),
)
"""Flow and the state it leaves (or, for migration, adds to): everything that happens before new enrollment."""
REACHES: tuple[tuple[str, str], ...] = (
    ("joinable", "uncovered"),
    ("enrollable", "uncovered"),
    ("transferable", "resident"),
)
"""Who is within reach of new enrollment: of the uncovered, those who may join the employee scheme and those who may
join the resident scheme before 60; of the resident scheme, those who may move to the employee scheme."""
BANDS: tuple[tuple[str, str], ...] = (("aged_65", "beneficiaries"), ("aged_75", "beneficiaries"))
"""Beneficiaries of 65–74 and of 75 and older, who get supplements."""

_LEVELS: dict[str, str] = {
    "exits": "employee.exit",
    "interruptions": "employee.interruption",
    "resumptions": "employee.resumption",
    "leaving_school": "population.school_leaving",
    "migration": "population.migration",
    "back_payments": "resident.back_payment",
}

CHOICES = (
    "population.women_at_50", "employee.early_retirement", "employee.late_retirement", "employee.short_of_years",
    "employee.men_limit", "employee.women_limit", "employee.over_age",
)  # fmt: skip
"""Parameters that work through ages alone: no flow is proportional to them."""


def level_of(flow: str, state: str) -> str:
    """The parameter that a flow is proportional to; empty where the ages alone decide (retirement, reaching 60)."""
    if flow == "deaths":
        return "population.insured_mortality" if state in INSURED else "population.mortality"
    return _LEVELS.get(flow, "")
