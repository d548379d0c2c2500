"""How sure a projection is: draws of all ranged parameters through the model, and the probability of each target.

A probability here is a share of draws.  It says how often a target is met when every parameter follows its own range;
it is as good as those ranges, most of which are assumed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from analytics.appraisal.distributions import DRAWS, REPLICATIONS, SEED, draw_parameters
from analytics.inputs.assumptions import Assumption, at, delivered_as
from analytics.inputs.faults import Fault, raise_if
from analytics.inputs.plan import Plan
from analytics.model.book import Key
from analytics.model.projection import parameter_years, run_draws
from analytics.terms import INDICATORS, LIMITS, Term

QUANTILES = {"q10": 0.10, "q25": 0.25, "q50": 0.50, "q75": 0.75, "q90": 0.90}
SIZES = (128, 256, 512, 1024, 2048, 4096)
PROBABILITY_COLUMNS = [
    "scenario", "scheme", "indicator", "category", "year", "aim", "target", "unit", "probability", "standard_error",
    "delivered",
]  # fmt: skip
JOINT_COLUMNS = ["scenario", "scope", "scheme", "year", "targets", "probability", "standard_error"]
_RESULT = ["scheme", "indicator", "category", "year"]
_ROUNDING = 1e-9  # of the target: a path that walks to a share arrives there up to floating point
_ANY = (-np.inf, np.inf)


@dataclass(frozen=True)
class Uncertainty:
    """One path of one plan, drawn ``n`` times.

    Attributes
    ----------
    results
        (scheme, indicator, category) → year → values, shape (n,), plain units.
    drawn
        Names of the parameters that were drawn; all others stood at their central values.
    """

    plan: Plan
    scenario: str
    assumptions: Mapping[str, Assumption]
    results: Mapping[Key, Mapping[int, np.ndarray]]
    drawn: tuple[str, ...]
    n: int
    seed: int

    @cached_property
    def quantiles(self) -> pd.DataFrame:
        """10, 25, 50, 75 and 90 % quantile of every result and year, cut at what the indicator cannot pass."""
        keys = [(*key, year) for key, by_year in self.results.items() for year in by_year]
        values = np.stack([self.results[key[:3]][key[3]] for key in keys])
        least, most = np.array([LIMITS.get(key[1], _ANY) for key in keys]).T
        found = np.clip(np.quantile(values, list(QUANTILES.values()), axis=1), least, most)
        columns = dict(zip(QUANTILES, found, strict=True))
        units = {"unit": [INDICATORS[key[1]].unit for key in keys]}
        return pd.DataFrame(keys, columns=_RESULT).assign(**columns, **units, scenario=self.scenario)

    @property
    def overfull(self) -> float:
        """Share of draws in which more people are insured than there are to insure, in any year.

        Not zero when the ranges of population and enrollment contradict each other.
        """
        uncovered = self.results.get(("all", "uncovered", "total"), {})
        return float(np.any([heads < 0 for heads in uncovered.values()], axis=0).mean()) if uncovered else 0.0

    def probabilities(self, targets: pd.DataFrame) -> pd.DataFrame:
        """Probability of each target in each year, columns ``PROBABILITY_COLUMNS``.

        ``delivered`` marks what this path is given by definition (the gross enrollment a plan sets, its milestones):
        met in every draw, so its probability says nothing.  ``standard_error`` is the sampling error of
        :func:`share_and_error`.

        Parameters
        ----------
        targets
            Rows of :func:`analytics.appraisal.attainment.targets_frame`; a target of something that is not projected,
            or a fall whose year before is not, has no row.
        """
        kept, hits = self._judged(targets)
        share, error = share_and_error(hits)
        asked = kept[[*_RESULT, "target"]].itertuples(index=False, name=None)
        delivered = np.array([self._delivered(*row) for row in asked], dtype=bool)
        error = np.where(delivered & (share == 1), 0.0, error)
        found = kept.assign(scenario=self.scenario, probability=share, standard_error=error, delivered=delivered)
        return found[PROBABILITY_COLUMNS].reset_index(drop=True)

    def joint_probabilities(self, targets: pd.DataFrame) -> pd.DataFrame:
        """Probability that targets are met together, columns ``JOINT_COLUMNS``.

        ``scope`` is ``year`` (all targets of one year), ``scheme`` (all of one scheme, every year) or ``all``;
        ``targets`` says how many.
        """
        kept, hits = self._judged(targets)
        groups = [("year", "", year, kept["year"] == year) for year in sorted(kept["year"].unique())]
        groups += [("scheme", scheme, pd.NA, kept["scheme"] == scheme) for scheme in kept["scheme"].unique()]
        groups += [("all", "", pd.NA, kept["scheme"] != "")] if len(kept) else []
        rows = [
            (self.scenario, scope, scheme, year, int(chosen.sum()), *share_and_error(hits[chosen].all(axis=0)))
            for scope, scheme, year, chosen in groups
        ]
        return pd.DataFrame(rows, columns=JOINT_COLUMNS).astype({"year": "Int64"})

    def first_draws(self, n: int) -> Uncertainty:
        """The same path from the first draws of each replication: what ``n`` draws would have given."""
        kept = {
            key: {year: values.reshape(REPLICATIONS, -1)[:, : n // REPLICATIONS].ravel() for year, values in by.items()}
            for key, by in self.results.items()
        }
        return replace(self, results=kept, n=n)

    def _judged(self, targets: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
        """The targets that can be judged, and whether each draw meets them, shape (targets, n)."""
        asked = targets[[*_RESULT, "aim", "target"]].itertuples(index=False, name=None)
        hits = [self._met(*row) for row in asked]
        kept = targets[[hit is not None for hit in hits]]
        return kept, np.array([hit for hit in hits if hit is not None], dtype=bool).reshape(-1, self.n)

    def _met(self, scheme: str, indicator: str, category: str, year: int, aim: str, target: float) -> np.ndarray | None:
        by_year = self.results.get((scheme, indicator, category), {})
        goal = by_year.get(year - 1) if aim == "fall" else target
        return None if goal is None or year not in by_year else reached(aim, by_year[year], goal)

    def _delivered(self, scheme: str, indicator: str, category: str, year: int, target: float) -> bool:
        """Whether a target is handed to this path as a parameter without range."""
        names = {(t.scheme, t.indicator, t.category): delivered_as(t) for t in self.plan.targets}
        given = self.assumptions.get(names.get((scheme, indicator, category), ""))
        on_plan = self.plan.path_of(self.scenario) == "plan"
        return on_plan and given is not None and not given.ranged and given.value.get(year) == target


def uncertain(
    plan: Plan, scenario: str, assumptions: Mapping[str, Assumption], n: int = DRAWS, seed: int = SEED
) -> Uncertainty:
    """Draw one path ``n`` times: every ranged parameter from its distribution, through the whole model.

    Parameters
    ----------
    n, seed
        Number of draws (a power of two, at least 16) and the seed of their scrambles; the same two give the same
        numbers.

    Raises
    ------
    InputError
        When parameters are missing.
    ValueError
        When ``n`` is not a power of two.
    """
    moved = draw_parameters(assumptions, plan, n, seed)
    book = run_draws(plan, scenario, assumptions, moved)
    results = {
        key: {year: np.broadcast_to(values, (n,)) for year, values in by_year.items()}
        for key, by_year in book.entries.items()
    }
    return Uncertainty(plan, scenario, assumptions, results, tuple(moved), n, seed)


def reached(aim: str, value: np.ndarray, target: np.ndarray | float) -> np.ndarray:
    """Whether values meet a target: not below it (``at_least``), not above it (``at_most``), below it (``fall``)."""
    slack, difference = _ROUNDING * np.abs(target), value - target
    if aim == "at_least":
        return difference >= -slack
    return difference <= slack if aim == "at_most" else difference < -slack


def share_and_error(hits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of draws that hit, and its standard error from the replicated scrambles.

    error = standard deviation of the replications' shares ÷ √replications, and never less than one draw in n: what no
    draw has shown is not impossible.

    Parameters
    ----------
    hits
        Truth values, shape (…, n), the replications one after the other.
    """
    shares = hits.reshape(*hits.shape[:-1], REPLICATIONS, -1).mean(axis=-1)
    error = shares.std(axis=-1, ddof=1) / np.sqrt(REPLICATIONS)
    return shares.mean(axis=-1), np.maximum(error, 1 / hits.shape[-1])


def convergence(large: Uncertainty, targets: pd.DataFrame, sizes: Sequence[int] = SIZES) -> pd.DataFrame:
    """Probabilities and their errors as the number of draws grows: columns ``n`` and ``PROBABILITY_COLUMNS``.

    Parameters
    ----------
    large
        As many draws as the largest of ``sizes``; smaller sizes are its first draws.
    """
    frames = [large.first_draws(n).probabilities(targets).assign(n=n) for n in sizes]
    return pd.concat(frames, ignore_index=True)[["n", *PROBABILITY_COLUMNS]]


@dataclass(frozen=True)
class Lever:
    """A parameter moved from ``low`` to ``high``: multiplied (``times``) or set to a value in its plain unit (``set``).

    Only years that are open move: projected ones, and of a parameter with ranges those that are not yet known.
    """

    name: str
    way: Literal["times", "set"]
    low: float
    high: float

    def today(self, assumption: Assumption, year: int) -> float:
        """Where the lever stands: 1 for a multiple, else the parameter's central value in ``year``."""
        return 1.0 if self.way == "times" else at(assumption.value, year)

    def moved(self, assumption: Assumption, plan: Plan, positions: np.ndarray) -> dict[int, np.ndarray]:
        """The parameter by year at each position of the lever, shape of ``positions``."""
        values = {}
        for year in parameter_years(assumption, plan):
            central = at(assumption.value, year)
            to = central * positions if self.way == "times" else positions
            values[year] = to if _open(assumption, plan, year) else np.full_like(positions, central)
        return values


def _open(assumption: Assumption, plan: Plan, year: int) -> bool:
    known = assumption.ranged and at(assumption.low, year) == at(assumption.high, year)
    return year > plan.horizon.base_year and not known


ENROLLMENT = Lever("employee.gross_new", "times", 0.0, 2.0)
BASE = Lever("employee.base_quality", "set", -0.02, 0.10)
FROM_RESIDENTS = Lever("employee.new_from_resident", "set", 0.0, 0.8)


@dataclass(frozen=True)
class IsoMap:
    """A result over a grid of two levers, and where the plan stands on it.

    Attributes
    ----------
    x, y
        Positions of the two levers, shapes (m,) and (k,).
    result
        The result in plain units, shape (k, m).
    position, today
        Where both levers stand today, and the result there.
    """

    key: Key
    year: int
    target: float
    levers: tuple[Lever, Lever]
    x: np.ndarray
    y: np.ndarray
    result: np.ndarray
    position: tuple[float, float]
    today: float

    @property
    def isoline(self) -> pd.DataFrame:
        """Points at which the target is just met: for each ``x`` the ``y`` between two grid points, by line."""
        above = self.result >= self.target
        row, column = np.nonzero(above[1:] != above[:-1])
        before, after = self.result[row, column], self.result[row + 1, column]
        share = (self.target - before) / (after - before)
        y = self.y[row] + share * (self.y[row + 1] - self.y[row])
        return pd.DataFrame({"x": self.x[column], "y": y}).sort_values(["x", "y"], ignore_index=True)

    @property
    def needed(self) -> float:
        """What the second lever takes to meet the target with the first where it stands today; NaN when beyond."""
        line = self.isoline.drop_duplicates("x")
        return float(np.interp(self.position[0], line["x"], line["y"], np.nan, np.nan)) if len(line) else float("nan")


def iso_map(
    plan: Plan,
    scenario: str,
    assumptions: Mapping[str, Assumption],
    key: Key,
    year: int,
    target: float,
    levers: tuple[Lever, Lever] = (ENROLLMENT, BASE),
    steps: int = 41,
) -> IsoMap:
    """A result of the full model over a grid of two levers, everything else at its central value.

    Parameters
    ----------
    key, year, target
        The result, and the value (plain units) whose contour is wanted.
    steps
        Grid points along each lever.

    Raises
    ------
    InputError
        When the path is not given a lever's parameter.
    """
    what = Term("该情景没有可调的参数", "this path has no such parameter to move")
    raise_if([Fault(what, found=lever.name) for lever in levers if lever.name not in assumptions])
    x, y = (np.linspace(lever.low, lever.high, steps) for lever in levers)
    here = tuple(lever.today(assumptions[lever.name], year) for lever in levers)
    grid = [np.append(positions.ravel(), now) for positions, now in zip(np.meshgrid(x, y), here, strict=True)]
    moved = {lever.name: lever.moved(assumptions[lever.name], plan, on) for lever, on in zip(levers, grid, strict=True)}
    values = run_draws(plan, scenario, assumptions, moved).entries[key][year]
    *result, today = np.broadcast_to(values, (x.size * y.size + 1,))
    return IsoMap(key, year, target, levers, x, y, np.reshape(result, (y.size, x.size)), here, float(today))
