"""Population charts draw the numbers they are given, in both languages, and the section says what it rests on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Polygon

import analytics
from analytics.presentation.charts.population import old_share, pyramid, wave
from analytics.presentation.document import Listing, Paragraph, Table
from analytics.presentation.pictures import Chart, drawn
from analytics.presentation.sections.population import outlook, population
from analytics.presentation.style import new_axes, png_bytes
from analytics.terms import LANGUAGES

pytestmark = pytest.mark.filterwarnings("error")

NOW = np.stack([np.linspace(900, 0, 101), np.linspace(800, 0, 101)])
WAVE = pd.DataFrame({"M60": [500.0, 520.0], "F55": [300.0, 310.0], "F50": [200.0, 190.0]}, index=[2024, 2025])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pyramid_is_four_polygons_as_wide_as_the_largest_cohort(language):
    ax = pyramid(new_axes(), {2023: NOW, 2038: 0.5 * NOW}, language)
    polygons = [patch for patch in ax.patches if isinstance(patch, Polygon)]
    widths = [np.abs(polygon.get_xy()[:, 0]).max() for polygon in polygons]
    assert widths == pytest.approx([900, 800, 450, 400])
    assert polygons[0].get_xy()[:, 0].min() == pytest.approx(-900)  # men to the left
    assert [tick.get_text() for tick in ax.get_legend().get_texts()][2].find("2038") >= 0
    png_bytes(ax.figure)


def test_a_pyramid_of_one_year_is_refused():
    with pytest.raises(ValueError, match="two years, not 1"):
        pyramid(new_axes(), {2023: NOW})


@pytest.mark.parametrize("language", LANGUAGES)
def test_shares_are_drawn_in_percent_with_their_last_value(language):
    shares = pd.DataFrame({"A": [0.2, 0.3], "B": [0.18, 0.25]}, index=[2023, 2038])
    ax = old_share(new_axes(), shares, language)
    assert list(ax.lines[0].get_ydata()) == pytest.approx([20, 30])
    assert "B 25.0%" in [words.get_text() for words in ax.texts]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_wave_stacks_its_categories_below_the_line_without_the_reform(language):
    ax = wave(new_axes(), WAVE, pd.Series([1000.0, 1300.0], index=[2024, 2025]), language)
    tops = [bar.get_y() + bar.get_height() for bar in ax.containers[2]]
    assert tops == pytest.approx([1000, 1020])
    assert list(ax.lines[0].get_ydata()) == pytest.approx([1000, 1300])


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="no shares"):
        old_share(new_axes(), pd.DataFrame())
    with pytest.raises(ValueError, match="no years"):
        wave(new_axes(), WAVE.iloc[:0], pd.Series(dtype=float))


@pytest.fixture(scope="module", params=["rongcheng", "wendeng", "national"])
def study(request):
    return analytics.open_study(request.param, "", "2026-11-22", "zh" if request.param != "national" else "en")


def test_the_section_holds_charts_table_and_what_is_assumed(study):
    blocks = population(study)
    assert [block.name for block in blocks if isinstance(block, Chart)] == ["pyramid", "share60", "retirement_wave"]
    assert [len(block.rows) for block in blocks if isinstance(block, Table)] == [10]
    assumed = next(block for block in blocks if isinstance(block, Listing)).items
    assert len(assumed) == 4 and all(item.startswith(("假定", "Assumed")) for item in assumed)
    assert "{" not in " ".join(block.text for block in blocks if isinstance(block, Paragraph))
    for block in blocks:
        if isinstance(block, Chart):
            png_bytes(drawn(block))


def test_a_county_takes_the_share_of_the_old_from_its_province_and_its_own_adults():
    study = analytics.open_study("rongcheng", "", "2026-11-22", "zh")
    known = study.plan.people.known_share
    assert (known.year, known.share) == (2023, 0.2362)  # Shandong's bulletin of 2023
    start = outlook(study).region.at_end(2023)
    assert start[:, 16:].sum() == pytest.approx(652_000 * (1 - 0.1852))
