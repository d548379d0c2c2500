"""Draws of the parameters from their ranges: one named distribution each, correlated by rank.

Every ranged parameter is a two-piece normal whose 10 %, 50 % and 90 % quantiles are its low, central and high value.
The draws come in :data:`REPLICATIONS` scrambled Sobol sequences one after the other, so that whatever is estimated from
them can say its own sampling error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.sparse.csgraph import connected_components
from scipy.special import ndtri
from scipy.stats import qmc

from analytics.inputs.assumptions import Assumption, at
from analytics.inputs.faults import Fault, raise_if
from analytics.inputs.plan import Plan, nearest
from analytics.model.projection import parameter_years
from analytics.terms import PARAMETERS, Parameter, Term

DRAWS = 1024
SEED = 1
REPLICATIONS = 8
LOW_QUANTILE, HIGH_QUANTILE = 0.1, 0.9
ACCOUNTS_ALONE = tuple(name for name in PARAMETERS if ".account" in name or name.endswith(".crediting"))
"""What moves individual accounts and nothing else: no head, fund or target."""
_STEP = 2.0**-30  # the grid of scipy's Sobol points
_Z_HIGH = float(ndtri(HIGH_QUANTILE))


@dataclass(frozen=True)
class Correlation:
    """Rank correlation (Spearman) between two parameters, and why they move together."""

    first: str
    second: str
    rank: float
    why: Term


def _alike(names: Sequence[str], rank: float, why: Term) -> Iterator[Correlation]:
    """The same correlation between every two of ``names``."""
    return (Correlation(first, second, rank, why) for first, second in combinations(names, 2))


_SAME_PAYROLL = Term("各险种按同一工资总额申报", "one payroll is declared for all schemes")
_SAME_COLLECTOR = Term("各险种由税务部门一并征收", "one authority collects for all schemes at once")
_SAME_STAFF = Term("各险种由同一批单位和职工参保", "the same employers and staff are insured in all schemes")
_MORE_PEOPLE = Term("人口多则参保、领取人数多", "the more people, the more are insured")
_SAME_INVESTMENT = Term("结余按同一利率政策存放", "balances are kept under one interest policy")

CORRELATIONS: tuple[Correlation, ...] = (
    Correlation("wage.growth", "employee.pension_adjustment", 0.5,
                Term("养老金调整参照工资增长", "pensions are adjusted with an eye on wages")),
    Correlation("employee.interruption", "employee.collection", -0.4,
                Term("企业困难时中断增加、欠费增多", "in hard times more people stop paying and more is owed")),
    Correlation("employee.interruption", "employee.resumption", -0.3,
                Term("就业形势差时中断多、恢复少", "a weak labour market interrupts more and resumes less")),
    Correlation("population.adults", "resident.active", 0.6, _MORE_PEOPLE),
    Correlation("population.adults", "resident.beneficiaries", 0.4, _MORE_PEOPLE),
    *_alike(("employee.enterprise_base", "unemployment.base", "work_injury.base"), 0.8, _SAME_PAYROLL),
    *_alike(("employee.collection", "unemployment.collection", "work_injury.collection"), 0.8, _SAME_COLLECTOR),
    *_alike(("employee.enterprise", "unemployment.participants", "work_injury.participants"), 0.8, _SAME_STAFF),
    *_alike(("employee.interest", "resident.interest", "unemployment.interest", "work_injury.interest"), 0.8,
            _SAME_INVESTMENT),
)  # fmt: skip
"""Which parameters move together, by judgement: there is no published estimate for counties."""


def two_piece_normal(z: np.ndarray, low: float, central: float, high: float) -> np.ndarray:
    """The two-piece normal with median ``central`` and ``low``, ``high`` as 10 % and 90 % quantiles.

    x = central + z · (central − low)/1.2816 for z < 0 and central + z · (high − central)/1.2816 otherwise: two half
    normals that hold half of the probability each and meet at the median (R. Barlow, "Asymmetric errors", PHYSTAT 2003;
    the form joined at the mode instead: K. F. Wallis, Statistical Science 29, 2014).  A central value outside its
    range, which a plan may state for single years, widens the range to itself.

    Parameters
    ----------
    z
        Standard normal values, any shape.
    """
    down, up = max(central - low, 0.0), max(high - central, 0.0)
    return central + z * np.where(z < 0, down, up) / _Z_HIGH


def draw_parameters(
    assumptions: Mapping[str, Assumption],
    plan: Plan,
    n: int = DRAWS,
    seed: int = SEED,
    correlations: Sequence[Correlation] = CORRELATIONS,
) -> dict[str, dict[int, np.ndarray]]:
    """Draws of every ranged parameter: name → year → values, shape (n,), as :func:`run_draws` takes them.

    One quantile moves all years of a parameter; years whose low, central and high are one number stay at it.  What moves
    individual accounts alone has sequences of its own, so that the draws behind heads, funds and targets do not depend on it.

    Parameters
    ----------
    n
        Number of draws, a power of two and at least 16.
    correlations
        Rank correlations; pairs that are not both drawn are left out.

    Raises
    ------
    InputError
        For a correlation of an unknown parameter or a table that is not positive definite.
    ValueError
        When ``n`` is not such a power of two.
    """
    ranged = sorted(name for name, assumption in assumptions.items() if assumption.ranged)
    groups = [[name for name in ranged if (name in ACCOUNTS_ALONE) is apart] for apart in (False, True)]
    names = [name for group in groups for name in group]
    points = [sobol_points(len(group), n, seed + number) for number, group in enumerate(groups)]
    z = correlated(ndtri(np.concatenate(points)), names, correlations)
    return {name: values_by_year(assumptions[name], plan, row) for name, row in zip(names, z, strict=True)}


def values_by_year(assumption: Assumption, plan: Plan, z: np.ndarray) -> dict[int, np.ndarray]:
    """A parameter's values by year for standard normal ``z``, shape (n,), cut at its plausible bounds.

    Values beyond the bounds are set to the bound, so the quantiles inside stay where the plan states them; rescaling
    what is left would move them.
    """
    sides = (assumption.low, assumption.value, assumption.high)
    stated = {year: tuple(at(side, year) for side in sides) for year in parameter_years(assumption, plan)}
    bounds = PARAMETERS[assumption.name]
    values = {triple: _bounded(two_piece_normal(z, *triple), bounds) for triple in set(stated.values())}
    return {year: values[triple] for year, triple in stated.items()}


def _bounded(values: np.ndarray, parameter: Parameter) -> np.ndarray:
    return np.clip(values, parameter.low, parameter.high)


def sobol_points(dimensions: int, n: int, seed: int) -> np.ndarray:
    """Points in the open unit cube, shape (dimensions, n): scrambled Sobol sequences of n ÷ REPLICATIONS each.

    The scrambles are independent of each other (A. B. Owen, 1997), so the spread of an estimate between them is its
    own error.

    Raises
    ------
    ValueError
        When ``n`` is not a power of two or smaller than 16.
    """
    if n < 2 * REPLICATIONS or n & (n - 1):
        raise ValueError(f"抽样次数应为不小于16的2的幂：{n} / draws must be a power of two, at least 16: {n}")
    generators = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(REPLICATIONS)]
    blocks = [qmc.Sobol(max(dimensions, 1), rng=generator).random(n // REPLICATIONS) for generator in generators]
    return np.concatenate(blocks).T[:dimensions] + _STEP / 2


def correlated(z: np.ndarray, names: Sequence[str], correlations: Sequence[Correlation]) -> np.ndarray:
    """Independent standard normals, shape (k, n), joined by a Gaussian copula with the given rank correlations."""
    return np.linalg.cholesky(normal_correlations(names, correlations)) @ z if names else z


def normal_correlations(names: Sequence[str], correlations: Sequence[Correlation]) -> np.ndarray:
    """Correlations of the normals behind the ranks, shape (k, k): r = 2 sin(π · rank / 6) (K. Pearson, 1907).

    Raises
    ------
    InputError
        For unknown parameters (all of them are named) or correlations that contradict each other.
    """
    _refuse_unknown(correlations)
    place = {name: number for number, name in enumerate(names)}
    matrix = np.eye(len(names))
    for pair in correlations:
        if pair.first in place and pair.second in place:
            i, j = place[pair.first], place[pair.second]
            matrix[i, j] = matrix[j, i] = 2 * np.sin(np.pi * pair.rank / 6)
    _refuse_contradiction(matrix, names)
    return matrix


def independent_groups(matrix: np.ndarray) -> list[list[int]]:
    """Indices of parameters that are correlated with each other, directly or through others; one list a group."""
    count, group = connected_components(matrix != 0, directed=False)
    return [np.flatnonzero(group == number).tolist() for number in range(count)]


def _refuse_unknown(correlations: Sequence[Correlation]) -> None:
    unknown = {name for pair in correlations for name in (pair.first, pair.second) if name not in PARAMETERS}
    what = Term("相关系数表中有未知参数", "the table of correlations names an unknown parameter")
    raise_if([Fault(what, found=name, expected=nearest(name)) for name in sorted(unknown)])


def _refuse_contradiction(matrix: np.ndarray, names: Sequence[str]) -> None:
    values, vectors = np.linalg.eigh(matrix)
    if not len(values) or values[0] > 0:
        return
    what = Term(
        "相关系数互相矛盾（相关矩阵非正定）", "correlations contradict each other (matrix not positive definite)"
    )
    involved = [name for name, weight in zip(names, vectors[:, 0], strict=True) if abs(weight) > 1e-9]
    raise_if([Fault(what, found="、".join(involved), expected=Term("调低相关系数", "smaller correlations"))])
