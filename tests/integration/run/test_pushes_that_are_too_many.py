"""Pushes of more people than allowed: held until accepted, and what counts as the first push, which may be large."""

from typing import Any

import pytest
from few_people import CONFIRMED, FOUND
from seen_in_runs import is_in_class, writes_in
from service import Command, Service, ServiceFactory, default_angkatan
from troubled_campus import LATE, NAME, NEWCOMER, let_pass

from latsar_sync.demo import CASES, Campus
from latsar_sync.domain.errors import SiteUnavailable
from latsar_sync.domain.request import RunOutcome, Step


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


def test_more_pushes_than_allowed_are_held_even_on_the_first_run_until_accepted(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, guards="max_push = 10")
    before = campus.kelas.snapshot()

    held = service.first_run()
    untouched = (campus.kelas.snapshot(), writes_in(campus))
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
    untouched = writes_in(campus)
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
