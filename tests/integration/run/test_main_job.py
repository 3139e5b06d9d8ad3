"""The main job in process against the campus, on both databases."""

import pytest
from few_people import CONFIRMED
from seen_in_runs import nip_of
from service import ServiceFactory

from latsar_sync.domain.request import RunOutcome


@pytest.mark.wire
def test_the_first_run_fills_the_roster_and_the_second_pushes_and_decides_nothing(
    make_service: ServiceFactory, database_url: str
) -> None:
    service = make_service(database_url)

    first = service.run()
    decided, pushed, roster = service.count("decisions"), service.count("pushes"), service.roster()
    second = service.run()
    third = service.run(full=True)

    assert first.run.outcome is RunOutcome.OK
    assert first.run.counts["confirmed"] == CONFIRMED
    for again in (second, third):
        assert again.run.outcome is RunOutcome.OK
        assert (again.run.counts["pushed"], again.run.counts["confirmed"]) == (0, 0)
    assert (service.count("decisions"), service.count("pushes")) == (decided, pushed)
    assert {nip: row["state"] for nip, row in service.roster().items()} == {
        nip: row["state"] for nip, row in roster.items()
    }


JUDGED_AND_PLACED = [
    ("passed", "qualified", "confirmed"),
    ("score_exactly_70", "qualified", "confirmed"),
    ("score_69_99", "not_yet", None),
    ("score_69_99999", "not_yet", None),
    ("score_69_996", "not_yet", None),
    ("override_up", "qualified", "confirmed"),
    ("override_down", "not_yet", None),
    ("practice_failed", "not_yet", None),
    ("page_missing", "not_yet", None),
    ("score_zero", "not_yet", None),
    ("no_target_account", "qualified", "review"),
    ("two_target_accounts", "qualified", "review"),
    ("target_suspended", "qualified", "review"),
    ("already_enrolled", "qualified", "confirmed"),
    ("already_in_group", "qualified", "confirmed"),
    ("already_suspended", "qualified", "review"),
    ("no_angkatan", "qualified", "review"),
    ("two_angkatan", "qualified", "review"),
]
"""A case of the campus, what is decided, and how the roster stands for it."""


def test_every_case_of_the_campus_is_judged_and_placed_as_the_rules_say(
    make_service: ServiceFactory, sqlite_url: str
) -> None:
    service = make_service(sqlite_url)

    service.first_run()

    people, roster = service.participants(), service.roster()
    states = {nip: row["state"] for nip, row in roster.items()}
    found = [(case, people[nip_of(case)]["outcome"], states.get(nip_of(case))) for case, _, _ in JUDGED_AND_PLACED]
    assert found == JUDGED_AND_PLACED
