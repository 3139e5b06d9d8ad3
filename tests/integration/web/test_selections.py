"""What is done with people who were found, ticked, or named by a list of NIPs; and what needs a second look."""

import re
from io import BytesIO

import pytest
from dashboard import HOME, MISSED, OTHER, PASSED, Browser, Dashboard
from openpyxl import load_workbook
from service import PROGRAMME
from sqlalchemy import update

from latsar_sync.actions import erasing
from latsar_sync.actions.overrides import PEOPLE_AT_ONCE
from latsar_sync.demo import CASES
from latsar_sync.domain.account import Role
from latsar_sync.store import overrides, queue
from latsar_sync.store.tables import roster_entries


def cells_of(content: bytes) -> set[str]:
    """Return what stands in a spreadsheet."""
    sheets = load_workbook(BytesIO(content)).worksheets
    return {str(cell) for sheet in sheets for line in sheet.iter_rows(values_only=True) for cell in line}


def asked_for(dashboard: Dashboard) -> list[tuple[str, str]]:
    with dashboard.service.database.reading() as connection:
        return [(each.scope, each.subject) for each in queue.open_requests(connection, PROGRAMME)]


def test_people_of_a_pasted_list_of_nips_are_held_after_a_second_look(dashboard: Dashboard, sari: Browser) -> None:
    pasted = f"{PASSED}\r\n\r\n'{MISSED[:8]} {MISSED[8:14]} {MISSED[14]} {MISSED[15:]}\r\n"
    sari.get(f"{HOME}/people")
    checked = sari.post(f"{HOME}/selected", action="hold", why="Rapat panitia", nips=pasted)
    before = dashboard.service.count("overrides")
    sari.confirm()
    with dashboard.service.database.reading() as connection:
        held = [overrides.override_history(connection, PROGRAMME, dashboard.id_of(nip)) for nip in (PASSED, MISSED)]

    assert "Terpilih: 2" in checked
    assert re.search(r"memenuhi · terkonfirmasi I+ .* belum memenuhi", checked)  # what it is about is seen, too
    assert before == 0
    assert [each[0].kind for each in held] == ["hold", "hold"]


def test_nobody_is_decided_about_whose_nip_is_another_one_than_was_shown(dashboard: Dashboard, sari: Browser) -> None:
    """Once a list told of decisions and places alone: it did not tell that somebody on no roster is another."""
    who = dashboard.id_of(MISSED)
    sari.get(f"{HOME}/people")
    sari.post(f"{HOME}/selected", action="admit", why="Rapat panitia", who=[who])
    rina = dashboard.browser("rina")
    rina.get(f"/people/{who}")
    rina.post(f"/people/{who}/nip", nip="199001012025031001", why="Surat BKD")
    said = sari.confirm()

    assert sari.page.status_code == 409
    assert "rina menetapkan identitas orang ini: Surat BKD" in said
    assert dashboard.service.count("overrides") == 0


def test_a_pasted_list_with_a_wrong_line_does_nothing_says_which_and_keeps_what_was_pasted(
    dashboard: Dashboard, sari: Browser
) -> None:
    sari.in_english().get(f"{HOME}/people")
    pasted = f"{PASSED}\n12345\n199001012025031999"

    refused = sari.post(f"{HOME}/selected", action="hold", why="Rapat panitia", nips=pasted)

    assert sari.page.status_code == 400
    assert "2 lines mean nobody" in refused
    assert "line 2: this is no NIP" in refused
    assert "line 3: no participant has this NIP" in refused
    assert f">{pasted}</textarea>" in sari.page.text
    assert "Rapat panitia" in sari.page.text
    assert dashboard.service.count("overrides") == 0


def test_who_was_ticked_is_ticked_still_where_the_form_could_not_be_taken(dashboard: Dashboard, sari: Browser) -> None:
    sari.get(f"{HOME}/people")
    who, other, *_ = re.findall(r'name="who"\s+value="([^"]+)"', sari.page.text)

    refused = sari.post(f"{HOME}/selected", action="hold", why=" ", who=[who], everybody="yes")

    ticked = re.findall(r'<input[^>]*type="checkbox"[^>]*name="(\w+)"[^>]*value="([^"]+)"[^>]*checked', sari.page.text)
    everybody = re.findall(r'<input[^>]*id="everybody"[^>]*checked', sari.page.text)
    assert "Tidak dilakukan" in refused
    assert ("who", who) in ticked
    assert ("who", other) not in ticked
    assert everybody


def test_the_nips_of_those_selected_are_shown_to_be_copied_and_stand_in_no_address(
    dashboard: Dashboard, sari: Browser
) -> None:
    sari.get(f"{HOME}/people")
    text = sari.post(f"{HOME}/selected", action="nips", who=[dashboard.id_of(nip) for nip in (PASSED, MISSED)])

    assert {PASSED, MISSED} <= set(text.split())
    assert not any(nip in each for each in sari.links("/") for nip in (PASSED, MISSED))
    assert dashboard.accesses()[0].action == "nips many"
    assert dashboard.accesses()[0].people == 2


def test_as_many_as_one_action_may_be_about_can_be_ticked(dashboard: Dashboard, sari: Browser) -> None:
    nobody = [f"{number:032d}" for number in range(PEOPLE_AT_ONCE - 1)]
    sari.get(f"{HOME}/people")

    told = sari.post(f"{HOME}/selected", action="nips", who=[*nobody, dashboard.id_of(PASSED)])

    assert PASSED in told.split()
    assert dashboard.accesses()[0].people == 1


def test_a_nip_in_the_list_is_one_text_that_a_button_copies(dashboard: Dashboard, sari: Browser) -> None:
    sari.get(f"{HOME}/people")

    assert f'data-copy="{PASSED}"' in sari.page.text
    assert f"{PASSED[:8]} {PASSED[8:14]} {PASSED[14]} {PASSED[15:]}" in sari.text


def test_the_file_of_those_selected_holds_exactly_them(dashboard: Dashboard, sari: Browser) -> None:
    who = dashboard.id_of(MISSED)
    sari.get(f"{HOME}/people")
    sari.post(f"{HOME}/selected", action="export", who=who)
    held = cells_of(sari.page.content)

    everybody = {str(row["participant_id"]) for row in dashboard.service.participants().values()}
    assert held & everybody == {who}


@pytest.mark.parametrize(("people", "expected"), [(1, ("participant", PASSED)), (9, ("full", ""))])
def test_a_run_about_those_selected_is_asked_for_singly_or_as_one_reading(
    dashboard: Dashboard, sari: Browser, people: int, expected: tuple[str, str]
) -> None:
    others = [nip for nip in dashboard.service.participants() if nip and nip != PASSED]
    who = [dashboard.id_of(nip) for nip in [PASSED, *others][:people]]
    sari.get(f"{HOME}/people")
    sari.post(f"{HOME}/selected", action="sync", who=who)

    assert asked_for(dashboard) == [expected]


def test_a_run_is_asked_for_where_the_roster_of_an_angkatan_stands(dashboard: Dashboard, sari: Browser) -> None:
    sari.get(f"{HOME}/roster?angkatan=II")
    sari.post(f"{HOME}/sync", key="one")

    assert "Sinkronkan angkatan ini sekarang" in sari.get(f"{HOME}/roster?angkatan=II")
    assert asked_for(dashboard) == [("angkatan", "II")]


def test_nobody_who_may_only_look_selects_anybody(dashboard: Dashboard) -> None:
    budi = dashboard.browser("budi")
    budi.get(f"{HOME}/people")
    budi.post(f"{HOME}/selected", action="nips", who=dashboard.id_of(PASSED))

    assert budi.page.status_code == 403


def test_the_chase_list_beside_a_filter_holds_exactly_whom_it_shows(dashboard: Dashboard, sari: Browser) -> None:
    """Once it held everybody of the programme, whatever was filtered."""
    sari.get(f"{HOME}/people?angkatan=II&decision=not_yet")
    [link] = [each for each in sari.links("/chase.xlsx") if "angkatan=II" in each]
    held = cells_of(sari.client.get(link).content)
    rows = dashboard.service.participants().values()
    mine = {
        str(row["participant_id"])
        for row in rows
        if row["outcome"] == "not_yet" and "Angkatan II" in row["groups"] and not row["merged_into"]
    }

    assert mine
    assert held & {str(row["participant_id"]) for row in rows} == mine


def test_approving_more_than_twenty_people_of_an_angkatan_is_shown_by_name_first(
    dashboard: Dashboard, sari: Browser
) -> None:
    """Once one click approved a whole angkatan."""
    with dashboard.service.database.writing() as connection:
        connection.execute(
            update(roster_entries)
            .where(roster_entries.c.state == "confirmed")
            .values(state="planned", reason="awaiting_approval", angkatan="I")
        )
    waiting = [row for row in dashboard.service.roster().values() if row["roster_reason"] == "awaiting_approval"]
    sari.get(f"{HOME}/roster?angkatan=I")
    checked = sari.post(f"{HOME}/approve", everybody="yes")
    still = sum(row["roster_reason"] == "awaiting_approval" for row in dashboard.service.roster().values())
    sari.confirm()
    left = sum(row["roster_reason"] == "awaiting_approval" for row in dashboard.service.roster().values())

    assert len(waiting) > 20
    assert all(str(row["name"]) in checked for row in waiting)
    assert (still, left) == (len(waiting), 0)


def test_those_selected_are_given_a_place_and_found_by_it(dashboard: Dashboard, sari: Browser) -> None:
    sari.in_english().get(f"{HOME}/people")
    told = "Place" in sari.text
    sari.post(f"{HOME}/selected", action="place", at="Timur", why="dekat rumah", nips=f"{PASSED}\n{MISSED}")
    said = sari.confirm()
    sari.get(f"{HOME}/people?location=Timur")

    assert not told  # where nobody says a place there is none to look for
    assert "Give a place: recorded for 2 people" in said
    assert "2 people" in sari.text
    assert dashboard.service.count("overrides") == 0
    sari.get(f"/people/{dashboard.id_of(PASSED)}")
    assert "Place: Timur" in sari.text


def test_who_has_no_account_in_class_is_handed_out_for_moodle_s_upload_to_whoever_may_act(
    dashboard: Dashboard, sari: Browser
) -> None:
    [nip] = map(str, CASES["no_target_account"])
    angkatan = dashboard.service.roster()[nip]["angkatan"]
    sari.get(f"{HOME}/roster?angkatan={angkatan}")
    [link] = sari.links("missing-accounts.csv")
    content = sari.client.get(link).text
    refused = dashboard.browser("budi").client.get(link).status_code

    assert nip in content
    assert content.startswith("username,")
    assert refused == 403
    assert "export accounts" in [each.action for each in dashboard.accesses()]


def test_all_who_are_found_are_held_though_one_of_them_was_erased(dashboard: Dashboard, sari: Browser) -> None:
    database, clock = dashboard.service.database, dashboard.clock
    with database.reading() as connection:
        people = erasing.find_people(connection, MISSED)
    erasing.erase(database, clock, people, "Surat 5/2026", "rina")
    sari.in_english().get(f"{HOME}/people")
    checked = sari.post(f"{HOME}/selected", action="hold", why="Rapat panitia", everybody="yes")

    said = sari.confirm()

    [number] = re.findall(r"Selected: (\d+)", checked)
    assert f"Hold back: recorded for {int(number) - 1} people." in said
    assert "Passed over: 1" in said


def test_whoever_is_of_a_programme_that_an_account_may_not_see_is_passed_over_without_a_name(
    dashboard: Dashboard,
) -> None:
    dashboard.add("wati", Role.PANITIA, programmes=(OTHER,))
    wati, name = dashboard.browser("wati"), str(dashboard.service.participants()[PASSED]["name"])
    wati.get(f"/programmes/{OTHER}/people")
    checked = wati.post(f"/programmes/{OTHER}/selected", action="hold", why="Rapat", who=[dashboard.id_of(PASSED)])

    told = wati.confirm()

    assert "0" in told
    assert dashboard.service.count("overrides") == 0
    assert name not in checked + told
