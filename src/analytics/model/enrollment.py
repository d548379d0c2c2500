"""Enrollment: the accounts of heads.  Who is in which state at a year's end, and the flows that lead there.

States of the population 16+: outside (students…), uncovered, resident contributing and receiving, employee contributing
by category, interrupted, and retired.  How many die, retire or move is said by the ages
(:mod:`analytics.model.people`); here their flows are booked, new enrollment is decided, and every state closes: heads
at the end = heads at the start + inflows − outflows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import add

import numpy as np

from analytics.model.book import Reads, Value, Writes
from analytics.model.people.cohorts import Ages, NewHeads
from analytics.model.people.states import EMPLOYED, FLOWS, PAYING, STATES
from analytics.model.structure import enrollment_required, step_towards, transfers_required

CATEGORIES = PAYING
Flows = Mapping[tuple[str, str], Value]
"""Heads by flow and the state they leave."""


def total(values: Iterable[Value]) -> Value:
    """The sum of values that know only ``+``."""
    return reduce(add, values)


def opening_heads(given: Reads[Value], book: Writes[Value], year: int) -> dict[str, Value]:
    """Heads by state at the end of the base year, absent categories left out.

    uncovered = population 16+ × (1 − share outside) − everyone enrolled, at least nobody; what is left of the
    population is booked even where it is negative.
    """
    adults = given("population.adults", year)
    heads = {k: given(f"employee.{k}", year) for k in PAYING if given.has(f"employee.{k}")}
    heads |= {
        "interrupted": given("employee.interrupted", year),
        "retirees": given("employee.retirees", year),
        "resident": given("resident.active", year),
        "beneficiaries": given("resident.beneficiaries", year),
    }
    outside = adults * given("population.outside", year)
    left = adults - outside - total(heads.values())
    book.enter("all", "pool_left", year, left)
    found = heads | {"outside": outside, "uncovered": np.maximum(left, 0)}
    return {state: found[state] for state in STATES if state in found}


def advance(
    before: Mapping[str, Value], ages: Ages[Value], given: Reads[Value], book: Writes[Value], year: int
) -> dict[str, Value]:
    """One year: what the ages do, then new enrollment as a plan gives it or as a path of heads, share or coverage asks.

    Rates apply to the heads at the start of the year.
    """
    aged = _a_year_older(before, ages, book, year)
    new = _new_heads(aged, ages, given, book, year)
    ages.enroll(year, new)
    return _enrolled(aged, new)


def _a_year_older(before: Mapping[str, Value], ages: Ages[Value], book: Writes[Value], year: int) -> dict[str, Value]:
    """The year's deaths, migration, ageing, retirement, interruption, resumption and exits, and who turns 16."""
    ages.pass_year(year, before)
    flows = {
        (flow, state): book.hold(f"{flow} {state}", year, ages.flow(flow, state, year, before[state]))
        for flow, state in FLOWS if state in before
    }  # fmt: skip
    _record_flows(flows, book, year)
    entrants = book.enter("all", "entrants", year, ages.entrants(year))
    aged = _after_flows(before, flows, entrants)
    return {state: book.hold(f"{state} before", year, heads) for state, heads in aged.items()}


def _after_flows(before: Mapping[str, Value], flows: Flows[Value], entrants: Value) -> dict[str, Value]:
    """Heads by state once the flows have gone where they go."""
    parts: dict[str, list[Value]] = {}
    for (flow, _), heads in flows.items():
        parts.setdefault(flow, []).append(heads)
    of = lambda flow: total(parts[flow])  # noqa: E731
    alive = {state: heads - flows["deaths", state] for state, heads in before.items()}
    paying = total(before[k] for k in PAYING if k in before)
    return alive | {
        "outside": alive["outside"] + flows["migration", "outside"] - of("leaving_school") + entrants,
        "uncovered": alive["uncovered"] + flows["migration", "uncovered"] + of("leaving_school") - of("back_payments"),
        "resident": alive["resident"] + flows["migration", "resident"] - of("ageing"),
        **{
            k: alive[k] - flows["retirements", k] - flows["exits", k] - flows["interruptions", k]
            + of("resumptions") * before[k] / paying
            for k in PAYING if k in before
        },
        "interrupted": alive["interrupted"] - flows["retirements", "interrupted"] - of("resumptions")
        + of("interruptions"),
        "beneficiaries": alive["beneficiaries"] + of("ageing") + of("back_payments"),
        "retirees": alive["retirees"] + of("retirements"),
    }  # fmt: skip


_BOOKED: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("employee", "deaths"): ("deaths", EMPLOYED),
    ("employee", "retirements"): ("retirements", EMPLOYED),
    ("employee", "exits"): ("exits", PAYING),
    ("employee", "interruptions"): ("interruptions", PAYING),
    ("employee", "resumptions"): ("resumptions", ("interrupted",)),
    ("employee", "pensioner_deaths"): ("deaths", ("retirees",)),
    ("resident", "deaths"): ("deaths", ("resident",)),
    ("resident", "retirements"): ("ageing", ("resident",)),
    ("resident", "back_payments"): ("back_payments", ("uncovered",)),
    ("resident", "migration"): ("migration", ("resident",)),
    ("resident", "pensioner_deaths"): ("deaths", ("beneficiaries",)),
}
"""Result ← flow and the states it is summed over."""


def _record_flows(flows: Flows[Value], book: Writes[Value], year: int) -> None:
    for result, (flow, states) in _BOOKED.items():
        book.enter(*result, year, total(flows[flow, state] for state in states if (flow, state) in flows))


def _new_heads(
    aged: Mapping[str, Value], ages: Ages[Value], given: Reads[Value], book: Writes[Value], year: int
) -> NewHeads[Value]:
    """New members by where they come from.

    The employee scheme's come from the resident scheme and from elsewhere as the plan says, the rest from the uncovered
    within reach; whom the reach does not hold must come from elsewhere too.  What is left within reach is booked for
    both schemes, negative where the reach did not suffice.
    """
    within = {
        name: book.hold(name, year, ages.among(name, state, year, aged[state]))
        for name, state in (("joinable", "uncovered"), ("enrollable", "uncovered"), ("transferable", "resident"))
    }
    gross = book.hold("employee new", year, _employee_gross_new(aged, given, book, year))
    own = book.hold("own", year, np.minimum(given("employee.new_from_resident", year) * gross, within["transferable"]))
    elsewhere = given("employee.new_from_elsewhere", year) * gross
    wanted = np.maximum(gross - own - elsewhere, 0)
    book.enter("employee", "pool_left", year, within["joinable"] - wanted)
    joined = book.hold("joined", year, np.minimum(wanted, within["joinable"]))
    arrivals = book.enter("employee", "arrivals", year, gross - own - joined)
    left = within["enrollable"] - joined
    asked = book.hold("resident new", year, _resident_gross_new(aged["resident"] - own, given, book, year))
    book.enter("resident", "pool_left", year, left - asked)
    enrolled = np.minimum(asked, left)
    resident_arrivals = book.enter("resident", "arrivals", year, asked - enrolled)
    covered = total(aged[state] for state in aged if state not in ("outside", "uncovered"))
    gap = _coverage_gap(covered + joined + arrivals + asked, aged["uncovered"] - joined - enrolled, given, book, year)
    enrolled = book.hold("enrolled", year, enrolled + np.minimum(gap, left - enrolled))
    active = total(aged[state] for state in EMPLOYED if state in aged) + gross
    resident = aged["resident"] - own + enrolled + resident_arrivals
    further = np.minimum(_further_transfers(active, resident, given, book, year), within["transferable"] - own)
    further = book.hold("further", year, further)
    book.enter("employee", "gross_new", year, gross + further)
    book.enter("employee", "transfers", year, own + further)
    book.enter("resident", "gross_new", year, enrolled + resident_arrivals)
    book.enter("all", "arrivals", year, arrivals + resident_arrivals)
    into = "flexible" if "flexible" in aged else "enterprise"
    shares = _new_shares([k for k in PAYING if k in aged], given, year)
    return NewHeads(joined, enrolled, own, further, arrivals, resident_arrivals, shares, into)


def _employee_gross_new(aged: Mapping[str, Value], given: Reads[Value], book: Writes[Value], year: int) -> Value:
    """Gross new enrollment in the employee scheme: as given, or as a path of participants requires."""
    if not given.has("employee.active_path"):
        return given("employee.gross_new", year)
    goal, steps = given.milestone("employee.active_path", year)
    active = step_towards(book("employee", "active", year - 1), goal, steps)
    return enrollment_required(active, total(aged[state] for state in EMPLOYED if state in aged))


def _resident_gross_new(left: Value, given: Reads[Value], book: Writes[Value], year: int) -> Value:
    """Gross new enrollment in the resident scheme: as given, or as its own path requires once transfers have left."""
    if not given.has("resident.active_path"):
        return given("resident.gross_new", year)
    goal, steps = given.milestone("resident.active_path", year)
    return enrollment_required(step_towards(book("resident", "active", year - 1), goal, steps), left)


def _coverage_gap(covered: Value, uncovered: Value, given: Reads[Value], book: Writes[Value], year: int) -> Value:
    """Further resident enrollment that the coverage path asks for; zero where there is no such path."""
    if not given.has("population.coverage_path"):
        return 0 * covered
    goal, steps = given.milestone("population.coverage_path", year)
    rate = step_towards(book("all", "coverage_rate", year - 1), goal, steps)
    return enrollment_required(rate * (covered + uncovered), covered)


def _further_transfers(active: Value, resident: Value, given: Reads[Value], book: Writes[Value], year: int) -> Value:
    """Transfers from the resident scheme beyond the new members' own, where a path of the employee share asks for it."""
    if not given.has("employee.share_path"):
        return 0 * active
    goal, steps = given.milestone("employee.share_path", year)
    return transfers_required(step_towards(book("all", "employee_share", year - 1), goal, steps), active, resident)


def _new_shares(categories: list[str], given: Reads[Value], year: int) -> dict[str, Value | int]:
    """How new members divide among the categories; enterprises take what the others leave."""
    named = {k: given(f"employee.new_{k}", year) for k in categories if k != "enterprise"}
    return {"enterprise": 1 - total(named.values()), **named} if named else {"enterprise": 1}


def _enrolled(aged: Mapping[str, Value], new: NewHeads[Value]) -> dict[str, Value]:
    """Heads by state once everybody new is in; further transfers join one category."""
    gross = new.joined + new.own + new.arrivals
    categories = {k: aged[k] + share * gross for k, share in new.shares.items()}
    categories[new.further_into] = categories[new.further_into] + new.further
    return {**aged} | categories | {
        "uncovered": aged["uncovered"] - new.joined - new.enrolled,
        "resident": aged["resident"] - new.own - new.further + new.enrolled + new.resident_arrivals,
    }  # fmt: skip


def record_heads(heads: Mapping[str, Value], book: Writes[Value], year: int) -> dict[str, Value]:
    """Write down the year-end heads and the ratios that follow from them; returns the heads as written down.

    The next year goes on from what is returned: in the Excel twin those are cells, so that no formula carries the
    history of all years before it.
    """
    written = {k: book.enter("employee", "contributors", year, heads[k], k) for k in PAYING if k in heads}
    paying = book.enter("employee", "contributors", year, total(written.values()))
    places = {"interrupted": ("employee", "interrupted"), "retirees": ("employee", "retirees"),
              "resident": ("resident", "active"), "beneficiaries": ("resident", "beneficiaries"),
              "outside": ("all", "outside"), "uncovered": ("all", "uncovered")}  # fmt: skip
    written |= {state: book.enter(*place, year, heads[state]) for state, place in places.items()}
    active = book.enter("employee", "active", year, paying + written["interrupted"])
    book.enter("employee", "participants", year, active + written["retirees"])
    book.enter("employee", "support_ratio", year, paying / written["retirees"])
    book.enter("employee", "compliance", year, paying / active)
    book.enter("resident", "participants", year, written["resident"] + written["beneficiaries"])
    enrolled = active + written["retirees"] + written["resident"] + written["beneficiaries"]
    book.enter("all", "population", year, enrolled + written["outside"] + written["uncovered"])
    book.enter("all", "coverage_rate", year, enrolled / (enrolled + written["uncovered"]))
    book.enter("all", "employee_share", year, active / (active + written["resident"]))
    return {state: written[state] for state in heads}


def record_net_growth(book: Writes[Value], year: int) -> None:
    """Net growth of the employee scheme: gross new − deaths − retirements − exits, which is also the stock's change."""
    flows = (book("employee", flow, year) for flow in ("gross_new", "deaths", "retirements", "exits"))
    gross, deaths, retirements, exits = flows
    book.enter("employee", "net_new", year, gross - deaths - retirements - exits)
