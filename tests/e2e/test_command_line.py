"""The command line as people and schedulers use it: a process with arguments, two streams and an exit code."""

import csv
import json
import re
import signal
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from office import Office
from rich.cells import cell_len
from service import PROGRAMME, default_angkatan
from sqlalchemy import text
from typed import Ended

from latsar_sync.demo import CASES, Campus, Fault
from latsar_sync.store.leases import Lease

NOT_YET = str(CASES["score_69_99999"][0])
CONFIRMED = str(CASES["score_exactly_70"][0])


def only_json(ended: Ended) -> Any:
    """Return standard output as JSON, nothing else may be on it."""
    assert ended.out.endswith("\n")
    assert "Traceback" not in ended.err
    return ended.json


def plain_error(ended: Ended) -> str:
    """Return what was said on standard error, which must be a line for a person and no traceback."""
    assert "Traceback" not in ended.err
    assert ended.err.startswith("latsar-sync: ")
    return ended.err


def rows(office: Office, *tables: str) -> dict[str, int]:
    """Count the rows of tables."""
    database = office.database()
    with database.reading() as connection:
        counts = {each: connection.execute(text(f"SELECT count(*) FROM {each}")).scalar_one() for each in tables}
    database.close()
    return counts


# Help


def commands_in(help_text: str) -> list[str]:
    """Return the commands that a help text lists."""
    listed = help_text.partition("Commands")[2]
    return re.findall(r"^\W*([a-z][a-z-]+)  ", listed, flags=re.MULTILINE)


def test_every_command_that_the_help_lists_has_a_help_of_its_own(settled: Office) -> None:
    top = settled.run("--help")
    listed = commands_in(top.out)
    helps = settled.run_all([[name, "--help"] for name in listed])
    below = [
        [name, command, "--help"]
        for name, ended in zip(listed, helps, strict=True)
        for command in commands_in(ended.out)
    ]
    helps += settled.run_all(below)

    assert {"demo", "sync", "plan", "roster", "participants", "explain", "threshold", "runs", "status", "db"} <= set(
        listed
    )
    assert {("roster", "approve"), ("threshold", "set"), ("threshold", "show"), ("db", "upgrade")} <= {
        (name, command) for name, command, _ in below
    }
    for ended in helps:
        assert (ended.code, ended.err) == (0, "")
        assert "Usage" in ended.out
    assert "75" in top.out


def test_the_version_is_told_without_a_configuration(campus: Campus, tmp_path: Path) -> None:
    ended = Office(tmp_path, campus, environment={}).run("--version")

    assert (ended.code, ended.err) == (0, "")
    assert re.fullmatch(r"latsar-sync \d+\.\d+.*\n", ended.out)


def test_nothing_typed_shows_the_help(settled: Office) -> None:
    ended = settled.run()

    assert "Usage" in ended.out + ended.err
    assert "Traceback" not in ended.err


# Exit codes


def test_a_run_that_did_its_work_exits_0_and_the_second_has_nothing_left_to_do(office: Office) -> None:
    first, second = office.start_and_wait("sync", "--json"), office.run("sync", "--json")

    assert (first.code, second.code) == (0, 0)
    assert (first.err, second.err) == ("", "")
    assert only_json(first)["programmes"][0]["confirmed"] == 68
    assert only_json(second)["programmes"][0]["pushed"] == 0


def test_a_run_in_which_all_failed_exits_1(office: Office) -> None:
    office.campus.faults.add(Fault("bad_gateway", site="mooc"))

    ended = office.run("sync", "--json")

    assert ended.code == 1
    assert only_json(ended)["outcome"] == "failed"
    assert "502" in only_json(ended)["programmes"][0]["error"]


def test_a_bad_configuration_exits_2_before_anything_runs(office: Office) -> None:
    office.config.write_text(office.config.read_text(encoding="utf-8") + '\n[sites.third]\nurl = "x"\n', "utf-8")

    ended = office.run("sync", "--json")

    assert ended.code == 2
    assert only_json(ended)["outcome"] == "failed"
    assert office.campus.log == []
    assert not (office.folder / "data").exists()


def test_a_run_done_in_part_exits_3(office: Office) -> None:
    office.campus.kelas.set_manual_enrolment("KLS-II", enabled=False)

    ended = office.run("sync", "--json")

    assert ended.code == 3
    [programme] = only_json(ended)["programmes"]
    assert programme["outcome"] == "partial"
    assert programme["confirmed"] > 40
    assert any("KLS-II" in message for message in programme["messages"])


def test_a_run_that_a_guard_held_exits_4_and_is_released_by_a_named_person(office: Office) -> None:
    office.configure(programme="guards.max_push = 5")

    held, accepted = (
        office.run("sync", "--json"),
        office.run("sync", "--accept", "--by", "Sekretaris", "--json"),
    )

    assert (held.code, accepted.code) == (4, 0)
    [programme] = only_json(held)["programmes"]
    assert (programme["outcome"], programme["pushed"]) == ("guarded", 0)
    assert programme["findings"]
    assert only_json(accepted)["programmes"][0]["accepted_by"] == "Sekretaris"
    # two of the 68 were found in their course and group already by the run that was held
    assert (programme["confirmed"], only_json(accepted)["programmes"][0]["confirmed"]) == (2, 66)


@pytest.mark.parametrize("command", [["sync"], ["plan"]])
def test_a_run_that_finds_the_programme_held_exits_75_and_says_who_holds_it(
    settled: Office, command: list[str]
) -> None:
    database = settled.database()
    with Lease(database, PROGRAMME, lambda: datetime.now(UTC)):
        [as_json, as_text] = settled.run_all([[*command, "--json"], command])
    database.close()

    assert (as_json.code, as_text.code) == (75, 75)
    assert "since" in json.dumps(only_json(as_json))
    assert "is held by another run" in " ".join((as_text.out + as_text.err).split())


def test_undetermined_and_unmatched_people_do_not_change_the_exit_code(settled: Office) -> None:
    [ended, roster] = settled.run_all([["sync", "--json"], ["roster", "--json"]])

    assert ended.code == 0
    assert only_json(ended)["programmes"][0]["undetermined"] > 0
    assert any(line["state"] == "review" for line in roster.json)


def test_a_run_stopped_by_the_keyboard_says_so_without_a_traceback(office: Office) -> None:
    writing, released = Event(), Event()

    def wait(_function: str, _parameters: dict[str, Any]) -> None:
        writing.set()
        released.wait(timeout=60)

    office.campus.before_write = wait
    process = office.start("sync")
    assert writing.wait(timeout=60)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    office.campus.before_write = None
    released.set()

    assert process.returncode == 130
    assert "Traceback" not in err
    assert "Stopped." in err


# JSON and nothing else


@pytest.mark.parametrize(
    "command",
    [
        ["sync", "--programme", "no-such-programme"],
        ["plan", "--programme", "no-such-programme"],
        ["roster", "--programme", "no-such-programme"],
        ["participants", "--programme", "no-such-programme"],
        ["threshold", "show", "--programme", "no-such-programme"],
        ["runs", "--programme", "no-such-programme"],
        ["explain", "199508172025042003"],
        ["sync", "--participant", "123"],
        ["sync", "--accept"],
        ["sync", "--by", "Sekretaris"],
        ["sync", "--accept", "--by", "Sekretaris"],
        ["sync", "--accept", "--by", "Sekretaris", "--dry-run"],
        ["sync", "--no-such-option"],
        ["no-such-command"],
        ["participants", "--state", "no-such-state"],
        ["explain"],
        ["roster", "--format", "no-such-format"],
        ["roster", "approve"],
        ["threshold", "set", "70"],
        ["runs", "--limit", "0"],
        ["demo", "--fault", "no-such-fault", "--serve"],
        ["demo", "--fault", "slow"],
        ["demo", "--port", "70000"],
    ],
)
def test_a_mistake_in_the_call_is_json_too_and_exits_2(settled: Office, command: list[str]) -> None:
    [ended, spoken] = settled.run_all([[*command, "--json"], command])

    shape = only_json(ended)
    assert (ended.code, spoken.code) == (2, 2)
    assert shape["outcome"] == "failed"
    assert shape["error"]
    assert "Traceback" not in spoken.err
    assert spoken.err


def test_a_nip_that_nobody_in_the_mooc_carries_is_found_by_the_run_and_exits_1(settled: Office) -> None:
    command = ["sync", "--participant", "199508172025042003"]
    [ended, spoken] = settled.run_all([[*command, "--json"], command])

    assert (ended.code, spoken.code) == (1, 1)
    assert "1995**********2003" in only_json(ended)["error"]
    assert "1995**********2003" in spoken.err
    assert "199508172025042003" not in ended.out + spoken.out + spoken.err


def test_a_failed_run_carries_its_error_at_the_top_of_the_json(office: Office) -> None:
    office.campus.faults.add(Fault("maintenance", site="mooc"))

    ended = office.run("sync", "--json")

    assert only_json(ended)["outcome"] == "failed"
    assert "maintenance" in only_json(ended)["error"]


def test_progress_goes_to_the_error_stream_and_results_to_the_other(office: Office) -> None:
    ended = office.run("sync")

    assert ended.code == 0
    assert f"{PROGRAMME}: 11/14 enrol" in ended.err
    assert "11/14" not in ended.out
    assert "68 confirmed" in ended.out


def test_the_demonstration_runs_twice_pushes_nothing_the_second_time_and_exits_0(
    tmp_path_factory: pytest.TempPathFactory, campus: Campus
) -> None:
    office = Office(tmp_path_factory.mktemp("demo"), campus, environment={})

    ended = office.start_and_wait("demo", "--json")

    assert (ended.code, ended.err) == (0, "")
    first, second = only_json(ended)["runs"]
    assert first["programmes"][0]["confirmed"] == 68
    assert (second["outcome"], second["programmes"][0]["pushed"], second["programmes"][0]["confirmed"]) == ("ok", 0, 0)


def test_the_demonstration_does_not_empty_a_folder_that_is_not_its_own(office: Office) -> None:
    (office.folder / "data").mkdir()
    (office.folder / "data" / "precious.txt").write_text("ours", encoding="utf-8")

    ended = office.run("demo", "--folder", "data")

    assert ended.code == 2
    assert "data" in plain_error(ended)
    assert (office.folder / "data" / "precious.txt").read_text(encoding="utf-8") == "ours"


# Tables


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


def test_explaining_a_shared_nip_shows_everybody_who_carries_it(settled: Office) -> None:
    ids = {int(user_id) for user_id in CASES["nip_shared"]}
    nip = settled.campus.mooc.users[min(ids)].idnumber

    as_json, as_text = settled.run_all([["explain", nip, "--json"], ["explain", nip]])

    shape = as_json.json
    found = [shape, *shape["others"]]
    assert {each["participant"]["source_user_id"] for each in found} == ids
    assert {each["participant"]["nip"] for each in found} == {nip}
    assert [each["decisions"][-1]["reasons"][0] for each in found] == ["nip_duplicate", "nip_duplicate"]
    for user_id in ids:
        assert f"user {user_id}" in as_text.out


def test_a_nip_may_be_typed_as_it_is_printed_and_somebody_without_one_by_internal_id(settled: Office) -> None:
    typed = f"{CONFIRMED[:8]} {CONFIRMED[8:14]} {CONFIRMED[14]} {CONFIRMED[15:]}"
    everybody = settled.run("participants", "--json")
    nameless = next(line for line in everybody.json if line["nip"] is None)

    printed, by_id = settled.run_all([["explain", typed, "--json"], ["explain", nameless["participant_id"], "--json"]])

    assert printed.json["participant"]["nip"] == CONFIRMED
    assert by_id.json["participant"]["participant_id"] == nameless["participant_id"]


def test_the_chase_list_can_be_narrowed_to_a_state(settled: Office) -> None:
    by_decision, by_state, by_both = settled.run_all(
        [
            ["participants", "--state", "undetermined", "--json"],
            ["participants", "--state", "waitlisted", "--json"],
            ["participants", "--state", "undetermined", "--state", "review", "--angkatan", "I", "--json"],
        ]
    )

    assert {line["decision"] for line in by_decision.json} == {"undetermined"}
    assert {line["roster_state"] for line in by_state.json} == {"waitlisted"}
    assert {line["angkatan"] for line in by_both.json} == {"I"}


# Files


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


# The threshold


def set_threshold(*arguments: str) -> list[str]:
    """Return the command that records a threshold."""
    return ["threshold", "set", *arguments, "--programme", PROGRAMME]


def test_a_new_threshold_may_have_a_decimal_comma_and_is_shown_with_its_basis(office: Office) -> None:
    _, recorded, shown, told = office.run_all(
        [
            ["db", "upgrade"],
            set_threshold("70,5", "--legal-basis", "SK Kepala 12/2026", "--by", "Sekretaris", "--json"),
            ["threshold", "show", "--json"],
            ["threshold", "show"],
        ]
    )

    assert recorded.json["value"] == "70.50000"
    [shape] = shown.json
    assert shape["in_force"] == 1
    [line] = shape["history"]
    assert (line["value"], line["scale"], line["legal_basis"], line["recorded_by"]) == (
        "70.50000",
        "points",
        "SK Kepala 12/2026",
        "Sekretaris",
    )
    assert datetime.fromisoformat(line["effective_from"]).utcoffset() is not None
    assert "70.5" in told.out


def test_a_threshold_for_a_day_to_come_is_recorded_and_not_yet_in_force(office: Office) -> None:
    _, _, later, shown = office.run_all(
        [
            ["db", "upgrade"],
            set_threshold("70", "--legal-basis", "SK 1", "--by", "A"),
            set_threshold("75", "--legal-basis", "SK 2", "--by", "A", "--effective-from", "1 Januari 2099", "--json"),
            ["threshold", "show", "--json"],
        ]
    )

    assert later.json["effective_from"] == "2099-01-01T00:00:00+07:00"
    assert [line["value"] for line in shown.json[0]["history"]] == ["70.00000", "75.00000"]
    assert shown.json[0]["in_force"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["70", "--legal-basis", "SK", "--by", "A", "--effective-from", "2020-01-01"], "back-dated"),
        (["101", "--scale", "percent", "--legal-basis", "SK", "--by", "A"], "100"),
        (["70", "--legal-basis", "   ", "--by", "A"], "--legal-basis"),
        (["70", "--legal-basis", "SK", "--by", " "], "--by"),
        (["tujuh puluh", "--legal-basis", "SK", "--by", "A"], "tujuh puluh"),
        (["0", "--legal-basis", "SK", "--by", "A"], "0"),
        (["--legal-basis", "SK", "--by", "A", "--", "-5"], "-5"),
        (["70.000001", "--legal-basis", "SK", "--by", "A"], "five decimal places"),
        (["NaN", "--legal-basis", "SK", "--by", "A"], "NaN"),
        (["Infinity", "--legal-basis", "SK", "--by", "A"], "Infinity"),
        (["1.000,5", "--legal-basis", "SK", "--by", "A"], "1.000,5"),
        (["70", "--scale", "stars", "--legal-basis", "SK", "--by", "A"], "stars"),
    ],
)
def test_a_threshold_that_cannot_be_one_is_refused_and_not_recorded(
    settled: Office, arguments: list[str], said: str
) -> None:
    before = rows(settled, "thresholds")

    ended = settled.run("threshold", "set", "--programme", PROGRAMME, *arguments)

    assert ended.code == 2
    assert said in plain_error(ended)
    assert rows(settled, "thresholds") == before


@pytest.mark.parametrize("command", [["roster", "approve", "--by", "  "], ["sync", "--accept", "--by", "  "]])
def test_a_person_who_answers_for_something_has_a_name(settled: Office, command: list[str]) -> None:
    ended = settled.run(*command)

    assert ended.code == 2
    assert "--by" in plain_error(ended)


# Looking without touching


@pytest.mark.parametrize("command", [["plan", "--json"], ["sync", "--dry-run", "--json"]])
def test_a_plan_shows_who_would_be_sent_and_changes_nothing_anywhere(office: Office, command: list[str]) -> None:
    before = office.campus.kelas.snapshot()

    begun, ended = office.run_all([["db", "upgrade"], command])

    assert (begun.code, ended.code) == (0, 0)
    actions = [line["action"] for line in only_json(ended)["programmes"][0]["plan"]]
    assert actions.count("enrol") > 40
    assert office.campus.kelas.snapshot() == before
    ledger = ("participants", "evidence", "decisions", "thresholds", "required_sets", "roster_entries", "pushes")
    assert rows(office, *ledger, "baselines") == dict.fromkeys((*ledger, "baselines"), 0)


def test_a_run_for_one_participant_sends_that_one_only(office: Office) -> None:
    ended = office.run("sync", "--participant", CONFIRMED, "--json")

    assert ended.code == 0
    [programme] = only_json(ended)["programmes"]
    assert (programme["pushed"], programme["confirmed"]) == (1, 1)
    members = office.campus.kelas.group("KLS-I", "Angkatan I").members
    new = {office.campus.kelas.users[user_id].idnumber for user_id in members}
    assert CONFIRMED in new
    assert len(new) == 4  # the two and the stranger who were in it before


def test_planned_people_are_approved_on_the_command_line_and_sent_by_the_next_run(office: Office) -> None:
    office.configure(programme='push = "confirmed"')

    first, approved, again, second = office.run_all(
        [
            ["sync", "--json"],
            ["roster", "approve", "--by", "Kepala Bidang", "--angkatan", "III", "--json"],
            ["roster", "approve", "--by", "Kepala Bidang", "--angkatan", "III", "--json"],
            ["sync", "--json"],
        ]
    )

    assert first.json["programmes"][0]["pushed"] == 0
    count = approved.json["approved"]
    assert count == 25
    assert again.json["approved"] == 0
    assert second.json["programmes"][0]["confirmed"] == count


def test_the_status_tells_of_a_guard_that_holds_and_of_the_last_good_run(office: Office) -> None:
    office.run("sync")
    office.configure(programme="guards.max_drop_share = 0.0", angkatan=default_angkatan())
    office.campus.mooc.unenrol("MOOC-LATSAR", office.campus.mooc.user_id(NOT_YET))

    held, as_json, as_text = office.run_all([["sync"], ["status", "--json"], ["status"]])

    assert held.code == 4
    [programme] = as_json.json["programmes"]
    assert programme["held_by"]
    assert programme["last_run"]["outcome"] == "guarded"
    assert programme["last_good_run"]["outcome"] == "ok"
    assert programme["running"] is None
    assert "held by a guard" in as_text.out


def test_with_an_open_umask_everything_that_is_made_is_its_owners_alone(office: Office) -> None:
    before = {*office.folder.rglob("*")}

    codes = [office.run("db", *each, umask=0).code for each in (["upgrade"], ["backup", "ab/lage/kopie.db"])]

    made = {*office.folder.rglob("*")} - before
    assert {"latsar.db", "kopie.db", "lage"} <= {each.name for each in made}
    assert codes == [0, 0]
    assert [str(each) for each in made if each.stat().st_mode & 0o077] == []
