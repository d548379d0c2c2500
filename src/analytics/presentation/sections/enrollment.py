"""Enrollment growth: gross against net, the two paths, coverage."""

from __future__ import annotations

from analytics.appraisal.study import Study
from analytics.presentation.charts.enrollment import gross_and_net
from analytics.presentation.charts.trajectory import paths
from analytics.presentation.document import Heading, Paragraph
from analytics.presentation.pictures import Chart, Content
from analytics.presentation.sentences import joined, level_sentence, rests_on
from analytics.presentation.tables import yearly_table
from analytics.terms import Term, label, show, text

_WORDS = {
    "heading": Term("参保扩面", "Enrollment growth"),
    "gross_net": Term(
        "{first}—{last}年职工养老保险新增参保合计{gross}，扣除死亡、退休和转出后净增{net}，即每新增100人约净增{ratio:.0f}人。",
        "Gross new enrollment in the employee scheme is {gross} over {first}–{last}; after deaths, retirements and exits "
        "the net growth is {net}: about {ratio:.0f} of every 100.",
    ),
    "table": Term("职工养老保险参保变动（{path}）", "Employee scheme: flows ({path})"),
    "flows": Term("新增、减员和净增（{path}）", "New, leaving and net ({path})"),
    "active": Term("职工养老保险缴费阶段参保人数", "Active participants of the employee scheme"),
    "coverage": Term("基本养老保险参保率", "Coverage rate of the basic pension schemes"),
    "other": Term("失业保险和工伤保险参保人数（{path}）", "Unemployment and work-injury participants ({path})"),
    "resident": Term("城乡居民养老保险参保变动（{path}）", "Resident scheme: flows ({path})"),
}
_EMPLOYEE_LINES = ("gross_new", "transfers", "deaths", "retirements", "exits", "net_new", "active", "contributors",
                   "interrupted", "retirees", "compliance", "support_ratio")  # fmt: skip
_RESIDENT_LINES = ("gross_new", "retirements", "deaths", "active", "beneficiaries", "participants")


def enrollment(study: Study) -> list[Content]:
    """Answer, flows and stocks of the employee scheme on both paths, coverage, the other schemes."""
    language = study.language
    return [
        Heading(1, text(_WORDS["heading"], language)),
        *answer(study),
        *flows(study),
        *stocks(study),
        *others(study),
    ]


def answer(study: Study) -> list[Content]:
    """Gross against net, and where active participants and coverage stand at the end."""
    last = study.plan.horizon.last_year
    coverage = joined(
        study, level_sentence(study, "all", "coverage_rate"), rests_on(study, "all", "coverage_rate", last)
    )
    sentences = (gross_against_net(study), level_sentence(study, "employee", "active"), coverage)
    return [Paragraph(sentence) for sentence in sentences]


def gross_against_net(study: Study) -> str:
    """How much of the gross new enrollment over the horizon is left as net growth on the leading path."""
    horizon = study.plan.horizon
    gross, net = (sum(study.value("employee", i, y) for y in study.plan.years) for i in ("gross_new", "net_new"))
    return text(
        _WORDS["gross_net"], study.language, first=horizon.first_year, last=horizon.last_year,
        gross=show(gross, "person", study.language), net=show(net, "person", study.language),
        ratio=100 * net / gross if gross else 0.0,
    )  # fmt: skip


def flows(study: Study) -> list[Content]:
    """Table and chart of the employee scheme's flows on the leading path."""
    language, path = study.language, study.scenario_label(study.leading)
    title = text(_WORDS["table"], language, path=path)
    lines = [("employee", indicator, "total") for indicator in _EMPLOYEE_LINES]
    picture = Chart(
        "gross_and_net", text(_WORDS["flows"], language, path=path),
        lambda ax: gross_and_net(ax, study.results, "employee", study.leading, language),
    )  # fmt: skip
    return [yearly_table(study, title, lines), picture]


def stocks(study: Study) -> list[Content]:
    """Active participants and coverage on every leading path, with history and targets."""
    return [path_chart(study, "employee", "active", _WORDS["active"]),
            path_chart(study, "all", "coverage_rate", _WORDS["coverage"])]  # fmt: skip


def path_chart(study: Study, scheme: str, indicator: str, title: Term) -> Chart:
    """History, both paths, ranges and targets of one indicator."""
    both = tuple(name for name in ("plan", "trend") if name in study.projections)
    return Chart(
        f"{scheme}_{indicator}", text(title, study.language),
        lambda ax: paths(ax, study.results, study.history, study.targets, scheme, indicator,
                         scenarios=both, language=study.language),
    )  # fmt: skip


def others(study: Study) -> list[Content]:
    """The resident scheme's flows and the participants of the two small funds."""
    language, path = study.language, study.scenario_label(study.leading)
    resident = yearly_table(study, text(_WORDS["resident"], language, path=path),
                            [("resident", indicator, "total") for indicator in _RESIDENT_LINES])  # fmt: skip
    small = [scheme for scheme in ("unemployment", "work_injury") if scheme in study.plan.schemes]
    lines = [
        (scheme, indicator, "total")
        for scheme in small
        for indicator in ("gross_new", "exits", "net_new", "participants")
    ]
    title = text(_WORDS["other"], language, path=path)
    return [resident, *([yearly_table(study, title, lines)] if small else [])]


def scheme_heading(scheme: str, study: Study) -> Heading:
    """Second-level heading with the scheme's name."""
    return Heading(2, label(scheme, study.language))
