"""What happens on a campus that a guard minds, and what can be seen there of what was sent."""

from decimal import Decimal

from latsar_sync.demo import CASES, Campus
from latsar_sync.demo.reached import Quiz
from latsar_sync.demo.records import TRACKING_AUTOMATIC, TRACKING_NONE, Course, Module

MOOC = "MOOC-LATSAR"
NEWCOMER = str(CASES["score_69_99999"][0])
"""Somebody of angkatan I who has studied everything and at first just misses the limit."""
LATE = [str(nip) for case in ("evaluation_failed", "score_69_99", "score_69_996") for nip in CASES[case]]
"""People who have studied everything and only lack the score."""
NAME = "Ratna Widyaningsih"


def mooc_course(campus: Campus) -> Course:
    """Return the MOOC course."""
    return campus.mooc.course(MOOC)


def mooc_id(campus: Campus, nip: str) -> int:
    """Return somebody's user id in the MOOC."""
    return campus.mooc.user_id(nip)


def evaluation(campus: Campus) -> Module:
    """Return the evaluation."""
    return campus.mooc.module_named("EVAL-AKADEMIK")


def let_pass(campus: Campus, *nips: str) -> None:
    """Let people reach the limit: they have studied everything before."""
    for nip in nips:
        campus.mooc.set_grade(mooc_id(campus, nip), evaluation(campus).cmid, Decimal(90))


def answer_empty(campus: Campus) -> None:
    """Take a right away without which the list of participants is empty, and no error is given."""
    campus.mooc.accounts[campus.mooc.token].capabilities.discard("moodle/user:viewdetails")


def lose_half_the_people(campus: Campus) -> None:
    """End the enrolment of half the people in the MOOC, the newcomer not among them."""
    people = [user for user in mooc_course(campus).enrolments if user != mooc_id(campus, NEWCOMER)]
    for user_id in people[: len(people) // 2]:
        campus.mooc.unenrol(MOOC, user_id)


def replace_evaluation(campus: Campus) -> None:
    """Delete the evaluation and make another one with the same idnumber, in which the newcomer passes."""
    campus.mooc.remove_module(evaluation(campus).cmid)
    quiz = Quiz(Decimal(100), Decimal(10), Decimal(70))
    campus.mooc.add_module(
        MOOC, "quiz", "Evaluasi Akademik (baru)", 5, "EVAL-AKADEMIK", TRACKING_AUTOMATIC, ("completionpassgrade",), quiz
    )
    let_pass(campus, NEWCOMER)


def change_maximum(campus: Campus) -> None:
    """Let the evaluation go to 200 points."""
    quiz = evaluation(campus).quiz
    assert quiz is not None
    quiz.maximum = Decimal(200)


def change_grade_to_pass(campus: Campus) -> None:
    """Change what Moodle itself takes for a pass."""
    quiz = evaluation(campus).quiz
    assert quiz is not None
    quiz.grade_to_pass = Decimal(65)


def take_the_grade_to_pass_away(campus: Campus) -> None:
    """Let Moodle itself know no pass: its answer names none then."""
    quiz = evaluation(campus).quiz
    assert quiz is not None
    quiz.grade_to_pass = Decimal(0)


def hide_a_page(campus: Campus) -> None:
    """Let one of the required pages vanish from the list of activities."""
    campus.mooc.hide_module(campus.mooc.module_named("Modul 7: Adaptif").cmid)


def add_an_activity(campus: Campus) -> None:
    """Add one more tracked activity."""
    campus.mooc.add_module(MOOC, "page", "Modul 11", 4, "", TRACKING_AUTOMATIC, ("completionview",))
    cmid = campus.mooc.module_named("Modul 11").cmid
    campus.mooc.set_completion(mooc_id(campus, NEWCOMER), cmid, 1)


def rename_a_source_group(campus: Campus) -> None:
    """Rename the group in the MOOC by which people belong to angkatan II."""
    campus.mooc.group(MOOC, "Angkatan II").name = "Angkatan 2"


def empty_the_course(campus: Campus) -> None:
    """End every enrolment in the in-class course of angkatan I."""
    for user_id in list(campus.kelas.course("KLS-I").enrolments):
        campus.kelas.unenrol("KLS-I", user_id)


def lose_half_the_course(campus: Campus) -> None:
    """End half the enrolments in the in-class course of angkatan I."""
    people = list(campus.kelas.course("KLS-I").enrolments)
    for user_id in people[: len(people) // 2]:
        campus.kelas.unenrol("KLS-I", user_id)


def untrack_everything_but_the_evaluation(campus: Campus) -> None:
    """Switch completion off in every activity of the MOOC but the evaluation."""
    for module in mooc_course(campus).modules:
        if module.idnumber != "EVAL-AKADEMIK":
            module.tracking = TRACKING_NONE


def switch_completion_off(campus: Campus) -> None:
    """Switch completion tracking off in the MOOC course."""
    mooc_course(campus).completion_enabled = False
