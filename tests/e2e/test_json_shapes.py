"""The JSON that other programs rely on: keys and types of the contract, exact numbers, times with their offset."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from office import Office

from latsar_sync.demo import CASES, Fault

DECIMAL = re.compile(r"-?[0-9]+\.[0-9]{5}")
OFFSET = timedelta(hours=7)


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


def is_decimal(value: object) -> bool:
    """Say whether a value is a plain decimal with a point and five places."""
    return isinstance(value, str) and DECIMAL.fullmatch(value) is not None


def is_count(value: object) -> bool:
    """Say whether a value is a whole number from 0 on (and no truth value)."""
    return type(value) is int and value >= 0


def is_text(value: object) -> bool:
    """Say whether a value is a text with something in it."""
    return isinstance(value, str) and bool(value)


def is_nip(value: object) -> bool:
    """Say whether a value is a NIP of 18 digits."""
    return isinstance(value, str) and re.fullmatch("[0-9]{18}", value) is not None


def or_none(check: Any) -> Any:
    """Return the same check that lets null pass."""
    return lambda value: value is None or check(value)


def one_of(*words: str) -> Any:
    """Return a check for one of these words."""
    return lambda value: value in words


def wrong_in(value: Mapping[str, Any], shape: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of the shape that are missing or hold something of another kind."""
    missing = {key: "missing" for key in shape if key not in value}
    return missing | {key: value[key] for key, check in shape.items() if key in value and not check(value[key])}


OUTCOMES = one_of("ok", "partial", "guarded", "failed")
STATES = one_of("waitlisted", "planned", "pushed", "confirmed", "review", "withdrawn")
DECISIONS = one_of("qualified", "not_yet", "undetermined", "held")

PROGRAMME_RUN = {
    "id": is_text,
    "outcome": OUTCOMES,
    "participants": is_count,
    "qualified": is_count,
    "not_yet": is_count,
    "undetermined": is_count,
    "held": is_count,
    "pushed": is_count,
    "confirmed": is_count,
    "failed": is_count,
    "requests": is_count,
    "seconds": lambda value: isinstance(value, float) and value >= 0,
}

ROSTER_LINE = {
    "participant_id": is_text,
    "nip": or_none(is_nip),
    "name": is_text,
    "angkatan": or_none(is_text),
    "state": STATES,
    "score": or_none(is_decimal),
    "threshold": or_none(is_decimal),
    "decided_at": is_moment,
    "site": or_none(is_text),
    "course": or_none(is_text),
    "course_id": or_none(is_count),
    "group": or_none(is_text),
    "group_id": or_none(is_count),
}

PARTICIPANT_LINE = {
    "participant_id": is_text,
    "nip": or_none(is_nip),
    "name": is_text,
    "decision": DECISIONS,
    "reasons": lambda value: isinstance(value, list) and all(map(is_text, value)),
    "score": or_none(is_decimal),
    "materials_done": or_none(is_count),
    "materials_total": or_none(is_count),
    "angkatan": or_none(is_text),
    "roster_state": or_none(STATES),
    "evidence_as_of": or_none(is_moment),
}


def is_a(kind: type) -> Any:
    """Return a check for a JSON object or list."""
    return lambda value: isinstance(value, kind)


def test_sync_tells_the_figures_of_every_programme_as_numbers(settled: Office) -> None:
    before = len(settled.campus.log)
    shape = settled.run("sync", "--full", "--json").json

    assert wrong_in(shape, {"run_id": is_count, "outcome": OUTCOMES, "programmes": is_a(list)}) == {}
    [programme] = shape["programmes"]
    assert wrong_in(programme, PROGRAMME_RUN) == {}
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
    lines = settled.run("roster", "--json").json

    assert [wrong_in(line, ROSTER_LINE) for line in lines] == [{}] * len(lines)
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
    lines = settled.run("participants", "--json").json

    assert [wrong_in(line, PARTICIPANT_LINE) for line in lines] == [{}] * len(lines)
    assert len({line["participant_id"] for line in lines}) == len(lines) == 122
    by_nip = {line["nip"]: line for line in lines}
    assert by_nip[CASES["score_69_99999"][0]]["score"] == "69.99999"
    assert by_nip[CASES["score_zero"][0]]["score"] == "0.00000"
    assert by_nip[CASES["attempt_in_progress"][0]]["score"] is None
    assert by_nip[CASES["page_missing"][0]]["reasons"] == ["materials_incomplete"]
    assert by_nip[CASES["page_missing"][0]]["materials_done"] == 10
    assert [line["decision"] for line in lines if line["nip"] is None] == ["undetermined", "undetermined"]


def test_a_gate_that_was_not_read_has_no_count(office: Office) -> None:
    office.run("sync")
    user = office.campus.mooc.add_user("Putu", "Baru", idnumber="199001012025031999")
    office.campus.mooc.enrol("MOOC-LATSAR", user.id)
    office.campus.mooc.set_grade(user.id, office.campus.mooc.module_named("EVAL-AKADEMIK").cmid, Decimal(40))

    office.run("sync")
    lines = office.run("participants", "--json").json

    [line] = [line for line in lines if line["nip"] == user.idnumber]
    assert wrong_in(line, PARTICIPANT_LINE) == {}
    assert line["reasons"] == ["score_below_threshold", "materials_unread"]
    assert (line["decision"], line["materials_done"]) == ("not_yet", None)


@pytest.mark.parametrize("case", ["score_exactly_70", "score_69_99999", "no_target_account", "attempt_in_progress"])
def test_the_explanation_is_one_object_with_every_part(settled: Office, case: str) -> None:
    shape = settled.run("explain", str(CASES[case][0]), "--json").json

    parts = {
        "participant": is_a(dict),
        "evidence": is_a(dict),
        "decisions": is_a(list),
        "threshold": is_a(dict),
        "roster": or_none(is_a(dict)),
        "pushes": is_a(list),
    }
    assert wrong_in(shape, parts) == {}
    assert shape["participant"]["nip"] == CASES[case][0]
    assert is_decimal(shape["threshold"]["value"])
    assert is_moment(shape["evidence"]["as_of"])
    assert all(is_moment(decision["decided_at"]) for decision in shape["decisions"])
    assert all(is_moment(push["sent_at"]) for push in shape["pushes"])
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
    shape = office.run("plan", "--json").json

    [programme] = shape["programmes"]
    assert wrong_in(programme, PROGRAMME_RUN) == {}
    line = {
        "participant_id": is_text,
        "nip": or_none(is_nip),
        "name": is_text,
        "angkatan": or_none(is_text),
        "state": STATES,
        "reason": or_none(is_text),
        "action": or_none(one_of("enrol", "membership")),
    }
    assert [wrong_in(each, line) for each in programme["plan"]] == [{}] * len(programme["plan"])


def test_runs_and_status_tell_when_and_how_it_went(settled: Office) -> None:
    lines, status = settled.run("runs", "--json").json, settled.run("status", "--json").json

    run = {"run_id": is_count, "programme": is_text, "started_at": is_moment, "finished_at": is_moment}
    run |= {key: check for key, check in PROGRAMME_RUN.items() if key != "id"}
    assert [wrong_in(line, run) for line in lines] == [{}] * len(lines)
    assert [line["run_id"] for line in lines] == sorted((line["run_id"] for line in lines), reverse=True)
    [programme] = status["programmes"]
    assert programme["last_run"]["run_id"] == lines[0]["run_id"]
    assert wrong_in(programme["roster"], dict.fromkeys(("confirmed", "review", "waitlisted"), is_count)) == {}


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
