"""Draws, probabilities, what the spread comes from, and the iso-target map."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics.appraisal.attainment import targets_frame
from analytics.appraisal.distributions import (
    CORRELATIONS,
    REPLICATIONS,
    Correlation,
    draw_parameters,
    independent_groups,
    normal_correlations,
    sobol_points,
    two_piece_normal,
    values_by_year,
)
from analytics.appraisal.indices import sobol_indices, spread_by_driver
from analytics.appraisal.study import Published, Study, conduct
from analytics.appraisal.uncertainty import (
    BASE,
    ENROLLMENT,
    MapLever,
    Uncertainty,
    convergence,
    iso_map,
    reached,
    share_and_error,
    uncertain,
)
from analytics.inputs.assumptions import Assumption, assumptions_for
from analytics.inputs.faults import InputError
from analytics.inputs.plan_file import load_plan
from analytics.model.projection import project, run_draws
from analytics.presentation.charts.uncertainty import probability_words
from analytics.presentation.document import Paragraph, Table
from analytics.presentation.pictures import Chart
from analytics.presentation.sections.uncertainty import uncertainty
from analytics.terms import Language, Term

AS_OF = date(2026, 3, 1)
PLAN = load_plan("rongcheng")
ON_PLAN, ON_TREND = (assumptions_for(PLAN, path, AS_OF) for path in ("plan", "trend"))
TARGETS = targets_frame(PLAN)
INCOME = ("employee", "collection_income", "total")
WHY = Term("试验", "a test")


@pytest.fixture(scope="module")
def plan_path() -> Uncertainty:
    return uncertain(PLAN, "plan", ON_PLAN)


def assumption(name: str, low: float, central: float, high: float, base: int = 2023) -> Assumption:
    sides = ({base: side} for side in (central, low, high))
    return Assumption(name, *sides, "assumed", "试验", "2026")


def known(given: dict[str, Assumption]) -> dict[str, Assumption]:
    """The same path with every range taken away."""
    return {name: replace(a, low=a.value, high=a.value) for name, a in given.items()}


def target(value: float, indicator: str = "collection_income", aim: str = "at_least", year: int = 2026) -> pd.DataFrame:
    row = {"scheme": "employee", "indicator": indicator, "category": "total", "year": year, "target": value, "aim": aim}
    return pd.DataFrame([row | {"unit": "yuan", "quality": "official", "source": "某文件"}])


# --- distributions ---------------------------------------------------------------------------------------------------


@given(st.floats(-1e3, 1e3), st.floats(0, 1e3), st.floats(0, 1e3))
def test_low_central_and_high_are_the_ten_fifty_and_ninety_percent_quantiles(central, down, up):
    quantiles = two_piece_normal(stats.norm.ppf([0.1, 0.5, 0.9]), central - down, central, central + up)
    np.testing.assert_allclose(quantiles, [central - down, central, central + up], atol=1e-9)


def test_a_central_value_outside_its_range_widens_the_range():
    np.testing.assert_allclose(two_piece_normal(stats.norm.ppf([0.1, 0.9]), 2.0, 0.0, 12.0), [0.0, 12.0], atol=1e-12)


def test_draws_of_every_parameter_have_the_quantiles_that_the_plan_states():
    draws = draw_parameters(ON_PLAN, PLAN, 4096)
    assert set(draws) == {name for name, a in ON_PLAN.items() if a.ranged}
    for name, by_year in draws.items():
        stated = ON_PLAN[name]
        sides = (stated.low, stated.value, stated.high)
        low, central, high = (side[max(y for y in side if y <= 2026)] for side in sides)
        tolerance = 0.02 * (high - low)
        np.testing.assert_allclose(np.quantile(by_year[2026], [0.1, 0.5, 0.9]), [low, central, high], atol=tolerance)


def test_draws_stop_at_the_bounds_beyond_which_a_value_is_a_typing_error():
    # arrivals: 10 % (0–20 %); a share cannot be negative, so the lowest tenth of the draws stands at zero
    draws = draw_parameters(ON_PLAN, PLAN)["employee.new_from_elsewhere"][2024]
    assert draws.min() == 0.0
    assert np.mean(draws == 0.0) == pytest.approx(0.1, abs=0.01)


def test_one_quantile_moves_all_open_years_and_published_years_stay():
    by_year = values_by_year(ON_PLAN["wage.growth"], PLAN, np.array([-1.0, 0.0, 2.0]))
    assert np.ptp(by_year[2023]) == np.ptp(by_year[2024]) == 0.0
    assert by_year[2025].tolist() == by_year[2026].tolist() == sorted(by_year[2025])
    assert np.ptp(by_year[2025]) > 0.0


def test_rank_correlations_are_those_of_the_table_and_zero_elsewhere():
    draws = draw_parameters(ON_PLAN, PLAN, 4096)
    both_drawn = [pair for pair in CORRELATIONS if {pair.first, pair.second} <= set(draws)]
    assert len(both_drawn) > 10
    for pair in both_drawn:
        found = stats.spearmanr(draws[pair.first][2026], draws[pair.second][2026]).statistic
        assert found == pytest.approx(pair.rank, abs=0.03), (pair.first, pair.second)
    assert stats.spearmanr(draws["employee.exit"][2026], draws["wage.growth"][2026]).statistic == pytest.approx(
        0, abs=0.03
    )


def test_the_correlations_leave_every_parameter_its_own_distribution():
    joined, alone = (draw_parameters(ON_PLAN, PLAN, 4096, 1, table) for table in (CORRELATIONS, ()))
    for name in ("work_injury.collection", "wage.growth", "resident.active"):
        distance = stats.ks_2samp(joined[name][2026], alone[name][2026]).statistic
        assert distance < 0.02, name  # two samples of 4,096 independent draws would differ by 0.03 one time in twenty


def test_the_order_of_the_parameters_does_not_matter():
    turned = dict(reversed(ON_PLAN.items()))
    one, other = (draw_parameters(given, PLAN, 64)["employee.exit"][2026] for given in (ON_PLAN, turned))
    assert one.tolist() == other.tolist()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_correlations_of_unknown_parameters_are_refused_by_name(language: Language):
    table = (Correlation("wage.grwth", "employee.exit", 0.5, WHY), Correlation("employee.exit", "nonsense", 0.5, WHY))
    with pytest.raises(InputError) as refused:
        draw_parameters(ON_PLAN, PLAN, 64, 1, table)
    message = refused.value.message(language)
    assert "wage.grwth" in message and "nonsense" in message and "wage.growth" in message


def test_correlations_that_contradict_each_other_are_refused():
    names = ["employee.collection", "employee.exit", "wage.growth", "employee.interruption"]
    first, second, third = names[:3]
    table = [
        Correlation(first, second, 0.9, WHY),
        Correlation(second, third, 0.9, WHY),
        Correlation(first, third, -0.9, WHY),
    ]
    with pytest.raises(InputError, match=r"employee\.exit") as refused:
        normal_correlations(names, table)
    assert "employee.interruption" not in str(refused.value)


def test_parameters_that_are_linked_through_others_are_one_group():
    table = [
        Correlation("employee.exit", "wage.growth", 0.3, WHY),
        Correlation("wage.growth", "employee.funeral", 0.3, WHY),
    ]
    names = ["employee.exit", "employee.funeral", "employee.interest", "wage.growth"]
    assert independent_groups(normal_correlations(names, table)) == [[0, 1, 3], [2]]


@pytest.mark.parametrize("n", [0, 8, 1000])
def test_numbers_of_draws_that_would_unbalance_the_sequence_are_refused(n: int):
    with pytest.raises(ValueError, match=str(n)):
        sobol_points(3, n, 1)


def test_points_lie_inside_the_cube_and_each_replication_fills_it_evenly():
    points = sobol_points(5, 512, 7)
    assert points.shape == (5, 512)
    assert points.min() > 0 and points.max() < 1
    for block in np.split(points, REPLICATIONS, axis=1):
        # a scrambled net has one point of every coordinate in each of its 64 slices
        assert all(sorted(np.floor(64 * row)) == list(range(64)) for row in block)


# --- probabilities ---------------------------------------------------------------------------------------------------


def test_the_probability_of_a_linear_result_is_the_normal_formula():
    # participants at the end = start × (1 − exit) + gross new: two independent normals and a known exit rate of 1 %
    given = known(ON_TREND) | {
        "unemployment.participants": assumption("unemployment.participants", 110_000, 116_700, 123_400),
        "unemployment.gross_new": assumption("unemployment.gross_new", 200, 1_200, 2_200),
    }
    drawn = uncertain(PLAN, "trend", given, 4096)
    assert set(drawn.drawn) == {"unemployment.participants", "unemployment.gross_new"}
    z90 = stats.norm.ppf(0.9)
    mean, spread = 116_700 * 0.99 + 1_200, np.hypot(6_700 / z90 * 0.99, 1_000 / z90)
    asked = pd.concat([target(value, "participants", year=2024) for value in (110_000, 116_733, 120_000)])
    found = drawn.probabilities(asked.assign(scheme="unemployment"))
    expected = stats.norm.sf(asked["target"], mean, spread)
    np.testing.assert_allclose(found["probability"], expected, atol=0.004)
    assert (abs(found["probability"] - expected) <= 4 * found["standard_error"]).all()


def test_the_same_seed_gives_the_same_numbers_and_another_one_differs_within_the_error(plan_path: Uncertainty):
    again, other = (uncertain(PLAN, "plan", ON_PLAN, seed=seed) for seed in (1, 2))
    one, two, three = (u.probabilities(TARGETS) for u in (plan_path, again, other))
    pd.testing.assert_frame_equal(one, two)
    assert (one["probability"] != three["probability"]).any()
    error = np.hypot(one["standard_error"], three["standard_error"])
    assert (abs(one["probability"] - three["probability"]) <= 4 * error).all()


def test_more_draws_begin_with_the_fewer():
    small, large = (uncertain(PLAN, "plan", ON_PLAN, n) for n in (128, 512))
    np.testing.assert_array_equal(large.first_draws(128).results[INCOME][2026], small.results[INCOME][2026])


def test_an_impossible_target_has_probability_zero_and_a_certain_one_one(plan_path: Uncertainty):
    found = plan_path.probabilities(pd.concat([target(1e15), target(0.0)]))
    assert found["probability"].tolist() == [0.0, 1.0]
    # what 1,024 draws have not shown may still happen once in 1,024
    assert found["standard_error"].tolist() == [1 / 1024, 1 / 1024]


def test_a_ceiling_is_kept_as_often_as_a_floor_at_the_same_height_is_missed(plan_path: Uncertainty):
    found = plan_path.probabilities(pd.concat([target(20.5e8), target(20.5e8, aim="at_most")]))
    assert found["probability"].sum() == pytest.approx(1.0)


def test_a_fall_is_counted_against_the_same_draws_year_before(plan_path: Uncertainty):
    gap = plan_path.results["employee", "gap", "total"]
    found = plan_path.probabilities(target(np.nan, "gap", "fall", 2025))["probability"].item()
    assert found == np.mean(gap[2025] < gap[2024])
    assert plan_path.probabilities(target(np.nan, "gap", "fall", 2023)).empty  # no year before the base year


@pytest.mark.parametrize(
    ("aim", "values"),
    [("at_least", [True, True, False]), ("at_most", [False, True, True]), ("fall", [False, False, True])],
)
def test_a_value_that_arrives_up_to_rounding_has_arrived_but_has_not_fallen(aim: str, values: list[bool]):
    assert reached(aim, np.array([2.0, 1.0 - 1e-12, 0.5]), 1.0).tolist() == values


def test_joint_probabilities_lie_between_the_bounds_that_the_single_ones_set(plan_path: Uncertainty):
    single, joint = plan_path.probabilities(TARGETS), plan_path.joint_probabilities(TARGETS)
    assert joint["targets"].tolist() == [7, 7, 7, 9, 6, 6, 21]
    for row in joint.itertuples():
        chosen = single if row.scope == "all" else single[single[row.scope] == getattr(row, row.scope)]
        assert len(chosen) == row.targets
        # Fréchet's bounds
        assert 1 - (1 - chosen["probability"]).sum() - 1e-12 <= row.probability <= chosen["probability"].min() + 1e-12


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
def test_targets_met_together_are_never_likelier_than_each(seed: int, chance: float):
    hits = np.random.default_rng(seed).random((3, 64)) < chance
    together, single = share_and_error(hits.all(axis=0))[0], share_and_error(hits)[0]
    assert together <= single.min()
    np.testing.assert_allclose(single, hits.mean(axis=1))


def test_the_error_of_independent_draws_is_the_binomial_one():
    hits = np.random.default_rng(5).random((200, 4096)) < 0.3
    errors = share_and_error(hits)[1]
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(np.sqrt(0.3 * 0.7 / 4096), rel=0.06)


def test_what_a_path_is_given_is_marked_as_delivered_and_nothing_else_is(plan_path: Uncertainty):
    found = plan_path.probabilities(TARGETS)
    assert (found["delivered"] == (found["indicator"] == "gross_new")).all()
    assert (found.loc[found["delivered"], ["probability", "standard_error"]] == [1.0, 0.0]).all(axis=None)
    for scenario in ("trend", "half_delivered"):
        others = uncertain(PLAN, scenario, assumptions_for(PLAN, scenario, AS_OF), 64).probabilities(TARGETS)
        employee = others[(others["scheme"] == "employee") & (others["indicator"] == "gross_new")]
        assert not employee["delivered"].any(), scenario
        assert employee["probability"].max() < 1.0


def test_a_target_of_something_that_is_not_projected_has_no_row(plan_path: Uncertainty):
    assert plan_path.probabilities(target(1.0, "months_payable")).empty
    assert plan_path.probabilities(TARGETS.head(0)).empty
    assert plan_path.joint_probabilities(TARGETS.head(0)).empty


def test_quantiles_rise_keep_to_the_limits_and_are_the_central_value_where_nothing_is_drawn(plan_path: Uncertainty):
    frame = plan_path.quantiles
    levels = frame[["q10", "q25", "q50", "q75", "q90"]].to_numpy()
    assert (np.diff(levels, axis=1) >= 0).all()
    assert frame.loc[frame["indicator"] == "coverage_rate", "q90"].max() <= 1.0
    gross = frame[(frame["scheme"] == "employee") & (frame["indicator"] == "gross_new")]
    assert gross[["q10", "q50", "q90"]].to_numpy().tolist() == [[v] * 3 for v in (8500.0, 9200.0, 9900.0)]


def test_the_share_of_draws_with_more_insured_than_people_is_told():
    crowd = known(ON_PLAN)
    heads = assumption("population.adults", 4e5, 5e5, 6e5)
    # insured at the end of 2023: 126,300 + 17,223 + 48,078 + 175,507 + 112,437 = 479,545; to insure: 95 % of the adults
    drawn = uncertain(PLAN, "plan", crowd | {"population.adults": heads})
    at_least = stats.norm.cdf(479_545 / 0.95, 5e5, 1e5 / stats.norm.ppf(0.9))
    assert drawn.overfull >= at_least - 0.01
    plenty = crowd | {"population.adults": assumption("population.adults", 9e5, 9.5e5, 9.9e5)}
    assert uncertain(PLAN, "plan", plenty, 64).overfull == 0.0


def test_the_error_shrinks_as_draws_grow_and_says_how_far_the_probability_still_moves():
    table = convergence(uncertain(PLAN, "plan", ON_PLAN, 2048), target(20.5e8), (128, 512, 2048))
    assert table["n"].tolist() == [128, 512, 2048]
    assert table["standard_error"].iloc[-1] < table["standard_error"].iloc[0] / 2
    moved = abs(table["probability"] - table["probability"].iloc[-1])
    assert (moved <= 4 * table["standard_error"]).all()


# --- what the spread comes from --------------------------------------------------------------------------------------


def ishigami(points: np.ndarray) -> np.ndarray:
    """sin x₁ + 7 sin² x₂ + 0.1 x₃⁴ sin x₁ for x uniform on (−π, π)."""
    x = np.pi * (2 * points - 1)
    return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


def test_indices_of_the_ishigami_function_are_those_known_in_closed_form():
    # T. Ishigami and T. Homma (1990), a = 7, b = 0.1: V = a²/8 + bπ⁴/5 + b²π⁸/18 + 1/2, V₁ = (1 + bπ⁴/5)²/2, V₂ = a²/8,
    # V₁₃ = 8b²π⁸/225
    a, b = 7.0, 0.1
    first = np.array([(1 + b * np.pi**4 / 5) ** 2 / 2, a**2 / 8, 0.0])
    shared = 8 * b**2 * np.pi**8 / 225
    variance = first.sum() + shared
    assert (first / variance).round(4).tolist() == [0.3139, 0.4424, 0.0]
    found = sobol_indices(ishigami, [[0], [1], [2]], 4096)
    total = (first + shared * np.array([1, 0, 1])) / variance
    assert (abs(found["first"] - first / variance) <= 4 * found["first_error"]).all()
    assert (abs(found["total"] - total) <= 4 * found["total_error"]).all()
    assert found[["first_error", "total_error"]].max(axis=None) < 0.025


def test_indices_agree_with_scipys_own_within_their_error():
    reference = stats.sobol_indices(func=lambda x: ishigami(x)[None], n=4096, dists=[stats.uniform()] * 3, rng=1)
    found = sobol_indices(ishigami, [[0], [1], [2]], 4096)
    np.testing.assert_allclose(found["first"], reference.first_order, atol=0.05)
    np.testing.assert_allclose(found["total"], reference.total_order, atol=0.05)


def test_inputs_that_form_one_driver_share_one_index():
    # Ishigami again: 1 and 3 together hold all that 2 does not
    found = sobol_indices(ishigami, [[0, 2], [1]], 1024)
    np.testing.assert_allclose(found["first"], [0.5576, 0.4424], atol=0.03)
    np.testing.assert_allclose(found["total"], [0.5576, 0.4424], atol=0.03)


def test_the_spread_of_a_sum_is_shared_by_variance():
    # end = 0.99 × start + gross new; standard deviations 0.99 × 3,000 and 1,000 (in units of the 90 % quantile)
    given = known(ON_TREND) | {
        "unemployment.participants": assumption("unemployment.participants", 113_700, 116_700, 119_700),
        "unemployment.gross_new": assumption("unemployment.gross_new", 200, 1_200, 2_200),
    }
    found = spread_by_driver(project(PLAN, "trend", given), ("unemployment", "participants", "total"), 2024, 1024)
    assert found["inputs"].tolist() == [("unemployment.participants",), ("unemployment.gross_new",)]
    large = (0.99 * 3) ** 2 / ((0.99 * 3) ** 2 + 1)
    np.testing.assert_allclose(found["first"], [large, 1 - large], atol=0.02)
    np.testing.assert_allclose(found["total"], [large, 1 - large], atol=0.02)


def test_correlated_parameters_are_one_driver_and_idle_ones_none():
    found = spread_by_driver(project(PLAN, "plan", ON_PLAN), INCOME, 2026, 256)
    assert set(found["inputs"].iloc[0]) == {"employee.interruption", "employee.resumption"}
    named = [name for names in found["inputs"] for name in names]
    assert len(named) == len(set(named))
    assert "employee.interest" not in named and "resident.fee" not in named
    assert found.loc[~found["rest"], "total"].is_monotonic_decreasing
    assert found["first"].sum() == pytest.approx(1.0, abs=0.15)  # income is nearly a sum of its drivers' effects


def test_drivers_beyond_the_widest_are_gathered_in_one_row_at_the_end():
    found = spread_by_driver(project(PLAN, "plan", ON_PLAN), INCOME, 2026, 128, most=3)
    assert found["rest"].tolist() == [False, False, False, True]
    assert len(found["inputs"].iloc[-1]) > 3


def test_a_result_that_no_range_moves_has_no_drivers():
    assert spread_by_driver(project(PLAN, "plan", ON_PLAN), ("employee", "gross_new", "total"), 2026, 64).empty


# --- the iso-target map ----------------------------------------------------------------------------------------------


def income_at(enrollment: float, base: float) -> float:
    """Collection income of 2026 projected with gross enrollment multiplied and the base set, without any map."""
    moved = {
        "employee.gross_new": {y: np.array([v * enrollment]) for y, v in {2024: 8500, 2025: 9200, 2026: 9900}.items()},
        "employee.base_quality": {y: np.array([base]) for y in (2024, 2025, 2026)},
    }
    for name, by_year in moved.items():
        by_year[2023] = np.array([min(ON_PLAN[name].value.values())])
    return float(run_draws(PLAN, "plan", ON_PLAN, moved).entries[INCOME][2026][0])


def test_every_point_of_the_map_is_a_projection():
    iso = iso_map(PLAN, "plan", ON_PLAN, INCOME, 2026, 24.28e8, steps=5)
    for row, base in enumerate(iso.y):
        for column, enrollment in enumerate(iso.x):
            assert iso.result[row, column] == pytest.approx(income_at(enrollment, base))
    assert iso.position == (1.0, 0.0)
    assert iso.today == pytest.approx(income_at(1.0, 0.0))


def test_what_a_lever_needs_meets_the_target_when_it_is_projected():
    iso = iso_map(PLAN, "plan", ON_PLAN, INCOME, 2026, 24.28e8)
    enrollment, base = iso.needed
    assert np.isnan(enrollment)  # twice the enrollment is not enough
    assert 0.0 < base < 0.10
    assert income_at(1.0, base) == pytest.approx(24.28e8, rel=1e-5)
    easier = iso_map(PLAN, "plan", ON_PLAN, INCOME, 2026, 21e8)
    assert income_at(easier.needed[0], 0.0) == pytest.approx(21e8, rel=1e-5)


def test_a_lever_leaves_the_base_year_and_published_years_alone():
    growth = MapLever("wage.growth", "set", 0.0, 0.1).moved(ON_PLAN["wage.growth"], PLAN, np.array([0.0, 0.1]))
    assert np.ptp(growth[2023]) == np.ptp(growth[2024]) == 0.0
    assert growth[2026].tolist() == [0.0, 0.1]
    enrollment = ENROLLMENT.moved(ON_PLAN["employee.gross_new"], PLAN, np.array([0.0, 2.0]))
    assert enrollment[2026].tolist() == [0.0, 19_800.0]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_lever_that_the_path_is_not_given_is_refused_by_name(language: Language):
    less = {name: a for name, a in ON_PLAN.items() if name != BASE.name}
    with pytest.raises(InputError) as refused:
        iso_map(PLAN, "plan", less, INCOME, 2026, 24.28e8)
    assert "employee.base_quality" in refused.value.message(language)


# --- what the reader sees --------------------------------------------------------------------------------------------

NOTHING = pd.DataFrame(
    columns=["region", "scheme", "indicator", "category", "year", "value", "unit", "source", "quality"]
)


def study(name: str, language: Language = "zh") -> Study:
    return conduct(load_plan(name), Published(NOTHING, NOTHING, pd.DataFrame()), [], AS_OF, language)


def sentences(blocks: list) -> str:
    return "\n".join(block.text for block in blocks if isinstance(block, Paragraph))


@pytest.mark.parametrize(
    ("language", "target_said", "method_said"),
    [
        ("zh", "规划路径上2026年城镇职工基本养老保险征缴收入达到目标（24.28 亿元）的可能性", "用Sobol序列抽取1,024次（随机种子1"),
        ("en", "with a probability", "1,024 draws from a Sobol sequence (seed 1"),
    ],
    ids=["zh", "en"],
)  # fmt: skip
def test_the_section_says_probability_error_and_method(language: Language, target_said: str, method_said: str):
    said = sentences(uncertainty(study("rongcheng", language)))
    assert target_said in said
    assert method_said in said
    assert "±" in said


def test_the_table_gives_every_target_on_both_paths_and_marks_what_is_given():
    first, together = [b for b in uncertainty(study("rongcheng")) if isinstance(b, Table)][:2]
    assert [row[0] for row in first.rows if row[0]] == [
        "职工养老：新增参保", "工伤保险：新增参保", "失业保险：新增参保", "职工养老：征缴收入", "工伤保险：征缴收入",
        "失业保险：征缴收入", "职工养老：当期基金缺口",
    ]  # fmt: skip
    assert first.rows[0] == ("职工养老：新增参保", "规划路径", "给定", "给定", "给定")
    assert together.rows[-1][:2] == ("各年全部目标", "21")


def test_what_the_plan_path_is_given_is_judged_on_the_trend_path():
    blocks = uncertainty(study("longling"))
    assert "趋势路径上2035年缴费阶段职工占比达到目标（50.0%）的可能性" in sentences(blocks)
    fan = next(b for b in blocks if isinstance(b, Chart) and b.name == "fan_employee_share")
    assert "趋势路径" in fan.title


def test_a_plan_without_targets_still_shows_its_spread():
    blocks = uncertainty(study("shandong"))
    assert not [b for b in blocks if isinstance(b, Table)]
    assert [b.name for b in blocks if isinstance(b, Chart)] == [
        "fan_collection_income", "fan_employee_share", "spread_by_driver",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("share", "words"), [(0.0, "<1%"), (0.004, "<1%"), (0.007, "1%"), (0.5, "50%"), (0.994, "99%"), (1.0, ">99%")]
)
def test_a_sample_never_claims_never_or_always(share: float, words: str):
    assert probability_words(share) == words
