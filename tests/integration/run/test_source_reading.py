"""Reading the MOOC: the same evidence whichever way it is read, and no decision from what was not fully seen."""

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal

import pytest
from few_people import CONFIRMED, seed_few
from service import PROGRAMME, TOKENS, KnownCampus, Service, ServiceFactory, default_angkatan

from latsar_sync.demo import CASES, Campus
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain.decision import Decision
from latsar_sync.domain.errors import ConfigurationError, SiteRefuses
from latsar_sync.domain.evidence import Evidence
from latsar_sync.domain.request import Step
from latsar_sync.moodle import calls_ahead, course_lists, grades
from latsar_sync.settings import load_settings
from latsar_sync.store import participants

GRADES = "gradereport_user_get_grade_items"
PEOPLE = "core_enrol_get_enrolled_users"
COMPLETION = "core_completion_get_activities_completion_status"
BATCH = "tool_mobile_call_external_functions"
EVALUATION = "EVAL-AKADEMIK"
MOOC = "MOOC-LATSAR"

NOW = 1_790_000_000
NO_PUSH = 'push = "confirmed"'
"""Enough for tests of what is seen and decided."""

Judged = Mapping[int, tuple[Evidence, Decision | None]]


def judged(service: Service) -> Judged:
    """Return evidence and decision of everybody by user id in the MOOC."""
    with service.database.reading() as connection:
        records = participants.load_records(connection, PROGRAMME)
    return {user_id: (record.evidence, record.decision) for user_id, record in records.items()}


def outcome_of(service: Service, user_id: int) -> str | None:
    """Return the decision about one account of the MOOC."""
    decision = judged(service)[user_id][1]
    return str(decision.outcome) if decision else None


def reasons_of(service: Service, user_id: int) -> list[str]:
    """Return the reason codes of the decision about one account of the MOOC."""
    decision = judged(service)[user_id][1]
    return [reason.code for reason in decision.reasons] if decision else []


def outcomes(service: Service) -> Counter[str | None]:
    """Count the decisions."""
    return Counter(str(decision.outcome) if decision else None for _, decision in judged(service).values())


def source_id(campus: Campus, case: str, number: int = 0) -> int:
    """Return the MOOC account of a case's person."""
    name = CASES[case][number]
    return name if isinstance(name, int) else campus.mooc.user_id(name)


def evaluation_of(text: str, basis: str = "gradebook", value: str = "70", scale: str = "points") -> str:
    """Return the evaluation's table as TOML."""
    return f'{text}\nbasis = "{basis}"\nthreshold = {{ value = {value}, scale = "{scale}", legal_basis = "Uji" }}'


def calls_of(campus: Campus, function: str) -> tuple[int, int]:
    """Return how often a function was called by itself, and how often inside a batch."""
    direct = sum(entry.function == function for entry in campus.log)
    return direct, sum(entry.inner_functions.count(function) for entry in campus.log)


@pytest.fixture
def campus() -> Iterator[Campus]:
    """Give the campus as of one fixed moment, so that what is seen in it can be compared between tests."""
    with KnownCampus(NOW, seed_few) as campus:
        yield campus


@pytest.fixture(scope="module")
def remembered() -> dict[str, Judged]:
    """Keep what the ordinary run saw for the whole file: the campus is the same one every time."""
    return {}


@pytest.fixture
def plain(make_service: ServiceFactory, sqlite_url: str, campus: Campus, remembered: dict[str, Judged]) -> Judged:
    """Give what an ordinary first run sees and decides, by user id in the MOOC."""
    if not remembered:
        service = make_service(f"{sqlite_url}.plain", programme=NO_PUSH)
        service.run()
        remembered["plain"] = judged(service)
        campus.log.clear()
    return remembered["plain"]


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
    monkeypatch.setattr(grades, "WHOLE_COURSE_UP_TO", whole_course_up_to)
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


# Rights that hide something


def take_away(campus: Campus, *capabilities: str) -> None:
    """Take capabilities from the service account of the MOOC."""
    campus.mooc.accounts[MOOC_TOKEN].capabilities -= set(capabilities)


def test_an_account_that_sees_no_numbers_is_refused_with_the_capability_it_lacks(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    take_away(campus, "moodle/user:viewalldetails")
    service = make_service(sqlite_url, programme=NO_PUSH)

    result = service.run()

    assert isinstance(result.error, SiteRefuses)
    assert "idnumber" in result.error.message
    assert "moodle/user:viewalldetails" in result.error.remedy
    assert service.count("decisions") == 0


def test_an_account_that_sees_no_quizzes_is_told_what_it_sees_instead_of_judging(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    take_away(campus, "mod/quiz:view")
    service = make_service(sqlite_url, programme=NO_PUSH)

    result = service.run()

    assert isinstance(result.error, ConfigurationError)
    assert EVALUATION in result.error.message
    assert "mod/quiz:view" in result.error.remedy
    assert service.count("decisions") == 0


def test_an_account_that_loses_sight_of_the_quizzes_changes_no_decision(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, programme=NO_PUSH)
    service.first_run()
    before, decisions = judged(service), service.count("decisions")
    take_away(campus, "mod/quiz:view")

    results = [service.run(), service.run(full=True)]

    assert all(isinstance(result.error, ConfigurationError) for result in results)
    assert judged(service) == before
    assert service.count("decisions") == decisions


def test_an_evaluation_hidden_in_the_gradebook_judges_nobody(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    quiz = campus.mooc.module_named(EVALUATION).quiz
    assert quiz is not None
    quiz.item_hidden = True
    take_away(campus, "moodle/grade:viewhidden")
    service = make_service(sqlite_url, programme=NO_PUSH)

    result = service.run()

    assert {"qualified", "not_yet"} & outcomes(service).keys() == set()
    assert result.error is not None
    assert EVALUATION in result.error.message
    assert "Latihan Agenda 1" in result.error.remedy


def test_an_evaluation_hidden_in_the_gradebook_is_read_by_whoever_may_see_hidden_grades(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, plain: Judged
) -> None:
    quiz = campus.mooc.module_named(EVALUATION).quiz
    assert quiz is not None
    quiz.item_hidden = True
    service = make_service(sqlite_url, programme=NO_PUSH)

    service.run()

    graded = {user_id for user_id, (evidence, _) in plain.items() if evidence.grade.raw is not None}
    seen = judged(service)
    assert {user_id: seen[user_id] for user_id in graded} == {user_id: plain[user_id] for user_id in graded}
    # an empty hidden grade may be one that is kept from us: that alone decides against nobody
    assert outcome_of(service, source_id(campus, "attempt_in_progress")) == "undetermined"
    assert reasons_of(service, source_id(campus, "attempt_in_progress")) == ["grade_hidden"]


@pytest.fixture
def step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a course be one of very many people, whose completion is read after the grades and not beside them."""
    monkeypatch.setattr(calls_ahead, "MOST_ABOUT", 0)


@pytest.mark.usefixtures("step_by_step")
def test_an_activity_that_the_completion_answer_leaves_out_is_unknown_and_never_unfinished(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    take_away(campus, "moodle/course:ignoreavailabilityrestrictions")
    service = make_service(sqlite_url)

    def restrict_meanwhile(_programme: str, step: Step, _count: int) -> None:
        if step is Step.READ_DETAILS:
            campus.mooc.module_named("LATIHAN-2").restricted = True

    service.run(progress=restrict_meanwhile)

    passed, failed = source_id(campus, "passed"), source_id(campus, "score_69_99")
    assert (outcome_of(service, passed), reasons_of(service, passed)) == ("undetermined", ["materials_unknown"])
    assert outcome_of(service, failed) == "not_yet"
    assert "qualified" not in outcomes(service)
    assert service.count("pushes") == 0


@pytest.mark.usefixtures("step_by_step")
def test_people_who_cannot_be_read_are_undetermined_and_do_not_stop_the_others(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, plain: Judged
) -> None:
    gone = source_id(campus, "passed")
    service = make_service(sqlite_url, programme=NO_PUSH)

    def delete_meanwhile(_programme: str, step: Step, _count: int) -> None:
        if step is Step.READ_DETAILS:
            campus.mooc.delete_user(gone)

    service.run(progress=delete_meanwhile)

    assert (outcome_of(service, gone), reasons_of(service, gone)) == ("undetermined", ["materials_unread"])
    assert {user_id: seen for user_id, seen in judged(service).items() if user_id != gone} == {
        user_id: seen for user_id, seen in plain.items() if user_id != gone
    }


# Materials


def test_course_completion_decides_like_the_activities_where_the_lms_has_worked_it_out(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, plain: Judged
) -> None:
    campus.mooc.run_cron()
    service = make_service(sqlite_url, programme=NO_PUSH, materials='mode = "course"')

    service.run()

    suspended = source_id(campus, "mooc_suspended")
    now = {user_id: decision.outcome for user_id, (_, decision) in judged(service).items() if decision}
    before = {user_id: decision.outcome for user_id, (_, decision) in plain.items() if decision}
    # Moodle tells the course completion of active people only
    assert (now.pop(suspended), reasons_of(service, suspended)[0]) == ("undetermined", "materials_unread")
    before.pop(suspended)
    assert now == before


def test_course_completion_that_the_lms_has_not_worked_out_yet_is_not_yet(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    passed = source_id(campus, "passed")
    campus.mooc.course(MOOC).completed.pop(passed)
    service = make_service(sqlite_url, programme=NO_PUSH, materials='mode = "course"')

    service.run()

    assert (outcome_of(service, passed), reasons_of(service, passed)) == ("not_yet", ["materials_incomplete"])


def test_without_a_material_requirement_only_the_score_decides(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, programme=NO_PUSH, materials='mode = "none"')

    service.first_run()

    assert outcome_of(service, source_id(campus, "page_missing")) == "qualified"
    assert outcome_of(service, source_id(campus, "practice_failed")) == "qualified"
    assert outcome_of(service, source_id(campus, "score_69_99999")) == "not_yet"
    assert calls_of(campus, COMPLETION) == (0, 0)


def test_an_excluded_activity_is_not_required(make_service: ServiceFactory, sqlite_url: str, campus: Campus) -> None:
    cmid = campus.mooc.module_named("LATIHAN-2").cmid
    service = make_service(sqlite_url, programme=NO_PUSH, materials=f"exclude = [{cmid}]")

    service.run()

    assert outcome_of(service, source_id(campus, "practice_failed")) == "qualified"
    assert outcome_of(service, source_id(campus, "page_missing")) == "not_yet"
    assert judged(service)[source_id(campus, "passed")][0].materials.total == 11


def test_a_hidden_activity_is_required_only_when_it_is_included(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, plain: Judged
) -> None:
    draft = next(module for module in campus.mooc.course(MOOC).modules if not module.visible)
    user_id = source_id(campus, "passed")
    campus.mooc.set_completion(user_id, draft.cmid, 1)
    included = make_service(sqlite_url, programme=NO_PUSH, materials=f"include = [{draft.cmid}]")

    included.run()

    assert plain[user_id][0].materials.total == 12
    assert judged(included)[user_id][0].materials.total == 13
    assert [outcome_of(included, user_id), outcomes(included)["qualified"]] == ["qualified", 1]
    assert reasons_of(included, source_id(campus, "passed", 1)) == ["materials_incomplete"]


def test_including_an_activity_that_the_lms_does_not_track_is_refused_by_name(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    forum = campus.mooc.module_named("Pengumuman").cmid
    service = make_service(sqlite_url, programme=NO_PUSH, materials=f"include = [{forum}]")

    result = service.run()

    assert isinstance(result.error, ConfigurationError)
    assert str(forum) in result.error.message
    assert service.count("decisions") == 0


def test_a_page_hidden_before_the_first_run_is_not_required(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    pages = [module for module in campus.mooc.course(MOOC).modules if module.modname == "page" and module.visible]
    for page in pages[7:]:
        campus.mooc.hide_module(page.cmid)
    service = make_service(sqlite_url, programme=NO_PUSH)

    service.run()

    # has read seven pages of nine; the other two are hidden now
    assert outcome_of(service, source_id(campus, "page_missing")) == "qualified"


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
