"""What several test files share: studies, opened once a plan and language, and a plan small enough to work by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import settings

from analytics.appraisal.study import Study
from analytics.inputs.assumptions import Assumption
from analytics.inputs.plan import Plan
from analytics.runs.open_study import open_study
from analytics.terms import Language

AS_OF = "2026-01-31"


@cache
def _opened(plan: str, language: Language = "zh") -> Study:
    return open_study(plan, as_of=AS_OF, language=language)


settings.register_profile("workbook", deadline=None)  # speed is measured by benchmarks, not by tests
settings.load_profile("workbook")


@pytest.fixture(scope="session", autouse=True)
def own_ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Reports made by tests are entered in a ledger of their own and see no earlier ones."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("WORKBOOK_LEDGER", str(tmp_path_factory.mktemp("ledger")))
        yield


@pytest.fixture(scope="session")
def as_of() -> str:
    """The day all studies of the tests are made on."""
    return AS_OF


@pytest.fixture(scope="session")
def study_of() -> Callable[..., Study]:
    """``study_of(plan, language="zh")`` with all scenarios; opened once, so do not change it."""
    return _opened


@pytest.fixture(scope="session")
def rongcheng(study_of: Callable[..., Study]) -> Study:
    """The study most tests look at."""
    return study_of("rongcheng")


@pytest.fixture(scope="session")
def toy_plan() -> Callable[..., Plan]:
    """A plan 2024–2026 of the two pension schemes without any number; keywords replace or add entries."""
    label = {"zh": "某县", "en": "A county"}
    entries: dict[str, Any] = {
        "name": "toy", "label": label, "about": label, "schemes": ["employee", "resident"],
        "region": {"id": "rongcheng", "label": label, "level": "county", "province": "shandong"},
        "horizon": {"base_year": 2023, "first_year": 2024, "last_year": 2026},
    }  # fmt: skip
    return lambda **changed: Plan.model_validate(entries | changed)


@pytest.fixture(scope="session")
def assumed() -> Callable[..., Assumption]:
    """``assumed(name, value, low, high, quality)``: one parameter; a plain number holds from the base year 2023 on."""

    def by_year(given: float | dict[int, float]) -> dict[int, float]:
        return given if isinstance(given, dict) else {2023: given}

    def make(
        name: str,
        value: float | dict[int, float],
        low: float | None = None,
        high: float | None = None,
        quality: str = "official",
    ) -> Assumption:
        sides = [by_year(value if side is None else side) for side in (low, high)]
        return Assumption(name, by_year(value), *sides, quality, "某文件", "2023")

    return make
