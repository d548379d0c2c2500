"""Goal seek: how far which levers must move to reach a target, found by running the full model.

Among all movements that reach the target the one of least effort is taken: min Σ (movement ÷ unit of effort)², with every
lever inside its bounds and no state of the population driven below zero.  A scan of the whole box finds where to
start (and what to say when nothing suffices), SLSQP the least effort, and a search along the last ray lands on the
target itself, on the side where it is met.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from math import factorial, isfinite, nan
from typing import Literal

import numpy as np
from scipy.optimize import minimize
from scipy.stats import qmc

from analytics.appraisal.attribution import in_sentence, unsigned
from analytics.appraisal.findings import NOTHING, amount, listed, say, subject
from analytics.inputs.assumptions import Assumption, ByYear, at
from analytics.inputs.faults import Fault, raise_if
from analytics.inputs.plan import Change, Plan
from analytics.model.book import Book
from analytics.model.projection import parameter_years, run_draws
from analytics.terms import LIMITS, PARAMETERS, Scale, Term, display_scale, unit_of
from analytics.terms import label as label_of

Aim = Literal["at_least", "at_most", "fall"]
Way = Literal["add", "times"]

UNIT_WITHOUT_RANGE = 0.1
"""Of a parameter's value: what counts as one unit of effort where the parameter has no range."""

_NO_UNIT = Term(
    "该参数既无区间也无数值，须给出一个力度单位", "the parameter has neither range nor value: give a unit of effort"
)
_NO_RESULT = Term("目标不是测算年份的结果（“低于上年”还须有上年结果）",
                  "the goal is no result of a projected year (for a fall, the year before is needed too)")  # fmt: skip
_NO_VALUE = Term("目标没有数值", "the goal has no value")
_PHYSICAL = {
    ("employee", "pool_left"): (0.0, np.inf),
    ("resident", "pool_left"): (0.0, np.inf),
    ("all", "employee_share"): LIMITS["employee_share"],
}
"""What no lever may drive through: nobody is enrolled who is not there."""
_SLACK = 1e-6
_NOTICEABLE = 1e-3  # of what the strongest lever does: the ages let almost everything touch everything a little
_STEP = 1e-4  # of a unit of effort, for slopes
_NOISE = 1e-9  # of a result: slopes below it are rounding
_FALL = 1e-6  # of last year's value: how far below it counts as a fall
_RADII = np.concatenate([np.linspace(1, 0, 33), 2.0 ** -np.arange(6, 30)])
_MOST_LEVERS = 12
_NOTICED = 1e-3
_INSIDE = 128  # points spread over the whole box, and over smaller ones like it
_SHELLS = np.array([1.0, 0.5, 0.2, 0.05, 0.01, 0.001])
_PRECISION = {"ftol": 1e-10, "maxiter": 30}
_SECTIONS = np.linspace(0, 1, 1025)[1:]


@dataclass(frozen=True)
class Goal:
    """What is to be reached in ``year``, in plain units; ``value`` is not needed where the aim is to ``fall``."""

    scheme: str
    indicator: str
    category: str
    year: int
    value: float = nan
    aim: Aim = "at_least"


@dataclass(frozen=True)
class Lever:
    """A parameter that can be moved in all projected years alike; the base year is known and stays.

    Attributes
    ----------
    way
        ``add``: value + movement, in the parameter's unit; ``times``: value × (1 + movement).
    least, most
        Bounds of the movement, least ≤ 0 ≤ most.
    unit
        The movement that counts as one unit of effort.
    """

    name: str
    way: Way
    least: float
    most: float
    unit: float

    def moved(self, value: float, movement: np.ndarray) -> np.ndarray:
        """The parameter's value once the lever has been moved."""
        return value + movement if self.way == "add" else value * (1 + movement)


@dataclass(frozen=True)
class Move:
    """How far one lever is moved.

    ``movement`` as in :class:`Lever`, ``effort`` in its units, ``effect`` on the way to the target (plain unit of the
    goal, positive towards it); ``bound`` whether the lever stands at its bound.
    """

    lever: Lever
    movement: float
    before: ByYear
    after: ByYear
    effort: float
    effect: float
    bound: bool


@dataclass(frozen=True)
class Solution:
    """What it takes to reach a goal, or how near the levers come to it.

    Attributes
    ----------
    path
        Label of the path the levers are moved on.
    start, achieved
        The goal's result before and after the movements, plain unit.
    target
        What is to be reached; last year's value (after the movements) where the aim is to fall.
    reachable
        Whether the achieved value meets the goal; otherwise it is the best within the bounds.
    limits
        Indicators that the movements drive to their own limit, such as nobody left to enroll.
    """

    goal: Goal
    path: Term
    moves: tuple[Move, ...]
    start: float
    achieved: float
    target: float
    reachable: bool
    limits: tuple[str, ...]

    @property
    def shortfall(self) -> float:
        """|target − achieved| where the goal is out of reach, otherwise 0."""
        return 0.0 if self.reachable else abs(self.target - self.achieved)

    @property
    def binding(self) -> tuple[str, ...]:
        """Parameters at their bounds and indicators at their limits."""
        return (*(move.lever.name for move in self.moves if move.bound), *self.limits)

    @property
    def effort(self) -> float:
        """√Σ effort²."""
        return float(np.sqrt(sum(move.effort**2 for move in self.moves)))

    @property
    def changes(self) -> dict[str, Change]:
        """The movements as the changes of a scenario."""
        return {move.lever.name: Change(set=dict(move.after)) for move in self.moves if move.effort}

    @property
    def _told(self) -> list[Move]:
        """The movements worth telling beside the largest."""
        most = max(abs(move.effort) for move in self.moves)
        return [move for move in self.moves if abs(move.effort) > _NOTICED * most]

    @property
    def sentence(self) -> Term:
        """What an officer reads."""
        unit, words = unit_of(self.goal.indicator), _SENTENCES[self._outcome]
        decimals = self._decimals(display_scale(unit, self._nearest))
        return say(
            words.zh, words.en, year=self.goal.year, path=self.path, start=amount(self.start, unit, decimals),
            what=subject(self.goal.scheme, self.goal.indicator, self.goal.category),
            aim=_aim(self.goal, _AIMS, decimals), still=_aim(self.goal, _STILL, decimals), moves=self._moves_words(),
            achieved=amount(self.achieved, unit, decimals), short=unsigned(self.target - self.achieved, unit),
            levers=listed([in_sentence(PARAMETERS[move.lever.name]) for move in self.moves]),
        )  # fmt: skip

    @property
    def _nearest(self) -> float:
        """What is told beside the target: where levers help from, or how far they come."""
        return self.start if self.reachable else self.achieved

    def _decimals(self, scale: Scale) -> int | None:
        """Two more decimals than usual where the target and what is told beside it would read the same."""
        distance = abs(self.target - self._nearest) / scale.factor
        return scale.decimals + 2 if distance < 10.0**-scale.decimals else None

    @property
    def _outcome(self) -> str:
        if self.reachable:
            return "reached" if self._told else "met"
        return "missed" if self._told else "no_effect"

    def _moves_words(self) -> Term:
        moves = listed([moved_words(move, self.goal.year) for move in self._told], "，", "; ")
        names = listed([in_sentence(Term(label_of(name, "zh"), label_of(name, "en"))) for name in self.binding])
        everything = not self.limits and all(move.bound for move in self._told) and len(self._told) > 1
        words = _SENTENCES["all_bound" if everything else "some_bound"]
        return say(words.zh, words.en, moves=moves, names=names) if self.binding else moves


_SENTENCES = {
    "met": Term("{year}年{what}（{path}）为{start}，已{aim}，不需调整。",
                "{what} in {year} ({path}) is {start}, {aim} already: nothing need change."),
    "reached": Term("要使{year}年{what}{aim}（{path}现为{start}），需{moves}。",
                    "{what} in {year}: getting to {aim} ({path}: {start}) takes {moves}."),
    "missed": Term("{moves}后，{year}年{what}为{achieved}（{path}现为{start}），{still}，还差{short}。",
                   "{what} in {year}: {moves} brings it to {achieved} ({path}: {start}), {still}, {short} short."),
    "no_effect": Term("要使{year}年{what}{aim}（{path}现为{start}），所列措施（{levers}）在允许范围内不起作用。",
                      "{what} in {year}: towards {aim} ({path}: {start}) these levers do nothing within their bounds: "
                      "{levers}."),
    "some_bound": Term("{moves}（已到界限：{names}）", "{moves} (at the bound: {names})"),
    "all_bound": Term("{moves}（均已到界限）", "{moves} (all at their bounds)"),
}  # fmt: skip
_AIMS = {
    "at_least": Term("达到{value}", "at least {value}"),
    "at_most": Term("不超过{value}", "at most {value}"),
    "fall": Term("低于上年", "less than the year before"),
}
_STILL = {
    "at_least": Term("仍未达到{value}", "still below {value}"),
    "at_most": Term("仍超过{value}", "still above {value}"),
    "fall": Term("仍不低于上年", "still no less than the year before"),
}
_MOVES = {
    "level": Term("{name}由{before}{verb}{after}", "{name} from {before} to {after}"),
    "yearly": Term("{name}每年{more}{size}（{year}年由{before}{verb}{after}）",
                   "{name} {more} by {size} every year ({year}: from {before} to {after})"),
}  # fmt: skip
_VERBS = {True: Term("提高到", "up to"), False: Term("降低到", "down to")}
_MORE = {True: Term("增加", "up"), False: Term("减少", "down")}


def _aim(goal: Goal, words: Mapping[str, Term], decimals: int | None) -> Term:
    value = NOTHING if goal.aim == "fall" else amount(goal.value, unit_of(goal.indicator), decimals)
    return say(words[goal.aim].zh, words[goal.aim].en, value=value)


def moved_words(move: Move, year: int) -> Term:
    """A movement in words: from what to what, and by how much a year where the value itself differs by year."""
    term, up = in_sentence(PARAMETERS[move.lever.name]), move.movement > 0
    before, after = (lever_amount(move, values, year) for values in (move.before, move.after))
    moved = {move.before[y] for y, value in move.after.items() if value != move.before[y]}
    yearly = move.lever.way == "add" and len(moved) > 1
    words = _MOVES["yearly" if yearly else "level"]
    return say(
        words.zh, words.en, name=term, before=before, after=after, year=year, size=unsigned(move.movement, term.unit),
        verb=_VERBS[up], more=_MORE[up],
    )  # fmt: skip


def lever_amount(move: Move, values: ByYear, year: int) -> Term:
    """A lever's value in ``year`` with its unit; ratios finer than elsewhere, since levers move by fractions."""
    unit = PARAMETERS[move.lever.name].unit
    return amount(at(values, year), unit, 2 if unit == "ratio" else None)


# --- levers ----------------------------------------------------------------------------------------------------------


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


def default_levers(plan: Plan, scenario: str, assumptions: Mapping[str, Assumption], goal: Goal) -> list[Lever]:
    """Those of :data:`OFFICE_LEVERS` that the path has and that bring ``goal`` nearer.

    Each moves only the way that is an improvement in itself: no office plans to collect less.
    """
    named = [(assumptions[name], office.toward) for name, office in OFFICE_LEVERS.items() if name in assumptions]
    levers = [lever(a, plan, toward=toward) for a, toward in named if a.ranged or any(a.value.values())]
    helpful = _Search(plan, scenario, assumptions, goal, levers).helpful() if levers else []
    return [each for each, helps in zip(levers, helpful, strict=True) if helps]


def applied(assumptions: Mapping[str, Assumption], solution: Solution) -> dict[str, Assumption]:
    """The assumptions with the levers moved; a value that is decided has no range left."""
    return dict(assumptions) | {
        move.lever.name: replace(
            assumptions[move.lever.name], value=move.after, low=move.after, high=move.after, quality="assumed",
            source=f"目标倒推：{solution.sentence.zh}",
        )
        for move in solution.moves
    }  # fmt: skip


# --- the search ------------------------------------------------------------------------------------------------------


def seek(
    plan: Plan, scenario: str, assumptions: Mapping[str, Assumption], target: Goal, levers: Sequence[Lever]
) -> Solution:
    """The least effort that reaches ``target``, or how near the levers come to it.

    Parameters
    ----------
    scenario, assumptions
        The path the levers are moved on, and what it is given.
    levers
        One or several, from :func:`lever` or :func:`default_levers`.

    Raises
    ------
    InputError
        When there are no levers, too many, or one twice, a lever is not a parameter of the path, or the target is not
        a result of a projected year.
    """
    _refuse_levers(assumptions, levers)
    search = _Search(plan, scenario, assumptions, target, levers)
    if search.meets(search.nothing):
        return search.solution(search.nothing)
    start = search.start()
    if not search.meets(start):
        start = search.best(start)
    return search.solution(search.least_effort(start) if search.meets(start) else start)


def one_by_one(
    plan: Plan, scenario: str, assumptions: Mapping[str, Assumption], target: Goal, levers: Sequence[Lever]
) -> list[Solution]:
    """What each lever alone can do for ``target``."""
    return [seek(plan, scenario, assumptions, target, [each]) for each in levers]


def _refuse_levers(assumptions: Mapping[str, Assumption], levers: Sequence[Lever]) -> None:
    names = [each.name for each in levers]
    unknown = Term("该情景没有这个参数，不能作为措施", "the path has no such parameter to move")
    twice = Term("同一措施列出了两次", "a lever is listed twice")
    faults = [Fault(unknown, found=name) for name in names if name not in assumptions]
    faults += [Fault(twice, found=name) for name in dict.fromkeys(names) if names.count(name) > 1]
    count = Term("措施须有一项以上、十二项以内", "between one and twelve levers are needed")
    faults += [] if 1 <= len(names) <= _MOST_LEVERS else [Fault(count, found=str(len(names)))]
    raise_if(faults)


class _Search:
    """The model as a function of efforts, shape (levers, draws); every call runs all draws at once."""

    def __init__(
        self, plan: Plan, scenario: str, assumptions: Mapping[str, Assumption], goal: Goal, levers: Sequence[Lever]
    ) -> None:
        self._plan, self._scenario, self._assumptions = plan, scenario, assumptions
        self._goal, self._levers = goal, levers
        self._points: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}
        units = np.array([each.unit for each in levers])
        self._low, self._high = (
            np.array([getattr(each, side) for each in levers]) / units for side in ("least", "most")
        )
        self.nothing = np.zeros(len(levers))

    def meets(self, point: np.ndarray) -> bool:
        """Whether one point, shape (levers,), meets the goal and keeps every limit."""
        plain, _ = self._around(point)
        return bool(self._reached(plain[:, None])[0])

    def rows(self, point: np.ndarray) -> np.ndarray:
        """What is gained towards the goal, in steps of the strongest lever, and what is left to each limit.

        The first counts from the start, where it is 0; limits are shares of what the path leaves to them.  Shape
        (1 + limits,).
        """
        return self._scaled(self._around(point)[0][:, None])[:, 0]

    def slopes(self, point: np.ndarray) -> np.ndarray:
        """Slopes of :meth:`rows`, shape (1 + limits, levers)."""
        return self._around(point)[1][self._counted] / self._scale[:, None]

    def helpful(self) -> np.ndarray:
        """Which levers bring the goal noticeably nearer from where they stand; shape (levers,)."""
        return (self._uphill() != 0) & (np.abs(self.slopes(self.nothing)[0]) > _NOTICEABLE)

    def start(self) -> np.ndarray:
        """Of a scan of the whole box: the least effort that reaches the goal, else the nearest to it."""
        axes = np.stack([self._uphill(), *np.diag(self._high), *np.diag(self._low)])
        inside = qmc.Sobol(len(self._levers), scramble=False).random(_INSIDE) * (self._high - self._low) + self._low
        points = np.hstack([_shrunk(axes, _RADII), _shrunk(inside, _SHELLS)])
        gained = self._gained(points)
        chosen = points[:, gained >= min(self._need, gained.max() - _SLACK)]
        return chosen[:, np.argmin((chosen**2).sum(axis=0))]

    def _uphill(self) -> np.ndarray:
        """Every lever at the bound that its slope at the start points to; one without effect stays."""
        slopes = self.slopes(self.nothing)[0]
        return np.where(slopes > _SLACK, self._high, np.where(slopes < -_SLACK, self._low, 0.0))

    def best(self, start: np.ndarray) -> np.ndarray:
        """The point within bounds and limits that comes nearest to the goal, or passes it farthest."""
        found = minimize(
            lambda x: -self.rows(x)[0], start, jac=lambda x: -self.slopes(x)[0], bounds=self._box,
            constraints={"type": "ineq", "fun": lambda x: self.rows(x)[1:], "jac": lambda x: self.slopes(x)[1:]},
            method="SLSQP", options=_PRECISION,
        )  # fmt: skip
        points = np.stack([start, np.clip(found.x, self._low, self._high)], axis=1)
        return points[:, np.argmax(self._gained(points))]

    def least_effort(self, start: np.ndarray) -> np.ndarray:
        """The least effort that reaches the goal, from a point that does; on the goal itself."""
        needed = np.zeros(len(self._counted))
        needed[0] = self._need
        found = minimize(
            lambda x: x @ x, start, jac=lambda x: 2 * x, bounds=self._box,
            constraints={"type": "ineq", "fun": lambda x: self.rows(x) - needed, "jac": self.slopes},
            method="SLSQP", options=_PRECISION,
        )  # fmt: skip
        # SLSQP may stop a hair before the goal: the ray goes on a little beyond its point
        points = [start] if len(self._levers) == 1 else [start, 1.01 * found.x]
        landed = [self._landed(point) for point in points if self.meets(self._along(point, np.ones(1))[:, 0])]
        return min(landed, key=lambda point: float(point @ point))

    def _landed(self, point: np.ndarray) -> np.ndarray:
        """The first point on the ray to ``point`` that meets the goal, to the last digits of the way and never short of it."""
        before, after = 0.0, 1.0
        for _ in range(4):
            places = before + _SECTIONS * (after - before)
            first = int(np.argmax(self._reached(self._plain(self._along(point, places)))))
            before, after = (places[first - 1] if first else before), places[first]
        return self._along(point, np.array([after]))[:, 0]

    def _along(self, point: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Points on the ray to ``point``, reached at 1; a lever at its bound stays there."""
        return np.clip(point[:, None] * places, self._low[:, None], self._high[:, None])

    def _gained(self, points: np.ndarray) -> np.ndarray:
        """What each draw gains towards the goal; −∞ where it breaks a limit."""
        rows = self._scaled(self._plain(points))
        return np.where(_kept(rows), rows[0], -np.inf)

    def _reached(self, plain: np.ndarray) -> np.ndarray:
        """Which draws meet the goal and keep every limit; shape (draws,)."""
        return (plain[0] >= self._needed) & _kept(self._scaled(plain))

    @property
    def _box(self) -> list[tuple[float, float]]:
        return list(zip(self._low, self._high, strict=True))

    # --- through the model

    def _run(self, efforts: np.ndarray) -> Book:
        moved = {
            each.name: self._moved(each, effort * each.unit)
            for each, effort in zip(self._levers, efforts, strict=True)
        }  # fmt: skip
        return run_draws(self._plan, self._scenario, self._assumptions, moved)

    def _moved(self, each: Lever, movement: np.ndarray) -> dict[int, np.ndarray]:
        """The parameter by year with the lever moved; the base year stays."""
        assumption, base = self._assumptions[each.name], self._plan.horizon.base_year
        still = np.zeros_like(movement)
        return {
            year: each.moved(at(assumption.value, year), movement if year > base else still)
            for year in parameter_years(assumption, self._plan)
        }

    def _plain(self, efforts: np.ndarray) -> np.ndarray:
        """How far along towards the goal, and how far from each limit, in plain units; shape (1 + limits, draws)."""
        book, draws = self._run(efforts), efforts.shape[1]
        self._refuse_goal(book)
        value, before = self._measured(book)
        along = {"at_least": value, "at_most": -value, "fall": before - value - _FALL * np.abs(before)}
        rows = [along[self._goal.aim], *self._to_limits(book)]
        return np.stack([np.broadcast_to(row, (draws,)) for row in rows])

    @property
    def _needed(self) -> float:
        """How far along the goal is, plain unit."""
        return {"at_least": self._goal.value, "at_most": -self._goal.value, "fall": 0.0}[self._goal.aim]

    def _measured(self, book: Book) -> tuple[np.ndarray, np.ndarray]:
        """The goal's result, and what it is held against."""
        by_year = book.entries[self._goal.scheme, self._goal.indicator, self._goal.category]
        fall = self._goal.aim == "fall"
        return by_year[self._goal.year], by_year[self._goal.year - 1] if fall else np.array([self._goal.value])

    def _to_limits(self, book: Book) -> Iterator[np.ndarray]:
        for key, side, bound in _limits():
            for year in self._plan.years:
                yield side * (bound - book(*key, year))

    def _around(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """:meth:`_plain` at one point, and its slopes there, shape (1 + limits, levers); one run, kept for next time."""
        key, n = point.tobytes(), len(point)
        if key not in self._points:
            steps = _STEP * np.eye(n)
            plain = self._plain(point[:, None] + np.hstack([np.zeros((n, 1)), steps, -steps]))
            self._points[key] = plain[:, 0], (plain[:, 1 : n + 1] - plain[:, n + 1 :]) / (2 * _STEP)
        return self._points[key]

    @cached_property
    def _counted(self) -> np.ndarray:
        """The goal, and the limits that the path keeps by itself."""
        plain, _ = self._around(self.nothing)
        return np.flatnonzero(np.r_[True, plain[1:] >= 0])

    @cached_property
    def _scale(self) -> np.ndarray:
        """What one unit of effort of the strongest lever moves the goal by, and what the path leaves to each limit."""
        plain, slopes = self._around(self.nothing)
        strongest = np.abs(slopes[0]).max()
        size = plain[self._counted]
        size[0] = strongest if strongest > _NOISE * abs(plain[0]) else 0.0
        return np.where(size > 0, size, 1.0)

    @property
    def _need(self) -> float:
        """What has to be gained for the goal, as :meth:`rows` count it."""
        return float((self._needed - self._around(self.nothing)[0][0]) / self._scale[0])

    def _scaled(self, plain: np.ndarray) -> np.ndarray:
        counted = plain[self._counted]
        counted[0] -= self._around(self.nothing)[0][0]
        return counted / self._scale[:, None]

    def _refuse_goal(self, book: Book) -> None:
        goal, horizon = self._goal, self._plan.horizon
        key, fall = (goal.scheme, goal.indicator, goal.category), goal.aim == "fall"
        known = {goal.year, goal.year - 1} if fall else {goal.year}
        if goal.year not in self._plan.years or not known <= set(book.entries.get(key, {})):
            years = f"{horizon.first_year}–{horizon.last_year}"
            raise_if([Fault(_NO_RESULT, found=f"{'.'.join(key)}.{goal.year}", expected=years)])
        if not (fall or isfinite(goal.value)):
            raise_if([Fault(_NO_VALUE, found=f"{'.'.join(key)}.{goal.year}")])

    # --- what was found

    def solution(self, efforts: np.ndarray) -> Solution:
        """What moving the levers by ``efforts`` comes to."""
        values, targets = self._measured(self._run(np.stack([self.nothing, efforts], axis=1)))
        effects = self._effects(efforts)
        return Solution(
            goal=self._goal, path=self._path, moves=tuple(map(self._move, self._levers, efforts, effects)),
            start=float(values[0]), achieved=float(values[-1]), target=float(targets[-1]),
            reachable=self.meets(efforts), limits=self._limits_reached(efforts),
        )  # fmt: skip

    @property
    def _path(self) -> Term:
        return Term(*(self._plan.scenario_label(self._scenario, side) for side in ("zh", "en")))

    def _move(self, each: Lever, effort: float, effect: float) -> Move:
        assumption = self._assumptions[each.name]
        movement = min(max(float(effort) * each.unit, each.least), each.most)
        before = {year: at(assumption.value, year) for year in parameter_years(assumption, self._plan)}
        after = {year: float(value[0]) for year, value in self._moved(each, np.array([movement])).items()}
        bound = any(end and abs(movement - end) <= 1e-6 * abs(end) for end in (each.least, each.most))
        return Move(each, movement, before, after, float(effort), float(effect), bound)

    def _effects(self, efforts: np.ndarray) -> np.ndarray:
        """Each lever's share of the way towards the goal: Shapley values over all subsets of levers, plain unit.

        They sum to the whole way, whatever the order in which the levers are thought to move.
        """
        n = len(efforts)
        subsets = np.array(list(product((0, 1), repeat=n)), dtype=float)
        way = self._plain((subsets * efforts).T)[0]
        sizes = subsets.sum(axis=1).astype(int)
        weight = np.array([factorial(s) * factorial(max(n - s - 1, 0)) / factorial(n) for s in sizes])
        without = [np.flatnonzero(subsets[:, i] == 0) for i in range(n)]
        steps = [2 ** (n - 1 - i) for i in range(n)]  # from a subset without lever i to the same with it
        return np.array([(weight[w] * (way[w + step] - way[w])).sum() for w, step in zip(without, steps, strict=True)])

    def _limits_reached(self, efforts: np.ndarray) -> tuple[str, ...]:
        names = [indicator for (_, indicator), _, _ in _limits() for _ in self._plan.years]
        limits = self.rows(efforts)[1:]
        hit = [names[n - 1] for n, row in zip(self._counted[1:], limits, strict=True) if row < 10 * _SLACK]
        return tuple(dict.fromkeys(hit)) if efforts.any() else ()


def _limits() -> Iterator[tuple[tuple[str, str], int, float]]:
    """(result, 1 for a ceiling and −1 for a floor, its height) of what no lever may drive through."""
    for key, bounds in _PHYSICAL.items():
        for side, bound in zip((-1, 1), bounds, strict=True):
            if isfinite(bound):
                yield key, side, bound


def _shrunk(points: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Every point, shape (points, levers), times every factor, as draws of shape (levers, points × factors)."""
    return (points[:, :, None] * factors).transpose(1, 0, 2).reshape(points.shape[1], -1)


def _kept(rows: np.ndarray) -> np.ndarray:
    return (rows[1:] >= -_SLACK).all(axis=0)
