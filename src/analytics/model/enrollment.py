"""Enrollment: who is in which state at a year's end, and the flows of heads that lead there.

States of the population 16+: outside (students…), uncovered, resident contributing (``active``) and receiving
(``beneficiaries``), employee contributing by category, interrupted, and retired.  Every head that leaves one state
enters another, dies, or leaves the region; :func:`advance` is the only place where heads move.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic

from analytics.model.book import Reads, Value, Writes
from analytics.model.structure import enrollment_required, step_towards, transfers_required

CATEGORIES = ("enterprise", "flexible", "institution")


@dataclass(frozen=True)
class Stocks(Generic[Value]):
    """Heads at a year's end by state; ``contributors`` by category, absent categories left out."""

    outside: Value
    uncovered: Value
    resident: Value
    contributors: dict[str, Value]
    interrupted: Value
    beneficiaries: Value
    retirees: Value


def total(values: Iterable[Value]) -> Value:
    """The sum of values that know only ``+``."""
    first, *rest = values
    for value in rest:
        first = first + value
    return first


def opening_stocks(given: Reads[Value], year: int, schemes: list[str]) -> Stocks[Value]:
    """Stocks at the end of the base year; the uncovered are what the population leaves over.

    uncovered = population 16+ × (1 − share outside) − everyone enrolled.
    """
    adults = given("population.adults", year)
    outside = adults * given("population.outside", year)
    contributors = {k: given(f"employee.{k}", year) for k in CATEGORIES if given.has(f"employee.{k}")}
    interrupted, retirees = given("employee.interrupted", year), given("employee.retirees", year)
    resident, beneficiaries = given("resident.active", year), given("resident.beneficiaries", year)
    enrolled = total([*contributors.values(), interrupted, retirees, resident, beneficiaries])
    return Stocks(outside, adults - outside - enrolled, resident, contributors, interrupted, beneficiaries, retirees)


def advance(before: Stocks[Value], given: Reads[Value], book: Writes[Value], year: int) -> Stocks[Value]:
    """One year of flows: stock at the end = stock at the start + inflows − outflows, for every state.

    Rates apply to the stock at the start of the year.  Gross new enrollment is what the path gives, or what a path of
    participants, share or coverage requires.
    """
    aged = held(_without_new_enrollment(before, given, book, year), book, year)
    employee_new = book.hold("employee new", year, _employee_gross_new(aged, given, book, year))
    resident_new = book.hold("resident new", year, _resident_gross_new(aged, employee_new, given, book, year))
    enrolled = _enroll(aged, employee_new, resident_new, given, book, year)
    return _towards_structure(enrolled, employee_new, given, book, year)


def held(s: Stocks[Value], book: Writes[Value], year: int) -> Stocks[Value]:
    """The same stocks, each put aside as a step of the calculation: what is left before new enrollment."""
    return Stocks(
        outside=book.hold("outside before", year, s.outside),
        uncovered=book.hold("uncovered before", year, s.uncovered),
        resident=book.hold("resident before", year, s.resident),
        contributors={k: book.hold(f"{k} before", year, heads) for k, heads in s.contributors.items()},
        interrupted=book.hold("interrupted before", year, s.interrupted),
        beneficiaries=book.hold("beneficiaries before", year, s.beneficiaries),
        retirees=book.hold("retirees before", year, s.retirees),
    )


def _without_new_enrollment(s: Stocks[Value], given: Reads[Value], book: Writes[Value], year: int) -> Stocks[Value]:
    """The year's deaths, migration, ageing, retirement, interruption, resumption and exits."""
    dying, elderly = given("population.deaths_working", year), given("population.deaths_elderly", year)
    staying = 1 - dying + given("population.migration", year)
    retiring, exiting = given("employee.retirement", year), given("employee.exit", year)
    interrupting, ageing = given("employee.interruption", year), given("resident.ageing", year)
    paying = total(s.contributors.values())
    active = paying + s.interrupted
    leaving_school = given("population.school_leaving", year) * s.outside
    resumed = book.enter("employee", "resumptions", year, given("employee.resumption", year) * s.interrupted)
    interrupted = book.enter("employee", "interruptions", year, interrupting * paying)
    retired = book.enter("employee", "retirements", year, retiring * active)
    reached_60 = book.enter("resident", "retirements", year, ageing * s.resident)
    book.enter("employee", "exits", year, exiting * paying)
    book.enter("employee", "deaths", year, dying * active)
    book.enter("resident", "deaths", year, dying * s.resident)
    adults = total([s.outside, s.uncovered, s.resident, active, s.beneficiaries, s.retirees])
    return Stocks(
        outside=s.outside * staying - leaving_school + given("population.entrants", year) * adults,
        uncovered=s.uncovered * staying + leaving_school,
        resident=s.resident * staying - reached_60,
        contributors={
            k: heads * (1 - dying - retiring - exiting - interrupting) + resumed * heads / paying
            for k, heads in s.contributors.items()
        },
        interrupted=s.interrupted * (1 - dying - retiring) - resumed + interrupted,
        beneficiaries=s.beneficiaries * (1 - elderly) + reached_60,
        retirees=s.retirees * (1 - elderly) + retired,
    )


def _employee_gross_new(s: Stocks[Value], given: Reads[Value], book: Writes[Value], year: int) -> Value:
    """Gross new enrollment in the employee scheme: as given, or as a path of participants requires."""
    if not given.has("employee.active_path"):
        return given("employee.gross_new", year)
    goal, steps = given.milestone("employee.active_path", year)
    active = step_towards(book("employee", "active", year - 1), goal, steps)
    return enrollment_required(active, total(s.contributors.values()) + s.interrupted)


def _resident_gross_new(
    s: Stocks[Value], employee_new: Value, given: Reads[Value], book: Writes[Value], year: int
) -> Value:
    """Gross new enrollment in the resident scheme: as given, or as its own path requires once transfers have left."""
    if not given.has("resident.active_path"):
        return given("resident.gross_new", year)
    leaving = given("employee.new_from_resident", year) * employee_new
    goal, steps = given.milestone("resident.active_path", year)
    return enrollment_required(step_towards(book("resident", "active", year - 1), goal, steps), s.resident - leaving)


def _enroll(
    s: Stocks[Value], employee_new: Value, resident_new: Value, given: Reads[Value], book: Writes[Value], year: int
) -> Stocks[Value]:
    """New members by source: from the resident scheme, from other regions, and the rest from the uncovered."""
    transfers = given("employee.new_from_resident", year) * employee_new
    arrivals = given("employee.new_from_elsewhere", year) * employee_new
    resident_new = resident_new + _coverage_gap(s, employee_new - transfers, arrivals, resident_new, given, book, year)
    book.enter("resident", "gross_new", year, resident_new)
    shares = _new_shares(s.contributors, given, year)
    return Stocks(
        outside=s.outside,
        uncovered=s.uncovered - (employee_new - transfers - arrivals) - resident_new,
        resident=s.resident - transfers + resident_new,
        contributors={k: heads + shares[k] * employee_new for k, heads in s.contributors.items()},
        interrupted=s.interrupted,
        beneficiaries=s.beneficiaries,
        retirees=s.retirees,
    )


def _coverage_gap(
    s: Stocks[Value],
    newly_covered: Value,
    arrivals: Value,
    resident_new: Value,
    given: Reads[Value],
    book: Writes[Value],
    year: int,
) -> Value:
    """Further resident enrollment that the coverage path asks for; zero where there is no such path."""
    if not given.has("population.coverage_path"):
        return 0 * resident_new
    covered = enrolled_heads(s) + newly_covered + resident_new
    goal, steps = given.milestone("population.coverage_path", year)
    rate = step_towards(book("all", "coverage_rate", year - 1), goal, steps)
    return enrollment_required(rate * (covered - resident_new - newly_covered + s.uncovered + arrivals), covered)


def _new_shares(contributors: dict[str, Value], given: Reads[Value], year: int) -> dict[str, Value]:
    """How new members divide among the categories; enterprises take what the others leave."""
    named = {k: given(f"employee.new_{k}", year) for k in contributors if k != "enterprise"}
    return {"enterprise": 1 - total(named.values()), **named} if named else {"enterprise": 1}


def _towards_structure(
    s: Stocks[Value], employee_new: Value, given: Reads[Value], book: Writes[Value], year: int
) -> Stocks[Value]:
    """Transfers from the resident scheme beyond the new members' own, where a path of the employee share asks for it.

    They join as flexible workers; where the plan has no such category, as enterprise staff.
    """
    own = given("employee.new_from_resident", year) * employee_new
    further = 0 * employee_new
    if given.has("employee.share_path"):
        goal, steps = given.milestone("employee.share_path", year)
        share = step_towards(book("all", "employee_share", year - 1), goal, steps)
        further = transfers_required(share, total(s.contributors.values()) + s.interrupted, s.resident)
    book.enter("employee", "gross_new", year, employee_new + further)
    book.enter("employee", "transfers", year, own + further)
    joining = "flexible" if "flexible" in s.contributors else "enterprise"
    contributors = s.contributors | {joining: s.contributors[joining] + further}
    return Stocks(
        s.outside, s.uncovered, s.resident - further, contributors, s.interrupted, s.beneficiaries, s.retirees
    )


def enrolled_heads(s: Stocks[Value]) -> Value:
    """Everyone in either pension scheme, each person once."""
    return total([*s.contributors.values(), s.interrupted, s.retirees, s.resident, s.beneficiaries])


def record_stocks(s: Stocks[Value], book: Writes[Value], year: int) -> Stocks[Value]:
    """Write down the year-end stocks and the ratios that follow from them; returns the stocks as written down.

    The next year goes on from what is returned: in the Excel twin those are cells, so that no formula carries the
    history of all years before it.
    """
    contributors = {k: book.enter("employee", "contributors", year, heads, k) for k, heads in s.contributors.items()}
    paying = book.enter("employee", "contributors", year, total(contributors.values()))
    interrupted = book.enter("employee", "interrupted", year, s.interrupted)
    active = book.enter("employee", "active", year, paying + interrupted)
    retirees = book.enter("employee", "retirees", year, s.retirees)
    book.enter("employee", "participants", year, active + retirees)
    book.enter("employee", "support_ratio", year, paying / retirees)
    book.enter("employee", "compliance", year, paying / active)
    resident = book.enter("resident", "active", year, s.resident)
    receiving = book.enter("resident", "beneficiaries", year, s.beneficiaries)
    book.enter("resident", "participants", year, resident + receiving)
    outside, uncovered = (
        book.enter("all", name, year, heads) for name, heads in (("outside", s.outside), ("uncovered", s.uncovered))
    )
    enrolled = active + retirees + resident + receiving
    book.enter("all", "population", year, enrolled + outside + uncovered)
    book.enter("all", "coverage_rate", year, enrolled / (enrolled + uncovered))
    book.enter("all", "employee_share", year, active / (active + resident))
    return Stocks(outside, uncovered, resident, contributors, interrupted, receiving, retirees)


def record_net_growth(book: Writes[Value], year: int) -> None:
    """Net growth of the employee scheme: gross new − deaths − retirements − exits, which is also the stock's change."""
    flows = (book("employee", flow, year) for flow in ("gross_new", "deaths", "retirements", "exits"))
    gross, deaths, retirements, exits = flows
    book.enter("employee", "net_new", year, gross - deaths - retirements - exits)
