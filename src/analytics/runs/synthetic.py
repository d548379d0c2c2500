"""A made-up province for demonstrations, tests and benchmarks: a folder of plans and data like the workbook's own.

The same seed gives the same bytes.  Nothing in it is real, and everything says so: names, labels, sources, qualities.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import yaml

from analytics.inputs.faults import Fault, raise_if
from analytics.inputs.history import HISTORY_COLUMNS, POPULATION_COLUMNS, REGIONS
from analytics.inputs.policy import POLICY
from analytics.places import DATA, PARAMS
from analytics.runs.county import (
    BASE_YEAR,
    LIKE,
    MARK,
    ODDS,
    PROVINCE,
    SPREADS,
    WORDS,
    County,
    draw_county,
    plan_entries,
    read_nation,
)
from analytics.runs.order import PEER_LEVELS
from analytics.terms import Term, text, unit_of


def write_province(counties: int, seed: int, out: Path) -> Path:
    """Write a province of ``counties`` counties into ``out``: a home with ``params/`` and ``data/`` of its own.

    Returns
    -------
    ``out``; it appears only when it is complete.

    Raises
    ------
    InputError
        For no counties at all, a negative seed, and an ``out`` in which something is already.
    """
    raise_if([*_wrong_numbers(counties, seed), *_occupied(out)])
    nation, unfinished = read_nation(), out.with_name(f".{out.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    drawn = [draw_county(nation, seed, number) for number in range(1, counties + 1)]
    _write_plans(drawn, seed, unfinished / "params")
    _copy_shared(unfinished / "data")
    _write_policy(MARK.format(seed=seed), unfinished / "data" / "policy")
    _write_regions(drawn, MARK.format(seed=seed), unfinished / "data" / "regions")
    _write_text(unfinished / "README.md", _readme(counties, seed))
    if out.exists():
        out.rmdir()
    os.replace(unfinished, out)
    return out


def _wrong_numbers(counties: int, seed: int) -> list[Fault]:
    few, negative = Term("至少一个县", "at least one county"), Term("种子不能为负", "the seed must not be negative")
    faults = [Fault(few, column="--counties", found=str(counties))] if counties < 1 else []
    return faults + ([Fault(negative, column="--seed", found=str(seed))] if seed < 0 else [])


def _occupied(out: Path) -> list[Fault]:
    what = Term("这里已有其他内容", "something else is here already")
    return [Fault(what, file=str(out))] if out.is_file() or (out.is_dir() and any(out.iterdir())) else []


def _write_text(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8", newline="\n")


def _write_table(path: Path, frame: pd.DataFrame) -> None:
    _write_text(path, frame.to_csv(index=False, lineterminator="\n"))


def _write_plans(counties: list[County], seed: int, params: Path) -> None:
    head = f"# {MARK.format(seed=seed)} / synthetic data, not real\n"
    for county in counties:
        entries = yaml.safe_dump(plan_entries(county), allow_unicode=True, sort_keys=False, width=120)
        _write_text(params / f"{county.id}.yaml", head + entries)
    _write_text(params / "common" / "drivers.yaml", (PARAMS / "common" / "drivers.yaml").read_text(encoding="utf-8"))


def _copy_shared(data: Path) -> None:
    """Tables of the whole nation that are no region's and no rule's, such as its demography."""
    for folder in sorted(DATA.glob("*/")):
        if folder not in (POLICY, REGIONS):
            shutil.copytree(folder, data / folder.name)


def _write_policy(mark: str, policy: Path) -> None:
    """The workbook's policy tables; the province's rows are those of :data:`LIKE`, marked."""
    for path in sorted(POLICY.glob("*.csv")):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        own = frame[frame["place"] == LIKE]
        own = own.assign(place=PROVINCE, quality="assumed", source=f"{mark}；照搬{LIKE}：" + own["source"])
        _write_table(policy / path.name, pd.concat([frame, own]))


def _write_regions(counties: list[County], mark: str, regions: Path) -> None:
    """The places, the published figures of nation and provinces, and the drawn ones of province and counties."""
    places = pd.read_csv(REGIONS / "regions.csv", dtype=str, keep_default_na=False)
    for region in places.loc[places["level"].isin(PEER_LEVELS), "id"]:
        if (REGIONS / region).is_dir():
            shutil.copytree(REGIONS / region, regions / region)
    own = pd.DataFrame(list(_places(counties)), columns=places.columns, dtype=str)
    _write_table(regions / "regions.csv", pd.concat([places, own]))
    _write_history(PROVINCE, sum(county.past for county in counties), mark, regions)
    for county in counties:
        _write_history(county.id, county.past, mark, regions)
        _write_table(regions / county.id / "population.csv", _population(county))


def _places(counties: list[County]) -> Iterator[tuple[str, ...]]:
    """Rows of ``regions.csv``: the province, its counties, their towns."""
    yield PROVINCE, WORDS["province"].zh, WORDS["province"].en, "province", "china", ""
    for county in counties:
        names = county.say("county")
        yield county.id, names["zh"], names["en"], "county", PROVINCE, ""
        for number, town in enumerate(county.town_ids(), 1):
            names_of = (text(WORDS["town"], side, number=county.number, town=number) for side in ("zh", "en"))
            yield town, *names_of, "town", county.id, ""


def _write_history(region: str, past: pd.DataFrame, mark: str, regions: Path) -> None:
    """One file a scheme, as the workbook's own regions have them."""
    for scheme, frame in past.T.groupby(level=0, sort=False):
        long = frame.droplevel(0).T.melt(ignore_index=False, var_name="indicator").rename_axis("year").reset_index()
        long = long.assign(region=region, scheme=scheme, category="total", unit=long["indicator"].map(unit_of),
                           source=mark, quality="assumed")  # fmt: skip
        _write_table(regions / region / f"{scheme}.csv", long[HISTORY_COLUMNS])


def _population(county: County) -> pd.DataFrame:
    rows = zip([county.id, *county.town_ids()], [sum(county.towns), *county.towns], strict=True)
    told = (county.id, BASE_YEAR, "total", "person", county.mark, "assumed")
    region, year, group, unit, source, quality = told
    records = [(region, place, year, group, heads, unit, source, quality) for place, heads in rows]
    return pd.DataFrame(records, columns=POPULATION_COLUMNS)


def _readme(counties: int, seed: int) -> str:
    """What this folder is and how its counties were drawn."""
    rows = [
        f"| {spread.words.zh} / {spread.words.en} | {spread.mean:g} | {spread.deviation:g} | {spread.low:g}–{spread.high:g} |"
        for spread in SPREADS.values()
    ]
    odds = "、".join(f"{name} {share:.0%}" for name, share in ODDS.items())
    return "\n".join([
        "# 模拟数据 / Synthetic data", "",
        f"{MARK.format(seed=seed)}。{counties} 个县。",
        f"Not real: {counties} counties drawn with seed {seed} around the national figures of {BASE_YEAR}.", "",
        "    workbook batch --all --from . --out reports", "",
        f"费率、基数规则、平均工资照搬 {LIKE}。 Rates, base rules and wages are those of {LIKE}.", "",
        "| Beta 分布 / Beta distribution | mean | deviation | range |", "|---|---|---|---|", *rows, "",
        f"Odds: {odds}.", "",
    ])  # fmt: skip
