"""How wrong the trend models have been: a rolling-origin backtest on the national series."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pandas as pd

from analytics.appraisal.backtest import CBO_THREE_YEAR_MAE, rolling_origin, summary
from analytics.appraisal.study import Study
from analytics.inputs.history import series
from analytics.model.trend import COMBINATION, DRIFT, MODEL_LABELS
from analytics.model.trend_paths import trend_forecasts
from analytics.presentation.charts.track_record import backtest_errors, forecast_fan
from analytics.presentation.document import Heading, Paragraph, Table
from analytics.presentation.pictures import Chart, Content
from analytics.presentation.sentences import subject
from analytics.presentation.shared import once_a_report
from analytics.presentation.tables import line_label
from analytics.terms import Term, show, text, unit_of

_WORDS = {
    "heading": Term("预测的历史表现", "Track record"),
    "method": Term(
        "以全国历年数据逐年回测：站在每一年末，只用当时已知的数据预测以后一至三年，再与实际比较；2020年阶段性减免社会保险费，单独列为事件年份。",
        "Each past year is taken as the origin, the next one to three years are forecast from what was known then, and compared "
        "with what came; 2020, when contributions were waived, is marked as an event.",
    ),
    "answer": Term(
        "三年期征缴口径收入预测的平均绝对误差，回测为{income:.1%}（剔除事件年份为{without:.1%}）；美国国会预算局同口径公布值为{cbo:.1%}。",
        "The three-year mean absolute error on income was {income:.1%} in the backtest ({without:.1%} without event years); the "
        "US Congressional Budget Office publishes {cbo:.1%} for its own on the same measure.",
    ),
    "coverage": Term(
        "各序列合并，标称80%的区间实际覆盖{coverage:.0%}；基金收入单独为{income:.0%}：2018年后增速由约18%降至约5%，任何外推模型都未能预见，"
        "收入预测的区间应从宽看待。",
        "Over all series the 80 % intervals held {coverage:.0%} of outcomes; on income alone {income:.0%}: its growth fell from "
        "about 18 % to about 5 % after 2018, which no extrapolation foresaw, so ranges on income are to be read with caution.",
    ),
    "table": Term("全国序列滚动回测误差（2010年起）", "Rolling backtest on national series (from 2010)"),
    "chart": Term("{what}：各模型误差（MASE，小于1优于朴素外推一年误差）", "{what}: error by model (MASE)"),
    "fan": Term("{what}：趋势预测与80%区间", "{what}: trend forecast with 80 % interval"),
    "series": Term("序列", "Series"),
    "model": Term("模型", "Model"),
    "horizon": Term("提前年数", "Years ahead"),
    "n": Term("次数", "n"),
    "bias": Term("偏差（%）", "Bias (%)"),
    "mae": Term("平均绝对误差", "MAE"),
    "mape": Term("平均绝对误差率（%）", "MAPE (%)"),
    "mase": Term("MASE", "MASE"),
    "crps": Term("CRPS", "CRPS"),
    "covered": Term("80%区间覆盖率", "80 % coverage"),
    "full": Term("{what}：全部模型（{events}）", "{what}: every model ({events})"),
    "with": Term("含事件年份", "event years included"),
    "without": Term("剔除事件年份", "event years left out"),
    "chosen": Term("趋势路径所用模型：{reason}", "Models behind the trend path: {reason}"),
}  # fmt: skip
_TESTED: dict[tuple[str, str], tuple[int, tuple[int, ...]]] = {
    ("employee", "active"): (2000, ()),
    ("employee", "income"): (2000, (2020,)),
    ("employee", "expenditure"): (2000, ()),
    ("resident", "participants"): (2012, ()),
    ("resident", "income"): (2012, ()),
    ("resident", "expenditure"): (2012, ()),
}
"""Series, first year (the resident scheme before 2012 is a rural pilot) and event years (2020: contributions waived)."""

_SHOWN = (DRIFT, "last_growth", COMBINATION)
_FIRST_ORIGIN = 2010


@dataclass(frozen=True)
class Backtest:
    """Rolling-origin forecasts of the national series: by (scheme, indicator), and their scores."""

    forecasts: dict[tuple[str, str], pd.DataFrame]

    def scores(self, key: tuple[str, str], leave_out_events: bool = False) -> pd.DataFrame:
        """Scores of one series by model and horizon."""
        return summary(self.forecasts[key], leave_out_events)

    def coverage(self, *keys: tuple[str, str]) -> float:
        """Share of outcomes inside the combination's intervals, event years apart; all series together by default."""
        together = pd.concat([self.forecasts[key] for key in keys or self.forecasts])
        scored = together[(together["model"] == COMBINATION) & ~together["event"]]
        return float(scored["actual"].between(scored["low"], scored["high"]).mean())


def backtest(study: Study) -> Backtest:
    """The backtest on the nation's published series, which every report shows."""
    nation = study.peers[study.peers["region"] == "china"]
    return _backtest(tuple(nation.itertuples(index=False, name=None)), tuple(nation.columns))


@once_a_report
@cache
def _backtest(rows: tuple[tuple[object, ...], ...], columns: tuple[str, ...]) -> Backtest:
    """Kept per history: every report of a batch asks for the same, and leaves it to its notebooks."""
    nation = pd.DataFrame(list(rows), columns=list(columns))
    return Backtest({
        key: rolling_origin(series(nation, *key).loc[since:], first_origin=_FIRST_ORIGIN, events=events)
        for key, (since, events) in _TESTED.items()
    })  # fmt: skip


def track_record(study: Study) -> list[Content]:
    """Answer, method, error table and charts; the models behind this plan's own trend path where it has one."""
    heading = Heading(1, text(_WORDS["heading"], study.language))
    return [heading, *answer(study), *errors(study), *own_trends(study)]


def answer(study: Study) -> list[Content]:
    """Three-year error on income beside a published benchmark, interval coverage, and the method."""
    tested = backtest(study)
    income, without = (_three_years(tested.scores(("employee", "income"), leave_out)) for leave_out in (False, True))
    said = text(_WORDS["answer"], study.language, income=income, without=without, cbo=CBO_THREE_YEAR_MAE)
    covered = text(
        _WORDS["coverage"], study.language, coverage=tested.coverage(), income=tested.coverage(("employee", "income"))
    )
    return [Paragraph(said), Paragraph(covered), Paragraph(text(_WORDS["method"], study.language))]


def _three_years(scores: pd.DataFrame) -> float:
    row = scores[(scores["model"] == COMBINATION) & (scores["horizon"] == 3)]
    return float(row["mape"].iloc[0])


def errors(study: Study) -> list[Content]:
    """Scores of the combination, the naive drift and the last growth rate on each series, and a chart of every model's error on income."""
    language, tested = study.language, backtest(study)
    heads = ("series", "model", "horizon", "n", "bias", "mae", "mape", "mase", "crps", "covered")
    header = tuple(text(_WORDS[key], language) for key in heads)
    rows = tuple(row for key in _TESTED for row in _score_rows(key, tested, study, _SHOWN))
    income = tested.scores(("employee", "income"))
    shown = income.assign(model=[text(MODEL_LABELS[m], language) for m in income["model"]])
    what = subject("employee", "income", study)
    return [
        Table(text(_WORDS["table"], language), "", header, rows),
        Chart(
            "backtest_income",
            text(_WORDS["chart"], language, what=what),
            lambda ax: backtest_errors(ax, shown, language),
        ),
    ]


def every_model(study: Study) -> list[Content]:
    """Scores of every candidate on every series; where a series has event years, with and without them."""
    tested, blocks = backtest(study), []
    for key, (_, events) in _TESTED.items():
        for leave_out in (False, True) if events else (False,):
            blocks.append(_full_table(key, tested, study, leave_out))
    return blocks


def _full_table(key: tuple[str, str], tested: Backtest, study: Study, leave_out: bool) -> Table:
    language = study.language
    heads = ("model", "horizon", "n", "bias", "mae", "mape", "mase", "crps", "covered")
    rows = tuple(row[1:] for row in _score_rows(key, tested, study, tuple(MODEL_LABELS), leave_out))
    events = text(_WORDS["without" if leave_out else "with"], language)
    title = text(_WORDS["full"], language, what=subject(*key, study), events=events)
    return Table(title, "", tuple(text(_WORDS[h], language) for h in heads), rows)


def _score_rows(
    key: tuple[str, str], tested: Backtest, study: Study, models: tuple[str, ...], leave_out: bool = False
) -> list[tuple[str, ...]]:
    scores = tested.scores(key, leave_out)
    shown = scores[scores["model"].isin(models)].sort_values(["model", "horizon"])
    level = tested.forecasts[key]["actual"].mean()
    name = line_label((*key, "total"), study.language, single=False)
    return [
        (name, text(MODEL_LABELS[s.model], study.language), str(s.horizon), str(s.n), f"{100 * s.bias / level:+.1f}",
         show(s.mae, unit_of(key[1]), study.language),
         f"{100 * s.mape:.1f}", f"{s.mase:.2f}", f"{s.crps:.4f}", f"{s.coverage:.0%}")
        for s in shown.itertuples()
    ]  # fmt: skip


def own_trends(study: Study) -> list[Content]:
    """The forecast behind each path the plan reads off its history, and why these models."""
    language, blocks = study.language, []
    for name, forecast in trend_forecasts(study.plan, study.history).items():
        source = study.plan.trends[name]
        past = series(study.history, source.scheme, source.indicator)
        what = subject(source.scheme, source.indicator, study)
        blocks.append(Paragraph(text(_WORDS["chosen"], language, reason=text(forecast.reason, language))))
        blocks.append(
            _fan(name, text(_WORDS["fan"], language, what=what), past, forecast.frame, study, source.indicator)
        )
    return blocks


def _fan(name: str, title: str, past: pd.Series, forecast: pd.DataFrame, study: Study, indicator: str) -> Chart:
    return Chart(
        f"trend_{name.replace('.', '_')}", title,
        lambda ax: forecast_fan(ax, past, forecast, study.language, unit_of(indicator)),
    )  # fmt: skip
