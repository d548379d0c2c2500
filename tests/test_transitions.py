"""Who went from which state to which: nobody is lost, ages sum to the transfers, and what is still within reach."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from analytics.appraisal.reform import AFFECTED
from analytics.appraisal.study import Study
from analytics.appraisal.transitions import GROUPS, heads_by_group, moved_by_age, reachable, transitions
from analytics.inputs.plan_file import plan_names
from analytics.presentation.document import Paragraph, Table
from analytics.presentation.sections.reform import reform
from analytics.presentation.sections.transitions import moves
from analytics.terms import LANGUAGES


@pytest.fixture(scope="module", params=plan_names())
def study(request: pytest.FixtureRequest, study_of: Callable[..., Study]) -> Study:
    return study_of(request.param)


def test_heads_at_the_end_are_those_at_the_start_plus_who_came_less_who_went(study: Study):
    years = list(study.plan.years)
    moved = transitions(study.people, years)
    start, end = (heads_by_group(study.people, year) for year in (years[0] - 1, years[-1]))
    came, went = (moved.sum(axis=axis)[list(GROUPS)] for axis in (0, 1))
    np.testing.assert_allclose(start + came - went, end, rtol=1e-9, atol=1e-6)
    assert (moved.to_numpy() >= 0).all() and not moved.loc["deaths"].any()


def test_the_matrix_holds_the_reported_flows(study: Study):
    years = list(study.plan.years)
    moved = transitions(study.people, years)
    reported = {
        name: sum(study.value("employee", name, year) for year in years) for name in ("transfers", "retirements")
    }
    assert moved.loc["resident", "contributors"] == pytest.approx(reported["transfers"])
    assert moved["retirees"].sum() == pytest.approx(reported["retirements"])
    ages = moved_by_age(study.people, years, (16, 25, 35, 40, 45))
    assert ages.to_numpy().sum() == pytest.approx(reported["transfers"])


def test_nobody_above_the_age_rule_moves_where_it_is_strict(study_of: Callable[..., Study]):
    # Shiyan sends men from 45 and women from 40 on to the resident scheme.
    plan = study_of("shiyan")
    ages = moved_by_age(plan.people, list(plan.plan.years), (16, 40, 45))
    assert ages.loc[45, "men"] == ages.loc[45, "women"] == ages.loc[40, "women"] == 0
    assert ages.loc[40, "men"] > 0


def test_the_share_could_at_most_be_what_all_within_reach_would_make_it(study: Study):
    last = study.plan.horizon.last_year
    row = reachable(study.people, [last]).loc[last]
    active, resident = (study.value(scheme, "active", last) for scheme in ("employee", "resident"))
    assert row["share"] == pytest.approx(study.value("all", "employee_share", last))
    assert 0 <= row["within"] <= resident
    assert row["most"] == pytest.approx((active + row["within"]) / (active + resident))


def test_the_reform_keeps_people_at_work_from_2025_on_and_changes_nothing_before(study: Study):
    found = study.reform
    before, after = ([year for year in study.plan.years if (year < 2025) == early] for early in (True, False))
    assert not found.loc[[(name, year) for name in AFFECTED for year in before], "effect"].any()
    assert (found.loc[[("retirees", year) for year in after], "effect"] < 0).all()
    reported = [study.value("employee", "retirees", year) for year in study.plan.years]
    assert found.loc["retirees", "reformed"].to_list() == pytest.approx(reported)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("plan", ["longling", "wendeng"])
def test_both_sections_answer_in_words_and_tables(plan: str, language: str, study_of: Callable[..., Study]):
    study = study_of(plan, language)
    blocks = [*moves(study), *reform(study)]
    said = " ".join(block.text for block in blocks if isinstance(block, Paragraph))
    assert "{" not in said and str(study.plan.horizon.last_year) in said
    assert len([block for block in blocks if isinstance(block, Table)]) == (4 if plan == "longling" else 3)
    if plan == "wendeng":  # it ends before 2025
        assert ("没有影响" if language == "zh" else "does not touch it") in said
