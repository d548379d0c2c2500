"""A synthetic province: made up, said to be so everywhere, the same for the same seed, and consistent in itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.appraisal.study import Published, Study, conduct
from analytics.inputs.faults import InputError
from analytics.inputs.history import load_history, load_regions, population_of, region_chain
from analytics.inputs.plan_file import load_plan, plan_names
from analytics.places import DATA
from analytics.runs.county import PROVINCE, SPREADS, Nation, Spread, draw_county, read_nation
from analytics.runs.order import input_files
from analytics.runs.synthetic import write_province
from analytics.terms import Term

COUNTIES = 5


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A province with seed 7."""
    return write_province(COUNTIES, 7, tmp_path_factory.mktemp("synthetic") / "home")


@pytest.fixture(scope="module")
def nation() -> Nation:
    return read_nation()


def files(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


def own(home: Path) -> dict[str, bytes]:
    """What is the province's own, not copied from the workbook's data."""
    return {name: content for name, content in files(home).items() if PROVINCE in name or name == "README.md"}


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(home: Path, tmp_path: Path):
    assert files(write_province(COUNTIES, 7, tmp_path / "again")) == files(home)
    other = own(write_province(COUNTIES, 8, tmp_path / "other"))
    assert not [name for name, content in own(home).items() if other.get(name) == content]


def test_a_county_is_the_same_however_many_there_are(home: Path, tmp_path: Path):
    few = own(write_province(2, 7, tmp_path / "few"))
    name = f"params/{PROVINCE}_0002.yaml"
    assert few[name] == own(home)[name]


def test_every_plan_region_number_and_file_says_that_it_is_synthetic(home: Path):
    for name in plan_names(home / "params"):
        plan = load_plan(name, home / "params")
        for language, mark in (("zh", "模拟"), ("en", "ynthetic")):
            assert all(mark in named.text(language) for named in (plan.label, plan.about, plan.region.label))
        entries = [*plan.baseline.values(), *plan.targets]
        assert entries and all("模拟数据（synthetic），种子 7" in entry.source for entry in entries)
        assert {entry.quality for entry in plan.baseline.values()} == {"assumed"}
        history = load_history(name, home / "data" / "regions")
        assert set(history["quality"]) == {"assumed"} and history["source"].str.contains("模拟数据（synthetic）").all()
    regions = load_regions(home / "data" / "regions")
    own_places = regions[[PROVINCE in region_chain(region, home / "data" / "regions") for region in regions.index]]
    assert own_places["name_zh"].str.contains("模拟").all() and own_places["name_en"].str.contains("Synthetic").all()


def test_rules_borrowed_for_the_province_are_marked_and_never_official(home: Path):
    for path in (home / "data" / "policy").glob("*.csv"):
        rows = pd.read_csv(path).query("place == @PROVINCE")
        assert set(rows["quality"]) <= {"assumed"} and rows["source"].str.contains("模拟数据").all()


def test_a_home_has_every_shared_table_the_workbook_has(home: Path):
    tables = {path.relative_to(DATA) for path in DATA.rglob("*.csv")}
    shared = {path for path in tables if path.parts[0] != "regions"}
    assert shared and all((home / "data" / path).is_file() for path in shared)
    listed = set(input_files(load_plan(f"{PROVINCE}_0001", home / "params"), home))
    assert listed >= {home / "data" / path for path in shared}
    assert home / "data" / "regions" / PROVINCE / "employee.csv" in listed
    assert home / "data" / "regions" / f"{PROVINCE}_0002" / "employee.csv" not in listed


def test_towns_sum_to_their_county_and_counties_to_the_province(home: Path):
    regions = home / "data" / "regions"
    for name in plan_names(home / "params"):
        people = population_of(name, regions).set_index("place")["value"]
        assert len(people) > 3 and people.drop(name).sum() == people[name]
    columns = ["scheme", "indicator", "year"]
    histories = pd.concat([load_history(name, regions) for name in plan_names(home / "params")])
    sums = histories.groupby(columns)["value"].sum()
    assert sums.equals(load_history(PROVINCE, regions).set_index(columns)["value"].sort_index())


def test_the_past_closes_heads_add_up_and_the_resident_balance_rolls_forward(nation: Nation):
    past = draw_county(nation, 3, 1).past
    for scheme, pensioners in (("employee", "retirees"), ("resident", "beneficiaries")):
        assert (past[scheme, "participants"] == past[scheme, "active"] + past[scheme, pensioners]).all()
    resident = past["resident"]
    rolled = resident["balance"].shift() + resident["income"] - resident["expenditure"]
    assert (resident["balance"] - rolled).iloc[1:].abs().max() <= 1  # yuan: the balances are rounded


def test_a_plan_starts_from_the_last_year_of_its_history(home: Path):
    for name in plan_names(home / "params"):
        plan, history = load_plan(name, home / "params"), load_history(name, home / "data" / "regions")
        last = history[history["year"] == plan.horizon.base_year].set_index(["scheme", "indicator"])["value"]
        heads = sum(plan.baseline[f"employee.{part}"].value for part in ("enterprise", "flexible", "interrupted"))
        assert last["employee", "active"] == heads
        assert last["employee", "retirees"] == plan.baseline["employee.retirees"].value


def test_counties_are_spread_around_the_nation(nation: Nation):
    counties = [draw_county(nation, 1, number) for number in range(1, 301)]
    adults = np.array([county.heads["adults"] for county in counties])
    # the mean county is the nation's adults over its counties; 300 draws with a deviation of 55 % leave about 3 %
    assert adults.mean() == pytest.approx(nation.adults / 2850, rel=0.1)
    assert adults.max() > 4 * adults.min()
    for county in counties:
        parts = [n for name, n in county.heads.items() if name not in ("adults", "unemployment", "work_injury")]
        assert min(parts) > 0 and sum(parts) < county.heads["adults"]


def test_every_county_can_be_studied_without_contradiction(home: Path):
    for name in plan_names(home / "params"):
        study = studied(home, name)
        rates = study.results[study.results["indicator"] == "coverage_rate"]["value"]
        assert rates.between(0.8, 1.0).all()
        assert not [finding.id for finding in study.findings if finding.severity == "error"]
        assert len(study.attainment) > 0


def studied(home: Path, name: str) -> Study:
    plan, regions = load_plan(name, home / "params"), home / "data" / "regions"
    # the rules are looked up where the workbook's own are: in this process those of the province borrowed from
    plan = plan.model_copy(update={"region": plan.region.model_copy(update={"id": "shandong"})})
    history = load_history(name, regions)
    none = history.iloc[:0]
    return conduct(plan, Published(history, none, load_regions(regions)), [], pd.Timestamp("2026-01-31").date())


@settings(max_examples=50, deadline=None)
@given(st.floats(0.1, 0.9), st.floats(0.05, 0.3), st.integers(0, 1000))
def test_a_spread_stays_in_its_range(mean: float, share: float, seed: int):
    deviation = share * (mean * (1 - mean)) ** 0.5
    spread = Spread(Term("", ""), 10 + 5 * mean, 5 * deviation, 10, 15)
    assert 10 <= spread.draw(np.random.default_rng(seed)) <= 15


def test_a_spread_has_the_mean_and_deviation_it_states():
    random = np.random.default_rng(0)
    spread = SPREADS["employee_share"]
    drawn = np.array([spread.draw(random) for _ in range(20_000)])
    # standard error of the mean of 20,000 draws: deviation / √20000 = 0.7 % of the deviation
    assert drawn.mean() == pytest.approx(spread.mean, abs=0.05 * spread.deviation)
    assert drawn.std() == pytest.approx(spread.deviation, rel=0.05)


def test_plan_files_are_plain_yaml_with_a_warning_on_top(home: Path):
    text = (home / "params" / f"{PROVINCE}_0001.yaml").read_text(encoding="utf-8")
    assert text.startswith("# 模拟数据（synthetic），种子 7") and yaml.safe_load(text)["name"] == f"{PROVINCE}_0001"


@pytest.mark.parametrize(
    ("counties", "seed", "column"), [(0, 1, "--counties"), (-1, 1, "--counties"), (1, -1, "--seed")]
)
def test_impossible_numbers_are_refused(counties: int, seed: int, column: str, tmp_path: Path):
    with pytest.raises(InputError) as raised:
        write_province(counties, seed, tmp_path / "home")
    assert [fault.column for fault in raised.value.faults] == [column]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="已有其他内容"):
        write_province(1, 1, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
