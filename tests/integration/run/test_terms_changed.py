"""Basis, method, materials or key changed between two runs: who would be judged otherwise is named and released."""

import json

import pytest
from service import TOKENS, Command, Service, ServiceFactory

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.request import RunOutcome
from latsar_sync.settings import load_settings

NAME = "Ratna Widyaningsih"
ITEM = 'item = "EVAL-AKADEMIK"'


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


def change(service: Service, before: str, after: str) -> None:
    """Change the service's configuration on disk, and load it again."""
    text = service.config.read_text()
    assert before in text
    service.config.write_text(text.replace(before, after, 1))
    service.settings = load_settings(service.config, dict(TOKENS))


def outcomes(service: Service) -> dict[str, str]:
    """Return everybody's decision by internal id."""
    return {row["participant_id"]: row["outcome"] for row in service.participants().values()}


def terms_of_decisions(service: Service, command: Command, nip: str) -> list[dict[str, object]]:
    """Return by what each decision about somebody was made."""
    _, shown, _ = command(service, "explain", nip, "--json")
    return [each["judged_by"] for each in json.loads(shown)["decisions"]]


def test_another_basis_names_who_would_be_judged_otherwise_and_decides_nothing_until_released(
    service: Service, command: Command
) -> None:
    service.first_run()
    before, rows = outcomes(service), service.count("decisions")
    change(service, ITEM, f'{ITEM}\nbasis = "best_attempt"')

    held = service.run()
    still = outcomes(service), service.count("decisions")
    _, examined, _ = command(service, "doctor")
    accepted = service.run(accept=True, by=NAME)
    after = outcomes(service)
    quiet = service.run()

    [finding] = held.run.findings
    assert held.run.outcome is RunOutcome.GUARDED
    assert (finding.code, finding.subject, finding.before, finding.now) == (
        "terms_changed",
        "basis",
        "gradebook",
        "best_attempt",
    )
    assert still == (before, rows)
    assert "basis was gradebook" in examined.replace("\n", " ")
    assert accepted.run.outcome is RunOutcome.OK
    assert set(finding.people) == {who for who in before if before[who] != after[who]}
    assert (quiet.run.outcome, quiet.run.findings) == (RunOutcome.OK, ())


def test_a_decision_tells_all_that_it_was_made_by_in_explain_and_in_the_ledger(
    service: Service, command: Command
) -> None:
    service.first_run()
    nip = next(nip for nip, row in service.participants().items() if row["outcome"] == "qualified")
    change(service, ITEM, f'{ITEM}\nbasis = "best_attempt"')
    service.run()
    service.run(accept=True, by=NAME)

    told = terms_of_decisions(service, command, nip)
    _, shown, _ = command(service, "explain", nip)

    assert [each["basis"] for each in told] == ["gradebook", "best_attempt"]
    assert told[0] == {
        "method": "blended",
        "basis": "gradebook",
        "materials_mode": "activities",
        "participant_key": "idnumber",
        "clearances": [],
    }
    assert "basis best_attempt" in shown.replace("\n", " ")


def test_no_material_asked_any_more_would_admit_people_and_is_held(service: Service) -> None:
    service.first_run()
    before = outcomes(service)
    change(service, "[programmes.materials]", '[programmes.materials]\nmode = "none"')

    held = service.run()

    assert [finding.code for finding in held.run.findings] == ["required_changed", "terms_changed"]
    assert held.run.outcome is RunOutcome.GUARDED
    assert outcomes(service) == before


def test_a_method_without_a_gate_is_asked_about_once(service: Service) -> None:
    service.first_run()
    change(service, "[programmes.source]", 'method = "classical"\n[programmes.source]')

    held = service.run()
    service.run(accept=True, by=NAME)
    later = [service.run(full=full) for full in (True, False)]

    assert [each.code for each in held.run.findings] == ["terms_changed"]
    assert [(each.run.outcome, each.run.findings) for each in later] == [(RunOutcome.OK, ())] * 2


def test_incremental_runs_are_quiet_again_where_material_is_asked_no_more(service: Service) -> None:
    service.first_run()
    change(service, "[programmes.materials]", '[programmes.materials]\nmode = "none"')
    while service.run().run.outcome is RunOutcome.GUARDED:
        service.run(accept=True, by=NAME)

    assert service.run().run.kind == "incremental"


def test_one_participant_is_not_judged_by_other_terms_before_everybody_was_compared(service: Service) -> None:
    service.first_run()
    nip = next(iter(service.roster()))
    change(service, ITEM, f'{ITEM}\nbasis = "best_attempt"')

    refused = service.run(nip=nip)

    assert isinstance(refused.error, UsageError)
    assert "basis was gradebook" in refused.error.message


def test_the_same_terms_write_nothing_the_second_time(service: Service) -> None:
    service.first_run()
    rows = service.count("decisions")
    service.run(full=True)

    assert (service.count("decisions"), service.count("terms")) == (rows, 1)
