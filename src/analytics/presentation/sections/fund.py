"""Fund: collection income against target, expenditure, gap, balance, and how many months it would pay."""

from __future__ import annotations

from analytics.appraisal.study import Study
from analytics.presentation.charts.fund import fund_flow, income_against_target
from analytics.presentation.document import Heading, Paragraph
from analytics.presentation.pictures import Chart, Content
from analytics.presentation.sections.enrollment import path_chart, scheme_heading
from analytics.presentation.sentences import gap_sentence, level_sentence, not_given, rests_on, target_sentence
from analytics.presentation.tables import yearly_table
from analytics.terms import Term, label, text

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
    if not study.has(scheme, "balance"):
        sentences.append(text(_WORDS["no_balance"], study.language, scheme=label(scheme, study.language)))
    return [Paragraph(sentence) for sentence in sentences if sentence]


def tables(study: Study, scheme: str) -> list[Content]:
    """Base, rate, income by category, expenditure, gap and balance by year on the leading path."""
    path = study.scenario_label(study.leading)
    title = text(_WORDS["table"], study.language, scheme=label(scheme, study.language), path=path)
    lines = [
        (scheme, indicator, category) for indicator in _LINES for category in _categories(study, scheme, indicator)
    ]
    return [yearly_table(study, title, lines)]


def _categories(study: Study, scheme: str, indicator: str) -> list[str]:
    """Categories an indicator is split into, its total last; the total alone where there is no split."""
    frame = study.results
    found = frame.loc[(frame["scheme"] == scheme) & (frame["indicator"] == indicator), "category"].unique()
    return sorted(found, key=("enterprise", "flexible", "institution", "total").index)


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
