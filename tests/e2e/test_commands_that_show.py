"""What tables, explanations and files of the command line show to somebody who knows nothing of the program."""

import csv
import re
from datetime import UTC, datetime

import pytest
from office import Office
from rich.cells import cell_len
from service import PROGRAMME, default_angkatan
from typed_commands import CONFIRMED, plain_error

from latsar_sync.demo import CASES
from latsar_sync.store import living_daemons

NOT_YET = str(CASES["score_69_99999"][0])


def test_every_table_fits_a_terminal_of_80_columns(office: Office) -> None:
    sharer = office.campus.mooc.users[int(CASES["nip_shared"][0])].idnumber
    commands = [
        ["plan"],
        ["sync"],
        ["roster"],
        ["participants"],
        ["explain", CONFIRMED],
        ["explain", NOT_YET],
        ["explain", sharer],
        ["person", "export", CONFIRMED],
        ["runs"],
        ["threshold", "show"],
        ["status"],
        ["db", "upgrade"],
        ["--help"],
        ["sync", "--help"],
    ]

    done = office.run_all(commands)

    for command, ended in zip(commands, done, strict=True):
        assert ended.code == 0
        assert ended.out.strip()
        assert [line for line in ended.out.splitlines() if cell_len(line) > 80] == [], command
        assert re.search(r"\d{4}-\d\d-\d\dT", ended.out) is None, command  # a time as people say it, not as JSON has it


def test_the_roster_table_keeps_every_nip_whole_and_names_everybody(settled: Office) -> None:
    table, lines = settled.run_all([["roster"], ["roster", "--json"]])

    shown = " ".join(table.out.split())
    for line in lines.json:
        nip = line["nip"]
        assert f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}" in shown
    assert f"{CONFIRMED[:8]} {CONFIRMED[8:14]} {CONFIRMED[14]} {CONFIRMED[15:]}" in shown
    assert " 70 confirmed" in shown


def test_the_explanation_says_where_somebody_stands_and_what_stopped_them(settled: Office) -> None:
    confirmed, not_yet, unmatched = settled.run_all(
        [["explain", CONFIRMED], ["explain", NOT_YET], ["explain", str(CASES["no_target_account"][0])]]
    )

    for step in ("1 matched", "2 seen", "3 judged", "4 placed", "5 confirmed"):
        assert step in confirmed.out
    assert "qualified against 70 points" in confirmed.out
    assert "qualified" in confirmed.out
    assert "69.99999" in not_yet.out
    assert "not yet" in not_yet.out
    assert "Uji" in not_yet.out
    assert "No account with this NIP" in " ".join(unmatched.out.split())
    assert re.search(r"\(Uji\), \d{1,2} \w{3} \d{4} \d\d:\d\d WIB", " ".join(confirmed.out.split()))


def test_in_indonesian_times_states_and_numbers_of_one_person_are_said_as_people_there_say_them(
    settled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settled.environment, "LANGUAGE", "id")

    seated, explained, everything = settled.run_all(
        [["explain", CONFIRMED], ["explain", NOT_YET], ["person", "export", NOT_YET]]
    )

    moment = r"\d{1,2} \w{3} \d{4} \d\d\.\d\d WIB"
    assert re.search(r"^  5 terkonfirmasi +kelas:", seated.out, re.MULTILINE)
    assert re.search(rf"dibaca persis {moment}", " ".join(explained.out.split()))
    assert re.search(rf"Dinilai pada: {moment}", " ".join(everything.out.split()))
    assert "Pendaftaran di MOOC: aktif" in everything.out
    assert "Nilai: 69,99999" in everything.out
    assert "Batas kelulusan: 70\n" in everything.out
    assert re.search(r"\d{4}-\d\d-\d\dT|\d\.00000", explained.out + everything.out) is None


def test_explaining_a_shared_nip_shows_everybody_who_carries_it(settled: Office) -> None:
    ids = {int(user_id) for user_id in CASES["nip_shared"]}
    nip = settled.campus.mooc.users[min(ids)].idnumber

    as_json, as_text, listed, on_screen = settled.run_all(
        [["explain", nip, "--json"], ["explain", nip], ["participants", "--json"], ["participants"]]
    )

    shape = as_json.json
    found = [shape, *shape["others"]]
    assert {each["participant"]["source_user_id"] for each in found} == ids
    assert {each["participant"]["nip"] for each in found} == {nip}
    assert [each["decisions"][-1]["reasons"][0] for each in found] == ["nip_duplicate", "nip_duplicate"]
    for user_id in ids:
        assert f"user {user_id}" in as_text.out
    sharers = [line for line in listed.json if line["reasons"] == ["nip_duplicate"]]
    assert [(line["nip"], line["shared_nip"]) for line in sharers] == [(None, nip)] * 2
    assert {line["shared_nip"] for line in listed.json if line not in sharers} == {None}
    assert on_screen.out.count(f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}") == 2


def test_a_nip_may_be_typed_as_it_is_printed_and_somebody_without_one_by_internal_id(settled: Office) -> None:
    typed = f"{CONFIRMED[:8]} {CONFIRMED[8:14]} {CONFIRMED[14]} {CONFIRMED[15:]}"
    everybody = settled.run("participants", "--json")
    nameless = next(line for line in everybody.json if line["nip"] is None)

    printed, by_id = settled.run_all([["explain", typed, "--json"], ["explain", nameless["participant_id"], "--json"]])

    assert printed.json["participant"]["nip"] == CONFIRMED
    assert by_id.json["participant"]["participant_id"] == nameless["participant_id"]


def test_the_chase_list_can_be_narrowed_to_a_state(settled: Office) -> None:
    by_decision, by_state, by_both, unplaced = settled.run_all(
        [
            ["participants", "--state", "undetermined", "--json"],
            ["participants", "--state", "waitlisted", "--json"],
            ["participants", "--state", "qualified", "--state", "review", "--angkatan", "I", "--json"],
            ["participants", "--state", "not_yet", "--angkatan", "I", "--json"],
        ]
    )
    group = {line["participant_id"] for line in by_both.json + unplaced.json}

    assert {line["decision"] for line in by_decision.json} == {"undetermined"}
    assert {line["roster_state"] for line in by_state.json} == {"waitlisted"}
    assert {line["angkatan"] for line in by_both.json} == {"I"}
    assert {line["angkatan"] for line in unplaced.json} == {None}  # they have no seat, and would come there
    assert (len(unplaced.json), len(group)) == (12, 37)


def test_a_name_that_a_spreadsheet_would_run_as_a_formula_is_defused(office: Office) -> None:
    user_id = office.campus.mooc.user_id(CONFIRMED)
    office.campus.mooc.users[user_id].firstname = '=HYPERLINK("http://x","Ani")'
    done = office.run_all([["sync"], ["roster", "--format", "csv", "-o", "roster.csv"]])

    with (office.folder / "roster.csv").open(encoding="utf-8", newline="") as file:
        found = {line["nip"]: line for line in csv.DictReader(file)}

    assert [ended.code for ended in done] == [0, 0]
    assert done[1].out == ""
    assert found[CONFIRMED]["name"].startswith("'=HYPERLINK")
    assert found[CONFIRMED]["score"] == "70.00000"
    assert len(found) == 79
    assert not any(value.startswith(("=", "+", "@")) for line in found.values() for value in line.values() if value)


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_the_roster_can_be_written_to_a_file_in_every_format(settled: Office, form: str) -> None:
    ended, refused = settled.run_all(
        [
            ["roster", "--format", form, "--output", f"roster.{form}"],
            ["roster", "--format", form, "--output", "no/such/folder/roster"],
        ]
    )

    assert (ended.code, ended.out) == (0, "")
    written = (settled.folder / f"roster.{form}").read_text(encoding="utf-8")
    assert CONFIRMED[-3:] in written
    assert written.startswith({"table": PROGRAMME, "csv": "participant_id,nip,name,", "json": "["}[form])
    assert refused.code == 2
    assert "no/such/folder/roster" in plain_error(refused)


def test_the_csv_roster_opens_with_every_column_of_the_contract(settled: Office) -> None:
    ended = settled.run("roster", "--format", "csv")

    [*lines] = csv.DictReader(ended.out.splitlines())
    assert list(lines[0])[:13] == [
        "participant_id",
        "nip",
        "name",
        "angkatan",
        "state",
        "score",
        "threshold",
        "decided_at",
        "site",
        "course",
        "course_id",
        "group",
        "group_id",
    ]


def test_the_status_tells_of_a_guard_that_holds_and_of_the_last_good_run(office: Office) -> None:
    office.run("sync")
    office.configure(programme="guards.max_drop_share = 0.0", angkatan=default_angkatan())
    office.campus.mooc.unenrol("MOOC-LATSAR", office.campus.mooc.user_id(NOT_YET))

    database, moment = office.database(), datetime.now(UTC)
    living_daemons.beat(database, "h", moment, moment, ["/etc/latsar/latsar.toml"])
    database.close()
    held, as_json, as_text = office.run_all([["sync"], ["status", "--json"], ["status"]])

    assert held.code == 4
    assert as_json.json["daemons"][0]["changed_files"] == ["/etc/latsar/latsar.toml"]
    assert "/etc/latsar/latsar.toml was changed since" in as_text.out
    [programme] = as_json.json["programmes"]
    assert programme["held_by"]
    assert programme["last_run"]["outcome"] == "guarded"
    assert programme["last_good_run"]["outcome"] == "ok"
    assert programme["running"] is None
    assert "held by a guard" in as_text.out
    assert f"latsar-sync sync --programme {PROGRAMME} --accept --by NAME" in as_text.out
