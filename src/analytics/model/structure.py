"""Enrollment structure: what a share, a coverage rate or a head count asks of the flows."""

from __future__ import annotations

import numpy as np

from analytics.model.book import Value


def enrollment_required(goal: Value, without: Value) -> Value:
    """Gross enrollment that lifts a stock to ``goal``: max(0, goal − stock without new enrollment).

    Both in persons.  Nobody is expelled to come down to a goal, so the answer is never negative.
    """
    return np.maximum(goal - without, 0)


def transfers_required(share: Value, employee: Value, resident: Value) -> Value:
    """Transfers from the resident to the employee scheme that bring the employee share to ``share``.

    A transfer leaves the contribution stage of both schemes together unchanged, so the answer has a closed form:
    max(0, share × (employee + resident) − employee), all in persons.
    """
    return np.maximum(share * (employee + resident) - employee, 0)


def step_towards(now: Value, goal: Value, steps: int) -> Value:
    """The next point on a straight line from ``now`` to ``goal`` with ``steps`` steps left."""
    return now + (goal - now) / steps


def yearly_shift_required(share: float, goal: float, years: int) -> float:
    """Percentage points a year (as a ratio) by which the share must rise: (goal − share) ÷ years."""
    return (goal - share) / years
