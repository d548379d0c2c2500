"""What was found wrong or doubtful in the plan's arithmetic, how scenarios differ, and what would change the answer."""

from __future__ import annotations

from analytics.appraisal.study import Study
from analytics.presentation.charts.comparison import scenario_comparison, tornado
from analytics.presentation.document import Heading, Paragraph, Table
from analytics.presentation.pictures import Chart, Content
from analytics.presentation.tables import line_label
from analytics.terms import Term, display_scale, label, number, scale_label, text, unit_of

_WORDS = {
    "findings": Term("规划审核意见", "Findings of the audit"),
    "found": Term("共{n}条：矛盾{error}条、需关注{warning}条、说明{info}条。",
                  "{n} findings: {error} contradictions, {warning} for attention, {info} notes."),
    "severity": Term("程度", "Severity"),
    "finding": Term("意见", "Finding"),
    "arithmetic": Term("算式", "Arithmetic"),
    "scenarios": Term("情景比较", "Scenarios"),
    "scenario": Term("情景", "Scenario"),
    "why": Term("理由", "Why"),
    "assumed": Term("情景说明", "What each scenario says"),
    "indicator": Term("指标", "Indicator"),
    "unit": Term("单位", "Unit"),
    "differences": Term("{year}年各情景与{reference}之差", "Difference from the {reference} in {year}"),
    "not_probable": Term("情景为设定条件下的测算，不表示发生的可能性。", "Scenarios are conditional; they are not probabilities."),
    "sensitivity": Term("影响结论的主要因素", "What would change the answer"),
    "tornado": Term("{what}对各参数的敏感性（{year}年，{path}）", "{what}: sensitivity to each parameter ({year}, {path})"),
    "method": Term(
        "每次只变动一个参数至其低值或高值，其余不变；区间按各参数独立、影响方和开方合成，不是概率区间。",
        "One parameter at a time goes to its low or high; ranges add independent effects in quadrature and are not "
        "probability intervals.",
    ),
}  # fmt: skip
_COMPARED = (("employee", "collection_income"), ("employee", "gap"), ("employee", "active"), ("all", "employee_share"))


def findings(study: Study) -> list[Content]:
    """Every finding, contradictions first, with its arithmetic."""
    language = study.language
    order = ["error", "warning", "info"]
    found = sorted(study.findings, key=lambda finding: order.index(finding.severity))
    counts = {severity: sum(f.severity == severity for f in found) for severity in order}
    rows = tuple((label(f.severity, language), text(f.sentence, language), f.arithmetic) for f in found)
    header = tuple(text(_WORDS[key], language) for key in ("severity", "finding", "arithmetic"))
    title = text(_WORDS["findings"], language)
    return [
        Heading(1, title),
        Paragraph(text(_WORDS["found"], language, n=len(found), **counts)),
        *([Table(title, "", header, rows)] if rows else []),
    ]


def comparison(study: Study, reference: str = "") -> list[Content]:
    """The scenarios: what each says, differences from ``reference`` (the leading path by default), and a chart."""
    against = reference or study.leading
    names = [name for name in study.projections if name != against]
    if not names:
        return []
    language, last = study.language, study.plan.horizon.last_year
    labels = {name: study.scenario_label(name) for name in study.projections}
    return [
        Heading(1, text(_WORDS["scenarios"], language)),
        *_reasons(study),
        _difference_table(study, names, against),
        Chart(
            "scenario_comparison", text(_WORDS["differences"], language, year=last, reference=labels[against]),
            lambda ax: scenario_comparison(ax, study.results, "employee", "collection_income", last, language, labels,
                                           against),
        ),
    ]  # fmt: skip


def _reasons(study: Study) -> list[Content]:
    language = study.language
    named = [name for name in study.projections if name in study.plan.scenarios]
    if not named:
        return []
    header = tuple(text(_WORDS[key], language) for key in ("scenario", "why"))
    rows = tuple((study.scenario_label(n), study.plan.scenarios[n].why.text(language)) for n in named)
    return [Table(text(_WORDS["assumed"], language), "", header, rows)]


def _difference_table(study: Study, names: list[str], reference: str) -> Table:
    language, last = study.language, study.plan.horizon.last_year
    title = text(_WORDS["differences"], language, year=last, reference=study.scenario_label(reference))
    header = [text(_WORDS[key], language) for key in ("indicator", "unit")]
    header += [study.scenario_label(name) for name in (reference, *names)]
    rows = tuple(_difference_row(study, scheme, indicator, names, reference) for scheme, indicator in _COMPARED)
    return Table(title, "", tuple(header), rows, (text(_WORDS["not_probable"], language),))


def _difference_row(study: Study, scheme: str, indicator: str, names: list[str], reference: str) -> tuple[str, ...]:
    language, last = study.language, study.plan.horizon.last_year
    own = study.value(scheme, indicator, last, reference)
    scale = display_scale(unit_of(indicator), own)
    changes = [study.value(scheme, indicator, last, name) - own for name in names]
    shown = [f"{'+' if change > 0 else ''}{number(change, scale)}" for change in changes]
    name = line_label((scheme, indicator, "total"), language, single=False)
    return (name, scale_label(scale, language), number(own, scale), *shown)


def sensitivity(study: Study) -> list[Content]:
    """Tornado of the employee scheme's collection income and gap in the last year."""
    language = study.language
    return [
        Heading(1, text(_WORDS["sensitivity"], language)),
        Paragraph(text(_WORDS["method"], language)),
        *(_tornado(study, "employee", indicator) for indicator in ("collection_income", "gap")),
    ]


def _tornado(study: Study, scheme: str, indicator: str) -> Chart:
    language, last = study.language, study.plan.horizon.last_year
    what = line_label((scheme, indicator, "total"), language, single=False)
    path = study.scenario_label(study.leading)
    effects = study.effects_on(scheme, indicator, last)
    return Chart(
        f"tornado_{indicator}", text(_WORDS["tornado"], language, what=what, year=last, path=path),
        lambda ax: tornado(ax, effects, language), height_cm=9.5,
    )  # fmt: skip
