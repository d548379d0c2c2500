"""The report's plain files: results.csv and findings.csv, byte for byte the same for the same study."""

from __future__ import annotations

import pandas as pd

from analytics.appraisal.findings import findings_frame
from analytics.appraisal.study import Study


def results_csv(study: Study) -> bytes:
    """``results.csv``: every scenario's yearly results in plain units, UTF-8 with a mark that Excel understands."""
    return _csv(study.results)


def findings_csv(study: Study) -> bytes:
    """``findings.csv``: the audit's findings with their arithmetic."""
    return _csv(findings_frame(study.findings, study.language))


def probabilities_csv(study: Study) -> bytes:
    """``probabilities.csv``: the probability of every target on both paths, with its own error."""
    return _csv(study.probabilities)


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, float_format="%.12g", lineterminator="\n").encode("utf-8-sig")
