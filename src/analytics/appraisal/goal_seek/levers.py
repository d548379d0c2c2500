"""What can be moved: a parameter as a lever with bounds and a unit of effort, and what an office itself can move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.appraisal.goal_seek.solution import Lever, Way
from analytics.inputs.assumptions import Assumption, at
from analytics.inputs.faults import Fault, raise_if
from analytics.inputs.plan import Plan
from analytics.model.projection import parameter_years
from analytics.terms import PARAMETERS, Term

UNIT_WITHOUT_RANGE = 0.1
"""Of a parameter's value: what counts as one unit of effort where the parameter has no range."""

_NO_UNIT = Term(
    "该参数既无区间也无数值，须给出一个力度单位", "the parameter has neither range nor value: give a unit of effort"
)


def lever(
    assumption: Assumption, plan: Plan, way: Way = "add", toward: int = 0, plausible: bool = False, unit: float = 0.0
) -> Lever:
    """A parameter as a lever, with bounds and unit of effort.

    Parameters
    ----------
    toward
        1 or −1 where it may only rise or fall, 0 for either.
    plausible
        Open the bounds from the parameter's own range to all that is plausible.  A parameter without a range always
        has these.
    unit
        Movement that counts as one unit of effort; 0 for half the parameter's range, or ``UNIT_WITHOUT_RANGE`` of its
        value where it has none.

    Raises
    ------
    InputError
        When the parameter has neither a range nor a value to take a unit of effort from.
    """
    years = [year for year in parameter_years(assumption, plan) if year > plan.horizon.base_year]
    value, low, high = (
        np.array([at(v, y) for y in years]) for v in (assumption.value, assumption.low, assumption.high)
    )
    unit = unit or _effort_unit(value, high - low, way)
    if not unit > 0:
        raise_if([Fault(_NO_UNIT, found=assumption.name)])
    least, most = _bounds(value, *_allowed(assumption, low, high, plausible), way)
    return Lever(assumption.name, way, least if toward <= 0 else 0.0, most if toward >= 0 else 0.0, unit)


def _effort_unit(value: np.ndarray, width: np.ndarray, way: Way) -> float:
    """Half the range's width, or a stated share of the value; as a share of the value where the lever multiplies."""
    size = float(np.abs(value).mean())
    unit = float(width.mean()) / 2 or UNIT_WITHOUT_RANGE * size
    return unit if way == "add" else unit / size if size else 0.0


def _allowed(
    assumption: Assumption, low: np.ndarray, high: np.ndarray, plausible: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest value by year: what is plausible, within the parameter's own range."""
    term = PARAMETERS[assumption.name]
    if plausible or not assumption.ranged:
        return np.full_like(low, term.low), np.full_like(high, term.high)
    return np.maximum(low, term.low), np.minimum(high, term.high)


def _bounds(value: np.ndarray, low: np.ndarray, high: np.ndarray, way: Way) -> tuple[float, float]:
    """The movements that keep every year's value between its low and its high; a factor does not move a zero."""
    if way == "add":
        down, up = low - value, high - value
    else:
        moving = value != 0
        down, up = np.sort([side[moving] / value[moving] - 1 for side in (low, high)], axis=0)
    return min(float(down.max()), 0.0), max(float(up.min()), 0.0)


@dataclass(frozen=True)
class OfficeLever:
    """What an office itself can move, which way is an improvement, and why it can."""

    toward: int
    reason: Term


_ENLIST = OfficeLever(
    1, Term("登记、稽核和上门动员扩大参保", "registration, inspection and canvassing bring in new members")
)
_COLLECT = OfficeLever(1, Term("催缴、清欠和部门联合执法", "reminders, recovery of arrears, joint enforcement"))
OFFICE_LEVERS: dict[str, OfficeLever] = {
    "employee.gross_new": _ENLIST,
    "employee.active_path": _ENLIST,
    "employee.base_quality": OfficeLever(1, Term("核查全员按下限申报的单位，据实申报基数", "firms that declare everybody at the floor are checked")),
    "employee.collection": _COLLECT,
    "employee.interruption": OfficeLever(-1, Term("断缴提醒、困难人员补贴和缴费方式便利", "reminders, subsidies for the hard-pressed, easier payment")),
    "employee.resumption": OfficeLever(1, Term("对中断人员逐一回访、动员续保", "those who stopped are called on one by one")),
    "employee.exit": OfficeLever(-1, Term("减少转出，转出人员及时核实", "fewer transfers out, each one verified")),
    "employee.new_from_resident": OfficeLever(1, Term("符合条件的居民参保人员转入职工保险", "residents who qualify move to the employee scheme")),
    "resident.gross_new": _ENLIST,
    "resident.paying": OfficeLever(1, Term("集中征缴期逐户提醒，代缴困难群体", "household reminders in the payment season, payment on behalf of the poor")),
    "unemployment.gross_new": _ENLIST,
    "unemployment.exit": OfficeLever(-1, Term("减员逐户核实", "every removal from the rolls verified")),
    "unemployment.collection": _COLLECT,
    "work_injury.gross_new": _ENLIST,
    "work_injury.exit": OfficeLever(-1, Term("减员逐户核实", "every removal from the rolls verified")),
    "work_injury.collection": _COLLECT,
}  # fmt: skip
