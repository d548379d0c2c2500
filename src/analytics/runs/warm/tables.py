"""The tables that all plans share, read once by the parent so that its kernels find them read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from analytics.inputs.demography import DEMOGRAPHY, load_demography, load_patterns
from analytics.inputs.faults import InputError
from analytics.inputs.history import REGIONS, load_regions
from analytics.inputs.policy import POLICY, TABLES, load_table
from analytics.model.people.ground import nation


def read_tables() -> set[str]:
    """Read places, policy and demography, and carry the nation's population forward; returns the files."""
    with suppress(InputError):  # the study that comes upon it, too, has somebody to tell
        load_regions()
        for table in TABLES:
            load_table(table)
        load_patterns()
        nation(load_demography())
    return set(_files())


def _files() -> Iterator[str]:
    yield str(REGIONS / "regions.csv")
    for folder in (POLICY, DEMOGRAPHY):
        yield from (str(path) for path in folder.glob("*.csv"))
