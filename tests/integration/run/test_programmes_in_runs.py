"""Several programmes in one run: apart from each other (rule 20)."""

from datetime import UTC, datetime

from seen_in_runs import MOOC, angkatan, in_group, threshold
from service import PROGRAMME, Service, ServiceFactory, silent

from latsar_sync.demo import Campus
from latsar_sync.domain.request import Request, RunOutcome
from latsar_sync.run import pipeline
from latsar_sync.run.pipeline import RunResult


def second_programme(course: str) -> str:
    """Return another programme on the same sites as TOML."""
    return f'''
[[programmes]]
id = "latsar-2026-ii"
title = "Latsar CPNS Golongan II 2026"
[programmes.source]
kind = "moodle"
site = "mooc"
course = "{course}"
[programmes.evaluation]
{threshold("70")}
[[programmes.angkatan]]
id = "X"
source_group = "Angkatan III"
site = "kelas"
course = "KLS-II"
role_id = 5
'''


def run_all(service: Service) -> RunResult:
    """Run every programme of the configuration once."""
    return pipeline.run(service.settings, service.database, Request("test"), lambda: datetime.now(UTC), silent)


def test_a_programme_that_fails_does_not_stop_the_other(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    campus.mooc.add_course("MOOC-II", "MOOC Golongan II").visible = False
    campus.mooc.accounts[campus.mooc.token].capabilities.discard("moodle/course:view")
    campus.mooc.enrol(MOOC, campus.mooc.accounts[campus.mooc.token].user_id, role="teacher")
    service = make_service(sqlite_url, angkatan=angkatan("III") + second_programme("MOOC-II"))

    result = run_all(service)

    assert result.outcome is RunOutcome.PARTIAL
    assert {each.run.programme: each.run.outcome for each in result.programmes} == {
        PROGRAMME: RunOutcome.OK,
        "latsar-2026-ii": RunOutcome.FAILED,
    }
    assert len(in_group(campus, "KLS-III", "Angkatan III")) > 10


def test_two_programmes_over_one_mooc_keep_their_people_apart(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, angkatan=angkatan("III") + second_programme(MOOC))

    first, second = run_all(service), run_all(service)

    assert first.outcome is RunOutcome.OK
    counts = [each.run.counts["participants"] for each in first.programmes]
    assert counts[0] == counts[1] > 60
    assert [each.run.counts["pushed"] for each in second.programmes] == [0, 0]
    assert in_group(campus, "KLS-III", "Angkatan III") == in_group(campus, "KLS-II", "Angkatan III")
