"""Words that only the Excel twin uses."""

from __future__ import annotations

from analytics.terms import Language, Term, text

_WORDS: dict[str, Term] = {
    "conclusions": Term("结论", "Conclusions"),
    "parameters": Term("参数", "Parameters"),
    "calculation": Term("计算", "Calculation"),
    "history": Term("历史数据", "History"),
    "findings": Term("审核意见", "Findings"),
    "sources": Term("数据来源", "Sources"),
    "parameter": Term("参数", "Parameter"),
    "unit": Term("单位", "Unit"),
    "name": Term("英文名", "Name"),
    "low": Term("低值", "Low"),
    "high": Term("高值", "High"),
    "quality": Term("质量", "Quality"),
    "source": Term("来源", "Source"),
    "date": Term("日期", "Date"),
    "note": Term("说明", "Note"),
    "scheme": Term("险种", "Scheme"),
    "indicator": Term("指标", "Indicator"),
    "category": Term("类别", "Category"),
    "year": Term("年份", "Year"),
    "value": Term("数值", "Value"),
    "target": Term("目标", "Target"),
    "projected": Term("预测", "Projected"),
    "difference": Term("差额", "Difference"),
    "met": Term("是否达到", "Met"),
    "yes": Term("达到", "met"),
    "no": Term("未达到", "not met"),
    "scenario": Term("路径", "Path"),
    "severity": Term("程度", "Severity"),
    "arithmetic": Term("算式", "Arithmetic"),
    "finding": Term("意见", "Finding"),
    "how": Term(
        "蓝色单元格为可修改的参数；修改后“计算”与“结论”自动重算。黑色为公式，请勿改动。",
        "Blue cells are parameters to change; calculation and conclusions then recompute. Black cells are formulas.",
    ),
    "plain": Term("金额单位为元，人数单位为人，比例为小数。", "Money in yuan, heads in persons, ratios as decimals."),
    "helper": Term("中间步骤", "Step"),
    "milestone": Term("仅填节点年份", "milestone years only"),
}


def word(key: str, language: Language) -> str:
    """A head or remark of the twin in ``language``."""
    return text(_WORDS[key], language)
