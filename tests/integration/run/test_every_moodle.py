"""The main job on every Moodle that the campus can be, and what only some of them hide or say otherwise."""

from typing import Any

import pytest
from few_people import CONFIRMED
from service import ServiceFactory

from latsar_sync.demo import CASES, VERSIONS, Campus
from latsar_sync.domain.request import RunOutcome

JUDGED = {
    "passed": ("qualified", "confirmed"),
    "score_exactly_70": ("qualified", "confirmed"),
    "score_69_996": ("not_yet", None),
    "score_69_99999": ("not_yet", None),
    "override_up": ("qualified", "confirmed"),
    "override_down": ("not_yet", None),
    "practice_failed": ("not_yet", None),
    "no_target_account": ("qualified", "review"),
    "already_suspended": ("qualified", "review"),
    "two_angkatan": ("qualified", "review"),
}
"""Decision and roster state of some kinds of people."""


@pytest.mark.parametrize(
    ("version", "basis"),
    [
        *((version, "gradebook") for version in ("4.0", "4.3", "4.5")),  # on the newest: test_main_job.py
        *((version, "best_attempt") for version in ("4.0", "5.1")),
    ],
)
def test_the_main_job_comes_to_the_same_on_every_moodle(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, version: str, basis: str
) -> None:
    campus.mooc.moodle = campus.kelas.moodle = VERSIONS[version]
    evaluation = f"""item = "EVAL-AKADEMIK"
basis = "{basis}"
threshold = {{ value = 70, scale = "points", legal_basis = "Uji" }}"""
    service = make_service(sqlite_url, evaluation=evaluation)

    first, second = service.run(), service.run()

    people, roster = service.participants(), service.roster()
    judged = {
        case: (people[nip]["outcome"], roster[nip]["state"] if nip in roster else None)
        for case in JUDGED
        for nip in [str(CASES[case][0])]
    }
    assert (first.run.outcome, second.run.outcome) == (RunOutcome.OK, RunOutcome.OK)
    assert (second.run.counts["pushed"], second.run.counts["confirmed"]) == (0, 0)
    if basis == "gradebook":
        assert first.run.counts["confirmed"] == CONFIRMED
        assert judged == JUDGED
    else:
        assert judged["passed"] == JUDGED["passed"]
        assert judged["override_up"] == ("not_yet", None)  # attempts know no teacher's correction


def test_a_course_that_disappears_while_it_is_filled_is_one_problem_and_nobody_is_rejected(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url)
    doomed = campus.kelas.course("KLS-II").id

    def delete(name: str, parameters: dict[str, Any]) -> None:
        if name == "enrol_manual_enrol_users" and doomed in {row["courseid"] for row in parameters["enrolments"]}:
            campus.kelas.courses.pop(doomed, None)

    campus.before_write = delete
    result = service.run()

    there = [row for row in service.roster().values() if row["angkatan"] == "II" and row["state"] == "planned"]
    assert result.run.outcome is RunOutcome.PARTIAL
    assert len(there) > 5
    assert result.run.counts["failed"] == 0
    assert any("check `course`" in text for text in result.problems)


def test_what_stands_in_a_hidden_section_holds_the_run_and_names_the_right(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    campus.mooc.hide_section("MOOC-LATSAR", 2)
    campus.mooc.accounts[campus.mooc.token].capabilities.discard("moodle/course:viewhiddensections")

    result = make_service(sqlite_url).run()

    assert result.run.outcome is RunOutcome.GUARDED
    assert [finding.code for finding in result.run.findings] == ["activities_unseen"]


def test_what_stands_in_a_subsection_is_required_like_anything_else(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    place = campus.mooc.add_subsection("MOOC-LATSAR", "Bahan tambahan", 1)
    campus.mooc.add_module("MOOC-LATSAR", "page", "Bahan di subbagian", place, "", 2, ("completionview",))
    campus.mooc.run_cron()

    service = make_service(sqlite_url)
    service.run()

    [passed] = [row for nip, row in service.participants().items() if nip == str(CASES["passed"][0])]
    assert (passed["outcome"], passed["materials_total"] - passed["materials_done"]) == ("not_yet", 1)
