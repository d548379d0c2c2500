"""Make what is due, of all schedules, one run at a time.

However often this is called, whatever was cut off before and whoever else calls it meanwhile, every run is made once
with the as-of date it was due for, or is reported once to the maintainer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from analytics.runs.lock import only_one
from analytics.runs.order import Order
from analytics.runs.schedule.desk import Clock, Desk, Make, Turn
from analytics.runs.schedule.files import Schedule
from analytics.runs.schedule.state import Record
from analytics.terms import Term

LOCK = ".schedule.lock"
_LOOK_AGAIN = 900.0
"""Seconds waited at most before looking whether anything else has come due."""

_CLOCK = Clock()


def make_plan_report(schedule: Schedule, plan: str, as_of: date, out: Path) -> Path:
    """Make one report with the ordinary single run."""
    from analytics.runs.single import make_report  # imports the whole model: only when something is due

    what = schedule.what
    return make_report(Order(plan, out, ",".join(what.scenarios), str(as_of), what.language, what.formats))


def run_due(
    schedules: list[Schedule],
    reports: Path,
    make: Make = make_plan_report,
    clock: Clock = _CLOCK,
    say: Callable[[Term], None] = lambda _: None,
) -> list[Record]:
    """Make everything due, the longest overdue first, and return the runs decided: made, failed or skipped.

    A failed run is tried again after its delay, for which this waits.

    Raises
    ------
    Held
        When another process is at it.
    """
    reports = reports.resolve()
    reports.mkdir(parents=True, exist_ok=True)
    with only_one(reports / LOCK):
        desks = [Desk.opened(schedule, reports / schedule.name, make, clock, say) for schedule in schedules]
        while turn := _next_turn(desks):
            _take(turn, desks, clock)
        for desk in desks:
            desk.send()
    return [record for desk in desks for record in desk.decided]


def _next_turn(desks: list[Desk]) -> Turn | None:
    turns = [turn for desk in desks for turn in desk.turns()]
    return min(turns, key=lambda turn: (turn.at, turn.due), default=None)


def _take(turn: Turn, desks: list[Desk], clock: Clock) -> None:
    """Take the turn, or wait a while if its time has not come."""
    seconds = (turn.at - clock.now()).total_seconds()
    if seconds <= 0:
        turn.desk.attempt(turn.record)
        return
    for desk in desks:
        desk.send()
    clock.sleep(min(seconds, _LOOK_AGAIN))
