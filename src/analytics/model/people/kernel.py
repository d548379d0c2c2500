"""The recursion itself, compiled: every cohort a year older, and new members at their ages.

Stocks are (2 sexes, cohorts, 9 states, draws), draws innermost so that one instruction serves several of them.  A cohort
stays in its row and the window of ages moves, so nothing is copied when everybody grows older.  Each small function
passes once over the draws of one age and writes three rows at most: so few the compiler still tells apart, and makes
vector instructions of them.  The functions change ``stocks`` in place, touch nothing but their arguments and hold no
lock: blocks of draws run side by side in plain threads, without a threading layer that would not survive a fork.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np
from numba import config, njit

from analytics.model.people import rows
from analytics.model.people.retiring import EARLIEST, LATEST
from analytics.model.people.states import (
    AGES,
    BENEFICIARIES,
    ENTERPRISE,
    FIRST_AGE,
    INTERRUPTED,
    OUTSIDE,
    PENSION_AGE,
    RESIDENT,
    RETIREES,
    SEXES,
    UNCOVERED,
)

# Places of ages at the year's end; outside its ages a state is not even looked at.
_SCHOOL_ENDS, _OLD, _EARLIEST, _WORK_ENDS = (age - FIRST_AGE for age in (35, PENSION_AGE, EARLIEST, LATEST))
_65, _75, _OPEN = 65 - FIRST_AGE, 75 - FIRST_AGE, AGES - 1
_CATEGORIES, _EMPLOYED = 3, 4

_SOURCES = ("kernel.py", "rows.py", "states.py", "retiring.py")


def _cache_folder() -> Path:
    """Where compiled code is kept: a folder for these very sources, since orders and ages are compiled in as numbers."""
    here = Path(__file__).parent
    digest = sha256(b"".join((here / name).read_bytes() for name in _SOURCES)).hexdigest()
    return here / "__pycache__" / f"engine-{digest[:12]}"


config.CACHE_DIR = str(_cache_folder())
# Nothing is allocated inside, and who calls holds every array: without counted references, two atomic steps for each row
# that is looked at, the recursion takes a quarter less time.
_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
_1D = "float64[::1]"
_2D, _3D, _4D = (f"float64[{', '.join([':'] * (n - 1))}, ::1]" for n in (2, 3, 4))  # rows of draws lie side by side
_step = njit(inline="always", error_model="numpy")  # compiled into its caller, so that two functions are all to load


@_step
def _die(alive, died, risk, times):
    """The share risk × times dies, at most everybody."""
    for j in range(alive.size):
        dead = alive[j] * min(risk * times[j], 1.0)
        died[j] += dead
        alive[j] -= dead


@_step
def _leave(here, there, gone, pattern, level):
    """The share pattern × level moves from ``here`` to ``there``."""
    for j in range(here.size):
        moved = here[j] * min(pattern * level[j], 1.0)
        gone[j] += moved
        here[j] -= moved
        there[j] += moved


@_step
def _exit(here, gone, pattern, level):
    """The share pattern × level leaves the region."""
    for j in range(here.size):
        moved = here[j] * min(pattern * level[j], 1.0)
        gone[j] += moved
        here[j] -= moved


@_step
def _migrate(here, came, pattern, level):
    """Net migration; at most everybody leaves."""
    for j in range(here.size):
        moved = here[j] * max(pattern * level[j], -1.0)
        came[j] += moved
        here[j] += moved


@_step
def _fall_due(due, before, after, choices, ready):
    """Share of those not yet retired who reach retirement in the year, and are ready for it: (F₁ − F₀) ÷ (1 − F₀).

    F = Σ share choosing × share of these retired, at the start and at the end of the year.
    """
    for j in range(due.size):
        start, end = 0.0, 0.0
        for c in range(6):
            start += before[c] * choices[c, j]
            end += after[c] * choices[c, j]
        waiting = 1.0 - start
        share = (end - start) / waiting if waiting > 1e-12 else 1.0
        due[j] = min(max(share, 0.0), 1.0) * ready[j]


@_step
def _count(here, counted, weight):
    for j in range(here.size):
        counted[j] += here[j] * weight


@_step
def _may_move(age, limit, over_age):
    """Share of residents who may move: all below the age rule, some of the older; birthdays before a part year's limit."""
    below = min(max(limit - age, 0.0), 1.0)
    return below + (1.0 - below) * over_age


@_step
def _count_movable(here, counted, age, limit, over_age):
    for j in range(here.size):
        counted[j] += here[j] * _may_move(age, limit[j], over_age[j])


@_step
def _share_out(heads, there, share):
    for j in range(heads.size):
        there[j] += heads[j] * share[j]


@_step
def _age_uncovered(row, sex, age, pattern, level, total):
    """The uncovered: deaths, migration; after 60 some pay back and receive, before it some may be enrolled."""
    _die(row[UNCOVERED], total[rows.DIED + UNCOVERED], pattern[rows.RISK, sex, age], level[rows.MORTALITY])
    _migrate(row[UNCOVERED], total[rows.MOVED + UNCOVERED], pattern[rows.MIGRATING, sex, age], level[rows.MIGRATION])
    if age <= _SCHOOL_ENDS:
        _age_outside(row, sex, age, pattern, level, total)
    if age >= _OLD:
        _leave(row[UNCOVERED], row[BENEFICIARIES], total[rows.PAID_BACK], 1.0, level[rows.BACK_PAYMENT])
    else:
        _count(row[UNCOVERED], total[rows.JOINABLE], pattern[rows.JOINING, sex, age])
        _count(row[UNCOVERED], total[rows.ENROLLABLE], 1.0)


@_step
def _age_outside(row, sex, age, pattern, level, total):
    """Those outside: deaths, migration, leaving school, at the latest by its last age."""
    _die(row[OUTSIDE], total[rows.DIED + OUTSIDE], pattern[rows.RISK, sex, age], level[rows.MORTALITY])
    _migrate(row[OUTSIDE], total[rows.MOVED + OUTSIDE], pattern[rows.MIGRATING, sex, age], level[rows.MIGRATION])
    if age < _SCHOOL_ENDS:
        _leave(
            row[OUTSIDE], row[UNCOVERED], total[rows.LEFT_SCHOOL], pattern[rows.LEAVING, sex, age], level[rows.SCHOOL]
        )
    else:
        _leave(row[OUTSIDE], row[UNCOVERED], total[rows.LEFT_SCHOOL], 1.0, level[rows.EVERYBODY])


@_step
def _age_resident(row, sex, age, pattern, level, total):
    """Contributing residents: deaths, migration, and at 60 the benefit."""
    _die(row[RESIDENT], total[rows.DIED + RESIDENT], pattern[rows.RISK, sex, age], level[rows.MORTALITY])
    _migrate(row[RESIDENT], total[rows.MOVED + RESIDENT], pattern[rows.MIGRATING, sex, age], level[rows.MIGRATION])
    if age >= _OLD:
        _leave(row[RESIDENT], row[BENEFICIARIES], total[rows.AGED], 1.0, level[rows.EVERYBODY])
    else:
        _count_movable(
            row[RESIDENT], total[rows.TRANSFERABLE], age + FIRST_AGE, level[rows.LIMITS + sex], level[rows.OVER_AGE]
        )


@_step
def _age_insured(row, sex, age, pattern, level, total, moving):
    """Members of the employee scheme who have not retired: exits, resumptions and interruptions."""
    moving[:] = 0.0
    _leave(row[INTERRUPTED], moving, total[rows.RESUMED], pattern[rows.RESUMING, sex, age], level[rows.RESUMPTION])
    for k in range(_CATEGORIES):
        here = row[ENTERPRISE + k]
        _exit(here, total[rows.LEFT + k], pattern[rows.EXITING, sex, age], level[rows.EXIT])
        _leave(
            here,
            row[INTERRUPTED],
            total[rows.BROKE + k],
            pattern[rows.INTERRUPTING, sex, age],
            level[rows.INTERRUPTION],
        )
        _share_out(moving, here, level[rows.CATEGORY_SHARES + k])


@_step
def _retire(row, sex, age, past, level, total, due):
    """Members of the employee scheme who reach retirement and have the minimum years; the others pay on."""
    ready = level[rows.QUALIFIED] if age < _WORK_ENDS else level[rows.EVERYBODY]
    n = age - _EARLIEST
    _fall_due(due, past[0, sex, n], past[1, sex, n], level[rows.CHOICES :], ready)
    for k in range(_EMPLOYED):
        _leave(row[ENTERPRISE + k], row[RETIREES], total[rows.RETIRED + k], 1.0, due)


@_step
def _age_civil(stocks, sex, pattern, level, total):
    """One year of everybody but the employee scheme's members; benefits are counted by the ages that get supplements."""
    for n in range(AGES):
        row, age = stocks[n], min(n + 1, _OPEN)
        if age >= _OLD:
            _die(
                row[BENEFICIARIES],
                total[rows.DIED + BENEFICIARIES],
                pattern[rows.RISK, sex, age],
                level[rows.MORTALITY],
            )
        if age <= _OLD:
            _age_resident(row, sex, age, pattern, level, total)
        _age_uncovered(row, sex, age, pattern, level, total)
        if age >= _75:
            _count(row[BENEFICIARIES], total[rows.FROM_75], 1.0)
        elif age >= _65:
            _count(row[BENEFICIARIES], total[rows.FROM_65], 1.0)


@_step
def _age_employees(stocks, sex, pattern, past, level, total, room):
    """One year of the employee scheme's members, pensioners among them."""
    for n in range(AGES):
        row, age = stocks[n], min(n + 1, _OPEN)
        risk = pattern[rows.INSURED_RISK, sex, age]
        if age >= _EARLIEST:
            _die(row[RETIREES], total[rows.DIED + RETIREES], risk, level[rows.INSURED_MORTALITY])
        if age <= _WORK_ENDS:
            for k in range(_EMPLOYED):
                _die(row[ENTERPRISE + k], total[rows.DIED + ENTERPRISE + k], risk, level[rows.INSURED_MORTALITY])
            if age >= _EARLIEST:
                _retire(row, sex, age, past, level, total, room)
            _age_insured(row, sex, age, pattern, level, total, room)


@_step
def _join_oldest(open_age, past_it):
    """Those past the open age belong to it."""
    for state in range(open_age.shape[0]):
        for j in range(open_age.shape[1]):
            open_age[state, j] += past_it[state, j]
            past_it[state, j] = 0.0


@njit(f"void({_4D}, int64, {_3D}, {_4D}, {_2D}, {_2D}, {_1D})", **_OPTIONS)  # so that importing is loading
def _age_year(stocks, youngest, pattern, past, level, total, room):
    for sex in range(SEXES):
        people = stocks[sex, youngest:]
        _age_civil(people, sex, pattern, level, total)
        _age_employees(people, sex, pattern, past, level, total, room)
        _join_oldest(people[_OPEN - 1], people[_OPEN])
        _count(level[rows.ENTRANTS + sex], stocks[sex, youngest - 1, OUTSIDE], 1.0)


def age_year(stocks, youngest, pattern, past, level, total):
    """One calendar year without new enrollment; rows of ``stocks`` are birth cohorts and stay where they are.

    Parameters
    ----------
    stocks
        (2, cohorts, 9, draws); the cohort of age 16 at the start of the year stands in row ``youngest``, the older
        ones after it; the new one of age 16 at the end takes the row before.
    pattern
        (9, 2, 85) in the order of ``rows.PATTERNS``.
    past
        (2, 2, 25, 6) share past retirement at the start and the end of the year by sex, age at the end, and choice.
    level
        (24, draws) as in :mod:`analytics.model.people.rows`.
    total
        (31, draws), zeros; filled with flows, reaches and bands.
    """
    _age_year(stocks, youngest, pattern, past, level, total, np.empty(stocks.shape[3]))


@_step
def _transfer(resident, moved, age, limit, over_age, rate):
    """Residents who move to the employee scheme."""
    for j in range(moved.size):
        moved[j] = resident[j] * _may_move(age, limit[j], over_age[j]) * rate[j]
        resident[j] -= moved[j]


@_step
def _join(uncovered, joining, rate, joined):
    """The uncovered who join the employee scheme."""
    for j in range(joined.size):
        joined[j] = uncovered[j] * joining * rate[j]
        uncovered[j] -= joined[j]


@_step
def _divide(moved, own, joined, further):
    """Transfers that count as new members join them, the others go on apart."""
    for j in range(moved.size):
        counted = moved[j] * own[j]
        joined[j] += counted
        further[j] = moved[j] - counted


@_step
def _enroll_residents(uncovered, resident, rate, arriving, arrivals):
    """The resident scheme's own new members, from those whom the employee scheme leaves, and from elsewhere."""
    for j in range(uncovered.size):
        enrolled = uncovered[j] * rate[j]
        uncovered[j] -= enrolled
        resident[j] += enrolled + arriving * arrivals[j]


@njit(f"void({_4D}, int64, {_3D}, {_2D}, {_2D}, {_3D}, {_1D}, {_1D})", **_OPTIONS)
def _enroll(stocks, youngest, pattern, level, new, taken, joined, further):
    for sex in range(SEXES):
        for age in range(_OLD):
            row, moved, arriving = stocks[sex, youngest + age], taken[sex, age], pattern[rows.ARRIVING, sex, age]
            _transfer(
                row[RESIDENT],
                moved,
                age + FIRST_AGE,
                level[rows.LIMITS + sex],
                level[rows.OVER_AGE],
                new[rows.TRANSFERRING],
            )
            _join(row[UNCOVERED], pattern[rows.JOINING, sex, age], new[rows.JOINING_RATE], joined)
            _count(new[rows.ARRIVALS], joined, arriving)
            _divide(moved, new[rows.OWN], joined, further)
            for k in range(_CATEGORIES):
                _share_out(joined, row[ENTERPRISE + k], new[rows.NEW_SHARES + k])
                _share_out(further, row[ENTERPRISE + k], new[rows.FURTHER_SHARES + k])
            _enroll_residents(
                row[UNCOVERED], row[RESIDENT], new[rows.ENROLLING_RATE], arriving, new[rows.RESIDENT_ARRIVALS]
            )


def enroll(stocks, youngest, pattern, level, new, taken):
    """New members at their ages, before 60; rows as in :func:`age_year`, ``youngest`` as at the year's end.

    Parameters
    ----------
    new
        (12, draws) as in :mod:`analytics.model.people.rows`.
    taken
        (2, 44, draws), filled with the transfers from the resident scheme by sex and age.
    """
    _enroll(stocks, youngest, pattern, level, new, taken, *np.empty((2, stocks.shape[3])))
