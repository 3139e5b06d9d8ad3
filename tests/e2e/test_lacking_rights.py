"""A right or a function that an account lacks is told by its name, and decides nothing wrongly."""

import pytest
from few_people import seed_few
from office import Office
from told_errors import Decisions, decisions, error_of, told, writes

from latsar_sync.demo import CASES, VERSIONS
from latsar_sync.demo.access import CAPABILITY_NAMES
from latsar_sync.demo.records import SEPARATE_GROUPS
from latsar_sync.demo.rights import (
    KELAS_TOKEN,
    MOOC_TOKEN,
    SOURCE_CAPABILITIES,
    SOURCE_FUNCTIONS,
    TARGET_CAPABILITIES,
    TARGET_FUNCTIONS,
    VIEWS,
)

SEED = seed_few


@pytest.fixture(scope="module")
def right(settled: Office) -> Decisions:
    """Give the decisions that the full rights lead to, by name."""
    return decisions(settled)


# Rights


def is_named(capability: str, text: str) -> bool:
    """Say whether a text names a capability, by its own name or by the one Moodle's screens use."""
    return capability in text or CAPABILITY_NAMES.get(capability, capability) in text


NOT_NEEDED_HERE = {
    "moodle/course:viewhiddencourses": "no course is hidden",
    "moodle/course:viewparticipants": "enrolreview is enough",
    "moodle/course:ignoreavailabilityrestrictions": "nothing is restricted",
    "moodle/grade:viewhidden": "no grade is hidden",
    "report/completion:view": "read by mode = course only",
    "mod/quiz:viewreports": "the grade to pass is compared where it can be read",
    "moodle/course:viewhiddensections": "no section is hidden",
    "moodle/course:viewhiddengroups": "no group hides its members",
    **dict.fromkeys(VIEWS - {"mod/quiz:view"}, "nothing of that kind is required, or everybody may see it"),
}


def test_without_any_right_that_is_not_needed_here_a_first_run_decides_the_same(
    office: Office, right: Decisions
) -> None:
    """What the site shows without all of them it shows without one of them, too."""
    office.campus.mooc.accounts[MOOC_TOKEN].capabilities -= set(NOT_NEEDED_HERE)

    assert office.run("sync", "--json").code == 0
    assert decisions(office) == right


@pytest.mark.parametrize("capability", sorted(SOURCE_CAPABILITIES - set(NOT_NEEDED_HERE)))
def test_a_right_missing_at_the_mooc_is_told_and_decides_nothing_wrongly(
    office: Office, right: Decisions, capability: str
) -> None:
    office.campus.mooc.accounts[MOOC_TOKEN].capabilities.discard(capability)

    ended = office.run("sync", "--json")

    assert decisions(office).items() <= right.items()
    if capability == "moodle/user:viewdetails":  # course contacts still show: perhaps nobody is enrolled yet
        [programme] = ended.json["programmes"]
        assert (ended.code, programme["participants"]) == (0, 0)
        said = " ".join(programme["messages"])
    elif capability == "moodle/course:viewhiddenactivities":  # the site tells of a draft, but not that it is hidden
        [programme] = ended.json["programmes"]
        [finding] = programme["findings_in_full"]
        assert (ended.code, finding["code"], decisions(office)) == (4, "activities_unseen", {})
        said = office.run("sync").out
    else:
        assert ended.code == 1
        said = error_of(ended)
    assert is_named(capability, said)
    assert writes(office.campus) == []


@pytest.mark.parametrize(
    "taken",
    [*({each} for each in sorted(SOURCE_CAPABILITIES - set(NOT_NEEDED_HERE))), set(NOT_NEEDED_HERE)],
    ids=lambda taken: "all that are not needed" if len(taken) > 1 else min(taken),
)
def test_a_right_taken_away_at_the_mooc_between_two_runs_changes_no_decision(
    settled: Office, right: Decisions, taken: set[str]
) -> None:
    """A site that shows as much without all that are not needed shows no less without one of them."""
    account = settled.campus.mooc.accounts[MOOC_TOKEN]
    settled.campus.log.clear()
    account.capabilities -= taken
    try:
        ended = settled.run("sync", "--full", "--json")
    finally:
        account.capabilities |= taken

    assert ended.code in (0, 1, 4)
    assert (ended.code == 0) == (taken == set(NOT_NEEDED_HERE))
    assert decisions(settled) == right
    assert writes(settled.campus) == []


NAMED_INSTEAD = {"moodle/course:enrolreview": "moodle/course:viewparticipants"}
"""Moodle asks for the second where both are missing; one of them is enough for the plain list."""


@pytest.mark.parametrize("capability", sorted(TARGET_CAPABILITIES))
def test_a_right_missing_at_the_course_lms_is_told_and_decides_nothing_wrongly(
    office: Office, right: Decisions, capability: str
) -> None:
    office.campus.kelas.accounts[KELAS_TOKEN].capabilities.discard(capability)

    ended = office.run("sync", "--json")

    assert decisions(office) == right
    if capability in (
        "moodle/course:viewhiddencourses",
        "moodle/course:viewhiddengroups",
        "moodle/site:accessallgroups",
    ):
        assert ended.code == 0  # no course is hidden, no group hides its members, none has separate groups
        return
    assert ended.code in (1, 3)
    assert is_named(capability, told(ended)) or is_named(NAMED_INSTEAD.get(capability, capability), told(ended))
    assert "enrol_manual_enrol_users" not in writes(office.campus)


def test_a_hidden_course_that_the_account_may_not_see_is_told_by_name(office: Office) -> None:
    office.campus.kelas.course("KLS-II").visible = False
    office.campus.kelas.accounts[KELAS_TOKEN].capabilities.discard("moodle/course:viewhiddencourses")

    ended = office.run("sync", "--json")

    assert ended.code == 3
    assert "KLS-II" in told(ended)


def test_a_course_with_separate_groups_that_hides_its_people_is_not_written_into(office: Office) -> None:
    kelas = office.campus.kelas
    suspended = kelas.user_id(str(CASES["already_suspended"][0]))
    dated = kelas.user_id(str(CASES["already_own_dates"][0]))
    for name in ("I", "II", "III"):
        kelas.course(f"KLS-{name}").group_mode = SEPARATE_GROUPS
    kelas.accounts[KELAS_TOKEN].capabilities.discard("moodle/site:accessallgroups")

    ended = office.run("sync", "--json")

    # who is enrolled by hand cannot be seen there: enrolling them again would lift a suspension and clear dates
    assert [row.suspended for row in kelas.course("KLS-I").enrolments[suspended]] == [True]
    assert [row.timeend > 0 for row in kelas.course("KLS-II").enrolments[dated]] == [True]
    assert writes(office.campus) == []
    assert "moodle/site:accessallgroups" in told(ended)
    assert ended.code in (1, 3)


def test_course_completion_without_the_report_names_the_right(office: Office) -> None:
    office.configure(programme='materials.mode = "course"')
    office.campus.mooc.accounts[MOOC_TOKEN].capabilities.discard("report/completion:view")

    ended = office.run("sync", "--json")

    assert ended.code == 1
    assert "report/completion:view" in error_of(ended)
    assert decisions(office) == {}


@pytest.mark.parametrize("capability", ["moodle/course:viewhiddenactivities", "moodle/grade:viewhidden"])
def test_a_hidden_evaluation_that_the_account_may_not_see_judges_nobody(office: Office, capability: str) -> None:
    evaluation = office.campus.mooc.module_named("EVAL-AKADEMIK")
    assert evaluation.quiz is not None
    evaluation.quiz.item_hidden = capability == "moodle/grade:viewhidden"
    evaluation.visible = capability == "moodle/grade:viewhidden"
    office.campus.mooc.accounts[MOOC_TOKEN].capabilities.discard(capability)

    ended = office.run("sync", "--json")

    assert ended.code == 1
    assert "EVAL-AKADEMIK" in error_of(ended)
    assert capability in error_of(ended)
    assert decisions(office) == {}


# Functions


NOT_CALLED_HERE = {
    "tool_mobile_call_external_functions",
    "core_completion_get_course_completion_status",
    "mod_quiz_get_quizzes_by_courses",
    "mod_quiz_get_user_attempts",
    "mod_quiz_get_user_quiz_attempts",
    "mod_quiz_get_user_best_grade",
    "core_group_get_group_members",
    "core_course_get_updates_since",
    "core_course_check_updates",
}
"""Functions that the gradebook, the activities and a first run can do without; `doctor` warns where one is missed."""


@pytest.mark.parametrize("function", sorted(SOURCE_FUNCTIONS))
def test_a_function_missing_in_the_service_of_the_mooc_is_told_by_name(
    office: Office, right: Decisions, function: str
) -> None:
    office.campus.mooc.accounts[MOOC_TOKEN].functions.discard(function)

    ended = office.run("sync", "--json")

    if function in NOT_CALLED_HERE:
        assert (ended.code, decisions(office)) == (0, right)
        return
    assert ended.code == 1
    assert function in error_of(ended)
    assert "lacks this function" in error_of(ended)
    assert decisions(office) == {}
    assert writes(office.campus) == []


@pytest.mark.parametrize("function", sorted(TARGET_FUNCTIONS))
def test_a_function_missing_in_the_service_of_the_course_lms_is_told_by_name(
    office: Office, right: Decisions, function: str
) -> None:
    office.campus.kelas.accounts[KELAS_TOKEN].functions.discard(function)

    ended = office.run("sync", "--json")

    assert decisions(office) == right
    if function in NOT_CALLED_HERE:
        assert ended.code == 0
        return
    assert ended.code in (1, 3)
    assert function in told(ended)
    assert "lacks this function" in told(ended)


@pytest.mark.parametrize("function", ["mod_quiz_get_quizzes_by_courses", "mod_quiz_get_user_attempts"])
def test_the_best_attempt_without_its_functions_is_told_by_name(office: Office, function: str) -> None:
    office.configure(
        evaluation='item = "EVAL-AKADEMIK"\nbasis = "best_attempt"\n'
        'threshold = { value = 70, scale = "points", legal_basis = "Uji" }'
    )
    office.campus.mooc.moodle = VERSIONS["4.3"]  # which has one function for attempts, not two
    office.campus.mooc.accounts[MOOC_TOKEN].functions.discard(function)

    ended = office.run("sync", "--json")

    assert ended.code == 1
    assert function in error_of(ended)
    assert decisions(office) == {}
