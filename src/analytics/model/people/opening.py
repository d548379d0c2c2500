"""Opening stocks by sex and age that agree with everything known: iterative proportional fitting."""

from __future__ import annotations

import numpy as np

_ROUNDS = 2000
_CLOSE = 1e-10


def fitted(seed: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The matrix nearest to ``seed`` in relative entropy whose rows and columns have the given sums.

    Rows and columns are scaled in turn until both agree; impossible cells (0 in the seed) stay empty.  Where the sums
    contradict each other or the empty cells, the columns are kept and the rows come as near as they can.

    Parameters
    ----------
    seed
        (cells, states) non-negative; every column with heads in it has a positive cell.
    rows, columns
        (cells,) and (states,) heads, of the same total.

    Source
    ------
    Deming and Stephan (1940), On a least squares adjustment of a sampled frequency table.
    """
    table = seed * _ratio(columns, seed.sum(0))
    for _ in range(_ROUNDS):
        scale = _ratio(rows, table.sum(1))
        table = table * scale[:, None]
        table = table * _ratio(columns, table.sum(0))
        if np.abs(scale - 1).max() < _CLOSE:
            break
    return table


def _ratio(wanted: np.ndarray, found: np.ndarray) -> np.ndarray:
    return np.divide(wanted, found, out=np.ones_like(found), where=found > 0)


def misfit(table: np.ndarray, rows: np.ndarray) -> float:
    """Share of all heads that stand at another age or sex than the population has them: Σ|row − wanted| ÷ 2Σ wanted."""
    return float(np.abs(table.sum(1) - rows).sum() / (2 * rows.sum()))
