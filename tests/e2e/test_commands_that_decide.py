"""What is decided on the command line: thresholds, approvals, plans, and runs for one person."""

import json
from datetime import datetime

import pytest
from office import Office
from sqlalchemy import text
from typed_commands import CONFIRMED, only_json, plain_error

from latsar_sync.demo import CASES


def rows(office: Office, *tables: str) -> dict[str, int]:
    """Count the rows of tables."""
    database = office.database()
    with database.reading() as connection:
        counts = {each: connection.execute(text(f"SELECT count(*) FROM {each}")).scalar_one() for each in tables}
    database.close()
    return counts


def set_threshold(*arguments: str) -> list[str]:
    """Return the command that records a threshold of the only programme."""
    return ["threshold", "set", *arguments]


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

    ended = settled.run(*set_threshold(*arguments))

    assert ended.code == 2
    assert said in plain_error(ended)
    assert rows(settled, "thresholds") == before


@pytest.mark.parametrize("command", [["roster", "approve", "--by", "  "], ["sync", "--accept", "--by", "  "]])
def test_a_person_who_answers_for_something_has_a_name(settled: Office, command: list[str]) -> None:
    ended = settled.run(*command)

    assert ended.code == 2
    assert "--by" in plain_error(ended)


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


def test_of_a_few_participants_each_is_sent_and_nobody_else(office: Office) -> None:
    nobody, passed = "199508172025042003", str(CASES["passed"][0])
    few = [each for nip in (CONFIRMED, nobody, passed, CONFIRMED) for each in ("--participant", nip)]
    ended = office.run("sync", *few, "--json")

    assert ended.code == 3  # one of them was not found
    [programme] = only_json(ended)["programmes"]
    assert (programme["outcome"], programme["pushed"], programme["confirmed"]) == ("partial", 2, 2)
    assert "1995**********2003" in " ".join(programme["messages"])
    assert {line["nip"] for line in office.run("roster", "--json").json} == {CONFIRMED, passed}
    none = office.run("sync", "--participant", nobody, "--participant", nobody[:-1] + "4", "--json")
    told = json.dumps(none.json["programmes"][0])
    assert none.code == 1
    assert all(masked in told for masked in ("1995**********2003", "1995**********2004"))


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
