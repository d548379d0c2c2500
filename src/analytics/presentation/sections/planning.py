"""Contribution planning for typical persons: why join, why the employee scheme, why a higher base, why long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from analytics.appraisal.planning import Person, by_base, by_break, compare, outlook
from analytics.appraisal.study import Study
from analytics.inputs.assumptions import at
from analytics.inputs.pension_rules import has_benefit_base, pension_rules
from analytics.presentation.charts.planning import pension_by_base
from analytics.presentation.document import Heading, Paragraph, Table
from analytics.presentation.pictures import Chart, Content
from analytics.terms import Term, show, text

_WORDS = {
    "heading": Term("个人参保缴费规划", "Contribution planning for a person"),
    "answer": Term(
        "以{birth}年出生、从现在起按{index:.0%}档缴费的灵活就业人员为例：{age}退休，缴费{years:.1f}年，月养老金约{pension}；"
        "同期参加居民保险（每年{fee}）约{resident}。",
        "A flexible worker born in {birth} who pays on {index:.0%} of the average wage from now on retires at {age} after "
        "{years:.1f} years with about {pension} a month; the resident scheme (fee {fee} a year) gives about {resident}.",
    ),
    "rules": Term(
        "测算口径：计发基数{base}（{source}）；灵活就业缴费比例{rate:.0%}，其中8%计入个人账户；均按现行工资水平折算，"
        "个人账户收益率{crediting:.1%}、工资增长率{growth:.1%}为假定；中断后不能补缴；未计过渡性养老金。",
        "Rules: benefit base {base} ({source}); flexible workers pay {rate:.0%}, of which 8 % goes into the account; all in "
        "today's wages; crediting rate {crediting:.1%} and wage growth {growth:.1%} are assumed; breaks cannot be paid back; "
        "transitional pension not included.",
    ),
    "join": Term("为什么要参保、为什么选择职工养老保险", "Why join, and why the employee scheme"),
    "higher": Term("为什么选择高档次缴费", "Why a higher base"),
    "longer": Term("为什么要长期缴费", "Why pay for long"),
    "chart": Term("不同缴费档次的月养老金", "Monthly pension by contribution base"),
    "person": Term("{sex}，{birth}年生", "{sex}, born {birth}"),
    "man": Term("男", "man"),
    "woman": Term("女", "woman"),
    "who": Term("人员", "Person"),
    "retires": Term("退休时间", "Retires"),
    "years": Term("缴费年限", "Years paid"),
    "needed": Term("最低年限", "Years needed"),
    "pension": Term("职工月养老金", "Employee pension"),
    "resident": Term("居民月养老金", "Resident pension"),
    "paid": Term("累计缴费", "Paid in all"),
    "back": Term("回本年龄", "Break-even age"),
    "extra": Term("多缴部分回本年龄", "Extra pays back at"),
    "base": Term("缴费档次", "Base"),
    "basic": Term("其中：基础养老金", "Basic"),
    "account": Term("个人账户养老金", "Account"),
    "gap": Term("中断年数", "Years left out"),
    "short": Term("年限不足", "too few years"),
    "age": Term("{years}岁{months}个月", "{years} years {months} months"),
    "whole_age": Term("{years}岁", "{years}"),
    "no_base": Term(
        "{place}没有公布的养老金计发基数，不作个人测算。",
        "No benefit base is published for {place}: no personal planning.",
    ),
    "old": Term("{age:.1f}岁", "{age:.1f}"),
}
_INDICES = (0.6, 0.8, 1.0, 1.5, 2.0, 3.0)
_BREAKS = (0.0, 1.0, 3.0, 5.0)


def typical_persons(study: Study) -> list[Person]:
    """Men of 30, 40 and 45 and women of 30 and 40 on the lowest base."""
    year, month = study.as_of.year, study.as_of.month
    men = [Person("M60", (year - age, month)) for age in (30, 40, 45)]
    return [*men, *(Person("F55", (year - age, month)) for age in (30, 40))]


def planning(study: Study, person: Person | None = None) -> list[Content]:
    """Answer, rules and the four questions for one person (a man of 40 by default) beside typical ones."""
    if not has_benefit_base(study.plan.region.id, study.as_of):
        return no_base(study)
    asked = person or typical_persons(study)[1]
    return [Heading(1, text(_WORDS["heading"], study.language)), *answer(study, asked), *why_join(study),
            *why_higher(study, asked), *why_longer(study, asked)]  # fmt: skip


def no_base(study: Study) -> list[Content]:
    """That no benefit base is published where the plan lies, so that nobody's pension can be computed."""
    return [Paragraph(text(_WORDS["no_base"], study.language, place=study.plan.region.label.text(study.language)))]


def answer(study: Study, person: Person) -> list[Content]:
    """The person's pension in one sentence, and the rules it follows."""
    language, (crediting, growth) = study.language, _rates(study)
    found = outlook(person, study.plan.region.id, study.as_of, crediting, growth)
    rules = pension_rules(study.plan.region.id, study.as_of)
    said = text(
        _WORDS["answer"], language, birth=person.birth[0], index=person.index, years=found.years,
        age=age_words(found.age_months, study), pension=show(found.pension, "yuan/month", language),
        fee=show(person.fee, "yuan", language), resident=show(found.resident_pension, "yuan/month", language),
    )  # fmt: skip
    base = show(rules.benefit_base.value, "yuan/month", language)
    how = text(_WORDS["rules"], language, base=base, source=rules.benefit_base.effective, rate=rules.flexible_rate.value,
               crediting=crediting, growth=growth)  # fmt: skip
    return [Paragraph(said), Paragraph(how)]


def _rates(study: Study) -> tuple[float, float]:
    """Crediting rate and wage growth: the plan's own drivers in its last year."""
    given, last = study.projections[study.leading].assumptions, study.plan.horizon.last_year
    growth = at(given["wage.growth"].value, last)
    return growth, growth  # an account that keeps up with wages: neither a gain nor a loss is promised


def age_words(months: int, study: Study) -> str:
    """An age, in whole years where it is one."""
    key = "age" if months % 12 else "whole_age"
    return text(_WORDS[key], study.language, years=months // 12, months=months % 12)


def _compared(study: Study, people: Iterable[Person]) -> pd.DataFrame:
    return compare(people, study.plan.region.id, study.as_of, *_rates(study))


def why_join(study: Study) -> list[Content]:
    """Typical persons: employee against resident scheme, and when the extra contributions are back."""
    columns = ("who", "retires", "years", "needed", "pension", "resident", "paid", "back", "extra")
    rows = tuple(_join_row(row, study) for row in _compared(study, typical_persons(study)).itertuples())
    return [_table("join", columns, rows, study)]


def _join_row(row: object, study: Study) -> tuple[str, ...]:
    sex = text(_WORDS["man" if row.category == "M60" else "woman"], study.language)
    who = text(_WORDS["person"], study.language, sex=sex, birth=row.birth[0])
    return (who, f"{row.retires[0]}-{row.retires[1]:02d}", f"{row.years:.1f}", f"{row.years_needed:g}",
            _pension(row, study), *money(row.resident_pension, row.paid),
            *(old(age, study) for age in (row.break_even_age, row.extra_break_even_age)))  # fmt: skip


def why_higher(study: Study, person: Person) -> list[Content]:
    """The person on every base between floor and cap."""
    found = _compared(study, by_base(person, _INDICES))
    columns = ("base", "basic", "account", "pension", "paid", "back")
    rows = tuple(
        (f"{row.index_:.0%}", *money(row.basic, row.account, row.pension, row.paid), old(row.break_even_age, study))
        for row in found.rename(columns={"index": "index_"}).itertuples()
    )
    picture = Chart("pension_by_base", text(_WORDS["chart"], study.language),
                    lambda ax: pension_by_base(ax, found, study.language))  # fmt: skip
    return [_table("higher", columns, rows, study), picture]


def why_longer(study: Study, person: Person) -> list[Content]:
    """The person with years left out, which cannot be paid back."""
    columns = ("gap", "years", "needed", "pension", "paid")
    rows = tuple(
        (f"{row.break_years:g}", f"{row.years:.1f}", f"{row.years_needed:g}",
         _pension(row, study), *money(row.paid))
        for row in _compared(study, by_break(person, _BREAKS)).itertuples()
    )  # fmt: skip
    return [_table("longer", columns, rows, study)]


def _table(title: str, columns: Sequence[str], rows: tuple[tuple[str, ...], ...], study: Study) -> Table:
    unit = text(Term("元、年", "yuan, years"), study.language)
    return Table(
        text(_WORDS[title], study.language), unit, tuple(text(_WORDS[c], study.language) for c in columns), rows
    )


def _pension(row: object, study: Study) -> str:
    """The monthly pension, or that the minimum years are not reached."""
    return f"{row.pension:,.0f}" if row.eligible else text(_WORDS["short"], study.language)


def money(*amounts: float) -> tuple[str, ...]:
    """Amounts in whole yuan."""
    return tuple(f"{amount:,.0f}" for amount in amounts)


def old(age: float, study: Study) -> str:
    """An age with its fraction; a dash where it is never reached."""
    return "—" if age == float("inf") else text(_WORDS["old"], study.language, age=age)
