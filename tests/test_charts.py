"""Charts show the right numbers at the right place, in both languages, with every glyph and nothing cut off."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from analytics.presentation.charts.axes import ThousandsFormatter, line_styles
from analytics.presentation.charts.comparison import provinces, scenario_comparison, tornado
from analytics.presentation.charts.enrollment import gross_and_net
from analytics.presentation.charts.fund import fund_flow, income_against_target, income_bridge
from analytics.presentation.charts.labels import readable_on, spread, text_width, wrapped
from analytics.presentation.charts.rows import chart_scale
from analytics.presentation.charts.structure import share_ladder, structure
from analytics.presentation.charts.track_record import backtest_errors, forecast_fan
from analytics.presentation.charts.trajectory import paths
from analytics.presentation.style import Picture, new_axes, png_bytes
from analytics.terms import LANGUAGES

pytestmark = pytest.mark.filterwarnings("error")

YI = 1e8
YEARS = range(2022, 2036)


def result(scheme, indicator, first, values, scenario="plan", category="total", spread=0.0):
    """RESULT rows from the year ``first`` on; ``spread`` widens the range by that share a year."""
    values = np.asarray(values, dtype=float)
    wider = spread * np.arange(len(values)) if spread else np.full(len(values), np.nan)
    years = np.arange(first, first + len(values))
    keys = {"plan": "p", "scenario": scenario, "region": "r", "scheme": scheme, "indicator": indicator}
    columns = {"category": category, "year": years, "value": values}
    return pd.DataFrame(keys | columns | {"low": values * (1 - wider), "high": values * (1 + wider)})


def history(scheme, indicator, first, values):
    years = range(first, first + len(values))
    columns = {"scheme": scheme, "indicator": indicator, "category": "total", "year": years, "value": values}
    return pd.DataFrame(columns)


def targets(scheme, indicator, values):
    rows = [{"year": year, "target": value} for year, value in values.items()]
    return pd.DataFrame(rows).assign(scheme=scheme, indicator=indicator, category="total")


def attainment(years, growth):
    """Targets grow 6 % a year from 20 亿元, each scenario at its own rate."""
    frames = []
    for scenario, rate in growth.items():
        since = np.arange(len(years))
        value = 20 * YI * (1 + rate) ** since
        low = value * 0.97 if scenario == "trend" else np.nan
        frame = pd.DataFrame({"year": years, "target": 20 * YI * 1.06**since, "value": value, "low": low})
        keys = {"scenario": scenario, "scheme": "employee", "indicator": "collection_income", "category": "total"}
        frames.append(frame.assign(high=frame["low"] / 0.97 * 1.03, **keys))
    return pd.concat(frames)


INCOME = pd.concat(
    [
        result("employee", "collection_income", 2023, np.array([18.24, 20.06, 22.10, 24.35]) * YI),
        result(
            "employee", "collection_income", 2023, np.array([18.24, 19.30, 20.50, 21.70]) * YI, "trend", spread=0.02
        ),
        result("employee", "collection_income", 2023, np.array([18.24, 20.30, 22.90, 25.70]) * YI, "base"),
        result("employee", "expenditure", 2023, np.array([28.1, 29.9, 31.6, 33.0]) * YI),
    ]
)
INCOME_PAST = history("employee", "collection_income", 2019, np.array([13.5, 13.1, 15.2, 16.9, 18.24]) * YI)
INCOME_TARGETS = targets("employee", "collection_income", {2024: 20.06 * YI, 2025: 22.07 * YI, 2026: 24.28 * YI})
FLOWS = pd.concat(
    [
        result("employee", "gross_new", 2024, [8500, 9200, 9900]),
        result("employee", "deaths", 2024, [900, 930, 960]),
        result("employee", "retirements", 2024, [4100, 4400, 4800]),
        result("employee", "exits", 2024, [1500, 1600, 1700]),
    ]
)
STATES = pd.concat(
    [
        result(scheme, indicator, 2022, np.linspace(first, last, 14), category=category)
        for scheme, indicator, category, first, last in (
            ("employee", "contributors", "enterprise", 9e3, 24e3),
            ("employee", "contributors", "flexible", 6e3, 19e3),
            ("employee", "contributors", "institution", 8e3, 8.1e3),
            ("employee", "contributors", "total", 23e3, 51.1e3),
            ("employee", "interrupted", "total", 3e3, 5.2e3),
            ("employee", "retirees", "total", 9e3, 16e3),
            ("resident", "active", "total", 120e3, 52e3),
            ("resident", "beneficiaries", "total", 40e3, 56e3),
            ("all", "uncovered", "total", 12e3, 8e3),
            ("all", "outside", "total", 8e3, 7.4e3),
        )
    ]
)
SHARES = pd.concat(
    [
        result("all", "employee_share", 2022, np.r_[np.linspace(0.189, 0.30, 4), np.linspace(0.32, 0.50, 10)]),
        result("all", "employee_share", 2022, 0.189 + 0.009 * np.arange(14), "trend", spread=0.01),
    ]
)
SHARE_TARGETS = targets("all", "employee_share", {2025: 0.30, 2035: 0.50})
ONE_RESULT = {
    "scenario": "plan",
    "scheme": "employee",
    "indicator": "collection_income",
    "category": "total",
    "year": 2026,
}
EFFECTS = pd.DataFrame(
    {
        "label": ["征缴率", "平均缴费基数与下限之比", "灵活就业人员所占比例（含新业态）"],
        "low_effect": [-0.9 * YI, -1.9 * YI, 0.66 * YI],
        "high_effect": [0.3 * YI, 2.2 * YI, -0.71 * YI],
    },
    index=[0, 0, 1],
).assign(**ONE_RESULT)
PROVINCES = pd.DataFrame({"label": [f"{first}{second}" for first in "东南西北中" for second in "山海江河湖"]}).assign(
    value=lambda frame: np.linspace(0.2, 0.9, len(frame))
)
ERRORS = pd.DataFrame(
    [
        {"model": model, "horizon": horizon, "mase": level * (0.5 + 0.35 * horizon)}
        for model, level in (("朴素漂移", 1.0), ("指数平滑", 0.86), ("阻尼趋势", 0.855), ("组合", 0.75))
        for horizon in range(1, 6)
    ]
)
SERIES = pd.Series(np.linspace(1e8, 3.2e8, 20), index=range(2005, 2025))
FORECAST = pd.DataFrame({"year": range(2021, 2028), "value": np.linspace(2.9e8, 3.9e8, 7)}).assign(
    low=lambda frame: 0.95 * frame["value"], high=lambda frame: 1.05 * frame["value"]
)
SCENARIO_NAMES = {"base": "缴费基数夯实，扩面同步推进且中断减少"}


def _paths(scheme, indicator, results, past=None, goals=None, **options):
    return lambda ax, language: paths(ax, results, past, goals, scheme, indicator, language=language, **options)


CHARTS: dict[str, Callable[[Axes, str], Axes]] = {
    "paths": _paths("employee", "collection_income", INCOME, INCOME_PAST, INCOME_TARGETS),
    "paths of three scenarios": _paths(
        "employee",
        "collection_income",
        INCOME,
        INCOME_PAST,
        INCOME_TARGETS,
        scenarios=("plan", "trend", "base"),
        scenario_labels=SCENARIO_NAMES,
    ),
    "paths of one year": _paths(
        "resident",
        "participants",
        result("resident", "participants", 2025, [6269000]),
        None,
        targets("resident", "participants", {2025: 6.3e6}),
    ),
    "paths kept for ten years": _paths(
        "all",
        "coverage_rate",
        result("all", "coverage_rate", 2022, [0.931, 0.938, 0.945, *[0.95] * 11]),
        None,
        targets("all", "coverage_rate", dict.fromkeys(range(2025, 2036), 0.95)),
    ),
    "paths below zero": _paths(
        "employee",
        "current_balance",
        result("employee", "current_balance", 2023, [-3e8, -3.2e8, -3.9e8, -4.4e8]),
        history("employee", "current_balance", 2019, [2e8, 1e8, 0, -2e8, -3e8]),
        targets("employee", "current_balance", {2026: 0.0}),
    ),
    "paths of 70 billion": _paths(
        "employee", "participants", result("employee", "participants", 2022, 7e10 * 1.02 ** np.arange(14))
    ),
    "history alone": _paths("employee", "collection_income", None, INCOME_PAST),
    "gross and net": lambda ax, language: gross_and_net(ax, FLOWS, "employee", "plan", language),
    "against target": lambda ax, language: income_against_target(
        ax, attainment(range(2024, 2027), {"plan": 0.065, "trend": 0.04}), language
    ),
    "bridge": lambda ax, language: income_bridge(
        ax, [("新增人数×基数下限×费率", 1.19e8), ("基数增长", 0.40e8), ("未解释", 0.42e8)], "yuan", language
    ),
    "fund flow": lambda ax, language: fund_flow(ax, INCOME, "employee", "plan", language),
    "structure": lambda ax, language: structure(ax, STATES, "plan", language),
    "share ladder": lambda ax, language: share_ladder(ax, SHARES, SHARE_TARGETS, None, language),
    "scenario comparison": lambda ax, language: scenario_comparison(
        ax, INCOME, "employee", "collection_income", 2026, language, SCENARIO_NAMES
    ),
    "tornado": lambda ax, language: tornado(ax, EFFECTS, language),
    "backtest errors": lambda ax, language: backtest_errors(ax, ERRORS, language),
    "forecast fan": lambda ax, language: forecast_fan(ax, SERIES, FORECAST, language),
}
UNITS = {
    "paths": ("单位：亿元", "Unit: hundred million yuan"),
    "paths of one year": ("单位：万人", "Unit: ten thousand persons"),
    "gross and net": ("单位：人", "Unit: persons"),
    "share ladder": ("单位：%", "Unit: %"),
    "tornado": ("单位：亿元", "Unit: hundred million yuan"),
    "backtest errors": ("单位：倍", "Unit: times"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_has_its_glyphs_and_room_for_its_words(name, language):
    ax = CHARTS[name](new_axes(), language)
    assert png_bytes(ax.figure).startswith(b"\x89PNG")  # a missing glyph would have warned, and a warning fails
    boxes = [(words.get_text(), words.get_window_extent()) for words in _words(ax)]
    outside = [words for words, box in boxes if not _inside(box, ax.figure)]
    touching = [(one, other) for (one, a), (other, b) in combinations(boxes, 2) if _overlap(a, b)]
    assert (outside, touching) == ([], [])
    assert plt.get_fignums() == []


def test_provinces_fit_a_page_with_the_nation_as_a_line():
    ax = provinces(new_axes(15, 15), PROVINCES, "中山", nation=0.52, heading="职工占比")
    assert png_bytes(ax.figure)
    assert all(_inside(words.get_window_extent(), ax.figure) for words in _words(ax))
    assert "全国 52.0%" in [words.get_text() for words in ax.texts]
    lengths = [bar.get_width() for bar in ax.patches]
    assert lengths == sorted(lengths, reverse=True)
    assert ax.patches[4].get_facecolor() != ax.patches[3].get_facecolor()  # 中山 is the fifth from the top
    with pytest.raises(ValueError, match="中原"):
        provinces(new_axes(), PROVINCES, "中原")


def _words(ax: Axes) -> list[Text]:
    """Every word of the chart that has been drawn: tick labels beyond the limits have not."""
    ticks = [
        label
        for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim()))
        for place, label in zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=True)
        if min(limits) <= place <= max(limits)
    ]
    legend = ax.get_legend().get_texts() if ax.get_legend() else []
    titles = [child for child in ax.get_children() if isinstance(child, Text) and child not in ax.texts]
    every = [*ax.texts, *ticks, *legend, *titles, ax.xaxis.label, ax.yaxis.label]
    return [words for words in every if words.get_text()]


def _inside(box: Bbox, figure: Picture) -> bool:
    return box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.width and box.y1 <= figure.bbox.height


def _overlap(a: Bbox, b: Bbox) -> bool:
    shared = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
    return min(shared) > 3  # pixels: a line of text is 16 high, and its letters leave the rims free


def test_a_glyph_the_font_lacks_does_not_pass_unseen():
    ax = new_axes()
    ax.set_title("𠮷")
    with pytest.raises(UserWarning, match=r"Glyph .* missing from font"):
        png_bytes(ax.figure)


def test_a_negative_tick_keeps_its_sign_and_thousands_their_commas():
    assert ThousandsFormatter().format_ticks([-2500, 0, 2500]) == ["-2,500", "0", "2,500"]
    assert ThousandsFormatter().format_ticks([-0.25, -0.0, 0.5]) == ["-0.25", "0.00", "0.50"]
    ax = CHARTS["paths below zero"](new_axes(), "zh")
    png_bytes(ax.figure)
    assert "-4" in [label.get_text() for label in ax.get_yticklabels()]


@pytest.mark.parametrize("name", ["paths", "tornado"])
def test_the_same_chart_gives_the_same_bytes_however_often_it_is_saved(name):
    ax = CHARTS[name](new_axes(), "zh")
    first, again = png_bytes(ax.figure), png_bytes(ax.figure)
    assert first == again == png_bytes(CHARTS[name](new_axes(), "zh").figure)
    assert b"Software" not in first


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", UNITS)
def test_the_value_axis_names_its_unit(name, language):
    ax = CHARTS[name](new_axes(), language)
    assert UNITS[name][LANGUAGES.index(language)] in (ax.get_ylabel(), ax.get_xlabel())


def test_targets_stand_at_their_year_and_value_with_the_value_beside_them():
    ax = CHARTS["paths"](new_axes(), "zh")
    (diamonds,) = [line for line in ax.lines if line.get_marker() == "D"]
    np.testing.assert_allclose(diamonds.get_xydata(), [[2024, 20.06], [2025, 22.07], [2026, 24.28]])
    assert {"20.06", "22.07", "24.28"} <= {words.get_text() for words in ax.texts}


def test_plan_and_trend_differ_in_colour_and_dashes_and_history_is_solid_grey():
    ax = CHARTS["paths"](new_axes(), "en")
    past, plan, trend = ax.lines[:3]
    assert past.get_xydata()[-1].tolist() == plan.get_xydata()[0].tolist() == [2023, 18.24]
    assert past.get_linestyle() == plan.get_linestyle() == "-" != trend.get_linestyle()
    assert len({past.get_color(), plan.get_color(), trend.get_color()}) == 3


def test_the_shading_begins_where_the_projection_does():
    ax = CHARTS["paths"](new_axes(), "zh")
    assert 2023 in [patch.get_x() for patch in ax.patches]
    assert CHARTS["paths of one year"](new_axes(), "zh").patches[:] == []  # no history, nothing to tell apart


def test_a_range_is_shaded_between_its_low_and_high():
    ax = CHARTS["paths"](new_axes(), "zh")
    (shade,) = ax.collections
    heights = shade.get_paths()[0].vertices[:, 1]
    # 2026: 21.70 ∓ 3 × 2 %
    assert (heights.min(), heights.max()) == pytest.approx((18.24, 21.70 * 1.06))
    assert heights[shade.get_paths()[0].vertices[:, 0] == 2026].min() == pytest.approx(21.70 * 0.94)


def test_years_are_whole_numbers_on_the_axis():
    for name in ("paths of one year", "paths", "structure"):
        ax = CHARTS[name](new_axes(), "zh")
        png_bytes(ax.figure)
        shown = [label.get_text() for label in ax.get_xticklabels()]
        assert all(year.isdigit() and len(year) == 4 for year in shown)
    assert len(shown) >= 14


def test_net_growth_is_the_sum_of_the_bars():
    ax = CHARTS["gross and net"](new_axes(), "zh")
    (net,) = [line for line in ax.lines if len(line.get_xdata()) == 3]
    # 8500 - 900 - 4100 - 1500 and so on
    assert net.get_ydata().tolist() == [2000, 2270, 2440]
    bars = np.array([[bar.get_height() for bar in container] for container in ax.containers])
    assert bars.sum(axis=0).tolist() == [2000, 2270, 2440]


def test_a_year_without_one_of_the_flows_shows_no_net_growth():
    incomplete = FLOWS[~((FLOWS["indicator"] == "deaths") & (FLOWS["year"] == 2025))]
    ax = gross_and_net(new_axes(), incomplete, "employee")
    assert [round(bar.get_center()[0]) for bar in ax.containers[0]] == [2024, 2026]


def test_differences_from_the_target_are_written_on_the_paths_bars():
    ax = CHARTS["against target"](new_axes(), "zh")
    shown = [words.get_text() for words in ax.texts]
    # 2026: target 20 × 1.06² = 22.47, plan 20 × 1.065² = 22.68, trend 20 × 1.04² = 21.63
    assert {"22.47", "+0.21", "-0.84"} <= set(shown)
    assert ax.get_ylim()[0] == 0


def test_a_bridge_starts_each_step_where_the_last_one_ended_and_closes_on_the_sum():
    ax = CHARTS["bridge"](new_axes(), "zh")
    steps = [(bar.get_y(), bar.get_height()) for bar in ax.containers[0]]
    # the plan's increment of 2025: 1.19 + 0.40 + 0.42 = 2.01
    np.testing.assert_allclose(steps, [(0, 1.19), (1.19, 0.40), (1.59, 0.42), (0, 2.01)])


def test_a_bridge_hatches_what_nothing_explains():
    ax = income_bridge(new_axes(), [("基数增长", 4e7), ("未解释", 2e7)], unexplained="未解释")
    assert [bool(bar.get_hatch()) for bar in ax.containers[0]] == [False, True, False]


def test_the_gap_line_is_expenditure_less_collection_income():
    ax = CHARTS["fund flow"](new_axes(), "zh")
    (gap,) = [line for line in ax.lines if len(line.get_xdata()) == 4]
    np.testing.assert_allclose(gap.get_ydata(), [28.1 - 18.24, 29.9 - 20.06, 31.6 - 22.10, 33.0 - 24.35])


def test_layers_of_the_structure_sum_to_the_states_and_count_contributors_once():
    ax = CHARTS["structure"](new_axes(), "zh")
    tops = np.sum([[bar.get_height() for bar in container] for container in ax.containers], axis=0)
    parts = STATES[~((STATES["indicator"] == "contributors") & (STATES["category"] == "total"))]
    np.testing.assert_allclose(tops * 1e4, parts.groupby("year")["value"].sum())
    undivided = structure(new_axes(), STATES[STATES["category"] == "total"])
    assert "职工缴费人员" in [words.get_text() for words in undivided.get_legend().get_texts()]


def test_the_ladder_says_how_many_points_a_year_each_target_asks_for():
    ax = CHARTS["share ladder"](new_axes(), "en")
    shown = [words.get_text() for words in ax.texts]
    # (30 - 18.9) / 3 = 3.70 and (50 - 30) / 10 = 2.00
    assert {"+3.70 points\na year", "+2.00 points\na year"} <= set(shown)


def test_scenarios_are_compared_by_their_difference_from_the_reference():
    ax = CHARTS["scenario comparison"](new_axes(), "zh")
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([25.70 - 24.35, 21.70 - 24.35])
    assert [words.get_text() for words in ax.texts] == ["+1.35", "-2.65"]


def test_the_widest_input_stands_on_top_of_the_tornado():
    ax = CHARTS["tornado"](new_axes(), "zh")
    low, high = ax.containers
    assert [bar.get_width() for bar in low] == pytest.approx([-1.9, 0.66, -0.9])
    assert [bar.get_width() for bar in high] == pytest.approx([2.2, -0.71, 0.3])


def test_a_tornado_of_two_results_is_refused():
    with pytest.raises(ValueError, match="2027"):
        tornado(new_axes(), pd.concat([EFFECTS, EFFECTS.assign(year=2027)]))


def test_years_the_forecast_covers_are_drawn_as_later_actuals():
    ax = CHARTS["forecast fan"](new_axes(), "en")
    known, forecast, later = ax.lines[:3]
    assert (known.get_xdata()[-1], forecast.get_xdata()[0]) == (2020, 2020)
    assert later.get_xdata().tolist() == [2021, 2022, 2023, 2024]
    assert [words.get_text() for words in ax.get_legend().get_texts()][-1] == "Later actuals"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("empty", [pd.DataFrame(), INCOME.head(0)])
def test_nothing_to_draw_is_refused_with_indicator_and_scheme(empty, language):
    named = "scheme=unemployment.*indicator=expenditure|indicator=expenditure.*scheme=unemployment"
    with pytest.raises(ValueError, match=named):
        paths(new_axes(), empty, None, None, "unemployment", "expenditure", language=language)
    with pytest.raises(ValueError, match=r"indicator=collection_income.*scheme=unemployment"):
        fund_flow(new_axes(), empty, "unemployment", language=language)
    with pytest.raises(ValueError, match=r"indicator=gross_new.*scheme=unemployment"):
        gross_and_net(new_axes(), empty, "unemployment", language=language)
    with pytest.raises(ValueError, match=r"scheme=employee.*indicator=collection_income"):
        income_against_target(new_axes(), empty, language)
    with pytest.raises(ValueError, match=r"scheme=all.*indicator=employee_share"):
        share_ladder(new_axes(), empty, SHARE_TARGETS, None, language)
    with pytest.raises(ValueError, match=r"scheme=work_injury.*indicator=income"):
        scenario_comparison(new_axes(), empty, "work_injury", "income", 2026, language)
    with pytest.raises(ValueError, match="scenario=plan"):
        structure(new_axes(), empty, "plan", language)


def test_other_empty_frames_are_refused_by_the_chart_s_name():
    for chart, name in ((tornado, "tornado"), (provinces, "provinces")):
        with pytest.raises(ValueError, match=name):
            chart(new_axes(), pd.DataFrame())
    with pytest.raises(ValueError, match="backtest_errors"):
        backtest_errors(new_axes(), ERRORS.assign(mase=np.nan))
    with pytest.raises(ValueError, match="forecast_fan"):
        forecast_fan(new_axes(), SERIES, FORECAST.head(0))
    with pytest.raises(ValueError, match="income_bridge"):
        income_bridge(new_axes(), [])


def test_two_regions_are_not_drawn_as_one_line():
    with pytest.raises(ValueError, match="collection_income"):
        paths(new_axes(), INCOME, pd.concat([INCOME_PAST, INCOME_PAST]), None, "employee", "collection_income")


def test_a_chart_shows_no_more_than_four_figures():
    assert chart_scale("yuan", [18.24e8]).decimals == 2
    assert chart_scale("yuan", [7709.2e8, np.nan]).decimals == 0
    assert chart_scale("ratio", [0.5213]).decimals == 1
    assert chart_scale("person", []).decimals == 0


def test_seven_scenarios_have_seven_line_styles():
    styles = line_styles(["plan", "trend", "a", "b", "c", "d", "e"])
    assert len({style.colour for style in styles.values()}) == 7
    assert len({(style.dashes, style.marker) for style in styles.values()}) == 7


def test_words_on_dark_layers_are_white_and_on_light_ones_black():
    assert (readable_on("#1f4e79"), readable_on("#d9d9d9")) == ("white", "black")


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=8), st.floats(0.1, 50))
def test_labels_are_spread_in_order_with_the_gap_between_them(heights, gap):
    moved = spread(heights, gap)
    order = np.argsort(heights, kind="stable")
    assert (np.diff(moved[order]) >= gap - 1e-6).all()
    if (np.diff(np.sort(heights)) >= gap).all():
        np.testing.assert_allclose(moved, heights, atol=1e-6)


@given(st.text("参保扩面年，（）ab 1", max_size=40), st.integers(6, 30))
def test_wrapping_loses_no_word_and_keeps_closing_marks_with_theirs(words, width):
    lines = wrapped(words, width).split("\n")
    assert "".join("".join(lines).split()) == "".join(words.split())
    assert not any(line.startswith(("，", "）")) for line in lines[1:])


def test_wrapped_lines_are_about_equally_long():
    assert wrapped("新增人数缴费基数下限缴费比例", 18) == "新增人数缴费基数\n下限缴费比例"
    assert wrapped("Growth of the average wage", 16) == "Growth of the\naverage wage"
    assert text_width("参保ab") == 6
