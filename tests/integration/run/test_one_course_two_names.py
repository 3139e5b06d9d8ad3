"""One in-class course that a configuration knows by two names, its shortname and its idnumber, or by two sites."""

import os
from datetime import UTC, datetime

import pytest
from seen_in_runs import MOOC, angkatan, threshold
from service import PROGRAMME, TOKENS, ServiceFactory, default_angkatan, silent

from latsar_sync.demo import Campus
from latsar_sync.domain.request import Request, RunOutcome
from latsar_sync.run import pipeline
from latsar_sync.settings import load_settings
from latsar_sync.setup.doctor import Status, examine


def test_one_programme_that_names_a_course_twice_is_told_so_and_sends_nobody_there(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    campus.kelas.course("KLS-I").idnumber = "KELAS-SATU"
    both = default_angkatan().replace('course = "KLS-II"\n', 'course = "KELAS-SATU"\n')
    before = len(campus.kelas.course("KLS-I").enrolments), len(campus.kelas.course("KLS-III").enrolments)
    service = make_service(sqlite_url, angkatan=both)

    first, quiet = service.run(), service.run()
    examined = examine(service.settings, None, lambda: datetime.now(UTC), lambda _: None)
    after = len(campus.kelas.course("KLS-I").enrolments), len(campus.kelas.course("KLS-III").enrolments)
    mended = make_service(sqlite_url, angkatan=both.replace("KELAS-SATU", "KLS-I")).run()

    assert (first.run.outcome, quiet.run.outcome) == (RunOutcome.PARTIAL, RunOutcome.PARTIAL)
    assert all(len([each for each in run.problems if "KELAS-SATU, KLS-I" in each]) == 1 for run in (first, quiet))
    assert [each.name for each in examined if each.status is Status.FAIL] == ["course_named_twice"]
    assert (after[0], after[1] > before[1]) == (before[0], True)
    assert (mended.run.outcome, mended.problems) == (RunOutcome.OK, ())
    groups = {group.name: len(group.members) for group in campus.kelas.course("KLS-I").groups.values()}
    assert groups["Angkatan I"] > 10
    assert groups["Angkatan II"] > 5


@pytest.mark.parametrize(
    ("site", "course", "theirs_first"),
    [("pintu", "KLS-III", False), ("pintu", "KLS-III", True), ("kelas", "KELAS-TIGA", True)],
)
def test_nobody_sits_in_two_groups_of_one_course_that_two_programmes_name_otherwise(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, site: str, course: str, theirs_first: bool
) -> None:
    campus.kelas.course("KLS-III").idnumber = "KELAS-TIGA"
    service = make_service(sqlite_url, angkatan=angkatan("III", "capacity = 5"), guards="max_push_share = 1.0")
    config = service.config.read_text(encoding="utf-8")
    others = f"""
[sites.pintu]
url = "{campus.kelas.url}/"
token_env = "LATSAR_KELAS_TOKEN"
[[programmes]]
id = "latsar-2026-ii"
title = "Golongan II"
source = {{ kind = "moodle", site = "mooc", course = "{MOOC}" }}
[programmes.evaluation]
{threshold("70")}
[[programmes.angkatan]]
id = "X"
source_group = "Angkatan III"
site = "{site}"
course = "{course}"
group = "Golongan II"
role_id = 5
"""
    service.config.write_text(config + others, encoding="utf-8")
    settings = load_settings(service.config, {**os.environ, **TOKENS})

    for programmes in (("latsar-2026-ii",), (PROGRAMME,), ()) if theirs_first else ((), ()):
        pipeline.run(settings, service.database, Request("test", programmes), lambda: datetime.now(UTC), silent)

    sitting = [
        {campus.kelas.users[member].idnumber for member in group.members}
        for group in campus.kelas.course("KLS-III").groups.values()
        if group.name in ("Angkatan III", "Golongan II")
    ]
    assert sitting[0]
    assert not set.intersection(*sitting) or len(sitting) == 1
