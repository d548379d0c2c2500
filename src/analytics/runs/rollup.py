"""The results of a batch summed over regions: additive indicators as sums, ratios recomputed from the sums.

A region's row sums the reports that lie directly inside it: a county inside a province that has a report of its own is
counted in the province's, so nobody is counted twice.  Averages whose weights the results do not hold (wages, bases,
rates) and ranges, which do not add, are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from analytics.inputs.history import REGIONS, region_chain
from analytics.terms import QUALITIES, unit_of

ROLLUP_COLUMNS = [
    "region", "scenario", "scheme", "indicator", "category", "year", "value", "unit", "quality", "parts", "of",
]  # fmt: skip
_KEY = ["scenario", "scheme", "indicator", "category", "year"]
_ADDITIVE = ("person", "yuan")
_FOLD = 64
"""Reports held at a time: the memory a roll-up takes does not grow with the number of reports."""

Columns = tuple[tuple[float, str, str], ...]
"""A weighted sum of results: (weight, scheme, indicator)."""

_ENROLLABLE: Columns = ((1, "all", "population"), (-1, "all", "outside"))
RATIOS: dict[tuple[str, str], tuple[Columns, Columns]] = {
    ("all", "coverage_rate"): ((*_ENROLLABLE, (-1, "all", "uncovered")), _ENROLLABLE),
    ("all", "employee_share"): (((1, "employee", "active"),), ((1, "employee", "active"), (1, "resident", "active"))),
    ("employee", "support_ratio"): (((1, "employee", "contributors"),), ((1, "employee", "retirees"),)),
    ("employee", "compliance"): (((1, "employee", "contributors"),), ((1, "employee", "active"),)),
    ("employee", "account_cover"): (((1, "employee", "balance"),), ((1, "employee", "accounts"),)),
} | {
    (scheme, "months_payable"): (((12, scheme, "balance"),), ((1, scheme, "expenditure"),))
    for scheme in ("employee", "resident", "unemployment", "work_injury")
}  # fmt: skip
"""Ratios that follow from sums: numerator and denominator of each."""

_MEANS = {("employee", "average_pension"): "retirees", ("resident", "average_pension"): "beneficiaries"}
"""Averages by head, and the heads that weigh them."""


def parts_of(regions: Iterable[str], folder: Path = REGIONS) -> dict[str, list[str]]:
    """Which of ``regions`` make up the regions they lie in, the nearest first.

    Of a region inside another one of ``regions`` only the outer one counts further up; a region made up of the very
    parts of one inside it is left out.

    Raises
    ------
    InputError
        When a region is unknown.
    """
    chains = [region_chain(region, folder) for region in sorted(set(regions))]
    reported = {chain[0] for chain in chains}
    parts: dict[str, list[str]] = {}
    for own, *around in sorted(chains, key=len, reverse=True):
        for region in around:
            parts.setdefault(region, []).append(own)
            if region in reported:
                break
    return _without_repeats(parts, folder)


def _without_repeats(parts: dict[str, list[str]], folder: Path) -> dict[str, list[str]]:
    nearest: dict[tuple[str, ...], str] = {}
    for region in sorted(parts, key=lambda region: -len(region_chain(region, folder))):
        nearest.setdefault(tuple(sorted(parts[region])), region)
    return {region: list(found) for found, region in nearest.items()}


def roll_up(results: Mapping[str, Path], folder: Path = REGIONS) -> pd.DataFrame:
    """Sums over the reports of a batch, columns ``ROLLUP_COLUMNS``.

    Parameters
    ----------
    results
        Region → its ``results.csv``.
    folder
        Where ``regions.csv`` lies.

    Returns
    -------
    Values in plain units; ``parts`` of ``of`` regions have the indicator in that year, and the quality is the worst of
    theirs.  A ratio is taken over the regions that have all it is made of.
    """
    made_up = parts_of(results, folder).items()
    frames = [_rows(region, _summed(results[part] for part in parts), len(parts)) for region, parts in made_up]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=ROLLUP_COLUMNS)


def _rows(region: str, summed: pd.DataFrame, of: int) -> pd.DataFrame:
    value = summed["top"] / summed["bottom"].where(summed["ratio"], 1.0)
    frame = summed.assign(region=region, value=value, of=of).reset_index()
    frame["unit"] = frame["indicator"].map(unit_of)
    frame["quality"] = frame["quality"].map(dict(enumerate(QUALITIES)))
    return frame.sort_values(_KEY, ignore_index=True)[ROLLUP_COLUMNS]


def _summed(reports: Iterable[Path]) -> pd.DataFrame:
    held: list[pd.DataFrame] = []
    for report in reports:
        held.append(_parts(pd.read_csv(report)))
        if len(held) == _FOLD:
            held = [_folded(held)]
    return _folded(held)


def _folded(frames: list[pd.DataFrame]) -> pd.DataFrame:
    ways = {"top": "sum", "bottom": "sum", "ratio": "max", "quality": "max", "parts": "sum"}
    return pd.concat(frames).groupby(level=_KEY, sort=False).agg(ways)


def _parts(results: pd.DataFrame) -> pd.DataFrame:
    """A report's share in the sums, by key: ``top`` (and for a ratio ``bottom``) to be summed."""
    ranks = {quality: rank for rank, quality in enumerate(QUALITIES)}
    frame = results.assign(quality=results["quality"].map(ranks), parts=1).set_index(_KEY)
    additive = frame[frame["unit"].isin(_ADDITIVE)].assign(bottom=0.0, ratio=False).rename(columns={"value": "top"})
    wide = results[results["category"] == "total"].pivot(
        index=["scenario", "year"], columns=["scheme", "indicator"], values="value"
    )
    made = [_ratio(wide, key, *sides) for key, sides in RATIOS.items() if key in wide]
    made += [_mean(wide, key, heads) for key, heads in _MEANS.items() if key in wide]
    ratios = [part.join(frame[["quality", "parts"]]) for part in made]
    columns = ["top", "bottom", "ratio", "quality", "parts"]
    return pd.concat([part[columns] for part in (additive, *ratios)])


def _ratio(wide: pd.DataFrame, key: tuple[str, str], top: Columns, bottom: Columns) -> pd.DataFrame:
    sides = [sum(weight * wide[scheme, indicator] for weight, scheme, indicator in side) for side in (top, bottom)]
    return _keyed(key, *sides)


def _mean(wide: pd.DataFrame, key: tuple[str, str], heads: str) -> pd.DataFrame:
    weights = wide[key[0], heads]
    return _keyed(key, wide[key] * weights, weights)


def _keyed(key: tuple[str, str], top: pd.Series, bottom: pd.Series) -> pd.DataFrame:
    """Both sides of a ratio under the key of its result; years without one of them are left out."""
    frame = pd.DataFrame({"top": top, "bottom": bottom}).dropna().reset_index()
    scheme, indicator = key
    return frame.assign(scheme=scheme, indicator=indicator, category="total", ratio=True).set_index(_KEY)
