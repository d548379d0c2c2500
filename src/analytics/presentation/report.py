"""The report: sections in the order a deputy mayor reads them, assembled into one document."""

from __future__ import annotations

from pathlib import Path

from analytics.appraisal.study import Study
from analytics.presentation.document import Document
from analytics.presentation.pictures import Content, as_figures
from analytics.presentation.sections.appraisal import comparison, findings, sensitivity
from analytics.presentation.sections.attribution import attribution, scenarios
from analytics.presentation.sections.basis import basis, sources
from analytics.presentation.sections.enrollment import enrollment
from analytics.presentation.sections.fund import fund
from analytics.presentation.sections.goal_seek import goal_seek
from analytics.presentation.sections.ledger import ledger
from analytics.presentation.sections.opening import conclusions
from analytics.presentation.sections.planning import planning
from analytics.presentation.sections.population import population
from analytics.presentation.sections.progress import progress
from analytics.presentation.sections.reform import reform
from analytics.presentation.sections.replay import replay
from analytics.presentation.sections.structure import structure_shift
from analytics.presentation.sections.track_record import track_record
from analytics.presentation.sections.uncertainty import uncertainty
from analytics.terms import Term, text

_TITLE = Term("{plan}测算分析报告", "{plan}: projection report")
_SUBTITLE = Term("（{number}　数据截至{as_of}）", "({number}, data as of {as_of})")
_ISSUER = Term("社会保险规划测算组", "Social-insurance planning group")


def sections(study: Study) -> list[Content]:
    """All blocks of the report, charts not yet drawn."""
    parts = (
        conclusions(study), basis(study), enrollment(study), progress(study, study.monthly), fund(study),
        structure_shift(study), population(study), reform(study), planning(study) if study.plan.planning else [], attribution(study),
        uncertainty(study), goal_seek(study), comparison(study), scenarios(study),
        findings(study), sensitivity(study),
        track_record(study), replay(study), ledger(study, study.past), sources(study),
    )  # fmt: skip
    return [block for part in parts for block in part]


def report(study: Study, figures: Path, stamp: str = "") -> Document:
    """The report as a document, its charts drawn into the folder ``figures``.

    ``stamp`` names the run that made it (printed small at the end).
    """
    language, plan = study.language, study.plan
    number = plan.document.number if plan.document and plan.document.number else plan.region.label.text(language)
    return Document(
        title=text(_TITLE, language, plan=plan.label.text(language)),
        subtitle=text(_SUBTITLE, language, number=number, as_of=study.as_of),
        issuer=text(_ISSUER, language),
        date=study.as_of,
        language=language,
        blocks=tuple(as_figures(sections(study), figures)),
        stamp=stamp,
    )
