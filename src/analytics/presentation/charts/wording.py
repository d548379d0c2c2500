"""The words that only charts use: titles with gaps to fill, and names of lines and marks."""

from __future__ import annotations

from collections.abc import Mapping

from analytics.terms import CATEGORIES, INDICATORS, Language, Term, label, text

UNIT = Term("单位：{unit}", "Unit: {unit}")
PROJECTED = Term("阴影为预测期", "Shaded: projection")
HISTORY = Term("历史", "History")
TARGET = Term("目标", "Target")
WITH_RANGE = Term("{name}及区间", "{name} and range")
NOTHING = Term("没有可画的数据：{what}", "nothing to draw: {what}")
MIXED = Term("同一条线上同一年有多个数值：{what}", "several values for one year of one line: {what}")
SEVERAL_RESULTS = Term("一张图只能画一个结果的影响：\n{what}", "effects of several results in one chart:\n{what}")

NET_ENROLLMENT = Term("{scheme}：新增与净增（{scenario}）", "{scheme}: gross and net enrollment ({scenario})")
FUND_FLOW = Term("{scheme}：收入、支出与缺口（{scenario}）", "{scheme}: income, expenditure and gap ({scenario})")
AGAINST_TARGET = Term("{subject}：各路径与目标之差", "{subject}: paths against the target")
BRIDGE = Term("增量由哪些部分构成", "What the increment is made of")
STATES = Term("16岁及以上人口的参保状态（{scenario}）", "Insurance state of the population 16+ ({scenario})")
STATE_NAMES = {
    "enterprise": Term("企业职工缴费", "Enterprise staff"),
    "flexible": Term("灵活就业缴费", "Flexible workers"),
    "institution": Term("机关事业缴费", "Institutions"),
    "employee": Term("职工缴费人员", "Employee contributors"),
    "interrupted": Term("职工中断缴费", "Interrupted"),
    "retirees": INDICATORS["retirees"],
    "resident": Term("居民缴费阶段", "Residents paying"),
    "beneficiaries": Term("居民领取待遇", "Residents receiving"),
    "uncovered": INDICATORS["uncovered"],
    "outside": Term("在校学生等", "Students, others"),
}
A_YEAR = Term("每年 {step}\n个百分点", "{step} points\na year")
DIFFERENCE = Term("{subject}：{year}年与“{reference}”之差", '{subject}: difference from "{reference}" in {year}')
TORNADO = Term("{subject}：{year}年结果受各项输入的影响", "{subject} in {year}: effect of each input")
LOW_INPUT = Term("输入取低值", "Input at its low")
HIGH_INPUT = Term("输入取高值", "Input at its high")
NATION = Term("全国 {value}", "Nation {value}")
ERRORS = Term("各模型的回测误差（MASE）", "Backtest errors of the models (MASE)")
HORIZON = Term("预测期长（年）", "Years ahead")
NO_SKILL = Term("虚线：与朴素法相同", "Dashed: as good as naive")
FORECAST = Term("预测", "Forecast")
OUTCOME = Term("此后实际值", "Later actuals")
RANGE = Term("预测区间", "Forecast interval")


def subject(scheme: str, indicator: str, language: Language, category: str = "total") -> str:
    """Scheme, indicator and category as a title, e.g. ``失业保险：征缴收入``; no scheme for the whole population."""
    parts = [] if scheme == "all" else [label(scheme, language)]
    parts.append(label(indicator, language))
    if category != "total":
        parts.append(text(CATEGORIES[category], language))
    return ("：" if language == "zh" else ": ").join(parts)


def scenario_name(name: str, language: Language, labels: Mapping[str, str] | None = None) -> str:
    """The label a study gives a scenario, or the vocabulary's for the plan and trend paths."""
    return (labels or {}).get(name) or label(name, language)
