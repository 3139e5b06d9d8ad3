"""Whole runs that a guard holds: nothing is pushed, the reason is said, a named person releases exactly that."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from few_people import CONFIRMED, FOUND
from service import TOKENS, Command, Service, ServiceFactory, default_angkatan

from latsar_sync.cli import main
from latsar_sync.demo import CASES, Campus, Fault
from latsar_sync.demo.records import TRACKING_AUTOMATIC, TRACKING_NONE, Course, Module, Quiz
from latsar_sync.domain.errors import ConfigurationError, SiteUnavailable, UsageError
from latsar_sync.domain.request import RunOutcome, Step
from latsar_sync.settings import load_settings

MOOC = "MOOC-LATSAR"
WRITES = ("core_group_create_groups", "enrol_manual_enrol_users", "core_group_add_group_members")
NEWCOMER = str(CASES["score_69_99999"][0])
"""Somebody of angkatan I who has studied everything and at first just misses the limit."""
NAME = "Ratna Widyaningsih"


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


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


def is_in_class(campus: Campus, nip: str) -> bool:
    """Whether somebody is enrolled in the in-class course of angkatan I."""
    return campus.kelas.user_id(nip) in campus.kelas.course("KLS-I").enrolments


def writes(campus: Campus) -> int:
    """Count the writes that the campus was asked for."""
    return sum(entry.function in WRITES for entry in campus.log)


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


Trouble = Callable[[Campus], None]

TROUBLES: list[tuple[Trouble, str]] = [
    (lose_half_the_people, "source_dropped"),
    (replace_evaluation, "evaluation_changed"),
    (change_maximum, "evaluation_changed"),
    (change_grade_to_pass, "evaluation_changed"),
    (hide_a_page, "required_changed"),
    (add_an_activity, "required_changed"),
    (rename_a_source_group, "source_group_gone"),
    (empty_the_course, "target_emptied"),
    (lose_half_the_course, "target_dropped"),
]
every_trouble = pytest.mark.parametrize(("trouble", "code"), TROUBLES, ids=[each.__name__ for each, _ in TROUBLES])
"""Each change that a guard must stop for, while somebody waits to be enrolled, and what the finding is called."""


@every_trouble
def test_a_suspicious_change_holds_the_run_until_a_person_accepts_it_for_good(
    service: Service, campus: Campus, trouble: Trouble, code: str
) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    trouble(campus)
    before, written = campus.kelas.snapshot(), writes(campus)

    held = service.run(full=True)

    assert held.run.outcome is RunOutcome.GUARDED
    assert [finding.code for finding in held.run.findings] == [code]
    assert (campus.kelas.snapshot(), writes(campus)) == (before, written)
    assert not is_in_class(campus, NEWCOMER)

    accepted = service.run(accept=True, by=NAME)
    if [finding.code for finding in accepted.run.findings] == [code, "qualified_lost"]:
        accepted = service.run(accept=True, by=NAME)  # what comes of the change for people is a finding of its own
    written = writes(campus)
    later = service.run(full=True)

    assert (accepted.run.outcome, accepted.run.accepted_by) == (RunOutcome.OK, NAME)
    assert is_in_class(campus, NEWCOMER)
    assert (later.run.outcome, later.run.findings, later.run.accepted_by) == (RunOutcome.OK, (), None)
    assert writes(campus) == written


@pytest.mark.parametrize(
    "trouble", [lose_half_the_people, hide_a_page, empty_the_course], ids=lambda each: each.__name__
)
def test_an_ordinary_run_is_held_too_and_every_kind_of_run_until_the_first_acceptance(
    service: Service, campus: Campus, trouble: Trouble
) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    trouble(campus)
    written = writes(campus)

    held = [service.run(), service.run(nip=NEWCOMER), service.run()]

    assert [each.run.outcome for each in held] == [RunOutcome.GUARDED] * 3
    assert (writes(campus), is_in_class(campus, NEWCOMER)) == (written, False)

    accepted = service.run(accept=True, by=NAME)
    written = writes(campus)
    quiet = service.run()

    assert accepted.run.outcome is RunOutcome.OK
    assert is_in_class(campus, NEWCOMER)
    assert (quiet.run.outcome, quiet.run.findings, quiet.run.accepted_by) == (RunOutcome.OK, (), None)
    assert writes(campus) == written


def test_a_renamed_group_of_the_mooc_puts_nobody_into_the_angkatan_that_is_left(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    rename_a_source_group(campus)

    held = service.run()
    service.config.write_text(service.config.read_text("utf-8").replace('"Angkatan II"', '"Angkatan 2"'), "utf-8")
    mended = replace(service, settings=load_settings(service.config, TOKENS)).run()

    in_two = str(CASES["two_angkatan"][0])
    assert service.participants()[in_two]["participant_id"] in held.run.findings[0].people
    assert (mended.run.outcome, mended.run.findings) == (RunOutcome.OK, ())
    assert service.roster()[in_two]["roster_reason"] == "two_angkatan"


def test_a_mooc_that_answers_empty_takes_nobody_s_seat_and_needs_no_acceptance_once_it_is_back(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    roster, decisions, courses = service.roster(), service.count("decisions"), campus.kelas.snapshot()
    written = writes(campus)
    answer_empty(campus)

    held = service.run()

    assert held.run.outcome is RunOutcome.GUARDED
    assert [finding.code for finding in held.run.findings] == ["source_emptied"]
    assert (service.roster(), service.count("decisions")) == (roster, decisions)
    assert (campus.kelas.snapshot(), writes(campus)) == (courses, written)
    campus.mooc.accounts[campus.mooc.token].capabilities.add("moodle/user:viewdetails")

    back = service.run()

    assert (back.run.outcome, back.run.findings) == (RunOutcome.OK, ())
    assert is_in_class(campus, NEWCOMER)


def test_a_mooc_that_was_emptied_on_purpose_is_accepted_once(service: Service, campus: Campus) -> None:
    service.first_run()
    roster, courses = service.roster(), campus.kelas.snapshot()
    for user_id in list(mooc_course(campus).enrolments):
        campus.mooc.unenrol(MOOC, user_id)

    held = service.run()
    accepted = service.run(accept=True, by=NAME)
    after = [service.run(), service.run(full=True)]

    assert (held.run.outcome, accepted.run.outcome) == (RunOutcome.GUARDED, RunOutcome.OK)
    assert [each.run.outcome for each in after] == [RunOutcome.OK] * 2
    assert {nip: row["state"] for nip, row in service.roster().items()} == {
        nip: row["state"] for nip, row in roster.items()
    }
    assert campus.kelas.snapshot() == courses


def test_an_activity_that_is_back_needs_no_acceptance(service: Service, campus: Campus) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    hide_a_page(campus)
    service.run()
    campus.mooc.hide_module(campus.mooc.module_named("Modul 7: Adaptif").cmid, hidden=False)

    back = service.run()

    assert (back.run.outcome, back.run.findings) == (RunOutcome.OK, ())
    assert is_in_class(campus, NEWCOMER)


def test_accepting_one_finding_releases_neither_another_nor_one_of_the_same_kind_that_came_since(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    hide_a_page(campus)
    service.run()
    written = writes(campus)
    campus.mooc.hide_module(campus.mooc.module_named("Modul 8: Kolaboratif").cmid)

    same_kind = service.run(accept=True, by=NAME)
    lose_half_the_people(campus)
    another = service.run(accept=True, by=NAME)
    untouched = writes(campus)
    accepted = service.run(accept=True, by=NAME)

    assert same_kind.run.outcome is another.run.outcome is RunOutcome.GUARDED
    assert {finding.code for finding in another.run.findings} == {"required_changed", "source_dropped"}
    assert untouched == written
    assert accepted.run.outcome is RunOutcome.OK
    assert is_in_class(campus, NEWCOMER)


def test_a_plan_shows_the_guard_and_releases_nothing(service: Service, campus: Campus) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    hide_a_page(campus)
    written = writes(campus)

    planned = service.run(dry_run=True)
    with pytest.raises(UsageError, match="nothing to accept"):
        service.run(accept=True, by=NAME)

    assert planned.run.outcome is RunOutcome.GUARDED
    assert (is_in_class(campus, NEWCOMER), writes(campus)) == (False, written)


def test_a_failed_run_in_between_does_not_use_the_acceptance_up(service: Service, campus: Campus) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    hide_a_page(campus)
    service.run()
    campus.mooc.web_services_enabled = False
    failed = service.run(accept=True, by=NAME)
    campus.mooc.web_services_enabled = True

    accepted = service.run(accept=True, by=NAME)

    assert (failed.run.outcome, accepted.run.outcome) == (RunOutcome.FAILED, RunOutcome.OK)
    assert is_in_class(campus, NEWCOMER)


def test_more_pushes_than_allowed_are_held_even_on_the_first_run_until_accepted(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, guards="max_push = 10")
    before = campus.kelas.snapshot()

    held = service.first_run()
    untouched = (campus.kelas.snapshot(), writes(campus))
    accepted = service.run(accept=True, by=NAME)
    quiet = service.run()

    assert held.run.outcome is RunOutcome.GUARDED
    assert [(each.code, each.before, each.now) for each in held.run.findings] == [
        ("too_many_pushes", "10", str(CONFIRMED - FOUND))
    ]
    assert untouched == (before, 0)
    assert (accepted.run.outcome, accepted.run.counts["confirmed"]) == (RunOutcome.OK, CONFIRMED - FOUND)
    assert (quiet.run.outcome, quiet.run.counts["pushed"]) == (RunOutcome.OK, 0)


def test_accepting_many_pushes_sends_nobody_who_was_not_shown_and_may_send_fewer(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command
) -> None:
    service = make_service(sqlite_url, guards="max_push = 10")
    shown = service.first_run().run.findings
    first, second = (str(nip) for nip in CASES["passed"][:2])
    let_pass(campus, NEWCOMER)
    command(service, "override", "hold", first, "--reason", "Uji", "--by", NAME)

    swapped = service.run(accept=True, by=NAME)
    untouched = writes(campus)
    command(service, "override", "hold", second, "--reason", "Uji", "--by", NAME)
    fewer = service.run(accept=True, by=NAME)

    names = {row["participant_id"]: nip for nip, row in service.roster().items()}
    before, then = ({names[who] for who in found[0].people} for found in (shown, swapped.run.findings))
    assert {first, second} <= before
    assert (swapped.run.outcome, untouched, swapped.run.findings[0].now) == (RunOutcome.GUARDED, 0, shown[0].now)
    assert then - before == {NEWCOMER}
    assert fewer.run.outcome is RunOutcome.OK
    assert is_in_class(campus, NEWCOMER)
    assert not any(is_in_class(campus, who) for who in (first, second))


LATE = [str(nip) for case in ("evaluation_failed", "score_69_99", "score_69_996") for nip in CASES[case]]
"""People who have studied everything and only lack the score."""


def test_a_large_share_is_held_on_a_later_push_and_not_on_the_first(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, guards="max_push_share = 0.05")
    first = service.first_run()
    before = campus.kelas.snapshot()
    let_pass(campus, *LATE)

    held = service.run()
    untouched = campus.kelas.snapshot()
    accepted = service.run(accept=True, by=NAME)

    assert (first.run.outcome, first.run.counts["pushed"]) == (RunOutcome.OK, CONFIRMED - FOUND)
    assert held.run.outcome is RunOutcome.GUARDED
    assert [finding.code for finding in held.run.findings] == ["too_many_pushes"]
    assert untouched == before
    assert accepted.run.outcome is RunOutcome.OK
    assert is_in_class(campus, next(nip for nip in LATE if service.roster()[nip]["angkatan"] == "I"))


def test_a_first_push_that_was_cut_short_is_still_the_first_push(service: Service, campus: Campus) -> None:
    def cut(name: str, parameters: Any) -> None:
        campus.kelas.web_services_enabled = False

    campus.before_write = cut

    short = service.run()
    campus.before_write = None
    campus.kelas.web_services_enabled = True
    rest = service.run()

    assert short.run.outcome is not RunOutcome.OK
    assert (rest.run.outcome, rest.run.findings) == (RunOutcome.OK, ())


def test_the_first_push_is_over_although_another_course_can_never_be_read(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    missing = default_angkatan().replace('course = "KLS-III"', 'course = "KLS-IX"')
    service = make_service(sqlite_url, guards="max_push_share = 0.05", angkatan=missing)
    first = service.run()
    before = campus.kelas.snapshot()
    let_pass(campus, *LATE)

    held = service.run()

    assert first.run.outcome is RunOutcome.PARTIAL
    assert first.run.counts["pushed"] > 10
    assert [finding.code for finding in held.run.findings] == ["too_many_pushes"]
    assert campus.kelas.snapshot() == before


def test_a_first_push_is_over_when_a_run_after_its_cut_finds_everything_done(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, guards="max_push_share = 0.05")

    def cut_at_the_end(programme: str, step: Step, count: int) -> None:
        if step is Step.FINISH:
            raise SiteUnavailable("the run ended here")

    cut = service.run(progress=cut_at_the_end)
    finished = service.run()
    let_pass(campus, *LATE)
    late = service.run()

    assert cut.run.outcome is RunOutcome.FAILED
    assert (finished.run.outcome, finished.run.counts["pushed"]) == (RunOutcome.OK, 0)
    assert [finding.code for finding in late.run.findings] == ["too_many_pushes"]


def test_trying_the_service_on_one_participant_does_not_use_the_first_push_up(service: Service, campus: Campus) -> None:
    one = service.run(nip=str(CASES["score_exactly_70"][0]))

    everybody = service.run()

    assert (one.run.outcome, one.run.counts["confirmed"]) == (RunOutcome.OK, 1)
    assert (everybody.run.outcome, everybody.run.findings) == (RunOutcome.OK, ())
    assert everybody.run.counts["confirmed"] == CONFIRMED - 1


def test_a_course_that_cannot_be_read_any_more_does_not_release_what_was_found_in_it(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    empty_the_course(campus)
    service.run(full=True)
    in_another_course = next(nip for nip in LATE if "Angkatan II" in service.participants()[nip]["groups"])
    let_pass(campus, in_another_course)
    written = writes(campus)
    unread = campus.faults.add(Fault("bad_gateway", site="kelas", function="core_group_get_course_groups", count=1))

    held = service.run()

    assert unread.hits == 1
    assert held.run.outcome is RunOutcome.GUARDED
    assert writes(campus) == written


def test_a_programme_set_up_before_anybody_is_enrolled_is_not_held_when_people_come(
    service: Service, campus: Campus
) -> None:
    course = mooc_course(campus)
    enrolments, roles = dict(course.enrolments), dict(course.roles)
    for user_id in enrolments.keys() - set(CASES["mooc_teacher"]):
        del course.enrolments[user_id], course.roles[user_id]
    empty = service.run()
    course.enrolments.update(enrolments)
    course.roles.update(roles)

    filled = service.run()

    assert (empty.run.outcome, filled.run.outcome) == (RunOutcome.OK, RunOutcome.OK)
    assert filled.run.findings == ()
    assert filled.run.counts["confirmed"] == CONFIRMED


@dataclass
class CommandLine:
    """The command line, run in this process: exit code, standard output, standard error."""

    service: Service
    monkeypatch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def sync(self, *options: str) -> tuple[int, str, str]:
        """Run ``latsar-sync sync`` with options."""
        self.monkeypatch.setattr(sys, "argv", ["latsar-sync", "--config", str(self.service.config), "sync", *options])
        with pytest.raises(SystemExit) as left:
            main()
        told = self.capture.readouterr()
        return int(str(left.value.code)), told.out, told.err


@pytest.fixture
def command_line(service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Give the command line for the service."""
    for name, token in TOKENS.items():
        monkeypatch.setenv(name, token)
    return CommandLine(service, monkeypatch, capsys)


def untrack_everything_but_the_evaluation(campus: Campus) -> None:
    """Switch completion off in every activity of the MOOC but the evaluation."""
    for module in mooc_course(campus).modules:
        if module.idnumber != "EVAL-AKADEMIK":
            module.tracking = TRACKING_NONE


def switch_completion_off(campus: Campus) -> None:
    """Switch completion tracking off in the MOOC course."""
    mooc_course(campus).completion_enabled = False


nothing_tracked = pytest.mark.parametrize(
    ("trouble", "said"),
    [(untrack_everything_but_the_evaluation, "no tracked activity"), (switch_completion_off, "completion tracking")],
    ids=["no_tracked_activities", "completion_off"],
)


@nothing_tracked
def test_a_course_that_tracks_nothing_stops_the_programme_and_admits_nobody(
    command_line: CommandLine, service: Service, campus: Campus, trouble: Trouble, said: str
) -> None:
    before = campus.kelas.snapshot()
    trouble(campus)

    stopped = service.run()
    code, shape, _ = command_line.sync("--json")

    assert isinstance(stopped.error, ConfigurationError)
    assert said in stopped.error.message
    assert code == 1
    assert stopped.error.message in json.loads(shape)["programmes"][0]["error"]
    assert (service.roster(), service.count("decisions")) == ({}, 0)
    assert campus.kelas.snapshot() == before


@nothing_tracked
def test_a_course_that_no_longer_tracks_anything_changes_nothing_of_what_was_decided(
    service: Service, campus: Campus, trouble: Trouble, said: str
) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    before, roster, decisions = campus.kelas.snapshot(), service.roster(), service.count("decisions")
    trouble(campus)

    stopped = service.run(full=True)

    assert isinstance(stopped.error, ConfigurationError)
    assert said in stopped.error.message
    assert (service.roster(), service.count("decisions")) == (roster, decisions)
    assert campus.kelas.snapshot() == before


def test_the_command_line_says_why_it_was_held_and_accepts_in_somebody_s_name_what_can_be_accepted(
    command_line: CommandLine, service: Service, campus: Campus
) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    hide_a_page(campus)
    written = writes(campus)

    json_code, shape, _ = command_line.sync("--json")
    text_code, text, _ = command_line.sync()
    nameless, _, _ = command_line.sync("--accept")

    [programme] = json.loads(shape)["programmes"]
    assert (json_code, text_code, nameless) == (4, 4, 2)
    assert (programme["outcome"], programme["pushed"], programme["confirmed"]) == ("guarded", 0, 0)
    assert [finding["code"] for finding in programme["findings"]] == ["required_changed"]
    assert "Modul 7: Adaptif" in text
    assert "--accept --by NAME" in text
    assert writes(campus) == written

    accepted, shape, _ = command_line.sync("--accept", "--by", NAME, "--json")
    quiet, _, _ = command_line.sync()
    nothing_held, _, told = command_line.sync("--accept", "--by", NAME)

    assert (accepted, quiet, nothing_held) == (0, 0, 2)
    assert json.loads(shape)["programmes"][0]["accepted_by"] == NAME
    assert "there is nothing to accept" in told
    assert is_in_class(campus, NEWCOMER)
    assert writes(campus) > written
