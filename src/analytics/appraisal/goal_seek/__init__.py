"""Goal seek: how far which levers must move to reach a target.

``solution`` says what is sought and what was found, ``levers`` what can be moved, ``search`` finds the least effort.
"""

from analytics.appraisal.goal_seek.levers import OFFICE_LEVERS, UNIT_WITHOUT_RANGE, lever
from analytics.appraisal.goal_seek.search import default_levers, one_by_one, seek
from analytics.appraisal.goal_seek.solution import Goal, Lever, Move, Solution, applied, lever_amount

__all__ = [
    "OFFICE_LEVERS",
    "UNIT_WITHOUT_RANGE",
    "Goal",
    "Lever",
    "Move",
    "Solution",
    "applied",
    "default_levers",
    "lever",
    "lever_amount",
    "one_by_one",
    "seek",
]
