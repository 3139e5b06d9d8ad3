"""You decide about what you saw, once, whether a run is under way or not; what you typed is not lost."""

import re
from html import unescape
from typing import Any
from urllib.parse import urljoin

import pytest
from dashboard import HOME, MISSED, PASSED, Browser, Dashboard
from programs import HERE, Program
from service import PROGRAMME
from sqlalchemy import text

from latsar_sync.store import overrides
from latsar_sync.store.leases import Lease

REASON = "Menunggu surat keterangan"


def let_wait_for_approval(dashboard: Dashboard, angkatan: str, number: int) -> list[str]:
    """Let so many people of an angkatan wait for approval; return their internal ids."""
    with dashboard.service.database.writing() as connection:
        waiting = connection.execute(
            text(
                "SELECT participant_id FROM roster_entries WHERE angkatan = :angkatan AND state = 'confirmed' "
                "AND reason IS NULL ORDER BY participant_id LIMIT :number"
            ),
            {"angkatan": angkatan, "number": number},
        ).scalars()
        ids = list(waiting)
        for each in ids:
            connection.execute(
                text(
                    "UPDATE roster_entries SET state = 'planned', origin = NULL, reason = 'awaiting_approval', "
                    "version = version + 1 WHERE participant_id = :id"
                ),
                {"id": each},
            )
    return ids


def approved(dashboard: Dashboard) -> int:
    """Count who was approved."""
    return sum(
        row["roster_reason"] is None and row["state"] == "planned" for row in dashboard.service.roster().values()
    )


# what was shown


def test_approving_takes_in_nobody_who_was_not_shown(dashboard: Dashboard, sari: Browser) -> None:
    let_wait_for_approval(dashboard, "II", 3)
    sari.in_english().get(f"{HOME}/roster?angkatan=II")
    [late] = let_wait_for_approval(dashboard, "II", 1)
    name = next(row["name"] for row in dashboard.service.roster().values() if row["participant_id"] == late)

    refused, status, before = sari.post(f"{HOME}/approve"), sari.page.status_code, approved(dashboard)
    sari.post(f"{HOME}/approve")

    assert status == 409
    assert "has changed meanwhile" in refused
    assert name in refused
    assert before == 0
    assert approved(dashboard) == 4


def test_only_those_who_were_ticked_are_approved(dashboard: Dashboard, sari: Browser) -> None:
    first, *_others = let_wait_for_approval(dashboard, "II", 3)
    sari.get(f"{HOME}/roster?angkatan=II")

    sari.post(f"{HOME}/approve", who=first)

    assert approved(dashboard) == 1


def test_a_decree_is_refused_when_the_roster_is_another_than_was_shown(dashboard: Dashboard, sari: Browser) -> None:
    sari.in_english().get(f"{HOME}/roster?angkatan=II")
    sari.post(f"{HOME}/finalise", sk="SK 1/2026", dated="2026-11-20")
    with dashboard.service.database.writing() as connection:
        connection.execute(
            text(
                "UPDATE roster_entries SET state = 'withdrawn', reason = 'target_removed', version = version + 1 "
                "WHERE participant_id = (SELECT min(participant_id) FROM roster_entries WHERE angkatan = 'II')"
            )
        )

    refused = sari.confirm()

    assert sari.page.status_code == 409
    assert "has changed meanwhile" in refused
    assert 'value="SK 1/2026"' in sari.page.text
    assert dashboard.service.count("finalisations") == 0


def test_a_decree_shows_by_name_whom_it_takes_in_and_whom_it_leaves_out_before_it_is_signed(
    dashboard: Dashboard, sari: Browser
) -> None:
    roster = dashboard.service.roster().values()
    held, *taken = [row for row in roster if (row["angkatan"], row["state"]) == ("II", "confirmed")]
    sari.in_english().get(f"/people/{held['participant_id']}")
    sari.post(f"/people/{held['participant_id']}/decide", kind="hold", reason=REASON)
    sari.get(f"{HOME}/roster?angkatan=II")

    checked = sari.post(f"{HOME}/finalise", sk="SK 1/2026", dated="2026-11-20")

    into, out = checked.split("Left out:")
    assert all(row["name"] in into for row in taken)
    assert re.search(rf"{re.escape(held['name'])}.{{0,200}}Held by the committee", out)
    assert dashboard.service.count("finalisations") == 0


def test_of_two_people_who_decide_about_one_the_second_is_told_what_the_first_decided(dashboard: Dashboard) -> None:
    person = dashboard.id_of(MISSED)
    rina, sari = dashboard.browser("rina").in_english(), dashboard.browser("sari").in_english()
    for each in (rina, sari):
        each.get(f"/people/{person}")

    rina.post(f"/people/{person}/decide", kind="hold", reason=REASON)
    refused = sari.post(f"/people/{person}/decide", kind="admit", reason="SK 7/2026")

    assert sari.page.status_code == 409  # before it is shown once more, to be checked
    assert f"rina decided meanwhile: hold, {REASON}" in refused
    assert 'value="SK 7/2026"' in sari.page.text
    assert dashboard.service.count("overrides") == 1


def test_every_way_on_from_a_page_with_a_refusal_is_that_of_the_page(dashboard: Dashboard, sari: Browser) -> None:
    """Once Next below a list, after a reason was forgotten, led to "This address only takes a form"."""
    for page, to, fields in (
        ("/people", "/selected", {"action": "hold"}),
        ("/roster?angkatan=II", "/finalise", {"sk": "", "dated": "2026-11-20"}),
        ("/clearances", "/clearances", {"number": ""}),
        ("/letters", "/letters/chase", {"occasion": ""}),
    ):
        sari.get(HOME + page)
        sari.post(HOME + to, **fields)
        assert sari.page.status_code == 400
        ways = re.findall(r'(?:href|method="get" action)="([^"#]*)"', sari.page.text)
        ours = [urljoin(str(sari.page.url), unescape(each)) for each in ways if not each.startswith("http")]
        for way in {each.partition("?")[0] for each in ours if "?" in each or each.endswith(to)}:
            assert sari.client.get(way).status_code == 200, f"{way} on {page}"


def test_whoever_goes_back_from_the_check_finds_what_they_typed_and_ticked(dashboard: Dashboard, sari: Browser) -> None:
    """Once the way back was a link to the list: thirty ticks and the reason were gone for one wrong letter."""
    person = dashboard.id_of(MISSED)
    sari.in_english().get(f"{HOME}/people?decision=not_yet")
    sari.post(f"{HOME}/selected", who=person, action="move", to="II", why=REASON)

    [address] = re.findall(r'<form method="post" action="([^"]+/selected)"', sari.page.text)
    list_again = sari.post(address, back="yes")

    assert sari.page.status_code == 200
    assert "not yet ×" in list_again
    assert f'value="{REASON}"' in sari.page.text
    assert re.search(rf'value="{person}"[^>]*checked', sari.page.text)
    assert re.search(r'<details class="action-bar" open', sari.page.text)
    assert dashboard.service.count("angkatan_moves") == 0


@pytest.mark.parametrize("nip", [MISSED, PASSED])
def test_an_admission_against_the_rule_is_shown_once_more_first(dashboard: Dashboard, sari: Browser, nip: str) -> None:
    """Of somebody who qualifies, too: it puts back whom a manager took out, and beats date and capacity."""
    person = dashboard.id_of(nip)
    sari.in_english().get(f"/people/{person}")

    checked = sari.post(f"/people/{person}/decide", kind="admit", reason="SK 7/2026")
    before = dashboard.service.count("overrides")
    sari.confirm()

    assert "Admit against the rule?" in checked
    assert before == 0
    assert dashboard.service.count("overrides") == 1


def test_whoever_admitted_somebody_cannot_approve_their_place_where_a_second_person_is_wanted(
    dashboard: Dashboard,
) -> None:
    service = dashboard.service
    wanted = [each.model_copy(update={"second_person": True}) for each in service.settings.programmes]
    dashboard.app.state.context.settings = service.settings.model_copy(update={"programmes": tuple(wanted)})
    first, *_others = let_wait_for_approval(dashboard, "II", 3)
    sari, rina = dashboard.browser("sari").in_english(), dashboard.browser("rina")
    sari.get(f"/people/{first}")
    sari.post(f"/people/{first}/decide", kind="admit", reason="SK 7")
    sari.confirm()

    sari.get(f"{HOME}/roster?angkatan=II")
    said, by_sari = sari.post(f"{HOME}/approve"), approved(dashboard)
    made_by_sari = Program(dashboard, "rina", by="sari").post(f"{HERE}/approvals", {"people": [first]}).json()
    rina.get(f"{HOME}/roster?angkatan=II")
    rina.post(f"{HOME}/approve")

    assert (made_by_sari["approved"], made_by_sari["passed_over"]) == (0, 1)
    assert "1 wait for another account" in said
    assert by_sari == 2
    assert approved(dashboard) == 3


# once


def test_what_binds_already_is_not_recorded_again(dashboard: Dashboard, sari: Browser) -> None:
    person = dashboard.id_of(MISSED)
    for _ in range(2):
        sari.in_english().get(f"/people/{person}")
        sari.post(f"/people/{person}/decide", kind="hold", reason=REASON)

    assert "sari holds them already" in sari.text
    assert dashboard.service.count("overrides") == 1


def test_a_form_sent_again_with_something_else_in_it_is_not_called_recorded(
    dashboard: Dashboard, sari: Browser
) -> None:
    """Once whoever pressed Hold back and Release at once read that this was recorded already, and it was not."""
    address = f"/people/{dashboard.id_of(MISSED)}/decide"
    sari.in_english().get(address.removesuffix("/decide"))
    carried = {**sari.hidden(address), "csrf": sari.token, "reason": REASON}
    sari.client.post(address, data={**carried, "kind": "hold"})
    told = sari.client.post(address, data={**carried, "kind": "release"})

    assert told.status_code == 409
    assert "recorded already" not in told.text
    assert f"sari decided meanwhile: hold, {REASON}" in told.text


# a run in progress


def test_a_run_under_way_refuses_nothing_and_takes_effect_is_said(dashboard: Dashboard) -> None:
    database, clock = dashboard.service.database, dashboard.clock
    waiting = let_wait_for_approval(dashboard, "I", 2)
    missed, passed = dashboard.id_of(MISSED), dashboard.id_of(PASSED)
    sari = dashboard.browser("sari").in_english()
    today = f"{clock().astimezone(dashboard.service.settings.zone).date()}"
    said = {}
    with Lease(database, PROGRAMME, clock):
        for name, page, form, fields in (
            ("hold", f"/people/{passed}", f"/people/{passed}/decide", {"kind": "hold", "reason": REASON}),
            ("release", f"/people/{passed}", f"/people/{passed}/decide", {"kind": "release", "reason": REASON}),
            ("admit", f"/people/{missed}", f"/people/{missed}/decide", {"kind": "admit", "reason": "SK 7"}),
            ("approve", f"{HOME}/roster?angkatan=I", f"{HOME}/approve", {}),
            ("finalise", f"{HOME}/roster?angkatan=II", f"{HOME}/finalise", {"sk": "SK 1", "dated": "2026-11-20"}),
            ("threshold", f"{HOME}/threshold?value=80", f"{HOME}/threshold", {"legal_basis": "SK", "since": today}),
        ):
            sari.get(page)
            sari.post(form, **fields)
            said[name] = sari.confirm() if 'name="checked"' in sari.page.text else sari.text
        meanwhile = {row["roster_reason"] for row in dashboard.service.roster().values()}

    assert {name for name, each in said.items() if "takes effect when that has ended" not in each} == set()
    assert [dashboard.service.count(each) for each in ("overrides", "finalisations", "thresholds")] == [3, 1, 2]
    assert "awaiting_approval" in meanwhile
    after = {row["participant_id"]: row for row in dashboard.service.roster().values()}
    assert {(after[each]["roster_reason"], after[each]["state"]) for each in waiting} == {(None, "planned")}
    assert dashboard.service.count("waiting_changes") == 0


# what was typed


def test_an_error_page_looks_signed_in(sari: Browser) -> None:
    refused = sari.get("/people/nobody")

    assert sari.page.status_code == 404
    assert "Keluar" in refused


# bounds


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"until": "9999-12-31"}, "31 Des 9999 tidak mungkin yang dimaksud."),
        ({"reason": "x" * 501}, "lebih panjang dari 500 karakter"),
    ],
)
def test_what_is_out_of_bounds_is_refused_on_the_page(
    dashboard: Dashboard, sari: Browser, fields: dict[str, Any], said: str
) -> None:
    person = dashboard.id_of(MISSED)
    sari.get(f"/people/{person}")

    refused = sari.post(f"/people/{person}/decide", **{"kind": "hold", "reason": REASON, **fields})

    assert sari.page.status_code in (400, 422)
    assert said in refused
    assert "Putuskan tentang orang ini" in refused
    assert dashboard.service.count("overrides") == 0


def test_marks_that_turn_the_direction_of_a_text_are_left_out(dashboard: Dashboard, sari: Browser) -> None:
    person = dashboard.id_of(MISSED)
    sari.get(f"/people/{person}")

    sari.post(f"/people/{person}/decide", kind="hold", reason="Surat \u202e12/2026")

    with dashboard.service.database.reading() as connection:
        [hold] = overrides.override_history(connection, PROGRAMME, person)
    assert hold.reason == "Surat 12/2026"


def test_a_threshold_that_nobody_can_reach_or_that_is_recorded_is_refused(dashboard: Dashboard, sari: Browser) -> None:
    tried = sari.in_english().get(f"{HOME}/threshold?value=170")
    sari.get(f"{HOME}/threshold?value=80")
    sent = sari.post(f"{HOME}/threshold", value="170", legal_basis="Perka 10/2021")
    sari.get(f"{HOME}/threshold?value=80")
    sari.post(f"{HOME}/threshold", legal_basis="Perka 10/2021")
    sari.confirm()
    sari.get(f"{HOME}/threshold?value=80")
    again = sari.post(f"{HOME}/threshold", legal_basis="Perka 10/2021")  # before anybody is asked whether they are sure

    assert "gives at most 100" in tried
    assert "gives at most 100" in sent
    assert "recorded already, by sari" in again
    assert dashboard.service.count("thresholds") == 2


def test_a_page_behind_the_last_one_is_the_last_one(sari: Browser) -> None:
    sari.get(f"{HOME}/people?page=999")

    assert sari.page.status_code == 200
    assert 'href="/people/' in sari.page.text
    assert "page=999" not in str(sari.page.url)


def test_findings_are_not_accepted_before_anybody_looked_at_whom_that_sends(
    dashboard: Dashboard, sari: Browser
) -> None:
    with dashboard.service.database.writing() as connection:
        connection.execute(
            text(
                "UPDATE run_programmes SET outcome = 'guarded', findings = :found WHERE id = "
                "(SELECT max(id) FROM run_programmes)"
            ),
            {"found": '[{"code": "too_many_pushes", "subject": "x", "before": "2", "now": "9"}]'},
        )
    sari.in_english().get(f"{HOME}/runs")

    refused = sari.post(f"{HOME}/accept", run="1")

    assert sari.page.status_code == 409
    assert "Nobody has looked yet" in refused
    assert dashboard.service.count("run_requests") == 0
