"""The vocabulary: the only place where labels, units, number formats and colours live.

Everything the workbook prints about a quantity is looked up here by its English key, in Chinese (``zh``) or
English (``en``).  Values are kept in plain units everywhere else (persons, yuan, ratios); a table or an axis asks
:func:`display_scale` for the unit a reader expects (万人, 亿元, %).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True)
class Term:
    """A quantity or name with its two labels, and the unit it is kept in ("" for a name)."""

    zh: str
    en: str
    unit: str = ""


@dataclass(frozen=True)
class Scale:
    """How a value is shown: divided by ``factor``, ``decimals`` places, followed by the unit's label."""

    factor: float
    zh: str
    en: str
    decimals: int


SCHEMES: dict[str, Term] = {
    "all": Term("全部人口", "Whole population"),
    "employee": Term("城镇职工基本养老保险", "Employee pension scheme"),
    "resident": Term("城乡居民基本养老保险", "Resident pension scheme"),
    "unemployment": Term("失业保险", "Unemployment insurance"),
    "work_injury": Term("工伤保险", "Work-injury insurance"),
}

SHORT_SCHEMES: dict[str, Term] = {
    "all": Term("", ""),
    "employee": Term("职工养老", "Employee"),
    "resident": Term("居民养老", "Resident"),
    "unemployment": Term("失业保险", "Unemployment"),
    "work_injury": Term("工伤保险", "Work injury"),
}
"""Scheme names where a column is narrow; the full name stands in headings and sentences."""

CATEGORIES: dict[str, Term] = {
    "total": Term("合计", "Total"),
    "enterprise": Term("企业职工", "Enterprise staff"),
    "flexible": Term("灵活就业人员", "Flexible workers"),
    "institution": Term("机关事业单位", "Institutions"),
}

INDICATORS: dict[str, Term] = {
    # people: stocks
    "population": Term("16岁及以上人口", "Population 16+", "person"),
    "outside": Term("在校学生等暂不参保人员", "Students and others outside", "person"),
    "uncovered": Term("应参未参人员", "Uncovered persons", "person"),
    "participants": Term("参保人数", "Participants", "person"),
    "active": Term("缴费阶段参保人数", "Contribution-stage participants", "person"),
    "contributors": Term("缴费人员", "Contributors", "person"),
    "interrupted": Term("中断缴费人员", "Interrupted", "person"),
    "retirees": Term("离退休人员", "Retirees", "person"),
    "beneficiaries": Term("领取待遇人员", "Beneficiaries", "person"),
    # people: yearly flows
    "gross_new": Term("新增参保", "Gross new enrollment", "person"),
    "transfers": Term("居民保险转入职工保险", "Transfers from the resident scheme", "person"),
    "interruptions": Term("新中断缴费", "Interruptions", "person"),
    "resumptions": Term("恢复缴费", "Resumptions", "person"),
    "retirements": Term("新增退休（待遇）", "New retirements", "person"),
    "deaths": Term("死亡", "Deaths", "person"),
    "pensioner_deaths": Term("领取待遇人员死亡", "Deaths of pensioners", "person"),
    "back_payments": Term("补缴后领取", "Benefits after back-payment", "person"),
    "migration": Term("净迁移", "Net migration", "person"),
    "entrants": Term("年满16岁人口", "Persons turning 16", "person"),
    "arrivals": Term("外地转入", "Newcomers from elsewhere", "person"),
    "pool_left": Term("本地尚可扩面人数", "Persons still within reach", "person"),
    "exits": Term("退出", "Exits", "person"),
    "net_new": Term("净增参保", "Net growth", "person"),
    # people: ratios
    "coverage_rate": Term("参保率", "Coverage rate", "ratio"),
    "employee_share": Term("缴费阶段职工占比", "Employee share", "ratio"),
    "support_ratio": Term("抚养比", "Support ratio", "times"),
    "compliance": Term("遵缴率", "Compliance", "ratio"),
    # money
    "average_wage": Term("全口径平均工资", "Average wage", "yuan/month"),
    "base_floor": Term("缴费基数下限", "Base floor", "yuan/month"),
    "base_cap": Term("缴费基数上限", "Base cap", "yuan/month"),
    "contribution_base": Term("平均缴费基数", "Average contribution base", "yuan/month"),
    "base_level": Term("缴费基数水平系数", "Level of declared bases", "times"),
    "contribution_rate": Term("缴费比例", "Contribution rate", "ratio"),
    "collection_rate": Term("征缴率", "Collection rate", "ratio"),
    "collection_income": Term("征缴收入", "Collection income", "yuan"),
    "fiscal_subsidy": Term("财政补贴", "Fiscal subsidy", "yuan"),
    "interest": Term("利息收入", "Interest", "yuan"),
    "income": Term("基金总收入", "Fund income", "yuan"),
    "average_pension": Term("人均待遇水平", "Average pension", "yuan/month"),
    "age_supplement": Term("其中高龄加发", "Of this, supplement for age", "yuan/month"),
    "expenditure": Term("基金支出", "Fund expenditure", "yuan"),
    "gap": Term("当期基金缺口", "Current-period gap", "yuan"),
    "current_balance": Term("当期结余", "Current-period balance", "yuan"),
    "balance": Term("累计结余", "Accumulated balance", "yuan"),
    "months_payable": Term("可支付月数", "Months payable", "month"),
    # money recorded in members' names
    "account_credits": Term("账户当年记入", "Credited to individual accounts", "yuan"),
    "account_interest": Term("账户记账利息", "Interest credited to accounts", "yuan"),
    "account_carried": Term("账户净转入", "Accounts carried in, net", "yuan"),
    "account_payments": Term("账户支付待遇", "Paid out of accounts", "yuan"),
    "account_inheritance": Term("账户继承", "Accounts left to heirs", "yuan"),
    "accounts": Term("个人账户累计记账额", "Individual accounts", "yuan"),
    "account_cover": Term("结余与账户之比", "Balance to individual accounts", "ratio"),
}


@dataclass(frozen=True)
class Parameter(Term):
    """A model parameter: labels, unit, and the range outside which a value is a typing error, not an opinion."""

    low: float = 0.0
    high: float = float("inf")


def _share(zh: str, en: str, high: float = 1.0, low: float = 0.0) -> Parameter:
    return Parameter(zh, en, "ratio", low, high)


def _persons(zh: str, en: str) -> Parameter:
    return Parameter(zh, en, "person", 0.0, 2e9)


def _yuan(zh: str, en: str) -> Parameter:
    return Parameter(zh, en, "yuan", 0.0, 1e14)


def _wage(zh: str, en: str) -> Parameter:
    return Parameter(zh, en, "yuan/month", 100.0, 100_000.0)


def _small_fund(name: str, zh: str, en: str) -> dict[str, Parameter]:
    """Unemployment and work-injury insurance have the same few parameters."""
    return {
        f"{name}.participants": _persons(f"{zh}参保人数", f"{en}: participants"),
        f"{name}.gross_new": _persons(f"{zh}年新增参保", f"{en}: gross new enrollment a year"),
        f"{name}.exit": _share(f"{zh}年退出率", f"{en}: exit rate"),
        f"{name}.collection_income": _yuan(f"{zh}基年征缴收入", f"{en}: base-year collection income"),
        f"{name}.base": _share(f"{zh}缴费基数与平均工资之比", f"{en}: base to average wage", 3.0),
        f"{name}.rate": _share(f"{zh}费率", f"{en}: contribution rate", 0.1),
        f"{name}.collection": _share(f"{zh}征缴率", f"{en}: collection rate"),
        f"{name}.cost": Parameter(f"{zh}参保人均支出", f"{en}: cost per participant", "yuan/year", 1.0, 20_000.0),
        f"{name}.balance": _yuan(f"{zh}基年累计结余", f"{en}: base-year balance"),
        f"{name}.interest": _share(f"{zh}结余收益率", f"{en}: interest rate", 0.2),
    }


def _accounts(name: str, zh: str, en: str) -> dict[str, Parameter]:
    """Both pension schemes open and credit their members' accounts in the same way."""
    return {
        f"{name}.accounts": Parameter(
            f"{zh}基年个人账户累计记账额", f"{en} accounts in the base year", "yuan", 1.0, 1e14
        ),
        f"{name}.account_years": Parameter(
            f"{zh}个人账户累计记账额相当于当年记入的年数",
            f"{en} accounts in years of what is credited",
            "year",
            1.0,
            40.0,
        ),
        f"{name}.crediting": _share(f"{zh}个人账户记账利率", f"{en} accounts: crediting rate", 0.2),
    }


PARAMETERS: dict[str, Parameter] = {
    "population.adults": _persons("16岁及以上人口", "Population 16+"),
    "population.outside": _share("其中在校学生等占比", "Share of students and others outside", 0.5),
    "population.school_leaving": _share("离校比例", "Share leaving school a year"),
    "population.migration": _share("净迁移率", "Net migration rate", 0.1, -0.1),
    "population.mortality": Parameter("死亡水平（与全国之比）", "Mortality against the nation's", "times", 0.3, 2.0),
    "population.insured_mortality": Parameter(
        "职工保险参保人员死亡水平（与经验生命表之比）",
        "Employees' mortality against the insurers' table",
        "times",
        0.3,
        3.0,
    ),
    "population.women_at_50": _share(
        "女职工中原50岁退休的比例", "Share of women employees who retired at 50 before 2025"
    ),
    "population.coverage_path": _share("参保率路径", "Coverage path"),
    "wage.before_last": _wage("基年前两年平均工资", "Average wage two years before the base year"),
    "wage.last": _wage("基年前一年平均工资", "Average wage in the year before the base year"),
    "wage.growth": _share("平均工资增长率", "Growth of the average wage", 0.5, -0.3),
    "wage.switch_month": Parameter("新缴费基数启用月份", "Month from which the new base applies", "month", 1, 12),
    "wage.floor": _share("缴费基数下限比例", "Base floor to average wage", 1.0),
    "wage.cap": Parameter("缴费基数上限倍数", "Base cap to average wage", "times", 1.0, 5.0),
    "employee.enterprise": _persons("企业职工缴费人数", "Enterprise contributors"),
    "employee.flexible": _persons("灵活就业缴费人数", "Flexible contributors"),
    "employee.institution": _persons("机关事业缴费人数", "Institution contributors"),
    "employee.interrupted": _persons("中断缴费人数", "Interrupted"),
    "employee.retirees": _persons("离退休人数", "Retirees"),
    "employee.gross_new": _persons("职工保险年新增参保", "Employee scheme: gross new enrollment a year"),
    "employee.active_path": _persons("职工保险缴费阶段人数路径", "Employee scheme: path of active participants"),
    "employee.share_path": _share("缴费阶段职工占比路径", "Path of the employee share"),
    "employee.new_from_resident": _share(
        "新增中由居民保险转入的比例", "Share of new enrollment from the resident scheme"
    ),
    "employee.new_from_elsewhere": _share("新增中外地转入的比例", "Share of new enrollment from other regions"),
    "employee.new_flexible": _share("新增中灵活就业的比例", "Share of flexible workers in new enrollment"),
    "employee.new_institution": _share("新增中机关事业的比例", "Share of institutions in new enrollment"),
    "employee.interruption": _share("年中断率", "Interruption rate", 0.5),
    "employee.resumption": _share("年恢复缴费率", "Resumption rate"),
    "employee.early_retirement": _share("弹性提前退休比例", "Share choosing to retire early", 0.5),
    "employee.late_retirement": _share("弹性延迟退休比例", "Share choosing to retire late", 0.5),
    "employee.short_of_years": _share("到龄时缴费不足15年的比例", "Share short of fifteen years when due", 0.5),
    "employee.exit": _share("年转出率", "Exit rate", 0.3),
    "employee.collection_income": _yuan("职工保险基年征缴收入", "Employee scheme: base-year collection income"),
    "employee.enterprise_base": _share("企业职工缴费基数与平均工资之比", "Enterprise base to average wage", 3.0),
    "employee.flexible_base": _share("灵活就业缴费基数与平均工资之比", "Flexible base to average wage", 3.0),
    "employee.institution_base": _share("机关事业缴费基数与平均工资之比", "Institution base to average wage", 3.0),
    "employee.base_quality": _share("缴费基数夯实（年）", "Yearly improvement of the declared base", 0.2, -0.2),
    "employee.collection": _share("职工保险征缴率", "Employee scheme: collection rate"),
    "employee.enterprise_rate": _share("企业缴费比例（单位+个人）", "Enterprise rate, employer and employee", 0.4),
    "employee.flexible_rate": _share("灵活就业缴费比例", "Flexible rate", 0.4),
    "employee.institution_rate": _share("机关事业缴费比例", "Institution rate", 0.4),
    "employee.pension": _wage("基年人均养老金", "Base-year average pension"),
    "employee.pension_adjustment": _share("养老金调整幅度", "Pension adjustment", 0.3, -0.1),
    "employee.new_pension": _share("新退休人员待遇与平均工资之比", "New pension to average wage", 2.0),
    "employee.funeral": Parameter("一次性丧葬抚恤", "One-off payment at death", "yuan/year", 0.0, 500_000.0),
    "employee.subsidy": _share("财政补贴占支出比例", "Fiscal subsidy to expenditure"),
    "employee.interest": _share("职工保险结余收益率", "Employee scheme: interest rate", 0.2),
    "employee.balance": _yuan("职工保险基年累计结余", "Employee scheme: base-year balance"),
    **_accounts("employee", "职工", "Employee"),
    "employee.account_share": _share("支出中由个人账户支付的比例", "Share of expenditure paid out of accounts"),
    **_accounts("resident", "居民", "Resident"),
    "resident.account_in_balance": _share("居民保险结余中个人账户占比", "Share of individual accounts in the balance"),
    "resident.active": _persons("居民保险缴费阶段人数", "Resident scheme: contribution-stage participants"),
    "resident.beneficiaries": _persons("居民保险领取待遇人数", "Resident scheme: beneficiaries"),
    "resident.gross_new": _persons("居民保险年新增参保", "Resident scheme: gross new enrollment a year"),
    "resident.active_path": _persons("居民保险缴费阶段人数路径", "Resident scheme: path of active participants"),
    "resident.back_payment": _share(
        "60岁以上未参保人员年补缴比例", "Share of the uncovered 60+ who pay back in a year"
    ),
    "resident.supplement_65": Parameter("65—74岁基础养老金加发", "Supplement at 65–74", "yuan/month", 0.0, 500.0),
    "resident.supplement_75": Parameter(
        "75岁及以上基础养老金加发", "Supplement at 75 and older", "yuan/month", 0.0, 500.0
    ),
    "resident.paying": _share("居民保险当年缴费比例", "Share paying in the year"),
    "resident.fee": Parameter("居民人均年缴费", "Average yearly fee", "yuan/year", 0.0, 20_000.0),
    "resident.fee_subsidy": Parameter("人均缴费补贴", "Subsidy per paying person", "yuan/year", 0.0, 5_000.0),
    "resident.benefit": Parameter("基年居民月人均待遇", "Base-year average benefit", "yuan/month", 10.0, 10_000.0),
    "resident.benefit_growth": _share("居民待遇增长率", "Growth of the benefit", 0.5, -0.1),
    "resident.fiscal": _share("待遇中财政负担比例", "Share of benefits paid by the budget"),
    "resident.interest": _share("居民保险结余收益率", "Resident scheme: interest rate", 0.2),
    "resident.balance": _yuan("居民保险基年累计结余", "Resident scheme: base-year balance"),
    "employee.men_limit": Parameter(
        "男性引导参加职工保险的年龄上限", "Age below which men join the employee scheme", "year", 30, 60
    ),
    "employee.women_limit": Parameter(
        "女性引导参加职工保险的年龄上限", "Age below which women join the employee scheme", "year", 30, 60
    ),
    "employee.over_age": _share(
        "超过年龄上限仍可转入职工保险的比例", "Share of those above the limit who may still move"
    ),
    **_small_fund("unemployment", "失业保险", "Unemployment"),
    **_small_fund("work_injury", "工伤保险", "Work injury"),
}

UNIT_FACTORS: dict[str, tuple[str, float]] = {
    "person": ("person", 1.0),
    "人": ("person", 1.0),
    "万人": ("person", 1e4),
    "yuan": ("yuan", 1.0),
    "元": ("yuan", 1.0),
    "万元": ("yuan", 1e4),
    "亿元": ("yuan", 1e8),
    "yuan/month": ("yuan/month", 1.0),
    "元/月": ("yuan/month", 1.0),
    "yuan/year": ("yuan/year", 1.0),
    "元/年": ("yuan/year", 1.0),
    "ratio": ("ratio", 1.0),
    "%": ("ratio", 0.01),
    "‰": ("ratio", 0.001),
    "times": ("times", 1.0),
    "倍": ("times", 1.0),
    "month": ("month", 1.0),
    "月": ("month", 1.0),
    "个月": ("month", 1.0),
    "year": ("year", 1.0),
    "年": ("year", 1.0),
    "岁": ("year", 1.0),
}
"""Units a plan or a table may be written in: the plain unit and the factor into it."""

LIMITS: dict[str, tuple[float, float]] = {
    "coverage_rate": (0.0, 1.0),
    "employee_share": (0.0, 1.0),
    "compliance": (0.0, 1.0),
    "uncovered": (0.0, float("inf")),
}
"""What an indicator cannot pass whatever its inputs: ranges are cut there."""

QUALITIES: dict[str, Term] = {
    "official": Term("官方", "official"),
    "derived": Term("推算", "derived"),
    "assumed": Term("假定", "assumed"),
}
"""From best to worst: a result is as good as the worst input that moves it."""

GRADES: dict[str, Term] = {
    "met": Term("可达到", "met"),
    "likely": Term("基本可达到", "likely"),
    "at_risk": Term("有差距", "at risk"),
    "missed": Term("难以达到", "missed"),
}
"""How a target stands: beyond doubt within the stated ranges, or not."""

SEVERITIES: dict[str, Term] = {
    "error": Term("矛盾", "contradiction"),
    "warning": Term("需关注", "attention"),
    "info": Term("说明", "note"),
}

SCENARIOS: dict[str, Term] = {
    "plan": Term("规划路径", "Plan path"),
    "trend": Term("趋势路径", "Trend path"),
}

NOT_GIVEN = Term("文件未给出", "not given in the document")
ASSUMED_MARK = Term("（假定）", " (assumed)")

SOURCE_MARKS: dict[str, Term] = {
    "second-hand: ": Term("转引：", "second-hand: "),
    "derived: ": Term("推算：", "derived: "),
    "unverified: ": Term("未核实：", "unverified: "),
    "(unverified: recalled figure)": Term("（未核实的记忆数）", "(unverified: recalled figure)"),
}
"""How data files mark the standing of a source, and how a report says it."""

_SCALES: dict[str, tuple[Scale, ...]] = {
    # the first scale whose factor the largest value reaches; the last one otherwise
    "person": (Scale(1e4, "万人", "ten thousand persons", 2), Scale(1, "人", "persons", 0)),
    "yuan": (
        Scale(1e8, "亿元", "hundred million yuan", 2),
        Scale(1e4, "万元", "ten thousand yuan", 2),
        Scale(1, "元", "yuan", 0),
    ),
    "yuan/month": (Scale(1, "元/月", "yuan a month", 0),),
    "yuan/year": (Scale(1, "元/年", "yuan a year", 0),),
    "ratio": (Scale(0.01, "%", "%", 1),),
    "times": (Scale(1, "倍", "times", 2),),
    "month": (Scale(1, "个月", "months", 1),),
    "year": (Scale(1, "年", "years", 1),),
    "": (Scale(1, "", "", 2),),
}
_REACH = {"person": 10.0, "yuan": 0.1}  # 万人 from 10 万人 on, 亿元 from 0.1 亿元 on

UNITS = tuple(unit for unit in _SCALES if unit)

COLOURS: dict[str, str] = {
    "plan": "#1f4e79",
    "trend": "#c55a11",
    "history": "#595959",
    "target": "#c00000",
    "range": "#9dc3e6",
    "employee": "#1f4e79",
    "resident": "#70ad47",
    "unemployment": "#7030a0",
    "work_injury": "#bf9000",
    "enterprise": "#1f4e79",
    "flexible": "#5b9bd5",
    "institution": "#7f7f7f",
    "interrupted": "#f4b183",
    "retirees": "#843c0c",
    "beneficiaries": "#548235",
    "uncovered": "#d9d9d9",
    "outside": "#bfbfbf",
    "official": "#548235",
    "derived": "#bf9000",
    "assumed": "#c00000",
    "error": "#c00000",
    "warning": "#bf9000",
    "info": "#1f4e79",
    "grid": "#e7e6e6",
}
SCENARIO_COLOURS = ("#1f4e79", "#c55a11", "#548235", "#7030a0", "#bf9000", "#0070c0", "#7f7f7f")


def text(term: Term, language: Language, **gaps: object) -> str:
    """The term's label in ``language``, its ``{gaps}`` filled."""
    words = term.zh if language == "zh" else term.en
    return words.format(**gaps) if gaps else words


def label(key: str, language: Language = "zh") -> str:
    """Label of an indicator, parameter, scheme, category, quality, severity or built-in scenario.

    Raises
    ------
    KeyError
        When ``key`` is not in the vocabulary: nothing may be printed under a name nobody defined.
    """
    for table in (INDICATORS, PARAMETERS, SCHEMES, CATEGORIES, QUALITIES, SEVERITIES, SCENARIOS):
        if key in table:
            return text(table[key], language)
    raise KeyError(f"no term for {key!r} in terms.py")


def unit_of(indicator: str) -> str:
    """The plain unit an indicator is kept in, e.g. ``person`` or ``yuan``."""
    return INDICATORS[indicator].unit


def display_scale(unit: str, largest: float) -> Scale:
    """The scale a reader expects for values up to ``largest`` (in plain units).

    Persons are shown in 万人 from 100,000 on and yuan in 亿元 from 10 million on; below that in 人 and 万元.
    """
    scales = _SCALES[unit]
    reach = _REACH.get(unit, 1.0)
    return next((scale for scale in scales if abs(largest) >= reach * scale.factor), scales[-1])


def show(value: float, unit: str, language: Language = "zh", scale: Scale | None = None) -> str:
    """``value`` with its unit as a reader expects it, e.g. ``18.24 亿元``; ``—`` for a missing value."""
    if value != value:
        return "—"
    scale = scale or display_scale(unit, value)
    gap = "" if unit == "ratio" else " "
    return f"{number(value, scale)}{gap}{text(Term(scale.zh, scale.en), language)}".strip()


def show_difference(value: float, unit: str, language: Language = "zh") -> str:
    """A difference with its unit; between two ratios it is in percentage points."""
    if unit != "ratio":
        return show(value, unit, language)
    return f"{100 * value:.1f}{text(Term('个百分点', ' percentage points'), language)}"


def number(value: float, scale: Scale) -> str:
    """``value`` on ``scale`` without its unit, thousands separated; ``—`` for a missing value."""
    return "—" if value != value else f"{value / scale.factor:,.{scale.decimals}f}"


def scale_label(scale: Scale, language: Language = "zh") -> str:
    """The scale's unit label, e.g. ``万人``."""
    return text(Term(scale.zh, scale.en), language)


def worst(qualities: list[str]) -> str:
    """The worst of several qualities; ``official`` for none."""
    order = list(QUALITIES)
    return max(qualities, key=order.index, default="official")


def source_words(source: str, language: Language) -> str:
    """A source as a report prints it: its standing said in the report's language."""
    for mark, term in SOURCE_MARKS.items():
        source = source.replace(mark, text(term, language))
    return source
