"""Charts of states and transfers by age draw every person they are given, and name what they draw in both languages."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Patch

from analytics.appraisal.study import Study
from analytics.model.people.states import STATES
from analytics.presentation.charts.states import LAYERS, states_by_age, transfers_by_age
from analytics.presentation.charts.wording import STATE_NAMES
from analytics.presentation.pictures import drawn
from analytics.presentation.sections.structure import ages
from analytics.presentation.style import new_axes, png_bytes
from analytics.terms import COLOURS, LANGUAGES, text

pytestmark = pytest.mark.filterwarnings("error")

AGES = np.arange(16, 101)
HEADS = {state: np.stack([np.full(85, 10.0 + n), np.full(85, 20.0 + n)]) for n, state in enumerate(LAYERS)}
MOVED = np.stack([np.where(AGES < 50, 4.0, 0.0), np.where(AGES < 40, 3.0, 0.0)])
heads_of_a_state = arrays(float, (2, 6), elements=st.floats(0, 9e3))  # drawn in single persons


def area(corners: np.ndarray) -> float:
    """Area of a polygon by the shoelace formula."""
    x, y = corners.T
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def drawn_heads(ax: Axes) -> dict[str, list[float]]:
    """Heads of men and women that each state's polygons cover: a person is one unit wide and one year high."""
    return {
        part.get_label(): [area(path.vertices[:-1]) for path in part.get_paths()]
        for part in ax.collections
        if isinstance(part, PolyCollection)
    }


def words_of(ax: Axes) -> list[str]:
    return [words.get_text() for words in [*ax.texts, *ax.get_legend().get_texts()]]


@given(st.dictionaries(st.sampled_from(LAYERS), heads_of_a_state, min_size=1))
@settings(max_examples=15)
def test_every_state_covers_as_many_persons_as_it_has(heads):
    if not any(part.any() for part in heads.values()):
        return
    found = drawn_heads(states_by_age(new_axes(), heads, 16))
    assert list(found) == [state for state in LAYERS if state in heads and heads[state].any()]
    for state, areas in found.items():
        assert areas == pytest.approx(heads[state].sum(axis=1), rel=1e-9, abs=1e-6)


def test_men_stand_to_the_left_and_women_to_the_right_without_gaps():
    ax = states_by_age(new_axes(), HEADS, 16)
    sides = [[path.vertices[:, 0] for path in part.get_paths()] for part in ax.collections]
    assert all(men.max() <= 0 <= women.min() for men, women in sides)
    inside, outside = sides[0][1].max(), sides[1][1].min()
    assert inside == outside == 20.0  # the second state begins where the first ends
    assert sides[-1][1].max() == pytest.approx(sum(20.0 + n for n in range(9)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_states_are_named_with_their_share_and_their_colour(language):
    ax = states_by_age(new_axes(height_cm=11), HEADS, 16, language)
    total = sum(part.sum() for part in HEADS.values())
    names = [words.get_text() for words in ax.get_legend().get_texts()]
    assert names == [f"{text(STATE_NAMES[s], language)} {HEADS[s].sum() / total:.1%}" for s in LAYERS]
    marks = [patch for patch in ax.get_legend().get_patches() if isinstance(patch, Patch)]
    assert len({COLOURS[state] for state in LAYERS}) == len(marks) == 9
    assert any(word.startswith("男" if language == "zh" else "Men") for word in words_of(ax))
    png_bytes(ax.figure)


def test_millions_of_persons_are_drawn_in_ten_thousands():
    ax = states_by_age(new_axes(), {"resident": np.full((2, 85), 5e6)}, 16)
    assert ax.get_xlabel() == "单位：万人"
    assert drawn_heads(ax)["resident"] == pytest.approx([85 * 500.0] * 2)


def test_every_state_of_the_engine_has_its_layer():
    assert set(LAYERS) == set(STATES)


def test_states_nobody_is_in_are_left_out_and_nothing_at_all_is_refused():
    empty = {"resident": np.zeros((2, 85))}
    assert list(drawn_heads(states_by_age(new_axes(), HEADS | empty, 16))) == [s for s in LAYERS if s != "resident"]
    with pytest.raises(ValueError, match="nobody"):
        states_by_age(new_axes(), empty, 16)


def test_a_state_without_a_name_is_refused_by_its_name():
    with pytest.raises(ValueError, match="no name for the states abroad"):
        states_by_age(new_axes(), HEADS | {"abroad": np.ones((2, 85))}, 16)


@given(arrays(float, (2, 6), elements=st.floats(1, 9e4)), st.integers(17, 21), st.integers(17, 21))
@settings(max_examples=15)
def test_transfers_cover_as_many_persons_as_move_below_and_beyond_the_limits(moved, men, women):
    ax = transfers_by_age(new_axes(), moved, (men, women), 16)
    drawn = [[area(path.vertices[:-1]) for path in part.get_paths()] for part in ax.collections]
    parts = [
        part for persons, limit in zip(moved, (men, women), strict=True) for part in np.split(persons, [limit - 16])
    ]
    assert [sum(areas) for areas in drawn] == pytest.approx([part.sum() for part in parts])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_age_rule_is_marked_for_each_sex_and_the_share_within_it_is_said(language):
    ax = transfers_by_age(new_axes(), MOVED, (45, 40), 16, language)
    lines = [line for line in ax.lines if line.get_linestyle() == "--"]
    assert [line.get_xdata()[0] for line in lines] == [45, 40]
    assert lines[0].get_ydata()[1] > 0 > lines[1].get_ydata()[1]  # men above, women below
    said = " ".join(words_of(ax))
    # 29 of 34 ages from 16 to 49 lie below 45
    assert f"{29 / 34:.1%}" in said and "100.0%" in said
    assert ("男未满45周岁" if language == "zh" else "Women under 40") in said
    png_bytes(ax.figure)


def test_the_axis_of_transfers_ends_where_nobody_moves_any_more_but_not_before_sixty():
    assert transfers_by_age(new_axes(), MOVED, (45, 40), 16).get_xlim() == (16, 60)
    later = MOVED + np.where(AGES == 70, 1.0, 0.0)
    assert transfers_by_age(new_axes(), later, (45, 40), 16).get_xlim() == (16, 71)


def test_transfers_of_nobody_are_refused():
    with pytest.raises(ValueError, match="nobody moves"):
        transfers_by_age(new_axes(), np.zeros((2, 85)), (45, 40), 16)


@pytest.mark.parametrize("plan", ["rongcheng", "longling"])
def test_the_structure_section_draws_the_people_the_results_count(plan: str, study_of: Callable[..., Study]):
    study = study_of(plan)
    pyramid, transfers = [drawn(chart).axes[0] for chart in ages(study)]
    last = study.plan.horizon.last_year
    heads = {state: sum(areas) for state, areas in drawn_heads(pyramid).items()}
    assert sum(heads.values()) == pytest.approx(study.value("all", "population", last))
    assert heads["beneficiaries"] == pytest.approx(study.value("resident", "beneficiaries", last))
    moved = sum(area(path.vertices[:-1]) for part in transfers.collections for path in part.get_paths())
    assert moved == pytest.approx(sum(study.value("employee", "transfers", year) for year in study.plan.years))
