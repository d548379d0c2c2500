"""A made-up province for demonstrations, tests and benchmarks: counties with towns, ten years of history and a plan each.

Counties are drawn around the national figures of 2024 with the spreads in :data:`SPREADS`; their past follows the
national series.  Every county is drawn with a seed of its own, so that it is the same however many there are, and the
same seed gives the same bytes.  Nothing here is real, and everything says so: names, labels, sources, qualities.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from analytics.inputs.faults import Fault, raise_if
from analytics.inputs.history import HISTORY_COLUMNS, POPULATION_COLUMNS, REGIONS, load_history, series
from analytics.inputs.policy import POLICY, average_wage
from analytics.places import PARAMS
from analytics.runs.open_study import PEER_LEVELS
from analytics.runs.options import DONE, command
from analytics.terms import Term, text, unit_of

PROVINCE = "synthetic"
LIKE = "shandong"
"""Whose rates, base rules and wages the province is given."""
BASE_YEAR, FIRST_PAST, LAST_YEAR = 2024, 2015, 2027
COUNTIES = 2846
"""County-level divisions of China at the end of 2024 (统计年鉴); the mean county is the nation divided by it."""

_MARK = "模拟数据（synthetic），种子 {seed}，按全国2024年数随机生成，非真实数据"
_WORDS = {
    "province": Term("模拟省（模拟数据）", "Synthetic province"),
    "county": Term("模拟县{number:04}（模拟数据）", "Synthetic county {number:04}"),
    "town": Term("模拟县{number:04}模拟镇{town:02}", "Synthetic county {number:04} town {town:02}"),
    "plan": Term("模拟县{number:04}社会保险三年规划（模拟数据）", "Synthetic county {number:04}: three-year plan (synthetic data)"),
    "about": Term("模拟数据：三年扩面、征缴目标能否实现", "Synthetic data: can three years of enrollment and income targets be met"),
    "made": Term("已生成模拟省：{counties} 个县，在 {out}。全部为模拟数据",
                 "made a synthetic province of {counties} counties in {out}; all of it is synthetic data"),
}  # fmt: skip


@dataclass(frozen=True)
class Spread:
    """How counties differ in something: a Beta distribution on [``low``, ``high``] with this mean and deviation."""

    words: Term
    mean: float
    deviation: float
    low: float
    high: float

    def draw(self, random: np.random.Generator) -> float:
        """One county's value.  Beta(mκ, (1−m)κ) with m the mean on the unit interval and κ = m(1−m)/s² − 1."""
        width = self.high - self.low
        mean, deviation = (self.mean - self.low) / width, self.deviation / width
        size = mean * (1 - mean) / deviation**2 - 1
        return self.low + width * float(random.beta(mean * size, (1 - mean) * size))


SPREADS: dict[str, Spread] = {
    "adults": Spread(Term("16岁及以上人口与全国县均之比", "population 16+ to the mean county"), 1.0, 0.55, 0.12, 4.5),
    "coverage": Spread(Term("参保率", "coverage rate"), 0.94, 0.025, 0.84, 0.99),
    "pension_stage": Spread(Term("参保人员中领取待遇者占比", "share of the insured who draw a pension"), 0.305, 0.03, 0.2, 0.42),
    "employee_share": Spread(Term("缴费阶段职工占比（县低于全国）", "employee share, below the nation's"), 0.42, 0.13, 0.12, 0.85),
    "retiree_ratio": Spread(Term("离退休与参保职工之比，相对全国", "retirees to active employees, to the nation's"), 0.95, 0.15, 0.5, 1.5),
    "flexible": Spread(Term("缴费人员中灵活就业占比", "flexible workers among contributors"), 0.24, 0.07, 0.08, 0.5),
    "interrupted": Spread(Term("参保职工中中断缴费占比", "interrupted among active employees"), 0.16, 0.03, 0.06, 0.28),
    "base": Spread(Term("企业缴费基数与平均工资之比", "enterprise base to average wage"), 0.75, 0.05, 0.6, 0.95),
    "pension": Spread(Term("人均养老金，相对全国", "average pension to the nation's"), 0.92, 0.07, 0.7, 1.2),
    "benefit": Spread(Term("居民人均待遇，相对全国", "average resident benefit to the nation's"), 0.95, 0.1, 0.6, 1.5),
    "growth": Spread(Term("十年间参保增速，相对全国", "past growth of heads to the nation's"), 0.9, 0.25, 0.2, 1.7),
    "gross_new": Spread(Term("新增参保占参保职工比例", "gross new enrollment to active employees"), 0.062, 0.012, 0.035, 0.1),
    "ambition": Spread(Term("新增参保目标与趋势之比", "target of new enrollment to the trend"), 1.2, 0.15, 0.9, 1.7),
    "income_growth": Spread(Term("征缴收入目标年增幅", "yearly growth of the income target"), 0.07, 0.02, 0.02, 0.12),
    "unemployment": Spread(Term("失业保险参保与企业缴费人员之比", "unemployment insured to enterprise contributors"), 1.0, 0.08, 0.75, 1.25),
    "work_injury": Spread(Term("工伤保险参保与企业缴费人员之比", "work-injury insured to enterprise contributors"), 1.1, 0.1, 0.8, 1.4),
    "towns": Spread(Term("乡镇数", "number of towns"), 10, 3.5, 3, 24),
}  # fmt: skip
_ODDS = {"small_funds": 0.7, "trend_model": 0.35, "share_target": 0.3, "coverage_target": 0.3, "gap_target": 0.5}
"""How often a county has both small funds, a path read off its history, and each kind of further target."""
_NOISE = 0.004
"""Standard deviation of a past year's figure around the smooth path."""
_SCHOOL, _ADULT = 0.05, 0.82
"""Students among 16+, and 16+ among all ages, of the nation."""
