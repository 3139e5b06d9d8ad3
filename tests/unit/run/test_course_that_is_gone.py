"""A course that is gone fails no run; a site that lets nobody in, or refuses every course, does."""

import pytest

from latsar_sync.domain.errors import ConfigurationError, LatsarError, NoMoodleThere, SiteRefuses, SiteUnavailable
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.rules.course_guards import is_down

GONE = ConfigurationError("No course has the shortname KLS-II.")
CLOSED = SiteRefuses("The account may not enter it.", errorcode="requireloginerror")
SILENT = SiteUnavailable("The site does not answer.")
NO_TOKEN = SiteRefuses("The token is not there.", errorcode="invalidtoken")
WALL = SiteRefuses("HTTP 403 with a web page.")
PORTAL = NoMoodleThere("The answer is a sign-in page.")
ALL_ANGKATAN = [Angkatan(each, each, each, site="kelas", course=f"KLS-{each}") for each in ("I", "II")]


@pytest.mark.parametrize(
    ("problems", "stopped", "down"),
    [
        ([], set(), False),
        ([GONE], {"II"}, False),
        ([CLOSED], {"II"}, False),
        ([GONE, CLOSED], {"I", "II"}, True),
        *(([each], {"II"}, True) for each in (SILENT, NO_TOKEN, WALL, PORTAL)),
    ],
)
def test_a_run_fails_only_where_no_course_can_be_read(
    problems: list[LatsarError], stopped: set[str], down: bool
) -> None:
    assert is_down(problems, stopped, ALL_ANGKATAN) is down
