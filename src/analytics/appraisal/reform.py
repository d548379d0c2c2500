"""What the rise of retirement ages does to a plan's retirees, contributors and gap: the same path with and without it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analytics.inputs.assumptions import Assumption
from analytics.inputs.plan import Plan
from analytics.model.projection import central_run

AFFECTED = ("retirements", "retirees", "contributors", "support_ratio", "collection_income", "expenditure", "gap")
"""Results of the employee scheme that hang on who is retired."""


def reform_effect(plan: Plan, assumptions: Mapping[str, Assumption]) -> pd.DataFrame:
    """Results of the employee scheme with the reform of 2025 and as if it had not come.

    Returns
    -------
    DataFrame
        Index (indicator, year) over the plan's years; columns ``reformed``, ``unreformed``, ``effect`` = reformed −
        unreformed, in plain units.
    """
    books = [central_run(plan, assumptions, reform)[0] for reform in (True, False)]
    rows = {
        (indicator, year): [float(book("employee", indicator, year)[0]) for book in books]
        for indicator in AFFECTED for year in plan.years
    }  # fmt: skip
    index = pd.MultiIndex.from_tuples(rows, names=["indicator", "year"])
    frame = pd.DataFrame(list(rows.values()), index=index, columns=["reformed", "unreformed"])
    return frame.assign(effect=frame["reformed"] - frame["unreformed"])
