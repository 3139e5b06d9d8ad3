"""Many people who would lose their qualification at once: nothing is decided, all are named, a person releases it."""

import json
from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from service import PROGRAMME, Command, Service, ServiceFactory

from latsar_sync.demo import CASES, Campus
from latsar_sync.demo.records import TRACKING_AUTOMATIC, Course, Module
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain.request import RunOutcome
from latsar_sync.moodle import mooc_course
from latsar_sync.moodle.people_by_list import NEEDED
from latsar_sync.rules import reading_once_more
from latsar_sync.store import runs

MOOC, NAME = "MOOC-LATSAR", "Ratna Widyaningsih"
ONE = str(CASES["score_exactly_70"][0])
Trouble = Callable[[Campus], None]


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


def evaluation(campus: Campus) -> Module:
    """Return the evaluation."""
    return campus.mooc.module_named("EVAL-AKADEMIK")


def mooc(campus: Campus) -> Course:
    """Return the MOOC course."""
    return campus.mooc.course(MOOC)


def clear_grades(campus: Campus) -> None:
    """Delete every attempt and grade of the evaluation, as a reset of the course does."""
    for user_id in list(evaluation(campus).quiz.grades):
        campus.mooc.set_grade(user_id, evaluation(campus).cmid, None)


def unlock_completion(campus: Campus) -> None:
    """Forget everybody's completion of one page, as "Unlock completion" does."""
    campus.mooc.module_named("Modul 7: Adaptif").completions.clear()


def halve_grades(campus: Campus) -> None:
    """Let a multiplier of 0.5 work on the evaluation's grade item."""
    for user_id, grade in list(evaluation(campus).quiz.grades.items()):
        if grade.final is not None:
            campus.mooc.set_grade(user_id, evaluation(campus).cmid, grade.final / 2, overridden=True)


def decisions(service: Service) -> dict[str, str]:
    """Return everybody's decision by NIP."""
    return {nip: row["outcome"] for nip, row in service.participants().items()}


def standing(service: Service) -> dict[str, tuple[str, str | None]]:
    """Return everybody's line on the roster: state and angkatan, by NIP."""
    return {nip: (row["state"], row["angkatan"]) for nip, row in service.roster().items()}


@pytest.mark.parametrize("few_enough", [5000, 1], ids=["of a usual course", "of a national one, by a sample"])
def test_an_incremental_run_that_meets_a_loss_looks_at_everybody_before_anything_is_decided(
    make_service: ServiceFactory,
    sqlite_url: str,
    campus: Campus,
    monkeypatch: pytest.MonkeyPatch,
    few_enough: int,
) -> None:
    monkeypatch.setattr(reading_once_more, "FEW_ENOUGH", few_enough)
    service = make_service(sqlite_url, programme='placement = "first_qualified"')
    service.first_run()
    before = decisions(service), standing(service), service.count("decisions")
    clear_grades(campus)

    quiet = service.run()

    assert quiet.run.kind == "full"
    assert [each.code for each in quiet.run.findings] == ["qualified_lost"]
    assert (decisions(service), standing(service), service.count("decisions")) == before


def test_a_reset_is_seen_by_those_who_are_asked_though_they_have_no_qualification_to_lose(
    service: Service, campus: Campus
) -> None:
    """Whoever is confirmed is asked by no incremental run; those who are open lost their grades by the same reset."""
    service.first_run()
    seated = {nip for nip, row in service.roster().items() if row["state"] == "confirmed"}
    waiting = {nip for nip, said in decisions(service).items() if said == "qualified"} - seated
    before = decisions(service), standing(service), service.count("decisions")
    for user_id in evaluation(campus).quiz.grades.keys() - {campus.mooc.user_id(nip) for nip in waiting}:
        campus.mooc.set_grade(user_id, evaluation(campus).cmid, None)

    quiet = service.run()

    assert quiet.run.kind == "full"
    [found] = quiet.run.findings
    assert (found.code, len(found.people)) == ("qualified_lost", len(seated))
    assert (decisions(service), standing(service), service.count("decisions")) == before


def test_an_incremental_run_over_very_many_believes_a_loss_of_one_where_a_sample_keeps_theirs(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_once_more, "FEW_ENOUGH", 1)
    monkeypatch.setattr(reading_once_more, "SAMPLE", 10)
    service = make_service(sqlite_url, programme='placement = "first_qualified"')
    service.first_run()
    one = next(nip for nip, row in service.roster().items() if row["state"] not in ("confirmed", "pushed"))
    campus.mooc.set_grade(campus.mooc.user_id(one), evaluation(campus).cmid, Decimal(10), overridden=True)
    campus.mooc.visit(campus.mooc.user_id(one), evaluation(campus).cmid)

    quiet = service.run()

    assert (quiet.run.kind, quiet.run.findings) == ("incremental", ())
    assert service.participants()[one]["outcome"] == "not_yet"


@pytest.mark.parametrize("alone", [False, True])
def test_whoever_leaves_while_everything_is_read_keeps_what_was_read_of_them(
    service: Service, campus: Campus, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    """Of whoever is enrolled no more Moodle tells no grade; where single people can be looked up they alone are."""
    service.first_run()
    campus.mooc.accounts[MOOC_TOKEN].functions |= {each.value for each in NEEDED} if alone else set()
    usual = service.run(full=True)
    see, one = mooc_course.see_people, campus.mooc.user_id(ONE)

    def meanwhile(*asked: Any, **more: Any) -> Any:
        seen = see(*asked, **more)
        campus.mooc.unenrol(MOOC, one)
        return seen

    monkeypatch.setattr(mooc_course, "see_people", meanwhile)
    left = service.run(full=True)

    row = service.participants()[ONE]
    assert (row["outcome"], [code for code, _ in row["reasons"]]) == ("qualified", ["enrolment_ended"])
    assert (left.run.requests <= usual.run.requests + 1) == alone


@pytest.mark.parametrize("trouble", [clear_grades, unlock_completion, halve_grades], ids=lambda each: each.__name__)
def test_a_mass_loss_decides_nothing_and_is_undone_by_putting_it_right(
    service: Service, campus: Campus, trouble: Trouble
) -> None:
    service.first_run()
    before, roster, rows = decisions(service), standing(service), service.count("decisions")
    qualified = {row["participant_id"] for row in service.participants().values() if row["outcome"] == "qualified"}
    kept = deepcopy(mooc(campus).modules)
    trouble(campus)

    held = service.run(full=True)
    one = service.run(nip=ONE)
    unchanged = (decisions(service), standing(service), service.count("decisions"))
    mooc(campus).modules = kept
    healed = service.run()

    assert held.run.outcome is one.run.outcome is RunOutcome.GUARDED
    [finding] = held.run.findings
    assert (finding.code, set(finding.people)) == ("qualified_lost", qualified & set(finding.people))
    assert len(finding.people) > 5
    assert unchanged == (before, roster, rows)
    assert (healed.run.outcome, healed.run.findings, healed.run.counts["pushed"]) == (RunOutcome.OK, (), 0)
    assert (decisions(service), standing(service)) == (before, roster)


def test_once_accepted_people_go_to_review_and_come_back_by_themselves(service: Service, campus: Campus) -> None:
    service.first_run()
    before, roster, written = decisions(service), standing(service), campus.kelas.snapshot()
    unlock = campus.mooc.module_named("Modul 7: Adaptif").completions
    kept = dict(unlock)
    unlock_completion(campus)
    service.run(full=True)

    accepted = service.run(accept=True, by=NAME)
    in_review = {nip for nip, row in service.roster().items() if row["roster_reason"] == "no_longer_qualifies"}
    unlock.update(kept)
    back = service.run(full=True)

    assert accepted.run.outcome is RunOutcome.OK
    assert len(in_review) > 30
    assert (back.run.outcome, back.run.counts["pushed"]) == (RunOutcome.OK, 0)
    assert (decisions(service), standing(service)) == (before, roster)
    assert campus.kelas.snapshot() == written


def test_a_new_required_activity_is_shown_with_what_it_costs_people_and_is_asked_once(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    before, roster = decisions(service), standing(service)
    campus.mooc.add_module(MOOC, "page", "Modul 11", 4, "", TRACKING_AUTOMATIC, ("completionview",))
    added = service.run()

    unmoved = decisions(service), standing(service)
    scheduled = service.run()
    accepted = service.run(accept=True, by=NAME)

    assert [finding.key for finding in scheduled.run.findings] == [finding.key for finding in added.run.findings]
    assert added.run.outcome is RunOutcome.GUARDED
    assert [finding.code for finding in added.run.findings] == ["required_changed", "qualified_lost"]
    assert unmoved == (before, roster)
    assert accepted.run.outcome is RunOutcome.OK
    assert sum(row["state"] == "review" for row in service.roster().values()) > 30


def test_a_few_people_may_lose_it_without_a_guard(service: Service, campus: Campus) -> None:
    service.first_run()
    seated = [nip for nip, row in service.roster().items() if row["state"] == "confirmed"][:5]
    for nip in seated:
        campus.mooc.set_grade(campus.mooc.user_id(nip), evaluation(campus).cmid, Decimal(10))

    run = service.run(full=True)

    assert (run.run.outcome, run.run.findings) == (RunOutcome.OK, ())
    assert {service.roster()[nip]["state"] for nip in seated} == {"review"}


def test_the_command_line_and_the_json_show_who_would_lose_and_a_look_is_noted(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    names = {row["name"] for row in service.participants().values() if row["outcome"] == "qualified"}
    clear_grades(campus)

    code, shown, _ = command(service, "sync", "--full")
    _, status, _ = command(service, "status")
    _, doctor, _ = command(service, "doctor")
    _, history, _ = command(service, "runs")
    _, whole, _ = command(service, "sync", "--json")

    assert code == 4
    assert all(name in shown for name in names)
    assert all(name in status for name in names)
    assert f"sync --programme {PROGRAMME} --accept --by" in " ".join(doctor.split())
    assert sum(name in history for name in names) == 5
    [programme] = json.loads(whole)["programmes"]
    [found] = programme["findings"]
    assert (found["code"], found["programme"]) == ("qualified_lost", "latsar-2026-iii")
    assert programme["findings_in_full"] == [found]
    assert len(found["people"]) == len(names)
    assert not any(name in whole for name in names)
    with service.database.reading() as connection:
        [held] = runs.recorded_runs(connection, limit=1)
    assert list(held.findings[0].people) == found["people"]
    assert service.count("access_log") >= 3
