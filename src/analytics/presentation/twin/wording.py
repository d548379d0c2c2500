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
    "ages": Term("人口流量", "Ages"),
    "flow": Term("流量", "Flow"),
    "state": Term("人员", "State"),
    "meaning": Term("含义", "Meaning"),
    "factor": Term("与参数之比（年龄因素）", "factor on the parameter"),
    "share": Term("占年初（新增前）人数之比", "share of the heads"),
    "settled": Term(
        "本表由分性别、分年龄的人口模型测算，不随参数表重算；参数表中灰色的参数也只通过本表起作用，修改后请重新生成报告。",
        "Found by the model of people by sex and age; these numbers do not recompute. Grey parameters work through them "
        "alone: after changing one, make the report again.",
    ),
    "helper": Term("中间步骤", "Step"),
    "milestone": Term("仅填节点年份", "milestone years only"),
}


_STEPS: dict[str, Term] = {
    "deaths": Term("死亡", "deaths"),
    "retirements": Term("退休", "retirements"),
    "exits": Term("转出", "exits"),
    "interruptions": Term("中断", "interruptions"),
    "resumptions": Term("恢复缴费", "resumptions"),
    "leaving_school": Term("离校", "leaving school"),
    "migration": Term("净迁移", "net migration"),
    "ageing": Term("年满60岁", "reaching 60"),
    "back_payments": Term("补缴后领取", "back-payment"),
    "entrants": Term("年满16岁", "turning 16"),
    "adults": Term("基年16岁及以上人口", "adults of the base year"),
    "joinable": Term("可参加职工保险的未参保人员", "uncovered within reach of the employee scheme"),
    "enrollable": Term("可参加居民保险的未参保人员", "uncovered within reach of the resident scheme"),
    "transferable": Term("可转入职工保险的居民", "residents who may move"),
    "aged_65": Term("65—74岁", "aged 65–74"),
    "aged_75": Term("75岁及以上", "aged 75 and older"),
    "outside": Term("在校学生等", "outside"),
    "uncovered": Term("应参未参", "uncovered"),
    "resident": Term("居民缴费", "resident"),
    "enterprise": Term("企业缴费", "enterprise"),
    "flexible": Term("灵活就业缴费", "flexible"),
    "institution": Term("机关事业缴费", "institution"),
    "interrupted": Term("中断缴费", "interrupted"),
    "beneficiaries": Term("居民领取", "beneficiaries"),
    "retirees": Term("职工退休", "retirees"),
    "employee": Term("职工", "employee"),
    "before": Term("新增前", "before new enrollment"),
    "new": Term("新增", "new"),
    "own": Term("新增中居民转入", "new from the resident scheme"),
    "joined": Term("新增中未参保人员", "new from the uncovered"),
    "enrolled": Term("居民新增（本地）", "new residents, local"),
    "further": Term("为结构目标另转入", "further transfers"),
}
"""Steps of the calculation and the rows of the ages, word by word."""


def step(name: str, language: Language) -> str:
    """A step's name in ``language``: its words one after the other."""
    return ("·" if language == "zh" else " ").join(text(_STEPS[part], language) for part in name.split())


def word(key: str, language: Language) -> str:
    """A head or remark of the twin in ``language``."""
    return text(_WORDS[key], language)
