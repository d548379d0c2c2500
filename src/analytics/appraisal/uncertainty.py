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

from analytics.appraisal.attainment import reached
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
JOINT_COLUMNS = ["scenario", "scope", "scheme", "year", "targets", "probability", "standard_error", "delivered"]
_RESULT = ["scheme", "indicator", "category", "year"]
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
        left = [heads for key, by_year in self.results.items() if key[1] == "pool_left" for heads in by_year.values()]
        return float(np.any(np.stack(np.broadcast_arrays(*left)) < 0, axis=0).mean()) if left else 0.0

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
        error = np.where(kept["delivered"], 0.0, error)
        found = kept.assign(scenario=self.scenario, probability=share, standard_error=error)
        return found[PROBABILITY_COLUMNS].reset_index(drop=True)

    def joint_probabilities(self, targets: pd.DataFrame) -> pd.DataFrame:
        """Probability that targets are met together, columns ``JOINT_COLUMNS``.

        ``scope`` is ``year`` (all targets of one year), ``scheme`` (all of one scheme, every year) or ``all``;
        ``targets`` says how many, ``delivered`` whether all of them are given by definition.
        """
        kept, hits = self._judged(targets)
        groups = [("year", "", year, kept["year"] == year) for year in sorted(kept["year"].unique())]
        groups += [("scheme", scheme, pd.NA, kept["scheme"] == scheme) for scheme in kept["scheme"].unique()]
        groups += [("all", "", pd.NA, kept["scheme"] != "")] if len(kept) else []
        rows = [
            (self.scenario, scope, scheme, year, int(chosen.sum()), *share_and_error(hits[chosen].all(axis=0)),
             bool(kept.loc[chosen, "delivered"].all()))
            for scope, scheme, year, chosen in groups
        ]  # fmt: skip
        found = pd.DataFrame(rows, columns=JOINT_COLUMNS).astype({"year": "Int64"})
        return found.assign(standard_error=found["standard_error"].where(~found["delivered"], 0.0))

    def first_draws(self, n: int) -> Uncertainty:
        """The same path from the first draws of each replication: what ``n`` draws would have given."""
        kept = {
            key: {year: values.reshape(REPLICATIONS, -1)[:, : n // REPLICATIONS].ravel() for year, values in by.items()}
            for key, by in self.results.items()
        }
        return replace(self, results=kept, n=n)

    def _judged(self, targets: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
        """The targets that can be judged, ``delivered`` marked, and whether each draw meets them, (targets, n)."""
        asked = targets[[*_RESULT, "aim", "target"]].itertuples(index=False, name=None)
        hits = [self._met(*row) for row in asked]
        kept = targets[np.array([hit is not None for hit in hits], dtype=bool)]
        asked = kept[[*_RESULT, "target"]].itertuples(index=False, name=None)
        kept = kept.assign(delivered=np.array([self._delivered(*row) for row in asked], dtype=bool))
        return kept, np.array([hit for hit in hits if hit is not None], dtype=bool).reshape(len(kept), self.n)

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


def share_and_error(hits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of draws that hit, and its standard error from the replicated scrambles.

    error = standard deviation of the replications' shares ÷ √replications, and never less than one draw in n: what no
    draw has shown is not impossible.

    Parameters
    ----------
    hits
        Truth values, shape (…, n), the replications one after the other.
    """
    *before, n = hits.shape
    shares = hits.reshape(*before, REPLICATIONS, n // REPLICATIONS).mean(axis=-1)
    error = shares.std(axis=-1, ddof=1) / np.sqrt(REPLICATIONS)
    return shares.mean(axis=-1), np.maximum(error, 1 / n)


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
class MapLever:
    """One axis of the map: a parameter moved from ``low`` to ``high``.

    It is multiplied (``times``) or set to a value in its plain unit (``set``), in the projected years that are not yet
    published.
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
        first_open = max(plan.horizon.base_year, assumption.published_until) + 1
        values = {}
        for year in parameter_years(assumption, plan):
            central = np.full_like(positions, at(assumption.value, year))
            to = central * positions if self.way == "times" else positions
            values[year] = to if year >= first_open else central
        return values


ENROLLMENT = MapLever("employee.gross_new", "times", 0.0, 2.0)
FAR_ENROLLMENT = replace(ENROLLMENT, high=4.0)
BASE = MapLever("employee.base_quality", "set", -0.02, 0.10)
FROM_RESIDENTS = MapLever("employee.new_from_resident", "set", 0.0, 0.8)


@dataclass(frozen=True)
class IsoMap:
    """A result over a grid of two levers, and where the plan stands on it.

    Attributes
    ----------
    x, y
        Positions of the two levers, shapes (m,) and (k,).
    result
        The result in plain units, shape (k, m).
    along
        The result along each lever with the other where it stands today, shapes (m,) and (k,).
    position, today
        Where both levers stand today, and the result there.
    """

    key: Key
    year: int
    target: float
    levers: tuple[MapLever, MapLever]
    x: np.ndarray
    y: np.ndarray
    result: np.ndarray
    along: tuple[np.ndarray, np.ndarray]
    position: tuple[float, float]
    today: float

    @property
    def needed(self) -> tuple[float, float]:
        """Where each lever alone just meets the target, nearest to where it stands; NaN when nowhere on the map."""
        return tuple(
            _crossing(places, results, self.target, now)
            for places, results, now in zip((self.x, self.y), self.along, self.position, strict=True)
        )  # type: ignore[return-value]


def _crossing(places: np.ndarray, results: np.ndarray, target: float, now: float) -> float:
    """The place, by line between grid points, at which ``results`` pass ``target``; the one nearest to ``now``."""
    above = results >= target
    step = np.flatnonzero(above[1:] != above[:-1])
    share = (target - results[step]) / (results[step + 1] - results[step])
    crossings = places[step] + share * (places[step + 1] - places[step])
    return float(min(crossings, key=lambda place: abs(place - now), default=np.nan))


def iso_map(
    plan: Plan,
    scenario: str,
    assumptions: Mapping[str, Assumption],
    key: Key,
    year: int,
    target: float,
    levers: tuple[MapLever, MapLever] = (ENROLLMENT, BASE),
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
    moved = {
        lever.name: lever.moved(assumptions[lever.name], plan, places)
        for lever, places in zip(levers, _places(x, y, here), strict=True)
    }
    values = np.broadcast_to(run_draws(plan, scenario, assumptions, moved).entries[key][year], ((steps + 1) ** 2,))
    grid, along_x, along_y, today = np.split(values, np.cumsum([steps * steps, steps, steps]))
    return IsoMap(key, year, target, levers, x, y, grid.reshape(steps, steps), (along_x, along_y), here, today.item())


def _places(x: np.ndarray, y: np.ndarray, here: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Both levers' positions: the grid row by row, each axis through today's position, and today's position."""
    across, up = np.meshgrid(x, y)
    fixed_x, fixed_y = np.full_like(y, here[0]), np.full_like(x, here[1])
    return np.concatenate([across.ravel(), x, fixed_x, here[:1]]), np.concatenate([up.ravel(), fixed_y, y, here[1:]])
