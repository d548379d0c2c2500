"""Which parameter a result's spread comes from: Sobol indices of first order and in total.

First order: the share of the variance that would go if the parameter were known; total: the share that would be left
if all others were.  Parameters that are correlated with each other are one driver, because only independent drivers
have shares that can be told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtri

from analytics.appraisal.distributions import (
    CORRELATIONS,
    DRAWS,
    REPLICATIONS,
    SEED,
    Correlation,
    correlated,
    independent_groups,
    normal_correlations,
    sobol_points,
    values_by_year,
)
from analytics.model.book import Key
from analytics.model.projection import Projection, run_draws

INDEX_COLUMNS = ["first", "first_error", "total", "total_error"]
MOST_DRIVERS = 12


def sobol_indices(
    model: Callable[[np.ndarray], np.ndarray], drivers: Sequence[Sequence[int]], n: int = DRAWS, seed: int = SEED
) -> pd.DataFrame:
    """Sobol indices of ``model`` for drivers that may be several inputs each; one row a driver, ``INDEX_COLUMNS``.

    With A and B two independent samples and A_i the sample A whose driver i is taken from B:
    first order Sᵢ = mean(f(B) · (f(A_i) − f(A))) ÷ V (A. Saltelli et al., Computer Physics Communications 181, 2010),
    total Tᵢ = mean((f(A) − f(A_i))²) ÷ 2V (M. Jansen, Computer Physics Communications 117, 1999).
    The errors are standard errors from the replicated scrambles.

    Parameters
    ----------
    model
        From points of the unit cube, shape (inputs, columns), to values, shape (columns,); called once.
    drivers
        For each driver the rows of the cube it moves; together every row once.
    n
        Points of A and of B, a power of two, at least 16.
    """
    inputs = sum(map(len, drivers))
    points = sobol_points(2 * inputs, n, seed)
    a, b = points[:inputs], points[inputs:]
    columns = np.concatenate([a, b, *(_swapped(a, b, driver) for driver in drivers)], axis=1)
    values = model(columns).reshape(len(drivers) + 2, REPLICATIONS, -1)
    first, total = _estimates(values.reshape(len(drivers) + 2, 1, -1))
    return pd.DataFrame(dict(zip(INDEX_COLUMNS, _with_errors(first, total, *_estimates(values)), strict=True)))


def _swapped(a: np.ndarray, b: np.ndarray, driver: Sequence[int]) -> np.ndarray:
    moved = a.copy()
    moved[list(driver)] = b[list(driver)]
    return moved


def _estimates(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First-order and total indices, each (drivers, replications), from values (2 + drivers, replications, points)."""
    a, b, mixed = values[0], values[1], values[2:]
    centre = values[:2].mean(axis=(0, 2))[:, None]
    variance = ((values[:2] - centre[None]) ** 2).mean(axis=(0, 2))
    first = ((b - centre) * (mixed - a)).mean(axis=-1)
    return first / variance, ((a - mixed) ** 2).mean(axis=-1) / (2 * variance)


def _with_errors(
    first: np.ndarray, total: np.ndarray, firsts: np.ndarray, totals: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    errors = (parts.std(axis=1, ddof=1) / np.sqrt(REPLICATIONS) for parts in (firsts, totals))
    return first[:, 0], next(errors), total[:, 0], next(errors)


def spread_by_driver(
    projection: Projection,
    key: Key,
    year: int,
    n: int = DRAWS,
    seed: int = SEED,
    correlations: Sequence[Correlation] = CORRELATIONS,
    most: int = MOST_DRIVERS,
) -> pd.DataFrame:
    """Where the spread of one result comes from: one row a driver, the largest total first.

    Parameters that do not move the result one at a time are left out; beyond the ``most`` widest drivers the others
    are one row together.

    Parameters
    ----------
    projection
        The path, with its one-at-a-time effects.
    key, year
        The result.

    Returns
    -------
    Frame with ``inputs`` (names, the widest first), ``rest`` (whether the row gathers the others) and
    ``INDEX_COLUMNS``; empty when no range moves the result.
    """
    spans = _spans(projection, key, year)
    names = list(spans.index)
    if not names:
        return pd.DataFrame(columns=["inputs", "rest", *INDEX_COLUMNS])
    drivers, gathered = _drivers(spans, independent_groups(normal_correlations(names, correlations)), most)
    model = _result_of(projection, key, year, names, correlations)
    found = sobol_indices(model, drivers, n, seed)
    found.insert(0, "inputs", [tuple(names[i] for i in driver) for driver in drivers])
    found.insert(1, "rest", [gathered and number == most for number in range(len(drivers))])
    return found.sort_values(["rest", "total"], ascending=[True, False], ignore_index=True)


def _spans(projection: Projection, key: Key, year: int) -> pd.Series:
    """By how much each parameter's range moves the result, by name, the widest first."""
    effects = projection.effects
    scheme, indicator, category = key
    chosen = (effects["scheme"] == scheme) & (effects["indicator"] == indicator) & (effects["category"] == category)
    rows = effects[chosen & (effects["year"] == year)].set_index("input")
    return (rows["high_effect"] - rows["low_effect"]).abs().sort_values(ascending=False, kind="stable")


def _drivers(spans: pd.Series, groups: list[list[int]], most: int) -> tuple[list[list[int]], bool]:
    """Groups by width (effects added in quadrature), those beyond ``most`` as one; and whether there is such a one."""
    ordered = sorted(groups, key=lambda group: float((spans.iloc[group] ** 2).sum()), reverse=True)
    kept, others = ordered[:most], ordered[most:]
    return ([*kept, [i for group in others for i in group]], True) if others else (kept, False)


def _result_of(
    projection: Projection, key: Key, year: int, names: list[str], correlations: Sequence[Correlation]
) -> Callable[[np.ndarray], np.ndarray]:
    """The result as a function of points of the unit cube, one row a parameter."""
    plan, given = projection.plan, projection.assumptions

    def model(points: np.ndarray) -> np.ndarray:
        z = correlated(ndtri(points), names, correlations)
        moved = {name: values_by_year(given[name], plan, row) for name, row in zip(names, z, strict=True)}
        values = run_draws(plan, projection.scenario, given, moved).entries[key][year]
        return np.broadcast_to(values, points.shape[1:])

    return model
