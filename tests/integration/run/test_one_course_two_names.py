"""Two angkatan in one in-class course, one named by its shortname, the other by its idnumber: both are allowed."""

import os
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from seen_in_runs import EVALUATION, MOOC, angkatan, nip_of, threshold
from service import PROGRAMME, TOKENS, ServiceFactory, default_angkatan, silent

from latsar_sync.demo import Campus
from latsar_sync.domain.request import Request, RunOutcome
from latsar_sync.run import pipeline
from latsar_sync.settings import load_settings


def test_each_angkatan_is_sent_once_and_nobody_of_one_name_into_a_second_group_of_the_other(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    kelas = campus.kelas
    kelas.course("KLS-I").idnumber = "KELAS-SATU"
    both = default_angkatan().replace('course = "KLS-II"\n', 'course = "KELAS-SATU"\n')
    service = make_service(sqlite_url, angkatan=both)
    service.first_run()
    failed = nip_of("score_69_99")
    mooc, account = campus.mooc, next(each.id for each in kelas.users.values() if each.idnumber == failed)
    of_the_mooc = next(each.id for each in mooc.users.values() if each.idnumber == failed)
    theirs = next(group.name for group in mooc.course(MOOC).groups.values() if of_the_mooc in group.members)
    [other] = {"Angkatan I", "Angkatan II"} - {theirs}
    kelas.enrol("KLS-I", account)
    kelas.add_member("KLS-I", other, account)
    mooc.add_attempt(of_the_mooc, mooc.module_named(EVALUATION).cmid, Decimal(9))

    result, quiet = service.run(full=True), service.run()

    assert [(each.run.outcome, each.problems) for each in (result, quiet)] == [(RunOutcome.OK, ())] * 2
    assert service.roster()[failed]["roster_reason"] == "target_other_group"
    groups = {group.name: group.members for group in kelas.course("KLS-I").groups.values()}
    assert account not in groups[theirs]
    assert len(groups["Angkatan I"]) > 10
    assert len(groups["Angkatan II"]) > 5


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
