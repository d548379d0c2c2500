"""Fans, probabilities, indices and the iso-target map show the right numbers, in both languages, nothing cut off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from test_charts import _inside, _overlap, _words, history, targets

from analytics.appraisal.uncertainty import BASE, ENROLLMENT, IsoMap, iso_map
from analytics.inputs.assumptions import assumptions_for
from analytics.inputs.plan_file import load_plan
from analytics.model.projection import run_draws
from analytics.presentation.charts import uncertainty as charts
from analytics.presentation.style import new_axes, png_bytes
from analytics.terms import LANGUAGES

pytestmark = pytest.mark.filterwarnings("error")

YI = 1e8
INCOME = ("employee", "collection_income", "total")


def quantiles(first: int, median: list[float], scenario: str = "plan") -> pd.DataFrame:
    """Quantiles that open by 2 and 4 % of the median a year."""
    middle, since = YI * np.array(median), np.arange(len(median))
    spreads = {"q10": -0.04, "q25": -0.02, "q50": 0.0, "q75": 0.02, "q90": 0.04}
    columns = {name: middle * (1 + share * since) for name, share in spreads.items()}
    keys = {"scenario": scenario, "scheme": "employee", "indicator": "collection_income", "category": "total"}
    return pd.DataFrame({"year": first + since, **columns}).assign(**keys, unit="yuan")


FAN = quantiles(2023, [18.24, 19.1, 19.8, 20.6])
PAST = history("employee", "collection_income", 2019, np.array([13.5, 13.1, 15.2, 16.9, 18.24]) * YI)
GOALS = targets("employee", "collection_income", {2024: 20.06 * YI, 2025: 22.07 * YI, 2026: 24.28 * YI})
ROWS = [
    (scenario, scheme, indicator, "total", year, "fall" if indicator == "gap" else "at_least", share)
    for scenario, lift in (("plan", 0.0), ("trend", 0.05))
    for scheme, indicator, year, share in (
        ("employee", "collection_income", 2026, 0.002 + lift),
        ("work_injury", "collection_income", 2026, 0.12 + lift),
        ("unemployment", "collection_income", 2026, 0.68 + lift),
        ("employee", "gap", 2026, 0.20 + lift),
    )
]
PROBABILITIES = pd.DataFrame(
    ROWS, columns=["scenario", "scheme", "indicator", "category", "year", "aim", "probability"]
).assign(standard_error=0.01)
INDICES = pd.DataFrame({
    "label": ["年中断率、年恢复缴费率", "企业职工缴费人数", "新增中由居民保险转入的比例", ""],
    "rest": [False, False, False, True],
    "first": [0.34, 0.13, -0.01, 0.05],
    "total": [0.39, 0.13, 0.004, 0.06],
    "total_error": [0.01, 0.007, 0.001, 0.002],
})  # fmt: skip


@pytest.fixture(scope="module")
def iso() -> IsoMap:
    plan = load_plan("rongcheng")
    given = assumptions_for(plan, "plan", date(2026, 3, 1))
    return iso_map(plan, "plan", given, INCOME, 2026, 24.28 * YI)


CHARTS: dict[str, Callable[[Axes, str], Axes]] = {
    "fan": lambda ax, language: charts.fan(ax, FAN, PAST, GOALS, "employee", "collection_income", language),
    "fan alone": lambda ax, language: charts.fan(ax, FAN, None, None, "employee", "collection_income", language),
    "probabilities": lambda ax, language: charts.probability_bars(ax, PROBABILITIES, language),
    "indices": lambda ax, language: charts.indices_bars(ax, INDICES, language),
}


def nothing_hidden(ax: Axes) -> tuple[list[str], list[tuple[str, str]]]:
    """Words that stand outside the picture, and words that touch."""
    png_bytes(ax.figure)  # a missing glyph would warn, and a warning fails
    boxes = [(words.get_text(), words.get_window_extent()) for words in _words(ax)]
    outside = [words for words, box in boxes if not _inside(box, ax.figure)]
    return outside, [(one, other) for (one, a), (other, b) in combinations(boxes, 2) if _overlap(a, b)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_has_its_glyphs_and_room_for_its_words(name: str, language: str):
    assert nothing_hidden(CHARTS[name](new_axes(height_cm=9), language)) == ([], [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_map_has_its_glyphs_and_room_for_its_words(iso: IsoMap, language: str):
    assert nothing_hidden(charts.iso_map(new_axes(height_cm=9), iso, language)) == ([], [])


def test_the_bands_reach_from_the_tenth_to_the_ninetieth_and_from_the_lower_to_the_upper_quartile():
    ax = CHARTS["fan"](new_axes(), "zh")
    spans = [band.get_paths()[0].vertices for band in ax.collections]
    ends = [corners[corners[:, 0] == 2026, 1] for corners in spans]
    # 2026, three years on: 20.6 × (1 ∓ 12 %) and 20.6 × (1 ∓ 6 %)
    assert (ends[0].min(), ends[0].max()) == pytest.approx((20.6 * 0.88, 20.6 * 1.12))
    assert (ends[1].min(), ends[1].max()) == pytest.approx((20.6 * 0.94, 20.6 * 1.06))
    assert [words.get_text() for words in ax.get_legend().get_texts()] == [
        "历史",
        "中位数",
        "80%区间",
        "50%区间",
        "目标",
    ]


def test_the_fan_begins_where_history_ends_and_names_its_last_values():
    ax = CHARTS["fan"](new_axes(), "en")
    past, median, goals = ax.lines[:3]
    assert past.get_xydata()[-1].tolist() == median.get_xydata()[0].tolist() == [2023, 18.24]
    np.testing.assert_allclose(goals.get_xydata(), [[2024, 20.06], [2025, 22.07], [2026, 24.28]])
    assert {"18.13", "20.60", "23.07"} <= {words.get_text() for words in ax.texts}


def test_two_scenarios_in_one_fan_are_refused():
    both = pd.concat([FAN, quantiles(2023, [18.24, 19.0], "trend")])
    with pytest.raises(ValueError, match="collection_income"):
        charts.fan(new_axes(), both, None, None, "employee", "collection_income")


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_to_draw_is_refused(language: str):
    with pytest.raises(ValueError, match="gap"):
        charts.fan(new_axes(), FAN, PAST, GOALS, "employee", "gap", language)
    for draw, empty in ((charts.probability_bars, PROBABILITIES.head(0)), (charts.indices_bars, INDICES.head(0))):
        with pytest.raises(ValueError, match=draw.__name__):
            draw(new_axes(), empty, language)


def test_bars_are_as_long_as_the_probability_with_whiskers_of_two_standard_errors():
    ax = CHARTS["probabilities"](new_axes(height_cm=9), "zh")
    plan, trend = [c for c in ax.containers if hasattr(c, "patches")]
    assert [bar.get_width() for bar in plan] == pytest.approx([0.2, 12, 68, 20])
    assert [bar.get_width() for bar in trend] == pytest.approx([5.2, 17, 73, 25])
    whisker = plan.errorbar.lines[2][0].get_segments()[1]
    assert whisker[:, 0] == pytest.approx([10, 14])
    shown = [words.get_text() for words in ax.texts]
    assert shown[:4] == ["<1%", "12%", "68%", "20%"]


def test_a_target_to_narrow_the_gap_says_so():
    for language, words in (("zh", "缩小 2026"), ("en", "narrows 2026")):
        names = [name.get_text() for name in CHARTS["probabilities"](new_axes(), language).get_yticklabels()]
        assert [words in name for name in names] == [False, False, False, True]


def test_total_and_first_order_indices_stand_on_one_another_and_a_negative_estimate_is_no_bar():
    ax = CHARTS["indices"](new_axes(height_cm=9), "en")
    total, first = [c for c in ax.containers if hasattr(c, "patches")]
    assert [bar.get_width() for bar in total] == pytest.approx([39, 13, 0.4, 6])
    assert [bar.get_width() for bar in first] == pytest.approx([34, 13, 0, 5])
    assert ax.get_yticklabels()[-1].get_text() == "All other parameters"


def test_the_red_contour_runs_where_a_projection_meets_the_target(iso: IsoMap):
    ax = charts.iso_map(new_axes(), iso, "zh")
    red = [c for c in ax.collections if c.get_linewidths()[0] == 2]
    points = red[0].get_paths()[0].vertices[::10]
    plan = load_plan("rongcheng")
    given = assumptions_for(plan, "plan", date(2026, 3, 1))
    moved = {
        ENROLLMENT.name: ENROLLMENT.moved(given[ENROLLMENT.name], plan, points[:, 0]),
        BASE.name: BASE.moved(given[BASE.name], plan, points[:, 1] / 100),
    }
    incomes = run_draws(plan, "plan", given, moved).entries[INCOME][2026]
    np.testing.assert_allclose(incomes, 24.28 * YI, rtol=1e-4)


def test_todays_position_stands_on_the_map_with_its_value(iso: IsoMap):
    ax = charts.iso_map(new_axes(), iso, "zh")
    (today,) = [line for line in ax.lines if line.get_marker() == "o"]
    assert today.get_xydata().tolist() == [[1.0, 0.0]]
    assert [words.get_text() for words in ax.get_legend().get_texts()] == [
        "目标等值线（24.28 亿元）", f"当前位置（{iso.today / YI:.2f} 亿元）",
    ]  # fmt: skip
    assert "缴费基数夯实（年）" in ax.get_ylabel() and "%" in ax.get_ylabel()


def test_a_target_beyond_the_map_has_no_contour(iso: IsoMap):
    plan = load_plan("rongcheng")
    beyond = iso_map(plan, "plan", assumptions_for(plan, "plan", date(2026, 3, 1)), INCOME, 2026, 100 * YI, steps=9)
    ax = charts.iso_map(new_axes(), beyond, "en")
    assert len(ax.get_legend().get_texts()) == 1
    assert [c for c in ax.collections if c.get_linewidths()[0] == 2] == []
