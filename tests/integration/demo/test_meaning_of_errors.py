"""What is gone is told by what was asked, on every Moodle: a person is one record, a course or quiz everybody's."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from recorded_course import FULL, IN_CLASS, MOOC, RecordedCourse

from latsar_sync.demo.versions import VERSIONS
from latsar_sync.domain.errors import LatsarError, RecordRejected, SiteRefuses
from latsar_sync.domain.in_class import Angkatan, CourseAsRead
from latsar_sync.domain.site_limits import SiteLimits
from latsar_sync.moodle import course_lists, in_class_writes, payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Function
from latsar_sync.setup.doctor.in_class_courses import NOBODY

QUICK = SiteLimits(requests_per_second=1000, retry_budget=0)


@pytest.fixture(params=sorted(VERSIONS))
def world(request: pytest.FixtureRequest) -> Iterator[RecordedCourse]:
    world = RecordedCourse(request.param)
    with world.campus:
        yield world


@pytest.fixture
def client(world: RecordedCourse) -> Iterator[MoodleClient]:
    client = MoodleClient("mooc", world.site.url, SecretStr(FULL), limits=QUICK)
    yield client
    client.close()


def completions(client: MoodleClient, course: int, people: list[int]) -> list[object]:
    asked = [{"courseid": course, "userid": person} for person in people]
    return list(client.read_each(Function.ACTIVITIES_COMPLETION_STATUS, payloads.ACTIVITY_STATUSES, asked))


def results(client: MoodleClient, quiz: int, people: list[int]) -> list[object]:
    asked = [{"quizid": quiz, "userid": person} for person in people]
    return list(client.read_each(Function.BEST_GRADE, payloads.BEST_GRADE, asked))


def test_somebody_who_is_gone_is_one_record_and_the_others_are_read(
    world: RecordedCourse, client: MoodleClient
) -> None:
    people = [world.ids[0], NOBODY, world.ids[1]]
    for answers in (
        completions(client, world.site.course(MOOC).id, people),
        results(client, world.evaluation.instance, people),
    ):
        assert [isinstance(each, RecordRejected) for each in answers] == [False, True, False]


@pytest.mark.parametrize("ask", [completions, results])
def test_a_course_or_quiz_that_is_gone_is_no_matter_of_its_people(
    world: RecordedCourse, client: MoodleClient, ask: object
) -> None:
    with pytest.raises(SiteRefuses, match="does not exist") as caught:
        ask(client, 99_999, world.ids[:2])  # type: ignore[operator]

    assert ("`course`" if ask is completions else "`evaluation`") in caught.value.remedy


def test_a_list_of_a_course_that_is_gone_names_the_course(client: MoodleClient) -> None:
    for read in (
        lambda: course_lists.read_enrolled(client, 99_999, "id"),
        lambda: client.read(Function.COURSE_CONTENTS, payloads.COURSE_CONTENTS, {"courseid": 99_999}),
        lambda: client.read(Function.GRADE_ITEMS, payloads.GRADE_REPORT, {"courseid": 99_999, "userid": 0}),
    ):
        with pytest.raises(SiteRefuses, match=r"\(invalidrecord") as caught:
            read()
        assert "`course`" in caught.value.remedy


def refused(write: object) -> LatsarError:
    with pytest.raises(LatsarError) as caught:
        write()  # type: ignore[operator]
    return caught.value


def test_enrolling_tells_a_person_who_is_gone_from_a_course_that_is(
    world: RecordedCourse, client: MoodleClient
) -> None:
    person = refused(lambda: in_class_writes.enrol(client, [(world.site.course(IN_CLASS).id, NOBODY, 5)]))
    course = refused(lambda: in_class_writes.enrol(client, [(99_999, world.ids[0], 5)]))

    assert isinstance(person, RecordRejected)
    assert isinstance(course, SiteRefuses)
    assert "`course`" in course.remedy


def test_a_group_that_is_gone_is_told_from_a_person_who_is_not_enrolled(
    world: RecordedCourse, client: MoodleClient
) -> None:
    course = world.site.course(IN_CLASS)
    group = world.site.group(IN_CLASS, "Kelompok A")
    stranger = refused(lambda: in_class_writes.add_members(client, [(group.id, world.ids[1])], course.id))
    gone = refused(lambda: in_class_writes.add_members(client, [(99_999, world.ids[0])], course.id))

    assert isinstance(stranger, RecordRejected)
    assert isinstance(gone, SiteRefuses)
    assert "moodle/course:viewhiddengroups" in gone.remedy


def test_a_right_is_named_by_what_was_asked_where_the_sentence_does_not(
    world: RecordedCourse, client: MoodleClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("latsar_sync.demo.access.CAPABILITY_NAMES", {})
    world.account.capabilities.discard("report/progress:view")
    with pytest.raises(SiteRefuses) as caught:
        completions(client, world.site.course(MOOC).id, world.ids[:2])

    assert "report/progress:view" in caught.value.remedy


def test_a_group_that_hides_its_members_is_the_reason_why_it_cannot_be_made(
    world: RecordedCourse, client: MoodleClient
) -> None:
    if not world.site.moodle.has_hidden_groups:
        return
    world.site.group(IN_CLASS, "Kelompok A").visibility = 3
    angkatan = Angkatan("A", "Kelompok A", "latsar:uji:A")
    course = CourseAsRead("mooc", world.site.course(IN_CLASS).id, IN_CLASS, {}, frozenset({"manual"}))

    error = refused(lambda: in_class_writes.make_groups(client, [(course, angkatan)]))

    assert isinstance(error, SiteRefuses)
    assert "moodle/course:viewhiddengroups" in error.remedy
