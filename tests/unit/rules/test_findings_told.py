"""What a finding says to a person: whose it is, what it was and what it is, in both languages, and for how long."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from builders import entry
from guarded_mooc import BASELINE, LIMITS, QUIZ, groups_now, people, source

from latsar_sync.domain.entry import EntryState, Origin
from latsar_sync.domain.evidence import Activity
from latsar_sync.domain.finding_remedies import finding_text
from latsar_sync.domain.finding_sentences import FINDING_TEXTS
from latsar_sync.domain.records import Finding
from latsar_sync.rules.course_guards import CourseChange, change_findings, target_findings, unreadable
from latsar_sync.rules.guard_limits import push_findings
from latsar_sync.rules.released_findings import stay_true, unreleased
from latsar_sync.rules.source_guards import unseen_findings

# How many at once


# Released by a person


FOUND = [
    Finding("source_dropped", "MOOC", "100", "70"),
    Finding("required_changed", "MOOC", "3 []", "4 [Studi kasus (assign, cmid 14)]"),
]


# The groups of the MOOC by which people belong to an angkatan


# Told to a person

EVERY_FINDING: list[Callable[[], list[Finding]]] = [
    lambda: source(people=0),
    lambda: source(people=10),
    lambda: source(evaluation=replace(QUIZ, cmid=41)),
    lambda: source(required=()),
    lambda: [Finding("placement_changed", "latsar-3", "group", "list", ("a",))],
    lambda: [Finding("push_changed", "latsar-3", "confirmed", "auto", ("p1", "p2"))],
    lambda: [Finding("roles_changed", "latsar-3", "student", "student, tutor")],
    lambda: [Finding("effect_changed", "latsar-3", "block", "warn", ("p1", "p2"))],
    lambda: groups_now({"ani": "Angkatan 1", "budi": "Angkatan 1", "citra": "Angkatan II"}),
    lambda: target_findings(BASELINE, "kelas/KLS-I", 0, LIMITS),
    lambda: target_findings(BASELINE, "kelas/KLS-I", 10, LIMITS),
    lambda: change_findings(None, CourseChange("kelas/KLS-I", frozenset(), 0, 3, ("a",), 1), LIMITS),
    lambda: change_findings(None, CourseChange("kelas/KLS-I", MANUAL, 3, 3, groupless={"I": ("a", "b")}), LIMITS),
    lambda: change_findings(None, CourseChange("kelas/KLS-I", MANUAL, 34, 40, tuple("abcdef"), 6), LIMITS),
    lambda: change_findings(None, CourseChange("kelas/KLS-I", MANUAL, 40, 40, displaced=tuple("abcdef")), LIMITS),
    lambda: [Finding("target_found_otherwise", "kelas/KLS-I", "I: idnumber, 5", "I: username, 5", ("a", "b"))],
    lambda: unreadable("kelas", "KLS-I", [IN_CLASS]),
    lambda: push_findings("latsar-3", people(201), 300, True, LIMITS),
    lambda: unseen_findings(BASELINE, "MOOC", [Activity(99, "Tugas", "assign"), Activity(98, "", "")]),
    lambda: [Finding("angkatan_unconfigured", "p II", "22", "0", ("p1", "p2"))],
    lambda: [Finding("class_unconfigured", "p II", "22", "0", ("p1", "p2"))],
    lambda: [Finding("programme_unconfigured", "p", "22", "kelas/KLS-I", ("p1", "p2"))],
    lambda: [Finding("terms_changed", "basis", "gradebook", "best_attempt", ("p1", "p2"))],
    lambda: [Finding("qualified_gained", "latsar-3", "79", "2", ("p1", "p2"))],
    lambda: [Finding("qualified_lost", "latsar-3", "79", "0", tuple(f"p{number}" for number in range(79)))],
    lambda: [Finding("target_replaced", "kelas/KLS-II", "II: https://a KLS-II (4)", "II: https://a KLS-B (5)", ("a",))],
    lambda: [Finding("source_replaced", "MOOC", "100", "90")],
    lambda: [Finding("programme_renamed", "latsar-3b", "latsar-3", "90")],
    lambda: [Finding("memory_restored", "latsar-3", "2026-11-20 01:05 UTC", "4")],
    lambda: [Finding("memory_new", "kelas/KLS-I", "latsar:latsar-3:I", "4")],
    lambda: [Finding("memory_behind", "latsar-3", "7", "4")],
]
MANUAL = frozenset({"manual"})
IN_CLASS = entry("ani", EntryState.CONFIRMED)._replace(origin=Origin.PUSHED)


def test_every_finding_has_a_text_and_every_text_a_finding() -> None:
    found = [finding.code for make in EVERY_FINDING for finding in make()]

    assert sorted(found) == sorted(FINDING_TEXTS)


def last_number(value: str) -> str:
    """Return the last number of a finding's value as people write it, and any other value whole."""
    if value.endswith(" UTC"):
        return "20 Nov 2026 01"
    return (
        value.rpartition(" ")[2].partition(".")[0]
        if value.startswith(("cmid", "least", "greatest", "grade"))
        else value
    )


@pytest.mark.parametrize("make", EVERY_FINDING)
def test_a_finding_is_a_sentence_in_both_languages_with_its_numbers(make: Callable[[], list[Finding]]) -> None:
    [finding] = make()
    indonesian, english = finding_text(finding, "id"), finding_text(finding, "en")

    assert indonesian != english
    for text in (indonesian, english):
        assert "{" not in text
        assert last_number(finding.before) in text
        assert finding.now == "0" or last_number(finding.now) in text


@pytest.mark.parametrize(
    ("code", "before", "now"),
    [
        ("required_changed", "60 [{}]", "60 [{}]"),
        ("activities_unseen", "", "{}"),
    ],
)
def test_of_many_activities_a_sentence_names_a_few_and_the_finding_keeps_all(code: str, before: str, now: str) -> None:
    names = ", ".join(f"Modul {number} (page, cmid {number})" for number in range(1, 61))
    finding = Finding(code, "MOOC", before.format(names), now.format(names))

    for language in ("id", "en"):
        text = finding_text(finding, language)
        assert "Modul 8 (page, cmid 8) (+52)" in text
        assert "Modul 9 " not in text
    assert "cmid 60" in finding.key


def test_a_sentence_counts_those_whom_it_is_about() -> None:
    finding = Finding("qualified_lost", "latsar", "40", "", ("p1", "p2", "p3"))

    assert finding_text(finding, "en").startswith("3 of 40 people who were qualified would no longer be")


@pytest.mark.parametrize(
    ("finding", "told"),
    [
        (
            Finding("too_many_pushes", "latsar", "1000", "1224"),
            "1.224 orang akan didaftarkan sekaligus; batasnya 1.000",
        ),
        (Finding("target_replaced", "KLS-I", "1041", "2041"), "1041 menjadi 2041"),
    ],
)
def test_how_many_is_written_as_people_do_and_an_id_as_it_is(finding: Finding, told: str) -> None:
    assert told in finding_text(finding, "id")


def test_a_number_that_an_evaluation_has_not_is_a_question_mark() -> None:
    without = replace(QUIZ, grade_max=None)

    [found] = source(evaluation=without)

    assert found.now == "greatest grade ?"


def test_a_sentence_for_a_dropped_course() -> None:
    assert finding_text(FOUND[0], "id") == "Peserta di MOOC berkurang dari 100 menjadi 70."
    assert finding_text(FOUND[0], "en") == "People in MOOC dropped from 100 to 70."


def test_what_stays_true_after_a_person_accepted_it_is_not_asked_again_whoever_is_concerned_by_then() -> None:
    closed, lost = (Finding(code, "kelas/KLS-I", "20", "0") for code in ("target_unreadable", "target_lost"))
    remembered = replace(BASELINE, released=stay_true([closed, lost]))
    fewer, elsewhere = replace(closed, before="19"), replace(closed, subject="kelas/KLS-II")

    assert unreleased([closed, fewer, elsewhere, lost], (), remembered) == [elsewhere, lost]
    assert unreleased([closed], (), BASELINE) == [closed]


def test_braces_in_a_name_are_only_letters() -> None:
    assert "{now}" in finding_text(Finding("required_changed", "MOOC", "1 [{now}]", "0 []"), "id")


# What a finding says: whose, what it was, what it is


def test_each_finding_names_what_it_is_about_with_the_figures_of_before_and_now() -> None:
    changed = replace(QUIZ, cmid=41, grade_min=Decimal(1), grade_max=Decimal(50), grade_to_pass=Decimal(60))

    assert source(people=0) == [Finding("source_emptied", "MOOC-LATSAR", "100", "0")]
    assert source(people=12) == [Finding("source_dropped", "MOOC-LATSAR", "100", "12")]
    assert target_findings(BASELINE, "kelas/KLS-I", 3, LIMITS) == [Finding("target_dropped", "kelas/KLS-I", "40", "3")]
    assert push_findings("p", ["b", *people(200)], 1000, False, LIMITS) == [
        Finding("too_many_pushes", "p", "200", "201", ("b", *sorted(people(200))))
    ]
    assert source(evaluation=changed) == [
        Finding("evaluation_changed", "MOOC-LATSAR", "cmid 40", "cmid 41"),
        Finding("evaluation_changed", "MOOC-LATSAR", "least grade 0.00000", "least grade 1.00000"),
        Finding("evaluation_changed", "MOOC-LATSAR", "greatest grade 100.00000", "greatest grade 50.00000"),
        Finding("evaluation_changed", "MOOC-LATSAR", "grade to pass 70.00000", "grade to pass 60.00000"),
    ]


def test_one_person_is_told_of_as_one_in_english() -> None:
    alone = Finding("terms_changed", "clearances", "–", "surat_sehat", ("a",))
    gained = Finding("qualified_gained", "", "21", "", ("a",))

    assert "; 1 person would be judged otherwise" in finding_text(alone, "en")
    assert finding_text(gained, "en").startswith("1 person who was not qualified would be; ")
    assert finding_text(Finding("too_many_pushes", "x", "1", "21"), "en").startswith("21 people would")
    assert "1 orang" in finding_text(alone, "id")
