"""What must not be believed at once (rule 6): findings, how they are released, and what is no finding."""

from dataclasses import replace
from decimal import Decimal

import pytest
from builders import AGENDA_1, AGENDA_2, AGENDA_3, REQUIRED
from guarded_mooc import BASELINE, GROUPS_BEFORE, LIMITS, QUIZ, groups_now, people, source
from hypothesis import given
from hypothesis import strategies as st

from latsar_sync.domain.evidence import Activity, Evaluation, OpenTo
from latsar_sync.domain.records import Baseline, Finding
from latsar_sync.rules.course_guards import target_findings
from latsar_sync.rules.guard_limits import GuardLimits, push_findings
from latsar_sync.rules.released_findings import unreleased
from latsar_sync.rules.source_guards import (
    access_findings,
    criteria_findings,
    evaluation_findings,
    marks_findings,
    next_baseline,
    unseen_findings,
)


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


# The MOOC course


def test_an_unchanged_course_is_no_finding() -> None:
    assert source() == []


def test_without_a_baseline_nothing_is_a_finding() -> None:
    assert source(people=0, evaluation=None, required=(), baseline=None) == []
    assert evaluation_findings(None, "MOOC", QUIZ) == evaluation_findings(BASELINE, "MOOC", None) == []
    assert target_findings(None, "kelas/KLS-I", 0, LIMITS) == []


@pytest.mark.parametrize(
    ("people", "found"),
    [(101, []), (100, []), (80, []), (79, ["source_dropped"]), (1, ["source_dropped"]), (0, ["source_emptied"])],
)
def test_more_than_a_fifth_of_the_people_missing_is_a_finding(people: int, found: list[str]) -> None:
    assert codes(source(people)) == found


def test_a_course_that_never_had_people_was_not_emptied() -> None:
    assert source(people=0, baseline=replace(BASELINE, people=0)) == []


@pytest.mark.parametrize(
    ("share", "before", "still_good"),
    [(0.2, 15, 12), (0.3, 10, 7), (0.07, 100, 93), (0.29, 100, 71), (0.57, 100, 43), (0.0, 7, 7), (1.0, 7, 1)],
)
def test_a_drop_of_exactly_the_share_is_allowed_and_one_person_more_is_not(
    share: float, before: int, still_good: int
) -> None:
    limits = GuardLimits(max_drop_share=share)
    baseline = replace(BASELINE, people=before, target_people={"kelas/KLS-I": before})

    assert codes(source(still_good, baseline=baseline, limits=limits)) == []
    assert codes(target_findings(baseline, "kelas/KLS-I", still_good, limits)) == []
    assert len(source(still_good - 1, baseline=baseline, limits=limits)) == 1
    assert len(target_findings(baseline, "kelas/KLS-I", still_good - 1, limits)) == 1


@pytest.mark.parametrize(
    "evaluation",
    [
        replace(QUIZ, cmid=41),
        replace(QUIZ, grade_max=Decimal(10)),
        replace(QUIZ, grade_max=None),
        replace(QUIZ, grade_min=Decimal(20)),
        replace(QUIZ, grade_to_pass=Decimal(75)),
        replace(QUIZ, grade_to_pass=Decimal(0)),
    ],
)
def test_another_evaluation_is_a_finding(evaluation: Evaluation) -> None:
    assert codes(source(evaluation=evaluation)) == ["evaluation_changed"]


def test_a_renamed_evaluation_is_the_same_one() -> None:
    assert source(evaluation=replace(QUIZ, name="Evaluasi Akademik (baru)")) == []


@pytest.mark.parametrize("number", ["100.0", "100.00000", "1E+2"])
def test_the_same_number_written_otherwise_is_the_same_evaluation(number: str) -> None:
    """Rule 6 guards a changed maximum; 100 and 100.00000 are the same maximum."""
    assert source(evaluation=replace(QUIZ, grade_max=Decimal(number))) == []


def test_a_grade_to_pass_that_only_one_side_could_read_is_not_compared() -> None:
    unread = replace(QUIZ, grade_to_pass=None)

    assert source(evaluation=unread) == []
    assert source(baseline=replace(BASELINE, evaluation=unread)) == []
    assert codes(source(evaluation=replace(unread, grade_max=Decimal(10)))) == ["evaluation_changed"]


def test_an_evaluation_that_one_side_does_not_have_is_not_compared() -> None:
    assert source(evaluation=None) == []
    assert source(baseline=replace(BASELINE, evaluation=None)) == []


def test_nobody_there_says_nothing_of_the_evaluation_and_the_materials() -> None:
    assert codes(source(people=0, evaluation=replace(QUIZ, grade_max=None), required=())) == ["source_emptied"]


@pytest.mark.parametrize(
    ("required", "before", "now"),
    [
        (
            (AGENDA_1, AGENDA_2),
            "3 [Agenda III (quiz, cmid 13)]",
            "2 []",
        ),
        (
            (*REQUIRED, Activity(14, "Studi kasus", "assign")),
            "3 []",
            "4 [Studi kasus (assign, cmid 14)]",
        ),
        (
            (AGENDA_1, AGENDA_2, replace(AGENDA_3, name="Agenda 3")),
            "3 [Agenda III (quiz, cmid 13)]",
            "3 [Agenda 3 (quiz, cmid 13)]",
        ),
        ((), "3 [Agenda I (page, cmid 11), Agenda II (page, cmid 12), Agenda III (quiz, cmid 13)]", "0 []"),
    ],
)
def test_another_required_set_is_a_finding_that_names_what_went_and_came(
    required: tuple[Activity, ...], before: str, now: str
) -> None:
    assert source(required=required) == [Finding("required_changed", "MOOC-LATSAR", before, now)]


def test_another_kind_of_activity_is_told_and_released_by_what_it_became() -> None:
    """Rules 3 and 6: the set is cmid, name and module; who releases "became page" does not release "became assign"."""
    [to_page] = source(required=(AGENDA_1, AGENDA_2, replace(AGENDA_3, modname="page")))
    [to_assign] = source(required=(AGENDA_1, AGENDA_2, replace(AGENDA_3, modname="assign")))

    assert to_page.before != to_page.now
    assert unreleased([to_assign], [to_page]) == [to_assign]


def test_the_order_of_the_activities_does_not_matter() -> None:
    assert source(required=REQUIRED[::-1]) == []


def test_every_change_is_its_own_finding() -> None:
    findings = source(people=10, evaluation=replace(QUIZ, cmid=41), required=REQUIRED[:1])

    assert codes(findings) == ["source_dropped", "evaluation_changed", "required_changed"]


# The in-class courses


@pytest.mark.parametrize(
    ("people", "found"), [(41, []), (40, []), (32, []), (31, ["target_dropped"]), (0, ["target_emptied"])]
)
def test_a_course_that_lost_its_people_is_a_finding(people: int, found: list[str]) -> None:
    assert codes(target_findings(BASELINE, "kelas/KLS-I", people, LIMITS)) == found


def test_a_course_that_was_not_there_before_lost_nobody() -> None:
    assert target_findings(BASELINE, "kelas/KLS-IX", 0, LIMITS) == []


# How many at once


@pytest.mark.parametrize(
    ("pushes", "participants", "first", "found"),
    [
        (0, 0, True, []),
        (0, 0, False, []),
        (200, 200, True, []),
        (201, 10_000, True, ["too_many_pushes"]),
        (50, 100, False, []),
        (51, 100, False, ["too_many_pushes"]),
        (100, 100, True, []),
        (200, 10_000, False, []),
        (201, 10_000, False, ["too_many_pushes"]),
        (2, 4, False, []),
        (2, 3, False, ["too_many_pushes"]),
    ],
)
def test_too_many_at_once_is_a_finding_and_the_share_does_not_count_the_first_time(
    pushes: int, participants: int, first: bool, found: list[str]
) -> None:
    assert codes(push_findings("latsar-3", people(pushes), participants, first, LIMITS)) == found


def test_a_share_is_reckoned_exactly() -> None:
    limits = GuardLimits(max_push_share=0.29)

    assert push_findings("latsar-3", people(29), 100, False, limits) == []
    assert len(push_findings("latsar-3", people(30), 100, False, limits)) == 1


# Released by a person


FOUND = [
    Finding("source_dropped", "MOOC", "100", "70"),
    Finding("required_changed", "MOOC", "3 []", "4 [Studi kasus (assign, cmid 14)]"),
]


def test_a_person_releases_exactly_what_was_found() -> None:
    assert unreleased(FOUND, FOUND) == []
    assert unreleased(FOUND, []) == FOUND
    assert unreleased(FOUND, FOUND[:1]) == FOUND[1:]


def test_what_only_sends_people_is_released_for_those_who_were_shown_whatever_the_limit_is_by_now() -> None:
    shown = Finding("too_many_pushes", "latsar-3", "10", "2", ("ani", "budi"))

    assert unreleased([replace(shown, before="11")], [shown]) == []
    assert unreleased([replace(shown, people=("ani", "citra"))], [shown])


@pytest.mark.parametrize("code", ["too_many_pushes", "memory_restored", "placement_changed"])
def test_who_was_shown_may_be_sent_or_placed_and_nobody_else(code: str) -> None:
    shown = Finding(code, "p", "200", "3", ("a", "b", "c"))
    now = "3" if code == "placement_changed" else "2"
    fewer, another = replace(shown, now=now, people=("a", "c")), replace(shown, people=("a", "b", "d"))
    otherwise = replace(fewer, before="100")

    assert unreleased([fewer, another], [shown]) == [another]
    assert unreleased([fewer], [another]) == [fewer]
    # that the limit moved with the number of participants sends nobody else
    assert unreleased([otherwise], [shown]) == ([] if code == "too_many_pushes" else [otherwise])


def test_fewer_people_than_were_shown_are_another_loss() -> None:
    shown = Finding("qualified_lost", "p", "79", "70", ("a", "b", "c"))

    assert unreleased([replace(shown, people=("a", "b"))], [shown]) != []


@pytest.mark.parametrize(
    "changed",
    [
        replace(FOUND[0], now="69"),
        replace(FOUND[0], before="101"),
        replace(FOUND[0], subject="MOOC-2"),
        replace(FOUND[0], code="source_emptied"),
    ],
)
def test_a_new_finding_is_not_released(changed: Finding) -> None:
    assert unreleased([changed], FOUND) == [changed]


def test_activities_that_are_not_seen_are_named_and_found_again_until_a_person_released_them() -> None:
    unseen = [Activity(99, "Tugas", "assign"), Activity(98, "", "")]
    [found] = unseen_findings(None, "MOOC", unseen)
    released = next_baseline(BASELINE, 100, QUIZ, (), unseen)
    nobody = next_baseline(released, 0, None, (), ())

    assert (found.subject, found.now) == ("MOOC", "Tugas (assign, cmid 99), cmid 98")
    assert unseen_findings(released, "MOOC", unseen) == []
    assert unseen_findings(nobody, "MOOC", unseen) == []
    assert unseen_findings(None, "MOOC", []) == []
    [other] = unseen_findings(released, "MOOC", [*unseen, Activity(97, "Praktik", "h5pactivity")])
    assert other.now == "Praktik (h5pactivity, cmid 97)"


words = st.sampled_from(["MOOC", "kelas/KLS-I", "100", "69", "3 []"])


@given(st.builds(Finding, words, words, words, words), st.builds(Finding, words, words, words, words))
def test_two_findings_share_a_key_only_if_they_are_the_same(one: Finding, other: Finding) -> None:
    assert (one.key == other.key) == (one == other)


# The groups of the MOOC by which people belong to an angkatan


def test_a_group_that_lost_everybody_to_none_of_ours_is_a_finding_that_names_them() -> None:
    [found] = groups_now({"new": "", "ani": "Angkatan 1", "budi": "Angkatan II", "citra": "Angkatan II", "dodi": ""})

    assert found == Finding("source_group_gone", "Angkatan I", "2", "MOOC", ("ani", "budi"))


@pytest.mark.parametrize(
    "groups",
    [
        GROUPS_BEFORE,
        {"ani": "Angkatan I", "budi": "", "citra": "Angkatan II"},
        {"ani": "Angkatan II", "budi": "Angkatan II", "citra": "Angkatan II"},
        {"citra": "Angkatan II", "dodi": "Angkatan 1"},
        {},
    ],
    ids=["as it was", "one taken out", "all moved to another of ours", "all left the course", "nobody at all"],
)
def test_whoever_left_a_group_one_by_one_or_for_another_of_ours_is_no_finding(groups: dict[str, str]) -> None:
    assert groups_now(groups) == []


# The baseline


def test_a_complete_run_leaves_what_it_saw_to_be_compared_with() -> None:
    assert next_baseline(None, 100, QUIZ, REQUIRED) == replace(BASELINE, target_people={})
    changed = replace(QUIZ, grade_max=Decimal(50))
    after = replace(BASELINE, people=90, evaluation=changed, required=(AGENDA_1,))
    assert next_baseline(BASELINE, 90, changed, (AGENDA_1,)) == after


def test_a_night_forgets_nothing_that_was_released_of_what_only_some_people_s_values_name() -> None:
    before = replace(BASELINE, unseen=frozenset({98, 99}))
    night = next_baseline(before, 100, QUIZ, REQUIRED, [Activity(99, "", ""), Activity(97, "", "")], full=False)
    first = next_baseline(None, 100, QUIZ, REQUIRED, [Activity(99, "", "")], full=False)

    assert (night.unseen, first.unseen) == ({97, 98, 99}, {99})


def test_what_the_evaluation_was_is_not_forgotten_when_nobody_is_there_to_show_it() -> None:
    assert next_baseline(BASELINE, 0, None, ()) == replace(BASELINE, people=0)
    assert next_baseline(None, 0, None, ()) == Baseline(0, None, (), {})


def test_other_marks_of_the_questions_are_another_evaluation_once_they_are_known() -> None:
    known = next_baseline(BASELINE, 100, replace(QUIZ, marks=Decimal(10)), REQUIRED)
    unread = next_baseline(known, 100, QUIZ, REQUIRED)  # a run that asks for nobody's attempts

    [found] = marks_findings(unread, "MOOC-LATSAR", Decimal(5))

    assert found == Finding("evaluation_changed", "MOOC-LATSAR", "marks 10.00000", "marks 5.00000")
    assert [marks_findings(known, "MOOC-LATSAR", marks) for marks in (None, Decimal("10.0"))] == [[], []]
    assert marks_findings(BASELINE, "MOOC-LATSAR", Decimal(5)) == marks_findings(None, "MOOC-LATSAR", Decimal(5)) == []


ONE, TWO, NOBODYS = OpenTo("(11 | –)", "(Satu | –)"), OpenTo("12", "Dua"), OpenTo("–", "–")


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (ONE, TWO, ("[(Satu | –)]", "[Dua]")),
        (ONE, NOBODYS, ("[(Satu | –)]", "[–]")),
        (ONE, None, ("[(Satu | –)]", "")),
        (None, TWO, ("", "[Dua]")),
        (ONE, ONE._replace(shown="(Kelas 1 | –)"), None),  # a group was renamed
        (ONE, OpenTo("(11 | 13)", "(Satu | Tiga)"), None),  # somebody came into a group that had nobody
        (None, None, None),
    ],
)
def test_an_activity_that_is_asked_of_others_than_before_is_a_finding(
    before: OpenTo | None, now: OpenTo | None, told: tuple[str, str] | None
) -> None:
    known = replace(BASELINE, open_to={AGENDA_1.cmid: before} if before else {})

    found = access_findings(known, "MOOC-LATSAR", REQUIRED, {AGENDA_1.cmid: now} if now else {})

    name = f"{AGENDA_1.name} ({AGENDA_1.modname}, cmid {AGENDA_1.cmid})"
    values = [f"{name} {each}".strip() for each in told] if told else []
    assert [(each.code, [each.before, each.now]) for each in found] == ([("required_changed", values)] if told else [])


def test_whom_an_activity_is_open_to_is_compared_only_where_it_is_known_and_required_before_and_now() -> None:
    known, now = replace(BASELINE, open_to={AGENDA_1.cmid: ONE}), {AGENDA_1.cmid: TWO}

    assert access_findings(None, "M", REQUIRED, now) == access_findings(BASELINE, "M", REQUIRED, now) == []
    assert access_findings(known, "M", REQUIRED, None) == access_findings(known, "M", (AGENDA_2,), now) == []
    assert next_baseline(known, 100, QUIZ, REQUIRED).open_to == known.open_to
    assert next_baseline(known, 100, QUIZ, REQUIRED, open_to=now).open_to == now


def test_other_criteria_of_a_course_whose_completion_is_the_requirement_are_a_finding() -> None:
    known = next_baseline(BASELINE, 100, QUIZ, REQUIRED, criteria=("Modul 1", "Modul 2"))
    unread = next_baseline(known, 100, QUIZ, REQUIRED)

    [found] = criteria_findings(unread, "MOOC-LATSAR", ("Modul 2", "Nilai: 70.00"))

    assert found == Finding("required_changed", "MOOC-LATSAR", "2 [Modul 1]", "2 [Nilai: 70.00]")
    assert criteria_findings(known, "M", None) == criteria_findings(known, "M", ("Modul 1", "Modul 2")) == []
    assert criteria_findings(BASELINE, "M", ("Modul 1",)) == criteria_findings(None, "M", ("Modul 1",)) == []
