"""People and thresholds that change between runs: nothing is undone (rules 2 and 5)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from seen_in_runs import EVALUATION, MOOC, approve, codes, enrolled, in_group, nip_of, threshold
from service import PROGRAMME, Service, ServiceFactory

from latsar_sync.demo import Campus
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store import listings


def test_people_whose_mooc_enrolment_ended_keep_their_evidence_and_their_seat(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url)
    service.first_run()
    qualified, waiting = nip_of("passed"), nip_of("score_69_99")
    before = service.participants()
    for nip in (qualified, waiting):
        campus.mooc.unenrol(MOOC, campus.mooc.user_id(nip))

    service.run(full=True)

    after = service.participants()
    for nip in (qualified, waiting):
        assert after[nip]["outcome"] == before[nip]["outcome"]
        assert (after[nip]["score"], after[nip]["materials_done"]) == (
            before[nip]["score"],
            before[nip]["materials_done"],
        )
        assert after[nip]["enrolment"] == "ended"
        assert "enrolment_ended" in codes(after[nip])
    assert len(after) == len(before)
    assert service.roster()[qualified]["state"] == "confirmed"

    campus.mooc.enrol(MOOC, campus.mooc.user_id(qualified))
    service.run()
    assert service.participants()[qualified]["enrolment"] == "active"


def test_a_nip_that_a_second_account_takes_later_makes_both_undetermined_and_undoes_nothing(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url)
    service.first_run()
    nip, other = nip_of("passed"), campus.mooc.user_id(nip_of("passed", 1))
    was_in = nip in enrolled(campus, service.roster()[nip]["course"])

    campus.mooc.users[other].idnumber = nip
    result = service.run()

    sharers = [row for row in everybody(service) if row["nip"] == nip]
    assert was_in
    assert [row["outcome"] for row in sharers] == ["undetermined", "undetermined"]
    assert all(codes(row)[0] == "nip_duplicate" for row in sharers)
    # the account in class of whoever took the NIP carries another one: that is looked at, and nobody is moved
    assert sorted(row["state"] for row in sharers) == ["confirmed", "review"]
    assert result.run.counts["pushed"] == 0
    assert nip in enrolled(campus, sharers[0]["course"]) | enrolled(campus, sharers[1]["course"])


def everybody(service: Service) -> list[Mapping[str, Any]]:
    """Return every participant, those with a shared NIP too."""
    with service.database.reading() as connection:
        return listings.participant_rows(connection, [PROGRAMME])


def test_somebody_who_cannot_be_told_for_sure_any_more_is_not_sent(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, programme='push = "confirmed"')
    service.first_run()
    approve(service, "Sekretaris")
    nip, other = nip_of("passed"), campus.mooc.user_id(nip_of("score_69_99"))
    campus.mooc.users[other].idnumber = nip

    service.run()

    [row] = [row for row in everybody(service) if row["nip"] == nip and row["state"]]
    assert (row["state"], row["roster_reason"]) == ("planned", "undetermined")
    assert nip not in enrolled(campus, "KLS-I") | enrolled(campus, "KLS-II") | enrolled(campus, "KLS-III")


def test_a_grade_taken_back_after_admission_is_reviewed_and_nothing_is_undone(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url)
    service.first_run()
    nip = nip_of("override_up")
    cmid = campus.mooc.module_named(EVALUATION).cmid
    campus.mooc.set_grade(campus.mooc.user_id(nip), cmid, Decimal(40), overridden=True)

    service.run(full=True)

    row = service.roster()[nip]
    assert service.participants()[nip]["outcome"] == "not_yet"
    assert (row["state"], row["roster_reason"]) == ("review", "no_longer_qualifies")
    assert nip in in_group(campus, "KLS-III", "Angkatan III")


# The threshold


def test_a_changed_threshold_in_the_configuration_changes_nothing_and_is_told_by_every_run(
    make_service: ServiceFactory, sqlite_url: str
) -> None:
    service = make_service(sqlite_url, programme='push = "confirmed"')
    service.first_run()
    before = {nip: row["outcome"] for nip, row in service.participants().items()}
    decisions = service.count("decisions")
    changed = make_service(sqlite_url, programme='push = "confirmed"', evaluation=threshold("60"))

    results = [changed.run(), changed.run(full=True), changed.run(dry_run=True)]

    for result in results:
        assert any("60" in message and "70" in message for message in result.run.messages)
    assert {nip: row["outcome"] for nip, row in changed.participants().items()} == before
    assert (changed.count("decisions"), changed.count("thresholds")) == (decisions, 1)


def test_a_changed_scale_in_the_configuration_is_told_too(make_service: ServiceFactory, sqlite_url: str) -> None:
    make_service(sqlite_url, programme='push = "confirmed"').run()
    changed = make_service(sqlite_url, programme='push = "confirmed"', evaluation=threshold("70", "percent"))

    result = changed.run()

    assert any("per cent" in message for message in result.run.messages)
    assert changed.count("thresholds") == 1


def test_without_any_threshold_the_programme_stops_with_the_command_that_sets_one(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, evaluation=f'item = "{EVALUATION}"')

    result = service.first_run()

    assert isinstance(result.error, ConfigurationError)
    assert "threshold set" in result.error.remedy
    assert service.count("decisions") == 0
    assert campus.log == []


def test_a_pass_grade_of_moodle_that_differs_from_the_recorded_threshold_is_told(
    make_service: ServiceFactory, sqlite_url: str
) -> None:
    service = make_service(sqlite_url, programme='push = "confirmed"', evaluation=threshold("65"))

    result = service.first_run()

    assert any("70" in message and "65" in message for message in result.run.messages)
    assert service.participants()[nip_of("score_69_99999")]["outcome"] == "qualified"


@pytest.mark.parametrize("kind", ["dry_run", "guarded"])
def test_what_does_not_push_leaves_the_lms_exactly_as_it_was(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, kind: str
) -> None:
    service = make_service(sqlite_url, guards="max_push = 5")
    before = campus.kelas.snapshot()

    result = service.run(dry_run=kind == "dry_run")

    assert result.run.outcome is RunOutcome.GUARDED
    assert campus.kelas.snapshot() == before
    assert service.count("pushes") == 0
    assert written_functions(campus) == []


def written_functions(campus: Campus) -> Iterable[str]:
    """Return the writes that the campus was asked for."""
    writes = ("enrol_manual_enrol_users", "core_group_create_groups", "core_group_add_group_members")
    return [entry.function for entry in campus.log if entry.function in writes]


def test_a_plan_says_what_it_could_not_read(make_service: ServiceFactory, sqlite_url: str, campus: Campus) -> None:
    campus.kelas.course("KLS-II").visible = False
    campus.kelas.accounts[campus.kelas.token].capabilities.discard("moodle/course:viewhiddencourses")
    service = make_service(sqlite_url)

    planned = service.run(dry_run=True)
    ended = service.run()

    assert ended.run.outcome is RunOutcome.PARTIAL
    assert any("KLS-II" in message for message in ended.run.messages)
    assert planned.run.outcome is RunOutcome.PARTIAL
    assert any("KLS-II" in message for message in planned.run.messages)
