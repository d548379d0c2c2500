"""Reports by schedule: due dates, their runs and archives, notices, and the jobs that wake the operating system."""

from __future__ import annotations

from analytics.places import PARAMS

SCHEDULES = PARAMS / "schedules"
"""Where the schedule files lie."""
