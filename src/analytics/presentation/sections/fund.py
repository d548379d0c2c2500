"""Fund: collection income against target, expenditure, gap, balance, and how many months it would pay."""

from __future__ import annotations

from analytics.appraisal.study import Study
from analytics.presentation.charts.fund import fund_flow, income_against_target
from analytics.presentation.document import Heading, Paragraph
from analytics.presentation.pictures import Chart, Content
from analytics.presentation.sections.enrollment import path_chart, scheme_heading
from analytics.presentation.sentences import (
    gap_sentence,
    joined,
    level_sentence,
    not_given,
    range_words,
    rests_on,
    target_sentence,
)
from analytics.presentation.tables import yearly_table
from analytics.terms import Term, label, show, text

_WORDS = {
    "heading": Term("基金收支", "Fund income and expenditure"),
    "table": Term("{scheme}基金收支（{path}）", "{scheme}: income and expenditure ({path})"),
    "income": Term("{scheme}征缴收入", "{scheme}: collection income"),
    "against": Term("{scheme}征缴收入与目标", "{scheme}: collection income against target"),
    "flow": Term(
        "{scheme}征缴收入、支出与当期缺口（{path}）", "{scheme}: collection income, expenditure, gap ({path})"
    ),
    "no_balance": Term(
        "{scheme}累计结余、可支付月数：文件未给出，本地不单独核算时由上级统筹。",
        "{scheme}: balance and months payable are not given; where the fund is pooled above, they are kept there.",
    ),
}
_ACCOUNTS = {
    "table": Term("{scheme}个人账户（{path}）", "{scheme}: individual accounts ({path})"),
    "rolls": Term(
        "年末累计记账额＝上年末＋当年记入＋记账利息＋净转入－支付待遇－继承；账户是对个人的记账，不是另一笔基金。",
        "Accounts at the end = at the start + credited + interest + carried in, net − paid out − left to heirs. They record what "
        "is owed to persons and are not a second fund.",
    ),
    "opening": Term(
        "基年累计记账额文件未给出，按{names}推算。",
        "The document does not give the accounts of the base year; they are estimated from: {names}.",
    ),
    "uncovered": Term(
        "到{year}年末，{scheme}个人账户累计记账额测算为{accounts}{range}，累计结余{balance}，相当于其{cover}；"
        "不足部分只有记账，由以后的收入支付。",
        "{scheme}: by the end of {year} individual accounts come to {accounts}{range} and the balance to {balance}, {cover} of "
        "them; the rest is a record, to be paid from later income.",
    ),
}
_ACCOUNT_LINES = ("account_credits", "account_interest", "account_carried", "account_payments", "account_inheritance",
                  "accounts", "account_cover")  # fmt: skip
_ESTIMATES = ("account_in_balance", "account_years")
_LINES = ("contribution_base", "contribution_rate", "collection_rate", "collection_income", "fiscal_subsidy", "interest",
          "income", "average_pension", "expenditure", "gap", "current_balance", "balance", "months_payable")  # fmt: skip


def fund(study: Study) -> list[Content]:
    """One part a scheme: the answer, the table, the charts."""
    blocks: list[Content] = [Heading(1, text(_WORDS["heading"], study.language))]
    for scheme in study.plan.schemes:
        blocks += [
            scheme_heading(scheme, study),
            *answer(study, scheme),
            *tables(study, scheme),
            *charts(study, scheme),
        ]
    return blocks


def answer(study: Study, scheme: str) -> list[Content]:
    """Each income target in a sentence, or where income stands when there is none; the gap; what it rests on."""
    rows = study.attainment
    wanted = (
        (rows["scenario"] == study.leading) & (rows["scheme"] == scheme) & (rows["indicator"] == "collection_income")
    )
    sentences = [target_sentence(row, study) for _, row in rows[wanted].sort_values("year").iterrows()]
    last = study.plan.horizon.last_year
    if not sentences:
        sentences = [not_given(study, scheme), level_sentence(study, scheme, "collection_income")]
    sentences.append(gap_sentence(study, scheme))
    sentences.append(rests_on(study, scheme, "collection_income", last))
    sentences.append(_uncovered_accounts(study, scheme))
    if not study.has(scheme, "balance"):
        sentences.append(text(_WORDS["no_balance"], study.language, scheme=label(scheme, study.language)))
    return [Paragraph(sentence) for sentence in sentences if sentence]


def tables(study: Study, scheme: str) -> list[Content]:
    """Base, rate, income by category, expenditure, gap and balance by year on the leading path; individual accounts."""
    path = study.scenario_label(study.leading)
    title = text(_WORDS["table"], study.language, scheme=label(scheme, study.language), path=path)
    lines = [
        (scheme, indicator, category) for indicator in _LINES for category in _categories(study, scheme, indicator)
    ]
    return [yearly_table(study, title, lines), *_account_tables(study, scheme)]


def _account_tables(study: Study, scheme: str) -> list[Content]:
    """What moved the individual accounts year by year, and how their opening is known; none for a scheme without."""
    if not study.has(scheme, "accounts"):
        return []
    language, path = study.language, study.scenario_label(study.leading)
    title = text(_ACCOUNTS["table"], language, scheme=label(scheme, language), path=path)
    given = study.projections[study.leading].assumptions
    estimates = [label(f"{scheme}.{way}", language) for way in _ESTIMATES if f"{scheme}.{way}" in given]
    notes = [text(_ACCOUNTS["rolls"], language)]
    notes += [text(_ACCOUNTS["opening"], language, names=name) for name in estimates]
    return [yearly_table(study, title, [(scheme, line, "total") for line in _ACCOUNT_LINES], notes=notes)]


def _uncovered_accounts(study: Study, scheme: str) -> str:
    """How much of the accounts the balance covers in the last year, and what that rests on; "" where not known, or all."""
    language, last = study.language, study.plan.horizon.last_year
    if not study.has(scheme, "account_cover") or study.value(scheme, "account_cover", last) >= 1:
        return ""
    accounts = study.row(scheme, "accounts", last)
    said = text(
        _ACCOUNTS["uncovered"], language, year=last, scheme=label(scheme, language), range=range_words(accounts, study),
        accounts=show(accounts["value"], "yuan", language),
        balance=show(study.value(scheme, "balance", last), "yuan", language),
        cover=show(study.value(scheme, "account_cover", last), "ratio", language),
    )  # fmt: skip
    return joined(study, said, rests_on(study, scheme, "accounts", last))


def _categories(study: Study, scheme: str, indicator: str) -> list[str]:
    """Categories an indicator is split into, its total last; the total alone where there is no split."""
    return sorted(study.categories(scheme, indicator), key=("enterprise", "flexible", "institution", "total").index)


def charts(study: Study, scheme: str) -> list[Content]:
    """Income against its target (or along its history), and income, expenditure and gap."""
    language = study.language
    names = {"scheme": label(scheme, language), "path": study.scenario_label(study.leading)}
    targeted = study.targets[(study.targets["scheme"] == scheme) & (study.targets["indicator"] == "collection_income")]
    if targeted.empty:
        income = path_chart(
            study, scheme, "collection_income", Term(*(text(_WORDS["income"], g, **names) for g in ("zh", "en")))
        )
    else:
        both = tuple(name for name in ("plan", "trend") if name in study.projections)
        income = Chart(
            f"{scheme}_income_against_target", text(_WORDS["against"], language, **names),
            lambda ax: income_against_target(ax, study.attainment, language, scheme, scenarios=both),
        )  # fmt: skip
    flow = Chart(
        f"{scheme}_fund_flow", text(_WORDS["flow"], language, **names),
        lambda ax: fund_flow(ax, study.results, scheme, study.leading, language),
    )  # fmt: skip
    return [income, flow]


def heading(study: Study, scheme: str) -> list[Content]:
    """The scheme's heading, for notebooks that show one scheme at a time."""
    return [scheme_heading(scheme, study)]
