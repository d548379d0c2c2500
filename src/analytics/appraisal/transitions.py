"""Who went from which state to which, and what share of the contribution stage could still be moved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.model.people.cohorts import Cohorts
from analytics.model.people.states import FIRST_AGE, FLOWS, PAYING, STATES

GROUPS: dict[str, tuple[str, ...]] = {
    "outside": ("outside",),
    "uncovered": ("uncovered",),
    "resident": ("resident",),
    "contributors": PAYING,
    "interrupted": ("interrupted",),
    "beneficiaries": ("beneficiaries",),
    "retirees": ("retirees",),
}
"""States as the matrix shows them."""
OUT_OF_SIGHT = ("beyond", "deaths")
"""Where people come from or go to who are in no state: under 16 or in another region, and the dead."""
_GOES: dict[str, str] = {
    "deaths": "deaths", "retirements": "retirees", "exits": "beyond", "interruptions": "interrupted",
    "resumptions": "contributors", "leaving_school": "uncovered", "ageing": "beneficiaries",
    "back_payments": "beneficiaries",
}  # fmt: skip
_GROUP_OF = {state: group for group, states in GROUPS.items() for state in states}


def transitions(people: Cohorts, years: Sequence[int]) -> pd.DataFrame:
    """Persons by state left (rows) and state entered (columns), summed over ``years``.

    Row ``beyond`` holds those turning 16 and net newcomers, column ``beyond`` those who left the region.  For every
    state: heads at the end = heads at the start + its column − its row.

    Parameters
    ----------
    people
        An engine of a single draw that has gone through ``years``.
    """
    names = [*GROUPS, *OUT_OF_SIGHT]
    moved = pd.DataFrame(0.0, index=names, columns=names)
    for year in years:
        _add_flows(moved, people, year)
        _add_new_members(moved, people, year)
    return moved


def _add_flows(moved: pd.DataFrame, people: Cohorts, year: int) -> None:
    nobody = np.zeros(1)
    for flow, state in FLOWS:
        heads = float(people.flow(flow, state, year, nobody)[0])
        if flow == "migration":
            start, goal = ("beyond", _GROUP_OF[state]) if heads >= 0 else (_GROUP_OF[state], "beyond")
            moved.loc[start, goal] += abs(heads)
        else:
            moved.loc[_GROUP_OF[state], _GOES[flow]] += heads
    moved.loc["beyond", "outside"] += float(people.entrants(year)[0])


def _add_new_members(moved: pd.DataFrame, people: Cohorts, year: int) -> None:
    new = people.new[year]
    came = {
        ("uncovered", "contributors"): new.joined, ("resident", "contributors"): new.own + new.further,
        ("beyond", "contributors"): new.arrivals, ("uncovered", "resident"): new.enrolled,
        ("beyond", "resident"): new.resident_arrivals,
    }  # fmt: skip
    for (start, goal), heads in came.items():
        moved.loc[start, goal] += float(np.asarray(heads).item())


def heads_by_group(people: Cohorts, year: int) -> pd.Series:
    """Persons in each group of states at a year's end."""
    by_state = dict(zip(STATES, people.past[year].sum((1, 2)), strict=True))
    return pd.Series({group: sum(by_state[state] for state in states) for group, states in GROUPS.items()})


def reachable(people: Cohorts, years: Sequence[int]) -> pd.DataFrame:
    """How far the structure could be moved: those whom the age rule lets move and who have not.

    Returns
    -------
    DataFrame
        Index ``year``; ``share`` of employees in the contribution stage on the path, persons still ``within`` reach
        at the year's end, and the ``most`` the share could be if all of them moved.
    """
    rows = []
    for year in years:
        heads, new = heads_by_group(people, year), people.new[year]
        active, resident = heads["contributors"] + heads["interrupted"], heads["resident"]
        within = float((people.among("transferable", "resident", year, np.zeros(1)) - new.own - new.further).item())
        rows.append((active / (active + resident), within, (active + within) / (active + resident)))
    return pd.DataFrame(rows, index=pd.Index(years, name="year"), columns=["share", "within", "most"])


def moved_by_age(people: Cohorts, years: Sequence[int], first_ages: Sequence[int]) -> pd.DataFrame:
    """Persons moved from the resident to the employee scheme by sex and age group, summed over ``years``.

    Parameters
    ----------
    first_ages
        First age of each group; the last one ends at 59.
    """
    by_age = sum(people.transfers[year] for year in years)
    summed = np.add.reduceat(by_age, np.array(first_ages) - FIRST_AGE, axis=1)
    return pd.DataFrame(summed.T, index=pd.Index(first_ages, name="age"), columns=["men", "women"])
