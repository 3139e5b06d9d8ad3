"""What else is decided by the API: decrees, thresholds, moves, who somebody is, files, erasures; as on the pages."""

from typing import Any

from dashboard import MISSED, PASSED, Dashboard
from programs import HERE, Program
from service import PROGRAMME

from latsar_sync.store import erasure


def person(dashboard: Dashboard, nip: str, what: str) -> str:
    """Return the address of a call about one person."""
    return f"/api/v1/participants/{dashboard.id_of(nip)}/{what}"


def test_a_threshold_is_recorded_once_with_its_key_and_refused_above_the_maximum(sari: Program) -> None:
    body = {"value": "72.5", "legal_basis": "Perkalan 9/2025"}

    answers = [sari.post(f"{HERE}/thresholds", body, Idempotency_Key="t1") for _ in range(2)]
    beyond = sari.post(f"{HERE}/thresholds", {**body, "value": "170"})
    preview = sari.get(f"{HERE}/thresholds/preview?value=100")

    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert (answers[0].json()["value"], answers[0].json()["recorded_by"]) == ("72.50000", "sari")
    assert (beyond.status_code, beyond.headers["content-type"]) == (409, "application/problem+json")
    assert [each["version"] for each in sari.get(f"{HERE}/thresholds").json()] == [1, 2]
    assert preview.json()["moves"]


def test_a_decree_is_about_the_roster_that_was_seen(dashboard: Dashboard, sari: Program) -> None:
    angkatan = dashboard.service.roster()[PASSED]["angkatan"]
    seen = sari.get(f"{HERE}/roster/seen?angkatan={angkatan}").json()["seen"]
    sari.post(f"{HERE}/overrides", {"people": [dashboard.id_of(PASSED)], "kind": "hold", "reason": "Cuti"})
    body = {"angkatan": angkatan, "number": "SK 12/2026", "dated": "2026-11-01"}

    changed = sari.post(f"{HERE}/decrees", body, If_Match=seen)
    fixed = sari.post(f"{HERE}/decrees", body)
    again = sari.post(f"{HERE}/decrees", body)

    assert [each.status_code for each in (changed, fixed, again)] == [412, 201, 409]
    assert [each["sk"] for each in sari.get(f"{HERE}/decrees").json()] == ["SK 12/2026"]


def test_somebody_is_moved_and_what_was_seen_before_counts_no_more(dashboard: Dashboard, sari: Program) -> None:
    seen = sari.get(person(dashboard, MISSED, "seen")).json()["seen"]
    to = {"angkatan": "III", "reason": "Permintaan instansi"}

    moved = sari.post(person(dashboard, MISSED, "move"), to, If_Match=seen)
    stale = sari.post(person(dashboard, MISSED, "move"), {**to, "angkatan": "I"}, If_Match=seen)

    assert (moved.status_code, stale.status_code) == (201, 412)
    assert (moved.json()["to"], moved.json()["by"]) == ("III", "sari")


def test_who_somebody_is_is_corrected_merged_and_chosen(dashboard: Dashboard, sari: Program) -> None:
    why = {"reason": "Surat BKD 4/2026"}

    its_nip = person(dashboard, MISSED, "nip")

    wrong = sari.post(its_nip, {"nip": "199013012020121099", **why})
    corrected = sari.post(its_nip, {"nip": "199001012020121002", **why})
    undone, nothing = (sari.post(its_nip, {"nip": None, **why}) for _time in range(2))
    two = {"other": dashboard.id_of(MISSED), **why}
    different = sari.post(person(dashboard, PASSED, "merge"), two)
    merged = sari.post(person(dashboard, PASSED, "merge"), {**two, "although_different": True})
    chosen = sari.post(person(dashboard, PASSED, "account"), {"user_id": 4711, **why})
    named = sari.post(person(dashboard, PASSED, "account"), {"user_id": 4711, "reason": f"NIP {PASSED}"})

    assert [each.status_code for each in (wrong, corrected, undone, nothing)] == [409, 201, 201, 409]
    assert nothing.json()["remedy"] == "Lihat halaman “Peserta”."  # no command: its user is none who runs the service
    assert (different.status_code, different.json()["detail"].split()[:3]) == (409, ["Nama", "dan", "NIP"])
    assert (merged.status_code, chosen.status_code, named.status_code) == (201, 201, 409)
    assert chosen.json()["target_user_id"] == 4711
    assert dashboard.service.count("identity_actions") == 4


def test_a_file_is_sent_taken_and_another_set_aside(dashboard: Dashboard, sari: Program) -> None:
    def send(content: str) -> Any:
        files = {"file": ("nilai.csv", content.encode(), "text/csv")}
        headers = {"Authorization": f"Bearer {sari.token}"}
        return sari.client.post(f"{HERE}/files", files=files, headers=headers).json()

    first = send(f"NIP;Nilai;Tanggal\n{MISSED};88,5;2026-08-01\n")
    second = send(f"NIP;Nilai;Tanggal\n{MISSED};77,5;2026-08-02\n")

    taken = sari.post(f"{HERE}/files/{first['id']}/import", {})
    again = sari.post(f"{HERE}/files/{first['id']}/import", {})
    aside = sari.post(f"{HERE}/files/{second['id']}/dismissal", {"reason": "Salah berkas"})

    assert (taken.status_code, again.status_code, aside.status_code) == (201, 409, 201)
    assert taken.json()["import_id"] is not None
    assert aside.json()["state"] == "dismissed"
    assert sari.post(f"{HERE}/files/999/import", {}).status_code == 404


def test_personal_data_are_for_administrators_alone(dashboard: Dashboard, sari: Program, rina: Program) -> None:
    export = person(dashboard, PASSED, "export")
    erase = person(dashboard, PASSED, "erasure")

    assert [sari.get(export).status_code, sari.get(erase).status_code, sari.get("/api/v1/retention").status_code] == [
        403,
        403,
        403,
    ]
    assert sari.post(erase, {"reason": "Surat 5"}).status_code == 403
    assert PASSED in rina.get(export).text
    assert rina.get(erase).json()["goes"]["identities"] == 1
    assert rina.post(erase, {"reason": f"NIP {PASSED}"}).status_code == 409

    done = rina.post(erase, {"reason": "Surat 5/2026"}, Idempotency_Key="e1")
    again = rina.post(erase, {"reason": "Surat 5/2026"}, Idempotency_Key="e1")

    assert (done.status_code, done.json()["applied"], done.json()["waiting"]) == (201, True, 0)
    assert again.json() == done.json()
    with dashboard.service.database.reading() as connection:
        [line] = erasure.register(connection)
    assert line.by == "rina"
    assert {"person export", "person erase"} <= dashboard.service.noted()


def test_what_is_due_is_told_and_nothing_else_is_destroyed(rina: Program) -> None:
    kept = rina.get("/api/v1/retention").json()
    refused = rina.post(f"{HERE}/destruction", {})

    assert PROGRAMME in {each["id"] for each in kept["programmes"]}
    assert refused.status_code == 409
