"""What an account decides by the API: once, about what it has seen, and refused in words that a program can read."""

from datetime import UTC, datetime

import pytest
from dashboard import MISSED, OTHER, PASSED, Dashboard
from limits import RateLimitItemPerMinute
from programs import HERE, Program
from service import PROGRAMME
from sqlalchemy import text

from latsar_sync.domain.account import Role
from latsar_sync.store import overrides, queue
from latsar_sync.web import api

HOLD = {"kind": "hold", "reason": "Cuti melahirkan"}


def test_people_are_decided_about_and_whom_it_passed_over_is_told(dashboard: Dashboard, sari: Program) -> None:
    people = [dashboard.id_of(PASSED), dashboard.id_of(MISSED)]

    first = sari.post(f"{HERE}/overrides", {"people": people[:1], **HOLD})
    both = sari.post(f"{HERE}/overrides", {"people": people, **HOLD})

    assert (first.status_code, both.status_code) == (201, 201)
    assert first.json()["in_class"] == people[:1]
    assert [each["participant_id"] for each in both.json()["recorded"]] == people[1:]
    assert [each["participant_id"] for each in both.json()["passed_over"]] == people[:1]
    assert {each.via for each in dashboard.accesses()} == {"api"}


def test_the_same_call_with_the_same_key_is_done_once_and_answered_alike(dashboard: Dashboard, sari: Program) -> None:
    body = {"people": [dashboard.id_of(MISSED)], **HOLD}

    answers = [sari.post(f"{HERE}/overrides", body, Idempotency_Key="k1") for _ in range(2)]
    other = sari.post(f"{HERE}/overrides", {**body, "reason": "Lain"}, Idempotency_Key="k1")

    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert (other.status_code, other.headers["content-type"]) == (422, "application/problem+json")
    assert dashboard.service.count("overrides") == 1
    told = [(each.action, each.programme, each.people) for each in dashboard.accesses() if each.by == "sari"]
    assert sorted(told) == [("answer again", PROGRAMME, 1), ("hold", PROGRAMME, 1)]


def test_a_call_that_was_done_before_its_note_failed_is_not_done_again(dashboard: Dashboard, sari: Program) -> None:
    """Once its key was given back though the decision stood, and whoever sent it again decided twice."""
    body = {"people": [dashboard.id_of(MISSED)], **HOLD}
    with dashboard.service.database.writing() as connection:
        fails = "BEFORE INSERT ON access_log WHEN NEW.action = 'hold' BEGIN SELECT RAISE(FAIL, 'full'); END"
        connection.execute(text(f"CREATE TRIGGER no_notes {fails}"))
    first = sari.post(f"{HERE}/overrides", body, Idempotency_Key="k7")
    with dashboard.service.database.writing() as connection:
        connection.execute(text("DROP TRIGGER no_notes"))
    again = sari.post(f"{HERE}/overrides", body, Idempotency_Key="k7")

    assert (first.status_code, again.status_code) == (503, 409)
    assert "look whether it is done" in again.text


def test_a_call_that_was_refused_may_be_sent_again_with_its_key(dashboard: Dashboard, sari: Program) -> None:
    body = {"people": [dashboard.id_of(MISSED)], **HOLD}

    refused = sari.post(f"{HERE}/overrides", {**body, "until": "2001-01-01"}, Idempotency_Key="k2")
    taken = sari.post(f"{HERE}/overrides", body, Idempotency_Key="k2")

    assert (refused.status_code, taken.status_code) == (409, 201)
    assert set(refused.json()) == {"type", "title", "status", "detail", "remedy", "changes", "problems"}


def test_what_changed_since_it_was_seen_is_refused_with_what_is_new(dashboard: Dashboard, sari: Program) -> None:
    people = [dashboard.id_of(MISSED)]
    seen = sari.post(f"{HERE}/participants/seen", {"people": people}).json()["seen"]
    Program(dashboard, "rina").post(f"{HERE}/overrides", {"people": people, **HOLD})

    refused = sari.post(f"{HERE}/overrides", {"people": people, "kind": "admit", "reason": "SK 7"}, If_Match=seen)

    assert refused.status_code == 412
    assert len(refused.json()["changes"]) == 1
    assert dashboard.service.count("overrides") == 1


def test_a_viewer_and_a_stranger_decide_nothing_and_another_programme_is_not_there(dashboard: Dashboard) -> None:
    dashboard.add("wati", Role.PANITIA, programmes=(OTHER,))
    body = {"people": [dashboard.id_of(MISSED)], **HOLD}
    stranger = Program(dashboard, "budi")
    stranger.token = "latsar_guessed"

    refused = [
        each.post(f"{HERE}/overrides", body)
        for each in (Program(dashboard, "budi"), stranger, Program(dashboard, "wati"))
    ]

    assert [each.status_code for each in refused] == [403, 401, 404]
    assert {each.headers["content-type"] for each in refused} == {"application/problem+json"}
    assert dashboard.service.count("overrides") == 0


def test_those_who_wait_are_approved_by_name(dashboard: Dashboard, sari: Program) -> None:
    waiting = dashboard.id_of(PASSED)
    with dashboard.service.database.writing() as connection:
        connection.execute(
            text(
                "UPDATE roster_entries SET reason = 'awaiting_approval', state = 'planned' WHERE participant_id = :id"
            ),
            {"id": waiting},
        )

    answer = sari.post(f"{HERE}/approvals", {"people": [waiting, dashboard.id_of(MISSED)]})

    assert answer.json() == {"approved": 1, "passed_over": 0, "by": "sari"}
    assert dashboard.service.roster()[PASSED]["roster_reason"] is None


def test_a_document_is_recorded_once_and_revoked(dashboard: Dashboard, sari: Program) -> None:
    today = f"{datetime.now(UTC).date()}"
    paper = {"participant_id": dashboard.id_of(PASSED), "kind": "surat_sehat", "number": "S-1", "issuer": "RSUD"}
    paper |= {"issued": today, "valid_until": today}

    added, again = (sari.post(f"{HERE}/clearances", paper) for _ in range(2))
    number = added.json()["no"]
    revoked = sari.post(f"{HERE}/clearances/{number}/revocation", {"reason": "Palsu"})

    assert (added.status_code, again.status_code, revoked.status_code) == (201, 409, 201)
    assert revoked.json()["state"] == "revoked"


def test_scores_are_confirmed_by_another_account_and_by_no_other_token_of_the_same_one(
    dashboard: Dashboard, sari: Program
) -> None:
    sent = sari.send(f"{HERE}/files", "nilai.csv", f"NIP;Nilai\n{MISSED};88,5\n".encode()).json()
    number = sari.post(f"{HERE}/files/{sent['id']}/import", {}).json()["import_id"]
    address = f"{HERE}/imports/{number}/confirmation"

    refused = [sari.post(address, {}), Program(dashboard, "sari").post(address, {})]
    looks_only = Program(dashboard, "budi").post(address, {})
    confirmed = Program(dashboard, "rina").post(address, {})
    by_rinas_token = Program(dashboard, "sari", by="rina")
    sent = by_rinas_token.send(f"{HERE}/files", "lain.csv", f"NIP;Nilai\n{MISSED};89\n".encode()).json()
    number = by_rinas_token.post(f"{HERE}/files/{sent['id']}/import", {}).json()["import_id"]
    own = Program(dashboard, "rina").post(f"{HERE}/imports/{number}/confirmation", {})

    assert "rina yang membuat token yang dipakai sari" in own.json()["detail"]
    assert [each.status_code for each in (*refused, looks_only, confirmed, own)] == [409, 409, 403, 201, 409]
    assert all("sari" in each.json()["detail"] for each in refused)
    assert (confirmed.json()["by"], confirmed.json()["confirmed_by"]) == ("sari", "rina")


def test_a_run_is_asked_for_by_angkatan_and_for_some_people(dashboard: Dashboard, sari: Program) -> None:
    people = [dashboard.id_of(PASSED), dashboard.id_of(MISSED)]

    answers = [
        sari.post(f"{HERE}/sync", {"scope": "angkatan", "angkatan": "II"}),
        sari.post(f"{HERE}/sync", {"scope": "people", "people": people}),
        sari.post(f"{HERE}/sync", {"scope": "angkatan", "angkatan": "IX"}),
    ]
    with dashboard.service.database.reading() as connection:
        asked = {(each.scope, each.subject) for each in queue.open_requests(connection, PROGRAMME)}

    assert [each.status_code for each in answers] == [202, 202, 409]
    assert asked == {("angkatan", "II"), ("participant", PASSED), ("participant", MISSED)}


def test_who_calls_too_often_is_told_when_to_come_back(
    dashboard: Dashboard, sari: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "CALLS", RateLimitItemPerMinute(2))

    answers = [sari.post(f"{HERE}/participants/search", {}) for _ in range(3)]

    assert [each.status_code for each in answers] == [200, 200, 429]
    assert int(answers[2].headers["retry-after"]) > 0


def test_what_is_out_of_bounds_is_refused_without_being_said_back(dashboard: Dashboard, sari: Program) -> None:
    answers = [
        sari.post(f"{HERE}/overrides", {"people": [dashboard.id_of(MISSED)], "kind": "hold", "reason": reason})
        for reason in ("x" * 501, "Cuti\x00", "\u202e")
    ]

    assert [each.status_code for each in answers] == [422, 409, 409]
    assert "xxx" not in answers[0].text
    with dashboard.service.database.reading() as connection:
        assert overrides.newest(connection, PROGRAMME) == {}
