"""What is asked of one report, and the files it is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.places import HOME, NOTEBOOKS
from analytics.terms import Language, Term

if TYPE_CHECKING:
    import pandas as pd

    from analytics.inputs.plan import Plan

ALL = "all"
"""Every named scenario of a plan."""

FORMATS = ("docx", "xlsx", "pdf", "html")
PEER_LEVELS = ("nation", "province")
"""Whose published figures every study is compared with."""

Progress = Callable[[Term], None]


@dataclass(frozen=True)
class Order:
    """What is asked of one report."""

    plan: str
    out: Path
    scenarios: str = ALL
    as_of: str = ""
    language: Language = "zh"
    formats: tuple[str, ...] = FORMATS


def notebook_sources() -> list[Path]:
    """The notebooks in reading order."""
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def input_files(plan: Plan, home: Path = HOME) -> list[Path]:
    """Everything a study of ``plan`` reads: plan, common drivers, tables, notebooks.

    Of the regions' figures those of the plan's region and its parts, of the region standing in for it, and of its peers;
    of all other tables (policy, demography) every one.
    """
    from analytics.inputs.history import load_regions  # tables: not for those who only want to give an order
    from analytics.inputs.sheets import SUFFIXES

    data, params = home / "data", home / "params"
    shared = [folder for folder in sorted(data.glob("*/")) if folder.name != "regions"]
    own = [data / "regions" / region for region in _regions_read(plan, load_regions(data / "regions"))]
    files = (path for folder in (*shared, *own) for path in sorted(folder.rglob("*")))
    tables = [data / "regions" / "regions.csv", *(path for path in files if path.suffix.lower() in SUFFIXES)]
    plans = dict.fromkeys(
        [params / f"{plan.name}.yaml", *params.glob("national.yaml")]
    )  # whose past every report replays
    return [*plans, params / "common" / "drivers.yaml", *tables, *notebook_sources()]


def _regions_read(plan: Plan, regions: pd.DataFrame) -> list[str]:
    own = regions.index.isin([plan.region.id, plan.numbers_of]) | (regions["parent"] == plan.region.id)
    return list(regions.index[own | regions["level"].isin(PEER_LEVELS)])
