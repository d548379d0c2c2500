"""The search: of all movements that reach the target the one of least effort, by running the full model.

min Σ (movement ÷ unit of effort)², with every lever inside its bounds and no state of the population driven below zero.  A
scan of the whole box finds where to start (and what to say when nothing suffices), SLSQP the least effort, and a search
along the last ray lands on the target itself, on the side where it is met.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from math import factorial, isfinite

import numpy as np
from scipy.optimize import minimize
from scipy.stats import qmc

from analytics.appraisal.goal_seek.levers import OFFICE_LEVERS, lever
from analytics.appraisal.goal_seek.solution import Goal, Lever, Move, Solution
from analytics.inputs.assumptions import Assumption, at
from analytics.inputs.faults import Fault, raise_if
from analytics.inputs.plan import Plan
from analytics.model.book import Book
from analytics.model.projection import parameter_years, run_draws
from analytics.terms import LIMITS, Term

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
_INSIDE = 128  # points spread over the whole box, and over smaller ones like it
_SHELLS = np.array([1.0, 0.5, 0.2, 0.05, 0.01, 0.001])
_PRECISION = {"ftol": 1e-10, "maxiter": 30}
_SECTIONS = np.linspace(0, 1, 1025)[1:]


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


def default_levers(plan: Plan, scenario: str, assumptions: Mapping[str, Assumption], goal: Goal) -> list[Lever]:
    """Those of :data:`OFFICE_LEVERS` that the path has and that bring ``goal`` nearer.

    Each moves only the way that is an improvement in itself: no office plans to collect less.
    """
    named = [(assumptions[name], office.toward) for name, office in OFFICE_LEVERS.items() if name in assumptions]
    levers = [lever(a, plan, toward=toward) for a, toward in named if a.ranged or any(a.value.values())]
    helpful = _Search(plan, scenario, assumptions, goal, levers).helpful() if levers else []
    return [each for each, helps in zip(levers, helpful, strict=True) if helps]


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
