"""On the page of one person: who they are, and a document that was seen."""

from datetime import timedelta

from dashboard import MISSED, PASSED, Browser, Dashboard
from service import PROGRAMME

from latsar_sync.demo import CASES
from latsar_sync.store import listings
from latsar_sync.store.identities import chosen_accounts, corrected_nip

WHY = "Surat BKD 12"


def of_account(dashboard: Dashboard, user_id: int) -> dict[str, object]:
    """Return the row of a MOOC account."""
    with dashboard.service.database.reading() as connection:
        rows = listings.participant_rows(connection, [PROGRAMME])
    return dict(next(row for row in rows if row["source_user_id"] == user_id))


def two_of_one(dashboard: Dashboard) -> tuple[str, str]:
    """Return the internal ids of two accounts that carry one NIP."""
    one, two = (str(of_account(dashboard, int(each))["participant_id"]) for each in CASES["nip_shared"])
    return one, two


def test_two_accounts_of_one_nip_are_proposed_checked_merged_and_parted(dashboard: Dashboard, sari: Browser) -> None:
    stays, goes = two_of_one(dashboard)
    sari.get(f"/people/{stays}")
    proposed = f'<option value="{goes}"' in sari.page.text
    checked = sari.post(f"/people/{stays}/merge", other=goes, why=WHY)
    before = dashboard.service.count("identity_actions")
    done = sari.confirm()
    merged = of_account(dashboard, int(CASES["nip_shared"][1]))["merged_into"]
    page = sari.get(f"/people/{goes}")
    sari.post(f"/people/{goes}/part", why=WHY)

    assert proposed
    assert "Apakah keduanya satu orang?" in checked
    assert before == 0
    assert "Tercatat" in done
    assert merged == stays
    assert "Akun ini telah digabungkan ke akun lain" in page
    assert of_account(dashboard, int(CASES["nip_shared"][1]))["merged_into"] is None


def test_two_accounts_that_are_clearly_different_say_so_where_their_merge_is_checked(
    dashboard: Dashboard, sari: Browser
) -> None:
    person = dashboard.id_of(MISSED)
    sari.in_english().get(f"/people/{person}")
    checked = sari.post(f"/people/{person}/merge", nip=PASSED, why=WHY)
    merged = sari.confirm()

    assert "Names and NIPs of these two accounts are clearly different." in checked
    assert "Recorded" in merged


def test_whoever_may_not_be_merged_is_refused_with_the_form_still_filled_in(
    dashboard: Dashboard, sari: Browser
) -> None:
    person = dashboard.id_of(MISSED)
    sari.in_english().get(f"/people/{person}")
    refused = sari.post(f"/people/{person}/merge", nip="12345", why=WHY)

    assert sari.page.status_code == 400
    assert "Exactly one participant must have this NIP" in refused
    assert f'value="{WHY}"' in sari.page.text
    assert '<details class="card mt-3" open>' in sari.page.text


def test_the_account_in_class_is_chosen_and_found_by_the_nip_again(dashboard: Dashboard, sari: Browser) -> None:
    person = dashboard.id_of(PASSED)
    sari.get(f"/people/{person}")
    sari.post(f"/people/{person}/account", user="4711", why=WHY)
    with dashboard.service.database.reading() as connection:
        chosen = dict(chosen_accounts(connection, PROGRAMME))
    by_a_person = sari.get(f"/people/{person}")
    by_nip = sari.post(f"/people/{person}/account", undo="yes", why=WHY)
    with dashboard.service.database.reading() as connection:
        after = dict(chosen_accounts(connection, PROGRAMME))

    assert chosen == {person: ("kelas", 4711)}
    assert after == {}
    assert "Putaran berikut melihat akun kelas yang dipilih petugas." in by_a_person
    assert "dicari menurut NIP" not in by_a_person
    assert "dicari menurut NIP" in by_nip


def test_a_correction_of_a_nip_is_undone_where_it_was_made_and_its_reason_holds_no_nip(
    dashboard: Dashboard, sari: Browser
) -> None:
    person = dashboard.id_of(MISSED)

    def corrected() -> str | None:
        with dashboard.service.database.reading() as connection:
            return corrected_nip(connection, person)

    sari.in_english().get(f"/people/{person}")
    refused = sari.post(f"/people/{person}/nip", nip="199001012025031999", why=f"not {MISSED}")
    after_refusal = corrected()
    sari.get(f"/people/{person}")
    sari.post(f"/people/{person}/nip", nip=PASSED, why=WHY)
    of_another = sari.text
    sari.post(f"/people/{person}/nip", nip="19900101 202503 1 999", why=WHY)
    right = corrected()
    sari.get(f"/people/{person}")
    sari.post(f"/people/{person}/nip", undo="yes", why=WHY)

    assert "The reason holds a NIP" in refused
    [other] = [each["name"] for each in dashboard.service.participants().values() if each["nip"] == PASSED]
    assert f"nobody of them can be judged until that is cleared: {other}" in of_another
    assert after_refusal is None
    assert right == "199001012025031999"
    assert corrected() is None


def test_a_document_is_recorded_on_the_page_of_whom_it_is_about_what_was_seen_there(
    dashboard: Dashboard, sari: Browser
) -> None:
    person, today = dashboard.id_of(PASSED), dashboard.clock().date()
    paper = {
        "kind": "surat_sehat",
        "number": "RS/1",
        "issuer": "RSUD",
        "issued": str(today),
        "valid_until": str(today + timedelta(days=30)),
    }
    rina = dashboard.browser("rina")
    for each in (sari, rina):
        each.get(f"/people/{person}")
    sari.post(f"/people/{person}/paper", **paper)
    refused = rina.post(f"/people/{person}/paper", **{**paper, "number": "RS/2"})
    page = sari.get(f"/people/{person}")

    assert "RS/1" in page
    assert "RS/2" not in page
    assert rina.page.status_code == 409
    assert "Dokumen orang ini" in refused or "sudah berubah" in refused
    assert [each.action for each in dashboard.accesses() if each.participant_id == person][-1:]
    assert dashboard.service.count("clearances") == 1
