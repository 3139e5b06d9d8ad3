"""Checks against any real Moodle that the environment names; without it they skip and say so.

LATSAR_LIVE_CONFIG names a configuration with one programme (tokens as that file says). Reading checks need nothing
more. LATSAR_LIVE_MAY_WRITE=1 also lets the main job enrol people there: use a site that is yours to change.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from service import Service

from latsar_sync.domain.errors import ConfigurationError, RecordRejected, SiteRefuses
from latsar_sync.domain.evidence import GradeStatus
from latsar_sync.domain.request import RunOutcome
from latsar_sync.domain.source_as_read import PeopleAndGrades
from latsar_sync.moodle import changes, in_class_course, in_class_writes, messages, mooc_course, payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.completion import read_completion
from latsar_sync.moodle.course_by_name import find_course
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.mooc_values import Expected, SourceCourse
from latsar_sync.run.clients import connect
from latsar_sync.run.configured import source_course_of
from latsar_sync.settings import Settings, load_settings
from latsar_sync.settings.for_the_rules import angkatan_of
from latsar_sync.setup.checks import Page
from latsar_sync.setup.doctor import Status, examine
from latsar_sync.setup.doctor.in_class_courses import NOBODY, examine_in_class_course
from latsar_sync.store.database import Database

CONFIG = os.environ.get("LATSAR_LIVE_CONFIG")
DRIVER_FOLDER = Path(__file__).parents[1] / "e2e"
KILLED_AT = "import os, sys; from kill_driver import drive; drive(sys.argv[1], os.environ, sys.argv[2], 1)"

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(CONFIG is None, reason="NO LIVE MOODLE: set LATSAR_LIVE_CONFIG to check against a real site"),
]
writes = pytest.mark.skipif(
    os.environ.get("LATSAR_LIVE_MAY_WRITE") != "1",
    reason="NOT WRITING TO THE LIVE MOODLE: set LATSAR_LIVE_MAY_WRITE=1 if the site is yours to change",
)


@pytest.fixture
def settings() -> Settings:
    return load_settings(Path(CONFIG or ""), os.environ)


@pytest.fixture
def mooc(settings: Settings) -> Iterator[MoodleClient]:
    name = settings.programmes[0].source.site
    assert name is not None, "the first programme is to read a MOOC"
    client = connect(name, settings.sites[name])
    yield client
    client.close()


@pytest.fixture
def service(settings: Settings, tmp_path: Path) -> Iterator[Service]:
    config = tmp_path / "live.toml"
    given = Path(CONFIG or "")
    lines = [line for line in given.read_text(encoding="utf-8").splitlines() if not line.startswith("database_url")]
    tokens = [each / ".env" for each in (given.parent, given.parent.parent) if (each / ".env").exists()]
    if tokens:  # beside the configuration, or in the folder above
        (tmp_path / ".env").symlink_to(tokens[0].resolve())
    config.write_text("\n".join([f'database_url = "sqlite:///{tmp_path / "live.db"}"', *lines]), encoding="utf-8")
    loaded = load_settings(config, os.environ)
    database = Database(loaded.database_url)
    database.upgrade()
    yield Service(config, loaded, database)
    database.close()


def surveyed(mooc: MoodleClient, wanted: SourceCourse, full: bool = False) -> PeopleAndGrades:
    """Return the course, its people and everybody's grades, as a first run reads them."""
    course, way = mooc_course.look_at_course(mooc, wanted), mooc_course.way_of(mooc, wanted)
    seen = mooc_course.see_people(mooc, wanted, way, course, Expected(), full)
    return mooc_course.read_grades_and_requirements(mooc, wanted, seen, seen.people, full, full)


def test_the_whole_course_is_read_and_nobody_lacks_a_grade_status(settings: Settings, mooc: MoodleClient) -> None:
    found = surveyed(mooc, source_course_of(settings.programmes[0]), full=True)

    assert found.people
    assert found.evaluation is not None
    assert found.grades.keys() == {person.user_id for person in found.people}
    assert all(grade.status is not GradeStatus.GRADE_UNREAD for grade in found.grades.values())


def test_every_required_activity_is_visible_in_the_completion_of_a_participant(
    settings: Settings, mooc: MoodleClient
) -> None:
    wanted = source_course_of(settings.programmes[0])
    found = surveyed(mooc, wanted)

    states = read_completion(mooc, found, wanted, [person.user_id for person in found.people[:5]], {}, set(), set())

    for state in states.values():
        assert state is not None
        assert {activity.cmid for activity in found.required} <= state.keys()


def test_a_batch_answers_what_single_calls_answer(settings: Settings, mooc: MoodleClient) -> None:
    found = surveyed(mooc, source_course_of(settings.programmes[0]))
    arguments = [{"courseid": found.course_id, "userid": person.user_id} for person in found.people[:5]]
    arguments.insert(2, {"courseid": found.course_id, "userid": 99_999_999})

    batched = mooc.read_each(Function.ACTIVITIES_COMPLETION_STATUS, payloads.ACTIVITY_STATUSES, arguments)

    assert isinstance(batched[2], RecordRejected)
    for argument, answer in zip(arguments, batched, strict=True):
        if not isinstance(answer, RecordRejected):
            single = mooc.read(Function.ACTIVITIES_COMPLETION_STATUS, payloads.ACTIVITY_STATUSES, argument)
            assert answer == single


def test_the_site_tells_visits_its_time_and_whose_attempts_changed(settings: Settings, mooc: MoodleClient) -> None:
    wanted = source_course_of(settings.programmes[0])
    course = mooc_course.look_at_course(mooc, wanted)
    way = mooc_course.way_of(mooc, wanted)
    seen = mooc_course.see_people(mooc, wanted, way, course, Expected(), enrolments=False)
    found = mooc_course.read_grades_and_requirements(
        mooc, wanted, seen, seen.people[:1], grade_to_pass=False, compare_activities=False
    )

    assert course.site_time is not None
    assert None not in seen.visits.values()
    assert found.evaluation is not None
    if found.evaluation.modname == "quiz" and changes.can_tell(mooc):
        told = changes.read_changes(mooc, found.course_id, found.evaluation.cmid, datetime.fromtimestamp(1, UTC))
        assert told is not None
        assert found.evaluation.cmid in told.touched
        everybody = [person.user_id for person in found.people]
        attempts = changes.read_attempt_ids(mooc, found.evaluation.instance, everybody)
        assert set(attempts) <= told.attempts  # whoever left the course has attempts too


def test_a_wrong_token_and_an_unknown_course_are_refused_with_a_remedy(settings: Settings, mooc: MoodleClient) -> None:
    with pytest.raises(ConfigurationError, match="no course has the shortname"):
        find_course(mooc, "latsar-sync-no-such-course")
    stranger = MoodleClient("mooc", mooc.url, SecretStr("0" * 32))
    with pytest.raises(SiteRefuses, match="invalidtoken"):
        stranger.site_info()
    stranger.close()


def test_every_course_is_read_with_people_groups_and_manual_enrolment(settings: Settings) -> None:
    for angkatan in angkatan_of(settings.programmes[0]):
        if angkatan.site is not None and angkatan.course is not None:
            client = connect(angkatan.site, settings.sites[angkatan.site])
            course, taken = in_class_course.read_course(client, angkatan.course, [angkatan])
            assert taken == {}
            in_class_writes.require_manual_enrolment(course)
            client.close()


def test_the_doctor_fails_nothing_and_proves_the_rights_it_names(service: Service) -> None:
    checks = examine(service.settings, None, lambda: datetime.now(UTC), lambda subject: None)

    assert [check for check in checks if check.status is Status.FAIL] == []
    proved = {check.name for check in checks if check.status is Status.OK}
    assert {"moodle/course:view", "moodle/site:accessallgroups", "moodle/user:viewalldetails"} <= proved
    if any(angkatan.course for angkatan in service.settings.programmes[0].angkatan):
        assert "enrol/manual:enrol" in proved
    for check in checks:
        assert check.status is Status.OK or check.remedy, check


def test_the_doctors_call_for_nobody_leaves_no_enrolment(settings: Settings) -> None:
    for angkatan in angkatan_of(settings.programmes[0]):
        if angkatan.site is None or angkatan.course is None:
            continue
        client = connect(angkatan.site, settings.sites[angkatan.site])
        before, _ = in_class_course.read_course(client, angkatan.course, [angkatan])
        examine_in_class_course(Page("live"), client, angkatan.course, [angkatan])
        after, _ = in_class_course.read_course(client, angkatan.course, [angkatan])
        client.close()

        assert after.enrolled == before.enrolled
        assert NOBODY not in after.enrolled


def test_what_is_gone_is_told_by_what_was_asked(settings: Settings, mooc: MoodleClient) -> None:
    found = surveyed(mooc, source_course_of(settings.programmes[0]))
    somebody = found.people[0].user_id

    def completion(course: int, person: int) -> list[object]:
        asked = [{"courseid": course, "userid": person}]
        return [*mooc.read_each(Function.ACTIVITIES_COMPLETION_STATUS, payloads.ACTIVITY_STATUSES, asked)]

    [person] = completion(found.course_id, NOBODY)
    assert isinstance(person, RecordRejected)
    with pytest.raises(SiteRefuses, match="invalidrecord") as course:
        completion(NOBODY, somebody)
    assert "`course`" in course.value.remedy
    with pytest.raises(SiteRefuses) as quiz:
        mooc.read_each(Function.BEST_GRADE, payloads.BEST_GRADE, [{"quizid": NOBODY, "userid": somebody}])
    assert "`evaluation`" in quiz.value.remedy


def test_enrolling_nobody_and_into_no_course_are_told_apart(settings: Settings) -> None:
    for angkatan in angkatan_of(settings.programmes[0])[:1]:
        if angkatan.site is None or angkatan.course is None:
            pytest.skip("no in-class course is configured")
        client = connect(angkatan.site, settings.sites[angkatan.site])
        course = find_course(client, angkatan.course)
        with pytest.raises(RecordRejected):
            in_class_writes.enrol(client, [(course.id, NOBODY, angkatan.role_id or 5)])
        with pytest.raises(SiteRefuses, match="invalidparameter"):
            in_class_writes.enrol(client, [(NOBODY, NOBODY, angkatan.role_id or 5)])
        client.close()


@writes
def test_a_message_goes_to_the_account_itself_and_none_to_nobody(mooc: MoodleClient) -> None:
    if not mooc.supports(Function.SEND_MESSAGES):
        pytest.skip("the service holds no function for messages")
    messages.send(mooc, mooc.site_info().userid, "latsar-sync", "latsar-live")
    with pytest.raises(RecordRejected, match="no such account"):
        messages.send(mooc, NOBODY, "latsar-sync", "latsar-live")


@writes
def test_a_run_killed_while_enrolling_is_converged_by_the_next(service: Service) -> None:
    # Before the main job: afterwards nobody is left to enrol, and no run comes to that step.
    command = [sys.executable, "-c", KILLED_AT, str(service.config), "ENROL"]
    killed = subprocess.run(command, cwd=DRIVER_FOLDER, check=False, timeout=300)
    if killed.returncode == 0:
        pytest.skip("nobody was left to enrol on this site, so no run was killed")

    after = service.run(now=datetime.now(UTC))

    assert killed.returncode == -signal.SIGKILL
    assert after.run.outcome is RunOutcome.OK
    assert after.run.counts["confirmed"] >= after.run.counts["pushed"] > 0
    assert service.run().run.counts["pushed"] == 0


@writes
def test_the_main_job_confirms_everybody_it_pushes_and_the_second_run_pushes_nothing(service: Service) -> None:
    first = service.run()
    if {each.code for each in first.run.findings} == {"memory_new"}:  # a test before this one filled the site
        first = service.run(accept=True, by="tests/live")
    second = service.run()

    assert first.run.outcome is RunOutcome.OK
    assert (second.run.counts["pushed"], second.run.counts["confirmed"]) == (0, 0)
    for row in service.roster().values():
        assert row["state"] in ("confirmed", "review", "waitlisted")
