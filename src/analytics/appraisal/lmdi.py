"""Additive LMDI-I: what each factor adds to the change of a sum of products, without a residual.

V = Σ over sectors of x₁ × x₂ × … ; the effect of factor k is Σ L(V₁, V₀) × ln(x₁ₖ / x₀ₖ), with L the logarithmic mean
(Ang, B. W.: The LMDI approach to decomposition analysis, Energy Policy 33, 2005).  Where a sector is zero at one end
the formula's limit is taken (Ang, B. W., Liu, N.: Handling zero values in the logarithmic mean Divisia index
decomposition approach, Energy Policy 35, 2007).
"""

from __future__ import annotations

import numpy as np


def log_mean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Logarithmic mean L(a, b) = (a − b) ÷ ln(a ÷ b), L(a, a) = a, and 0 where either is 0.

    Parameters
    ----------
    a, b
        Arrays of one shape; each pair of one sign.
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    nonzero = (a != 0) & (b != 0)
    logs = np.log(np.divide(a, b, out=np.ones_like(a), where=nonzero))
    # (e^x − 1) ÷ x keeps its digits where a and b are nearly equal, and a − b over a small logarithm does not
    stretch = np.divide(np.expm1(logs), logs, out=np.ones_like(a), where=logs != 0)
    return np.where(nonzero, b * stretch, 0.0)


def lmdi(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Effect of each factor in each sector; their sum is the change Σ∏end − Σ∏start.

    A sector that is zero at one end alone changes through the factors that are zero there: they share its whole change
    alike, which is the limit of the formula when equally small values stand in for the zeros.

    Parameters
    ----------
    start, end
        Factors, shape (sectors, factors), any units; a factor keeps its sign within its sector.

    Returns
    -------
    numpy.ndarray
        Effects, shape (sectors, factors), in the unit of the product; sum over the sectors for one number a factor.

    Raises
    ------
    ValueError
        When the shapes differ, a number is missing or infinite, or a factor changes its sign.
    """
    start, end = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
    _refuse_unusable(start, end)
    before, after = start.prod(axis=1), end.prod(axis=1)
    ratios = np.divide(end, start, out=np.ones_like(start), where=(start != 0) & (end != 0))
    smooth = log_mean(after, before)[:, None] * np.log(ratios)
    appearing = (before == 0) ^ (after == 0)
    return np.where(appearing[:, None], _shared(start, end, after - before), smooth)


def _shared(start: np.ndarray, end: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Each sector's whole change, divided alike among the factors that are zero at one of its ends."""
    switched = (start == 0) ^ (end == 0)
    return switched * (change / np.maximum(switched.sum(axis=1), 1))[:, None]


def _refuse_unusable(start: np.ndarray, end: np.ndarray) -> None:
    if start.shape != end.shape or start.ndim != 2:
        raise ValueError(
            f"分解的期初、期末须为同样大小的（部门×因素）表 / start and end must be (sectors, factors) tables of one "
            f"shape: {start.shape}, {end.shape}"
        )
    bad = ~np.isfinite(start) | ~np.isfinite(end) | (start * end < 0)
    for sector, factor in np.argwhere(bad):
        raise ValueError(
            f"第{sector + 1}部门第{factor + 1}因素不能分解（缺失或变号） / factor {factor + 1} of sector {sector + 1} "
            f"is missing or changes sign: {start[sector, factor]:g} → {end[sector, factor]:g}"
        )
