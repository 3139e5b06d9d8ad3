"""Reading the MOOC: the same evidence whichever way it is read, and whose."""

from collections import Counter
from decimal import Decimal

import pytest
from few_people import CONFIRMED
from judged_people import (
    BATCH,
    COMPLETION,
    EVALUATION,
    GRADES,
    MOOC,
    NO_PUSH,
    PEOPLE,
    Judged,
    calls_of,
    evaluation_of,
    judged,
    outcome_of,
    reasons_of,
    source_id,
)
from service import TOKENS, ServiceFactory, default_angkatan

from latsar_sync.demo import CASES, Campus
from latsar_sync.moodle import course_lists, grade_reports
from latsar_sync.settings import load_settings

# Pages


@pytest.mark.parametrize("page", [7, 50])
def test_reading_the_people_page_by_page_finds_the_same_people(
    make_service: ServiceFactory,
    sqlite_url: str,
    campus: Campus,
    plain: Judged,
    monkeypatch: pytest.MonkeyPatch,
    page: int,
) -> None:
    monkeypatch.setattr(course_lists, "PAGE", page)
    service = make_service(sqlite_url, programme=NO_PUSH)

    service.run()

    assert judged(service) == plain
    asked = [entry for entry in campus.log if (entry.site, entry.function) == ("mooc", PEOPLE)]
    assert len(asked) > 2 * len(plain) / page


def test_a_page_shortened_by_somebody_invisible_is_not_taken_for_the_last(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, plain: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course_lists, "PAGE", 10)
    hidden = [source_id(campus, "score_69_99"), source_id(campus, "page_missing")]
    for user_id in hidden:
        campus.mooc.users[user_id].invisible = True
    service = make_service(sqlite_url, programme=NO_PUSH)

    service.run()

    assert judged(service) == {user_id: seen for user_id, seen in plain.items() if user_id not in hidden}


# Grades


@pytest.mark.parametrize(
    ("batched", "whole_course_up_to", "bulk_calls", "single_calls"),
    [
        pytest.param(False, 0, 5, 0, id="by group, and singly whoever is suspended or in no group"),
        pytest.param(False, 10_000, 2, 0, id="the whole course in one call, singly the suspended"),
        pytest.param(True, 10_000, 0, 6, id="by group, and singly the others, many in a request"),
    ],
)
def test_grades_are_the_same_whichever_way_they_are_read(
    make_service: ServiceFactory,
    sqlite_url: str,
    campus: Campus,
    plain: Judged,
    monkeypatch: pytest.MonkeyPatch,
    batched: bool,
    whole_course_up_to: int,
    bulk_calls: int,
    single_calls: int,
) -> None:
    monkeypatch.setattr(grade_reports, "WHOLE_COURSE_UP_TO", whole_course_up_to)
    for site in [] if batched else campus.sites.values():
        site.accounts[site.token].functions.discard(BATCH)
    service = make_service(sqlite_url, programme=NO_PUSH)

    service.run()

    assert judged(service) == plain
    assert calls_of(campus, GRADES) == (bulk_calls, single_calls)
    assert (calls_of(campus, BATCH)[0] > 0) == batched
    assert calls_of(campus, COMPLETION) == ((0, 74) if batched else (74, 0))


def test_somebody_whose_enrolment_is_suspended_is_judged_by_the_grade_that_the_bulk_answer_leaves_out(
    campus: Campus, plain: Judged
) -> None:
    decision = plain[source_id(campus, "mooc_suspended")][1]

    assert decision is not None
    assert str(decision.outcome) == "qualified"
    assert [reason.code for reason in decision.reasons] == ["enrolment_suspended"]


def test_the_evaluation_is_found_by_its_number_as_well_as_by_its_idnumber(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, plain: Judged
) -> None:
    cmid = campus.mooc.module_named(EVALUATION).cmid
    service = make_service(sqlite_url, programme=NO_PUSH, evaluation=evaluation_of(f"cmid = {cmid}"))

    service.run()

    assert judged(service) == plain


def test_a_percent_threshold_is_exact_in_the_evaluations_own_range(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    module = campus.mooc.module_named(EVALUATION)
    assert module.quiz is not None
    module.quiz.maximum, module.quiz.grade_to_pass = Decimal(50), Decimal(35)
    for grade in module.quiz.grades.values():
        grade.final = Decimal(0)
    at, above, below = (source_id(campus, "passed", number) for number in range(3))
    for user_id, points in ((at, "35"), (above, "35.00001"), (below, "34.99999")):
        module.quiz.grades[user_id].final = Decimal(points)
    service = make_service(
        sqlite_url, programme=NO_PUSH, evaluation=evaluation_of(f'item = "{EVALUATION}"', scale="percent")
    )

    service.run()

    scores = {user_id: decision.score for user_id, (_, decision) in judged(service).items() if decision}
    assert [outcome_of(service, user_id) for user_id in (at, above, below)] == ["qualified", "qualified", "not_yet"]
    assert [str(scores[user_id]) for user_id in (at, above, below)] == ["70.00000", "70.00002", "69.99998"]


def test_a_percent_threshold_between_two_grades_is_not_rounded_in_anybodys_favour(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    module = campus.mooc.module_named(EVALUATION)
    assert module.quiz is not None
    # 2/3 of 30 points is 66.66666… per cent
    module.quiz.maximum, module.quiz.grade_to_pass = Decimal(30), Decimal(20)
    for grade in module.quiz.grades.values():
        grade.final = Decimal(20)
    evaluation = evaluation_of(f'item = "{EVALUATION}"', value="66.66667", scale="percent")
    service = make_service(sqlite_url, programme=NO_PUSH, evaluation=evaluation)

    service.run()

    user_id = source_id(campus, "passed")
    decision = judged(service)[user_id][1]
    assert outcome_of(service, user_id) == "not_yet"
    assert decision is not None
    assert str(decision.score) == "66.66666"


# Attempts


ATTEMPTS = [
    ("abandoned", Decimal("9.5"), "not_yet", "score_below_threshold"),
    ("inprogress", Decimal("9.5"), "not_yet", "score_below_threshold"),
    ("finished", None, "undetermined", "attempt_ungraded"),
    ("finished", Decimal("9.5"), "qualified", None),
]
"""The state of one more attempt and its marks of ten, what is decided then, and why."""


def test_the_best_attempt_that_was_finished_and_marked_counts_whatever_came_later_and_whatever_a_teacher_wrote(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(
        sqlite_url, programme=NO_PUSH, evaluation=evaluation_of(f'item = "{EVALUATION}"', basis="best_attempt")
    )

    service.run()

    assert outcome_of(service, source_id(campus, "best_attempt_earlier")) == "qualified"
    assert outcome_of(service, source_id(campus, "override_up")) == "not_yet"
    assert outcome_of(service, source_id(campus, "override_down")) == "qualified"
    # a quiz of 10 marks, which Moodle stores at five places too, has no 69.99999
    assert outcome_of(service, source_id(campus, "score_69_99")) == "not_yet"
    assert outcome_of(service, source_id(campus, "score_exactly_70")) == "qualified"
    assert reasons_of(service, source_id(campus, "attempt_in_progress"))[0] == "no_grade"
    decision = judged(service)[source_id(campus, "best_attempt_earlier")][1]
    assert decision is not None
    assert str(decision.score) == "78.00000"
    passed, cmid = source_id(campus, "passed"), campus.mooc.module_named(EVALUATION).cmid
    before = judged(service)[passed][1]
    campus.mooc.add_attempt(passed, cmid, Decimal(1))
    people = [source_id(campus, "evaluation_failed", number) for number, _ in enumerate(ATTEMPTS)]
    for user_id, (state, marks, _, _) in zip(people, ATTEMPTS, strict=True):
        campus.mooc.add_attempt(user_id, cmid, marks, state)

    service.run(full=True)

    for user_id, (_, _, outcome, reason) in zip(people, ATTEMPTS, strict=True):
        assert outcome_of(service, user_id) == outcome
        assert reasons_of(service, user_id) == ([reason] if reason else [])
    after = judged(service)[passed][1]
    assert before is not None
    assert after is not None
    assert (after.outcome, after.score, after.reached_at) == (before.outcome, before.score, before.reached_at)


# Who counts


def test_teachers_are_no_participants_unless_their_role_is_named(
    make_service: ServiceFactory, sqlite_url: str, plain: Judged
) -> None:
    teachers = {user_id for user_id in CASES["mooc_teacher"] if isinstance(user_id, int)}
    with_teachers = make_service(sqlite_url, programme='participant_roles = ["student", "editingteacher"]')

    with_teachers.run()

    assert teachers & plain.keys() == set()
    assert judged(with_teachers).keys() - plain.keys() == {min(teachers)}
    assert outcome_of(with_teachers, min(teachers)) == "undetermined"
    assert "nip_missing" in reasons_of(with_teachers, min(teachers))


def test_the_nip_is_read_from_the_user_name_when_configured_so(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, plain: Judged
) -> None:
    service = make_service(sqlite_url, programme=NO_PUSH)
    config = service.config.read_text(encoding="utf-8")
    source_table = 'site = "mooc"\ncourse = "MOOC-LATSAR"\n'
    assert source_table in config
    service.config.write_text(
        config.replace(source_table, source_table + 'participant_key = "username"\n'), encoding="utf-8"
    )
    service.settings = load_settings(service.config, TOKENS)

    service.run()

    # the three cases whose idnumber is no usable NIP carry it as their user name
    mended = {source_id(campus, case, number) for case, number in (("nip_missing", 0), ("nip_malformed", 0))}
    mended |= {source_id(campus, "nip_shared", number) for number in (0, 1)}
    assert {outcome_of(service, user_id) for user_id in mended} == {"qualified"}
    others = plain.keys() - mended
    assert {user_id: judged(service)[user_id] for user_id in others} == {user_id: plain[user_id] for user_id in others}


def test_a_group_name_with_an_ampersand_is_matched_as_people_write_it(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    campus.mooc.group(MOOC, "Angkatan I").name = "Angkatan I & Ia"
    angkatan = default_angkatan().replace('source_group = "Angkatan I"', 'source_group = "Angkatan I & Ia"')
    service = make_service(sqlite_url, angkatan=angkatan)

    service.run()

    placed = Counter(row["angkatan"] for row in service.roster().values())
    assert placed["I"] > 10
    assert campus.kelas.group("KLS-I", "Angkatan I & Ia").members


def test_a_course_that_has_nobody_yet_does_not_hinder_the_first_people_who_come(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    course = campus.mooc.course(MOOC)
    enrolments, roles = dict(course.enrolments), dict(course.roles)
    course.enrolments.clear()
    course.roles.clear()
    service = make_service(sqlite_url)

    empty = service.run()
    course.enrolments.update(enrolments)
    course.roles.update(roles)
    filled = service.run()

    assert empty.run.counts["participants"] == 0
    assert filled.run.findings == ()
    assert filled.run.counts["confirmed"] == CONFIRMED
