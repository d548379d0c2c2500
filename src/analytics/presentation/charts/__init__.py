"""Charts: one function a figure; each takes frames and axes and returns the axes.

Every chart reads labels, units and colours from :mod:`analytics.terms`, draws in Chinese (``zh``) or English
(``en``), and refuses to draw nothing.
"""

from analytics.presentation.charts.comparison import provinces, scenario_comparison, tornado
from analytics.presentation.charts.enrollment import gross_and_net
from analytics.presentation.charts.fund import fund_flow, income_against_target, income_bridge
from analytics.presentation.charts.structure import share_ladder, structure
from analytics.presentation.charts.track_record import backtest_errors, forecast_fan
from analytics.presentation.charts.trajectory import paths

__all__ = [
    "backtest_errors",
    "forecast_fan",
    "fund_flow",
    "gross_and_net",
    "income_against_target",
    "income_bridge",
    "paths",
    "provinces",
    "scenario_comparison",
    "share_ladder",
    "structure",
    "tornado",
]
