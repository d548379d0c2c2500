"""How regions stand beside each other: the employee share of every province and the nation, from published figures."""

from __future__ import annotations

import pandas as pd


def employee_shares(published: pd.DataFrame, year: int) -> pd.Series:
    """Employee share by region: active employee ÷ (active employee + active resident).

    Parameters
    ----------
    published
        HISTORY rows of any number of regions.
    year
        The year compared.

    Returns
    -------
    Series
        Ratio by region id; regions that lack either figure are left out.
    """
    rows = published[
        (published["indicator"] == "active") & (published["year"] == year) & (published["category"] == "total")
    ]
    heads = rows.pivot(index="region", columns="scheme", values="value").reindex(columns=["employee", "resident"])
    return (heads["employee"] / heads.sum(axis=1)).dropna()


def latest_year(published: pd.DataFrame) -> int:
    """The latest year in which most regions are published."""
    counts = published[published["indicator"] == "active"].groupby("year")["region"].nunique()
    return int(counts[counts == counts.max()].index.max())
