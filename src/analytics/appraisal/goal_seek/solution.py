"""What is sought and what was found: goals, levers, how far each moves, and the sentence an officer reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import nan
from typing import Literal

import numpy as np

from analytics.appraisal.attribution import in_sentence, unsigned
from analytics.appraisal.findings import NOTHING, amount, listed, say, subject
from analytics.inputs.assumptions import Assumption, ByYear, at
from analytics.inputs.plan import Change
from analytics.terms import PARAMETERS, Scale, Term, display_scale, unit_of
from analytics.terms import label as label_of

Aim = Literal["at_least", "at_most", "fall"]
Way = Literal["add", "times"]

_NOTICED = 1e-3


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


def applied(assumptions: Mapping[str, Assumption], solution: Solution) -> dict[str, Assumption]:
    """The assumptions with the levers moved; a value that is decided has no range left."""
    return dict(assumptions) | {
        move.lever.name: replace(
            assumptions[move.lever.name], value=move.after, low=move.after, high=move.after, quality="assumed",
            source=f"目标倒推：{solution.sentence.zh}",
        )
        for move in solution.moves
    }  # fmt: skip
