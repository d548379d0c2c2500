"""The nation's population agrees with the United Nations' own projection, and heads are conserved whatever the rates."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics.inputs.demography import DEMOGRAPHY, as_array, load_demography
from analytics.inputs.faults import InputError
from analytics.model.population.cohorts import (
    PopulationPath,
    YearRates,
    advance,
    older,
    project,
    project_back,
    reverse,
    survival,
)
from analytics.model.population.graduation import (
    ABRIDGED,
    anchored,
    person_years,
    single_death_rates,
    single_fertility,
)
from analytics.model.population.nation import insured_death_rates, national_population, national_rates
from analytics.model.population.region import local_rates, regional_population, share_of_old, tilt_towards, tilted

GROUPS = np.arange(0, 101, 5)


@cache
def nation() -> PopulationPath:
    return national_population(load_demography())


@cache
def rates_of(year: int) -> YearRates:
    return national_rates(load_demography())[year - nation().first_year - 1]


def published(year: int) -> np.ndarray:
    """(2, 21) persons at mid-year by five-year age, World Population Prospects 2024."""
    table = load_demography().population
    return as_array(table)[table.index.unique("year").get_loc(year)]


# --- against the United Nations --------------------------------------------------------------------------------------


def test_the_population_of_2020_has_the_published_five_year_ages():
    ours = np.add.reduceat(nation().mid_year(2020), GROUPS, axis=1)
    np.testing.assert_allclose(ours, published(2020), rtol=1e-9)


# measured (total, 60+): 2030 −0.018 −0.038, 2040 −0.006 −0.001, 2050 −0.029 −0.010, 2060 −0.046 −0.036 %
@pytest.mark.parametrize("year", [2030, 2040, 2050, 2060])
def test_total_and_the_old_stay_within_a_fifth_and_a_quarter_of_a_percent(year: int):
    ours, theirs = nation().mid_year(year), published(year)
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.002)
    assert ours[:, 60:].sum() == pytest.approx(theirs[:, 12:].sum(), rel=0.0025)


@pytest.mark.parametrize("year", [2030, 2040, 2050, 2060])
def test_every_five_year_age_below_90_stays_within_half_a_percent(year: int):
    ours = np.add.reduceat(nation().mid_year(year), GROUPS, axis=1)
    np.testing.assert_allclose(ours[:, :18], published(year)[:, :18], rtol=0.005)  # measured: at most 0.40 %


# measured (births, deaths): −0.05 +0.00, −0.09 −0.07, −0.32 +0.02, −0.14 +0.03 %
@pytest.mark.parametrize(("first", "last"), [(2024, 2033), (2034, 2043), (2044, 2053), (2054, 2060)])
def test_births_and_deaths_of_a_decade_stay_within_one_percent(first: int, last: int):
    tables, years = load_demography(), slice(*(year - nation().first_year for year in (first - 1, last)))
    assert nation().births[years].sum() == pytest.approx(tables.births.loc[first:last].sum(), rel=0.01)
    assert nation().deaths[years].sum() == pytest.approx(tables.deaths.loc[first:last].sum(), rel=0.01)


def test_the_population_carried_back_to_2010_is_the_published_one():
    # measured: total +0.11, 60+ +0.59 %; five-year ages below 80 at most 0.9, at 80–84 1.3, at 85–89 4.4 %
    ours, theirs = np.add.reduceat(nation().mid_year(2010), GROUPS, axis=1), published(2010)
    assert nation().first_year == 2009
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.002)
    assert ours[:, 12:].sum() == pytest.approx(theirs[:, 12:].sum(), rel=0.01)
    np.testing.assert_allclose(ours[:, :16], theirs[:, :16], rtol=0.01)
    assert ours[:, 18:].sum() == pytest.approx(theirs[:, 18:].sum(), rel=0.03)  # 90 and older: measured +1.5 %


def test_children_of_2020_imply_the_published_births_and_the_past_closes_every_year():
    # measured: births at most 0.28 % off (2019); deaths of 2010–2019 1.5 % too many, single years up to 2.8 %
    path, tables = nation(), load_demography()
    np.testing.assert_allclose(path.births[:10], tables.births.loc[2010:2019], rtol=0.005)
    assert path.deaths[:10].sum() == pytest.approx(tables.deaths.loc[2010:2019].sum(), rel=0.02)
    grown = path.stocks[1:].sum((1, 2)) - path.stocks[:-1].sum((1, 2))
    np.testing.assert_allclose(grown, path.births - path.deaths + path.migration, rtol=1e-6)


def test_life_expectancy_is_the_published_one_in_every_projected_year():
    tables = load_demography()
    rates = [rates_of(year) for year in range(2024, 2061)]
    ours = np.array([person_years(year.death_rates).sum(-1) for year in rates])
    np.testing.assert_allclose(ours, as_array(tables.life_expectancy), atol=1e-5)


def test_small_cohorts_of_the_famine_years_stay_small():
    # births of 1961 were about half of those of 1963; a smooth split of five-year ages would not show it
    men = nation().at_end(2023)[0]
    assert men[2023 - 1961] < 0.6 * men[2023 - 1963]


# --- graduation ------------------------------------------------------------------------------------------------------


def test_graduated_death_rates_keep_the_five_year_life_table():
    given_rates = as_array(load_demography().death_rates)
    single = single_death_rates(given_rates)
    lived = person_years(single)
    groups = np.add.reduceat(single * lived, ABRIDGED, axis=-1) / np.add.reduceat(lived, ABRIDGED, axis=-1)
    np.testing.assert_allclose(groups, given_rates, rtol=1e-3)


def test_graduated_fertility_keeps_the_five_year_shares_and_is_never_negative():
    shares = as_array(load_demography().fertility_by_age)
    single = single_fertility(shares)
    np.testing.assert_allclose(single.reshape(len(shares), 7, 5).sum(-1), shares, atol=1e-12)
    assert (single >= 0).all()


def test_a_constant_risk_gives_its_reciprocal_as_life_expectancy():
    # ∫ e^(−mt) dt from 0 to ∞ = 1 / m
    assert person_years(np.full(101, 0.02)).sum() == pytest.approx(50.0)


def test_an_unreachable_life_expectancy_is_refused():
    with pytest.raises(ValueError, match="out of reach"):
        anchored(np.full((1, 101), 0.02), np.array([300.0]))


# --- identities ------------------------------------------------------------------------------------------------------

people = arrays(float, (2, 101), elements=st.floats(0, 1e6))
risks = arrays(float, (2, 101), elements=st.floats(1e-5, 2.0))
fertilities = arrays(float, (35,), elements=st.floats(0, 0.3))
migrants = arrays(float, (2, 101), elements=st.floats(-1e6, 1e6))


@settings(max_examples=40, deadline=None)
@given(people, risks, fertilities, st.floats(0.9, 1.3), migrants)
def test_the_end_is_the_start_plus_births_less_deaths_plus_migration(start, rates, fertility, ratio, moving):
    year = advance(start, YearRates(rates, fertility, ratio, moving))
    born = np.zeros((2, 101))
    born[:, 0] = year.births
    np.testing.assert_allclose(year.end, older(start) + born - year.deaths + year.migration, atol=1e-6)
    assert min(year.end.min(), year.deaths.min(), year.births.min()) >= -1e-9


@settings(max_examples=20, deadline=None)
@given(people)
def test_without_flows_everybody_is_a_year_older_and_nothing_else(start):
    year = advance(start, YearRates(np.full((2, 101), 1e-300), np.zeros(35), 1.06))
    np.testing.assert_allclose(year.end[:, 1:100], start[:, :99], rtol=1e-12)
    np.testing.assert_allclose(year.end.sum(), start.sum(), rtol=1e-12)


@settings(max_examples=30, deadline=None)
@given(people, risks)
def test_a_year_back_undoes_a_year_ahead_below_the_open_age(start, rates):
    ahead = advance(start, YearRates(rates, np.full(35, 0.05), 1.06))
    found, flows = reverse(ahead.end, YearRates(rates, np.zeros(35), 1.0))
    np.testing.assert_allclose(found[:, :99], start[:, :99], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found[:, 99:].sum(1), start[:, 99:].sum(1), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose([flows.births, flows.deaths.sum(1)], [ahead.births, ahead.deaths.sum(1)], atol=1e-6)


def test_a_stationary_population_carried_back_stays_as_it_is_with_its_open_age():
    # births of 1,000 a sex every year under one life table: Lₓ persons at every age, T₁₀₀ at the open one, for ever
    rates = YearRates(rates_of(2020).death_rates, np.zeros(35), 1.0)
    stationary = 1000 * person_years(rates.death_rates)
    path = project_back(stationary, 2019, [rates] * 10)
    assert (path.first_year, len(path.stocks)) == (2009, 11)
    np.testing.assert_allclose(path.stocks, np.broadcast_to(stationary, path.stocks.shape), rtol=1e-9)
    np.testing.assert_allclose(path.births, 2000)


@settings(max_examples=20, deadline=None)
@given(risks)
def test_survival_is_a_share(rates):
    assert ((survival(rates) >= 0) & (survival(rates) <= 1)).all()


def test_draws_run_through_the_same_code_side_by_side():
    rates, start = rates_of(2030), nation().at_end(2029)
    factors = np.array([0.9, 1.0, 1.1])
    drawn = YearRates(rates.death_rates[..., None] * factors, rates.fertility[:, None], rates.boys_per_girl,
                      rates.migration[..., None])  # fmt: skip
    together = project(np.repeat(start[..., None], 3, axis=-1), 2029, [drawn])
    alone = project(start, 2029, [rates])
    np.testing.assert_allclose(together.stocks[..., 1], alone.stocks)
    assert together.deaths[0, 0] < together.deaths[0, 1] < together.deaths[0, 2]


def test_a_year_outside_the_path_is_refused():
    with pytest.raises(KeyError, match="2009–2060"):
        nation().at_end(2061)


# --- regions ---------------------------------------------------------------------------------------------------------


def test_a_region_has_its_adults_and_its_share_of_the_old():
    rates = national_rates(load_demography())
    region = regional_population(nation(), rates, 2023, 500_000, (2023, 0.236))
    start = region.at_end(2023)
    assert start[:, 16:].sum() == pytest.approx(500_000)
    assert share_of_old(start) == pytest.approx(0.236)
    assert not region.migration.any()


def test_a_region_without_a_share_has_the_nations_ages():
    region = regional_population(nation(), national_rates(load_demography()), 2024, 1000.0)
    ours, theirs = region.at_end(2024), nation().at_end(2024)
    np.testing.assert_allclose(ours / ours.sum(), theirs / theirs.sum())


def test_a_region_begins_at_its_own_base_year_and_before_the_path_at_its_first():
    for asked, begun in ((2018, 2018), (2005, 2009)):
        region = regional_population(nation(), national_rates(load_demography()), asked, 1000.0)
        assert (region.first_year, int(region.years[-1])) == (begun, 2060)
        np.testing.assert_allclose(
            region.at_end(begun)[0, 40], nation().at_end(begun)[0, 40] * 1000 / nation().at_end(begun)[:, 16:].sum()
        )


def test_local_fertility_of_published_years_gives_the_published_births_back():
    rates = national_rates(load_demography())
    women = nation().mid_year(2021)[1, 15:50]
    local = local_rates(nation(), rates)[2021 - nation().first_year - 1]
    assert (local.fertility * women).sum() == pytest.approx(load_demography().births[2021])


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 0.6))
def test_the_tilt_gives_the_share_asked_for(share: float):
    start = nation().at_end(2024)
    assert share_of_old(tilted(start, tilt_towards(start, share))) == pytest.approx(share)


def test_an_impossible_share_is_refused():
    with pytest.raises(ValueError, match="no tilt"):
        tilt_towards(nation().at_end(2024), 1.0)


# --- insured persons -------------------------------------------------------------------------------------------------


def test_insured_death_rates_are_the_tables_hazards_times_the_multiplier():
    tables = load_demography()
    once, twice = insured_death_rates(tables, 1.0), insured_death_rates(tables, 2.0)
    np.testing.assert_allclose(twice, 2 * once)
    assert 1 - np.exp(-once[0, 0]) == pytest.approx(0.000566)  # CL5, boys at 0


# --- strict reading --------------------------------------------------------------------------------------------------


def changed(folder: Path, table: str, old: str, new: str) -> Path:
    copy = copytree(DEMOGRAPHY, folder / "demography")
    path = copy / f"{table}.csv"
    content = path.read_text("utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), "utf-8")
    return copy


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [("2030,male,", "2030,men,", "不在规定的名称之内"), ("2030,male,", "2099,male,", "缺少数据"), ("2031,male,", "2030,male,", "重复"),
     (",year,", ",inch,", "inch")],
)  # fmt: skip
def test_a_faulty_table_is_refused(tmp_path: Path, old: str, new: str, what: str):
    with pytest.raises(InputError, match=what):
        load_demography(changed(tmp_path, "life_expectancy", old, new))


def test_an_age_that_is_none_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="不是年龄"):
        load_demography(changed(tmp_path, "death_rates", "2018,male,100", "2018,male,100+"))
