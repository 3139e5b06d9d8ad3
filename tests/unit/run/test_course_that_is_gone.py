"""A course that is gone fails no run; a site that does not answer, or refuses every course, does."""

import pytest

from latsar_sync.domain.errors import ConfigurationError, LatsarError, SiteUnavailable
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.rules.course_guards import is_down

GONE = ConfigurationError("No course has the shortname KLS-II.")
SILENT = SiteUnavailable("The site does not answer.")
ALL_ANGKATAN = [Angkatan(each, each, each, site="kelas", course=f"KLS-{each}") for each in ("I", "II")]


@pytest.mark.parametrize(
    ("problems", "stopped", "down"),
    [
        ([], set(), False),
        ([GONE], {"II"}, False),
        ([GONE, GONE], {"I", "II"}, True),
        ([SILENT], {"II"}, True),
    ],
)
def test_a_run_fails_only_where_no_course_can_be_read(
    problems: list[LatsarError], stopped: set[str], down: bool
) -> None:
    assert is_down(problems, stopped, ALL_ANGKATAN) is down
