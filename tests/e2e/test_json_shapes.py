"""The JSON that other programs rely on: keys and types of the contract, exact numbers, times with their offset."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from office import Office
from pydantic import TypeAdapter

from latsar_sync.demo import CASES, Fault
from latsar_sync.shapes.commands import COMMANDS

OFFSET = timedelta(hours=7)

OF_THE_CONTRACT = {
    "roster": (
        "participant_id nip name angkatan state score threshold decided_at site course course_id group group_id"
    ),
    "participants": (
        "participant_id nip name decision reasons score materials_done materials_total angkatan roster_state "
        "evidence_as_of"
    ),
    "explain": "participant evidence decisions threshold roster pushes",
}
"""Keys that other programs rely on: they may move no more, whatever else is told."""


@pytest.fixture(scope="module")
def settled(settled: Office) -> Office:
    """Give an office after its first run; one person's practice has failed since."""
    mooc = settled.campus.mooc
    newcomer = mooc.user_id(str(CASES["score_69_996"][0]))
    mooc.set_completion(newcomer, mooc.module_named("LATIHAN-1").cmid, 3)
    return settled


def is_moment(value: object) -> bool:
    """Say whether a value is an ISO 8601 time with the offset of Jakarta."""
    return isinstance(value, str) and datetime.fromisoformat(value).utcoffset() == OFFSET


def answer(office: Office, *arguments: str, shape: str | None = None) -> Any:
    """Return what a command answers; it holds exactly the keys of its shape, in their order, with values of their kind.

    ``shape`` names the command whose shape it is, where that is not the first word.
    """
    ended = office.run(*arguments, "--json")
    model = TypeAdapter(COMMANDS[shape or arguments[0]])
    assert json.dumps(model.dump_python(model.validate_json(ended.out), mode="json")) == json.dumps(ended.json), (
        arguments
    )
    return ended.json


def test_sync_tells_the_figures_of_every_programme_as_numbers(settled: Office) -> None:
    before = len(settled.campus.log)
    shape = answer(settled, "sync", "--full")

    [programme] = shape["programmes"]
    decisions = [programme[name] for name in ("qualified", "not_yet", "undetermined", "held")]
    assert sum(decisions) == programme["participants"] == 122
    assert programme["requests"] == len(settled.campus.log) - before


def test_a_request_that_had_to_be_repeated_counts_twice(settled: Office) -> None:
    settled.campus.log.clear()
    config = settled.config.read_text(encoding="utf-8")
    settled.config.write_text(config.replace("retry_budget = 0", "retry_budget = 30"), encoding="utf-8")
    settled.campus.faults.add(Fault("too_many_requests", site="mooc", count=1))
    shape = settled.run("sync", "--json").json
    settled.campus.faults.clear()
    settled.config.write_text(config, encoding="utf-8")

    assert shape["programmes"][0]["outcome"] == "ok"
    assert shape["programmes"][0]["requests"] == len(settled.campus.log)
    assert sum(bool(entry.faults) for entry in settled.campus.log) == 1


def test_the_roster_has_a_line_with_every_key_for_everybody_in_any_state(settled: Office) -> None:
    lines = answer(settled, "roster")

    assert len({line["participant_id"] for line in lines}) == len(lines) == 79
    assert {"confirmed", "review", "waitlisted"} == {line["state"] for line in lines}
    [exact] = [line for line in lines if line["nip"] == CASES["score_exactly_70"][0]]
    assert (exact["score"], exact["threshold"], exact["state"]) == ("70.00000", "70.00000", "confirmed")
    assert (exact["site"], exact["course"], exact["group"]) == ("kelas", "KLS-I", "Angkatan I")


def test_course_and_group_ids_are_those_of_the_in_class_lms(settled: Office) -> None:
    lines = settled.run("roster", "--json", "--angkatan", "II").json

    course = settled.campus.kelas.course("KLS-II")
    group = settled.campus.kelas.group("KLS-II", "Angkatan II")
    confirmed = [line for line in lines if line["state"] == "confirmed"]
    assert {(line["course_id"], line["group_id"]) for line in confirmed} == {(course.id, group.id)}
    assert {line["angkatan"] for line in lines} == {"II"}


def test_roster_in_the_format_json_is_the_same_as_with_the_option(settled: Office) -> None:
    by_option, by_format = settled.run("roster", "--json"), settled.run("roster", "--format", "json")

    assert by_option == by_format


def test_participants_have_a_line_with_every_key_for_everybody(settled: Office) -> None:
    lines = answer(settled, "participants")

    assert len({line["participant_id"] for line in lines}) == len(lines) == 122
    by_nip = {line["nip"]: line for line in lines}
    assert by_nip[CASES["score_69_99999"][0]]["score"] == "69.99999"
    assert by_nip[CASES["score_zero"][0]]["score"] == "0.00000"
    assert by_nip[CASES["attempt_in_progress"][0]]["score"] is None
    assert by_nip[CASES["page_missing"][0]]["reasons"] == ["materials_incomplete"]
    assert by_nip[CASES["page_missing"][0]]["materials_done"] == 10
    assert [line["decision"] for line in lines if line["nip"] is None] == ["undetermined"] * 4


def test_a_gate_that_was_not_read_has_no_count(office: Office) -> None:
    office.run("sync")
    user = office.campus.mooc.add_user("Putu", "Baru", idnumber="199001012025031999")
    office.campus.mooc.enrol("MOOC-LATSAR", user.id)
    office.campus.mooc.set_grade(user.id, office.campus.mooc.module_named("EVAL-AKADEMIK").cmid, Decimal(40))

    office.run("sync")
    lines = answer(office, "participants")

    [line] = [line for line in lines if line["nip"] == user.idnumber]
    assert line["reasons"] == ["score_below_threshold", "materials_unread"]
    assert (line["decision"], line["materials_done"]) == ("not_yet", None)


@pytest.mark.parametrize("case", ["score_exactly_70", "score_69_99999", "no_target_account", "attempt_in_progress"])
def test_the_explanation_is_one_object_with_every_part(settled: Office, case: str) -> None:
    shape = answer(settled, "explain", str(CASES[case][0]))

    assert shape["participant"]["nip"] == CASES[case][0]
    assert is_moment(shape["evidence"]["as_of"])
    assert (shape["roster"] is None) == (case in ("score_69_99999", "attempt_in_progress"))


def test_the_explanation_of_somebody_pushed_shows_both_writes(settled: Office) -> None:
    shape = settled.run("explain", str(CASES["score_exactly_70"][0]), "--json").json

    assert [(push["kind"], push["state"]) for push in shape["pushes"]] == [
        ("enrol", "confirmed"),
        ("membership", "confirmed"),
    ]
    assert [event["state"] for event in shape["roster"]["history"]][-1] == "confirmed"
    assert shape["roster"]["origin"] == "pushed"
    assert shape["evidence"]["grade"] == "70.00000"
    assert shape["evidence"]["materials"]["done"] == shape["evidence"]["materials"]["total"] == 12


def test_the_explanation_keeps_every_decision_that_differed(settled: Office) -> None:
    settled.run("sync", "--full")
    shape = settled.run("explain", str(CASES["score_69_996"][0]), "--json").json

    first, last = shape["decisions"]
    assert (first["reasons"], last["reasons"]) == (
        ["score_below_threshold"],
        ["score_below_threshold", "materials_failed"],
    )
    assert [decision["version"] for decision in shape["decisions"]] == [1, 2]
    assert {decision["threshold"] for decision in shape["decisions"]} == {"70.00000"}


def test_no_number_in_any_listing_is_a_float_or_in_scientific_notation(settled: Office) -> None:
    shapes = [
        settled.run("roster", "--json").json,
        settled.run("participants", "--json").json,
        settled.run("explain", str(CASES["score_zero"][0]), "--json").json,
        settled.run("threshold", "show", "--json").json,
    ]

    assert [value for shape in shapes for value in leaves(shape) if isinstance(value, float)] == []


def leaves(value: Any) -> Iterator[Any]:
    """Yield every plain value inside a JSON value."""
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def test_a_sync_that_sends_people_tells_figures_and_names_nobody(office: Office) -> None:
    [programme] = office.run("sync", "--json").json["programmes"]

    assert programme["pushed"] > 0
    assert "plan" not in programme


def test_a_plan_lists_who_would_be_sent(office: Office) -> None:
    [programme] = answer(office, "plan")["programmes"]

    assert {line["action"] for line in programme["plan"]} >= {"enrol"}


def test_runs_and_status_tell_when_and_how_it_went(settled: Office) -> None:
    lines, status = answer(settled, "runs"), answer(settled, "status")

    assert [line["run_id"] for line in lines] == sorted((line["run_id"] for line in lines), reverse=True)
    [programme] = status["programmes"]
    assert programme["last_run"]["run_id"] == lines[0]["run_id"]
    assert {"confirmed", "review", "waitlisted"} <= programme["roster"].keys()


@pytest.mark.parametrize(("command", "keys"), OF_THE_CONTRACT.items())
def test_the_keys_of_the_contract_come_first_and_in_their_order(settled: Office, command: str, keys: str) -> None:
    whom = [str(CASES["score_exactly_70"][0])] if command == "explain" else []
    shape = answer(settled, command, *whom)
    line = shape[0] if isinstance(shape, list) else shape

    assert list(line)[: len(keys.split())] == keys.split()


def test_what_a_guard_found_is_an_object_wherever_it_is_told(office: Office) -> None:
    config = office.config.read_text(encoding="utf-8")
    office.config.write_text(config + "\n[programmes.guards]\nmax_push = 3\n", encoding="utf-8")

    [run] = answer(office, "sync")["programmes"]
    [past], [now] = answer(office, "runs"), answer(office, "status")["programmes"]

    [found] = run["findings"]
    assert (found["code"], found["programme"], found["now"]) == ("too_many_pushes", run["id"], "66")
    assert found["text"]
    assert past["findings"] == now["held_in_full"] == run["findings_in_full"] == run["findings"]


def test_every_answer_has_the_shape_that_its_page_tells(settled: Office) -> None:
    who, other, third = (str(CASES[case][0]) for case in ("score_exactly_70", "no_target_account", "score_69_99999"))
    said = ("--reason", "uji", "--by", "Siti")
    limit = ("--programme", settled.run("status", "--json").json["programmes"][0]["id"])

    for arguments, shape in (
        (("resync",), "resync"),
        (("override", "hold", who, *said, "--until", "2030-01-01"), "override hold"),
        (("override", "list"), "override list"),
        (("identity", "correct", other, "--to", "199001012025031999", *said), "identity correct"),
        (("identity", "list"), "identity list"),
        (("roster", "move", who, "--to", "II", *said), "roster move"),
        (("roster", "place", who, "--to", "Timur", *said), "roster place"),
        (("roster", "approve", "--by", "Siti"), "roster approve"),
        (("roster", "finalised"), "roster finalised"),
        (("threshold", "preview", "75", *limit), "threshold preview"),
        (("threshold", "set", "71", "--legal-basis", "SK 1", "--by", "Siti", *limit), "threshold set"),
        (("threshold", "show"), "threshold show"),
        (("import", "list"), "import list"),
        (("export", "accounts"), "export accounts"),
        (("clearance", "list"), "clearance list"),
        (("explain", who), "explain"),
        (("person", "export", who), "person export"),
        (("person", "erase", third, *said), "person erase"),
        (("person", "erase", third, *said, "--apply"), "person erase"),
        (("person", "erasures"), "person erasures"),
        (("retention", "show"), "retention show"),
        (("access-log",), "access-log"),
        (("notices", "list"), "notices list"),
        (("user", "list"), "user list"),
        (("doctor",), "doctor"),
        (("db", "upgrade"), "db upgrade"),
        (("db", "check"), "db check"),
        (("db", "backup", "copy.backup"), "db backup"),
    ):
        answer(settled, *arguments, shape=shape)


def test_times_are_told_in_the_configured_zone(settled: Office) -> None:
    config = settled.config.read_text(encoding="utf-8")
    settled.config.write_text('timezone = "Asia/Jayapura"\n' + config, encoding="utf-8")
    in_jayapura = settled.run("roster", "--json").json
    settled.config.write_text(config, encoding="utf-8")
    in_jakarta = settled.run("roster", "--json").json

    for east, west in zip(in_jayapura, in_jakarta, strict=True):
        assert east["decided_at"].endswith("+09:00")
        assert datetime.fromisoformat(east["decided_at"]) == datetime.fromisoformat(west["decided_at"])


def test_names_keep_every_letter(settled: Office) -> None:
    names = {line["name"] for line in settled.run("roster", "--json").json}

    assert {"Ratna & Dewi Lestari, S.Kom.", "Nur'aini D'Souza, S.T.", "Désirée Zoë Müller-Sitompul, S.Si."} <= names


def test_before_the_first_run_every_listing_is_empty_and_valid(office: Office) -> None:
    assert office.run("db", "upgrade").code == 0
    ended = [office.run(*command, "--json") for command in (["roster"], ["participants"], ["runs"])]
    status, shown = office.run("status", "--json"), office.run("threshold", "show", "--json")

    assert [(each.code, each.json) for each in ended] == [(0, []), (0, []), (0, [])]
    assert status.json["programmes"][0]["last_run"] is None
    assert shown.json[0]["in_force"] is None
