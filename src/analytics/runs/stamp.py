"""The run stamp: the last thing a notebook shows, and the proof that it came to its end with the right numbers."""

from __future__ import annotations

import hashlib

from IPython.display import display

from analytics.appraisal.study import Study
from analytics.presentation.exports import results_csv
from analytics.runs.notebooks import STAMP
from analytics.terms import Term, text

_WORDS = Term(
    "运行戳记：规划 {plan}，数据截至 {as_of}，情景 {scenarios}，结果摘要 {digest}",
    "Run stamp: plan {plan}, data as of {as_of}, scenarios {scenarios}, results {digest}",
)


def digest(study: Study) -> str:
    """SHA-256 of the study's ``results.csv``: equal digests mean equal numbers."""
    return hashlib.sha256(results_csv(study)).hexdigest()


def stamp(study: Study) -> None:
    """Show plan, as-of date, scenarios and the digest of the results; the runner looks for it."""
    results = digest(study)
    told = {"plan": study.plan.name, "as_of": str(study.as_of), "scenarios": ",".join(study.projections)}
    words = text(_WORDS, study.language, digest=results[:12], **told)
    display({STAMP: {"digest": results, **told}, "text/plain": words}, raw=True)
