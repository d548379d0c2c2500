"""Structure shift: the employee share, what a target share takes, and how the region stands beside its peers."""

from __future__ import annotations

import pandas as pd

from analytics.appraisal.peers import latest_year
from analytics.appraisal.study import Study
from analytics.model.people import states
from analytics.model.structure import yearly_shift_required
from analytics.presentation.charts.comparison import provinces
from analytics.presentation.charts.states import states_by_age, transfers_by_age
from analytics.presentation.charts.structure import share_ladder, structure
from analytics.presentation.document import Heading, Paragraph, Table
from analytics.presentation.pictures import Chart, Content
from analytics.presentation.sections.enrollment import path_chart
from analytics.presentation.sections.swing import limits, swing
from analytics.presentation.sections.transitions import moves
from analytics.presentation.sentences import level_sentence, rests_on
from analytics.presentation.tables import yearly_table
from analytics.terms import Term, text

_WORDS = {
    "heading": Term("参保结构", "Enrollment structure"),
    "table": Term("参保结构变化（{path}）", "Enrollment structure ({path})"),
    "layers": Term("16岁及以上人口参保状态（{path}）", "Population 16+ by state ({path})"),
    "states_by_age": Term(
        "分性别、年龄的参保状态（{last}年末，{path}）", "Insurance state by sex and age (end of {last}, {path})"
    ),
    "transfers_by_age": Term(
        "居民保险转入职工保险人员的年龄（{first}—{last}年合计，{path}）",
        "Ages of those moved to the employee scheme ({first}–{last} together, {path})",
    ),
    "share": Term("缴费阶段职工占比", "Employee share of the contribution stage"),
    "ladder": Term("缴费阶段职工占比与目标阶梯", "Employee share and the steps its targets ask for"),
    "peers": Term("各省（区、市）缴费阶段职工占比（{year}年）", "Employee share by province ({year})"),
    "required": Term("达到目标占比所需的年均提高幅度", "Yearly rise a target share takes"),
    "from": Term("起点占比", "Starting share"),
    "to": Term("{year}年达到{goal:.0%}：年均提高（百分点）", "To {goal:.0%} by {year}: points a year"),
    "note": Term(
        "起点为{base}年末；文件未给出起点时列出多个假定起点，供以本地实际数对照。",
        "From the end of {base}; where the document gives no start, several are shown for comparison with the real one.",
    ),
}
_LINES = (("all", "employee_share"), ("employee", "active"), ("resident", "active"), ("employee", "transfers"),
          ("all", "coverage_rate"), ("all", "uncovered"))  # fmt: skip
_STARTS = (0.15, 0.20, 0.25)


def structure_shift(study: Study) -> list[Content]:
    """Answer, table, states, ages, what the target takes, the peers, and what one person's move means."""
    heading = Heading(1, text(_WORDS["heading"], study.language))
    return [
        heading,
        *answer(study),
        *table(study),
        *charts(study),
        *ages(study),
        *moves(study),
        *required(study),
        *peers(study),
        *swing(study),
    ]


def answer(study: Study) -> list[Content]:
    """Where the employee share stands at the end, on each path, and what it rests on."""
    last = study.plan.horizon.last_year
    sentences = [level_sentence(study, "all", "employee_share"), rests_on(study, "all", "employee_share", last)]
    return [Paragraph(sentence) for sentence in sentences if sentence]


def table(study: Study) -> list[Content]:
    """Share, stocks of both schemes, transfers, coverage and the uncovered by year."""
    title = text(_WORDS["table"], study.language, path=study.scenario_label(study.leading))
    return [yearly_table(study, title, [(scheme, indicator, "total") for scheme, indicator in _LINES])]


def charts(study: Study) -> list[Content]:
    """Layers of states, and the share's path with the ladder of its targets."""
    language, path = study.language, study.scenario_label(study.leading)
    layers = Chart(
        "structure", text(_WORDS["layers"], language, path=path),
        lambda ax: structure(ax, study.results, study.leading, language), height_cm=9.0,
    )  # fmt: skip
    return [layers, _share_chart(study)]


def ages(study: Study) -> list[Content]:
    """The states by age at the end of the plan, and at what age people moved to the employee scheme over its years."""
    last, language = study.plan.horizon.last_year, study.language
    heads = dict(zip(states.STATES, study.people.past[last], strict=True))
    title = text(_WORDS["states_by_age"], language, last=last, path=study.scenario_label(study.leading))
    pyramid = Chart(
        "states_by_age", title, lambda ax: states_by_age(ax, heads, states.FIRST_AGE, language), height_cm=11.0
    )
    return [pyramid, *_transfer_ages(study)]


def _transfer_ages(study: Study) -> list[Content]:
    """At what age people moved, where anybody did."""
    years, language, limit = study.plan.years, study.language, limits(study)
    moved = sum(study.people.transfers[year] for year in years)
    gaps = {"path": study.scenario_label(study.leading), "first": years[0], "last": years[-1]}
    chart = Chart(
        "transfers_by_age", text(_WORDS["transfers_by_age"], language, **gaps),
        lambda ax: transfers_by_age(ax, moved, (limit["men"], limit["women"]), states.FIRST_AGE, language),
    )  # fmt: skip
    return [chart] if moved.any() else []


def _share_chart(study: Study) -> Chart:
    if share_targets(study).empty:
        return path_chart(study, "all", "employee_share", _WORDS["share"])
    both = tuple(name for name in ("plan", "trend") if name in study.projections)
    return Chart(
        "share_ladder", text(_WORDS["ladder"], study.language),
        lambda ax: share_ladder(ax, study.results, share_targets(study), study.history, study.language, scenarios=both),
    )  # fmt: skip


def share_targets(study: Study) -> pd.DataFrame:
    """Targets for the employee share."""
    return study.targets[study.targets["indicator"] == "employee_share"]


def required(study: Study) -> list[Content]:
    """Percentage points a year each share target takes, from the base year's share and from other starts."""
    language, base = study.language, study.plan.horizon.base_year
    goals = [(int(t["year"]), float(t["target"])) for _, t in share_targets(study).iterrows()]
    if not goals:
        return []
    starts = sorted({round(study.value("all", "employee_share", base), 4), *_STARTS, *_own_province(study)})
    header = [text(_WORDS["from"], language), *(text(_WORDS["to"], language, year=y, goal=g) for y, g in goals)]
    rows = tuple(
        (f"{start:.1%}", *(f"{max(100 * yearly_shift_required(start, g, y - base), 0):.2f}" for y, g in goals))
        for start in starts
    )
    note = text(_WORDS["note"], language, base=base)
    return [Table(text(_WORDS["required"], language), "", tuple(header), rows, (note,))]


def _own_province(study: Study) -> list[float]:
    """The share published for the plan's own province, where there is one."""
    return [
        round(float(share), 4) for region, share in study.peer_shares.items() if region == study.plan.region.province
    ]


def peers(study: Study) -> list[Content]:
    """The provinces' employee shares with the plan's own province marked, where they have been published."""
    shares = study.peer_shares
    if shares.empty:
        return []
    provinces_only = shares.drop("china", errors="ignore")
    frame = pd.DataFrame({"label": [study.region_label(r) for r in provinces_only.index], "value": provinces_only})
    own = study.plan.region.province
    mark = study.region_label(own) if own in provinces_only else ""
    nation = float(shares["china"]) if "china" in shares else None
    title = text(_WORDS["peers"], study.language, year=latest_year(study.peers))
    return [
        Chart("peers", title, lambda ax: provinces(ax, frame, mark, "ratio", study.language, nation), height_cm=15.0)
    ]
