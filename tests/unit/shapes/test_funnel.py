"""The funnel counts people once at every stage that they have reached, in their angkatan and together."""

import json
import re
from typing import Any

import pytest
from service import TOKENS
from unattended import programme, write_config

from latsar_sync.domain.stages import WITHOUT
from latsar_sync.rules.which_angkatan import Belonging, home_of
from latsar_sync.settings import load_settings
from latsar_sync.settings.for_the_rules import angkatan_of
from latsar_sync.shapes.funnel import funnels, group_of, reader_of_homes


def standing(people: int, **of: Any) -> dict[str, Any]:
    row = {"groups": '["Angkatan 1"]', "moved_to": None, "materials": 0, "passed": 0,
           "outcome": None, "state": None, "angkatan": None, "codes": " "}  # fmt: skip
    return {**row, "reason": None, **of, "people": people}


def counted(tmp_path: Any, *rows: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    settings = load_settings(write_config(tmp_path / "latsar.toml", programme("latsar-x", ["1", "2"])), TOKENS)
    whole, parts = funnels(settings.programme("latsar-x"), rows)
    return whole, {each.angkatan: each for each in parts}


def test_whoever_is_in_the_course_is_counted_at_every_stage_before_it(tmp_path: Any) -> None:
    confirmed = standing(3, materials=1, passed=1, outcome="qualified", state="confirmed", angkatan="1")
    whole, parts = counted(tmp_path, confirmed, standing(5, materials=1), standing(2))

    assert list(whole.people.values()) == [10, 8, 3, 3, 3, 3]
    assert list(parts["1"].people.values()) == [10, 8, 3, 3, 3, 3]
    assert list(parts["2"].people.values()) == [0] * 6


def test_the_roster_says_the_angkatan_before_the_group_does_and_nobody_without_one_is_lost(tmp_path: Any) -> None:
    moved = standing(1, outcome="qualified", state="planned", angkatan="2")
    whole, parts = counted(tmp_path, moved, standing(4, groups="[]"))

    assert whole.people["enrolled"] == 5
    assert (parts["1"].people["enrolled"], parts["2"].people["enrolled"]) == (0, 1)


@pytest.mark.parametrize("placed_by", ["group", "first_qualified"])
def test_whoever_is_on_no_roster_belongs_to_the_only_angkatan_of_their_groups_where_groups_place_people(
    tmp_path: Any, placed_by: str
) -> None:
    """As the rules place them, and as lists and letters say (rule 11)."""
    text = programme("latsar-x", ["1", "2"]).replace(
        "[programmes.source]", f'placement = "{placed_by}"\n[programmes.source]'
    )
    settings = load_settings(write_config(tmp_path / "latsar.toml", text), TOKENS).programme("latsar-x")
    belonging, known = Belonging(placed_by, angkatan_of(settings)), reader_of_homes(settings)

    for groups in ([], ["Angkatan 2"], ["Angkatan 1", "Angkatan 2"], ["Lain", "Angkatan 1"]):
        home = known({"angkatan": None, "state": None, "moved_to": None, "groups": json.dumps(groups)})
        assert home == home_of(belonging, None, groups, None, None)


def test_seats_waiting_people_and_those_to_look_at_are_told_apart(tmp_path: Any) -> None:
    rows = [standing(1, outcome="qualified", state=each, angkatan="1") for each in
            ("planned", "pushed", "confirmed", "review", "withdrawn", "waitlisted")]  # fmt: skip
    whole, _ = counted(tmp_path, *rows, standing(7, outcome="undetermined"))

    assert (whole.seats, whole.waitlisted, whole.review, whole.unclear) == (4, 1, 2, 7)


def test_bars_are_as_wide_as_their_share_of_the_widest_and_an_empty_programme_has_none(tmp_path: Any) -> None:
    whole, parts = counted(tmp_path, standing(4), standing(4, materials=1))

    assert [width for *_, width in whole.bars][:3] == [100, 50, 0]
    assert {width for *_, width in parts["2"].bars} == {0}


def test_people_from_a_file_belong_to_the_angkatan_that_their_list_names(tmp_path: Any) -> None:
    text = programme("latsar-x", ["1", "2"]).replace(
        'kind = "moodle"\nsite = "mooc"\ncourse = "MOOC-LATSAR"', 'kind = "import"'
    )
    text = re.sub('source_group = "[^"]*"\n', "", text).replace('item = "EVAL-AKADEMIK"', "maximum = 100")
    settings = load_settings(write_config(tmp_path / "latsar.toml", text), TOKENS)
    by_files = settings.programme("latsar-x")
    _, parts = funnels(by_files, [standing(3, groups='["2"]')])

    assert [part.people["enrolled"] for part in parts] == [0, 3]
    assert (group_of(by_files, "2"), group_of(by_files, "9")) == ("2", "")


def test_a_funnel_only_ever_narrows_and_each_stage_holds_all_that_come_after_it(tmp_path: Any) -> None:
    """Once 74 were placed over 64 who qualified, and 1,900 had passed over 1,220 who had done the material."""
    rows = [
        standing(7, passed=1),
        standing(3, outcome="not_yet", state="review", angkatan="1"),
        standing(2, outcome="qualified", state="confirmed", angkatan="1"),
    ]
    whole, parts = counted(tmp_path, *rows)

    for funnel in (whole, parts["1"]):
        numbers = list(funnel.people.values())
        assert numbers == sorted(numbers, reverse=True) == [12, 5, 5, 5, 5, 2]


def test_whoever_belongs_to_no_angkatan_stands_in_a_part_of_their_own(tmp_path: Any) -> None:
    whole, parts = counted(tmp_path, standing(3), standing(2, groups='["Lain"]'))

    assert parts[WITHOUT].people["enrolled"] == 2
    assert whole.needs["nowhere"] == 2
    assert sum(part.people["enrolled"] for part in parts.values()) == whole.people["enrolled"]


def test_whoever_waits_in_no_angkatan_has_no_seat_and_is_told_once_by_their_cause(tmp_path: Any) -> None:
    """Once two without an angkatan had seats in it, and were told again beside the cause of their follow-up."""
    rows = [
        standing(2, outcome="qualified", state="review", reason="no_angkatan"),
        standing(1, outcome="qualified", state="planned", angkatan="1"),
        standing(4, groups="[]"),
    ]
    whole, parts = counted(tmp_path, *rows)

    assert (whole.people["qualified"], whole.people["placed"], whole.seats) == (3, 1, 1)
    assert (parts[WITHOUT].people["qualified"], parts[WITHOUT].seats) == (2, 0)
    assert [(code, number) for code, _, number in whole.todo] == [("review", 2), ("nowhere", 4)]


def test_where_no_group_tells_the_angkatan_nobody_is_asked_to_put_people_into_one(tmp_path: Any) -> None:
    """Once everybody who had not qualified yet was somebody whom the committee had to look after."""
    text = programme("latsar-x", ["1", "2"]).replace('title = "', 'placement = "first_qualified"\ntitle = "')
    text = re.sub('source_group = "[^"]*"\n', "", text)
    settings = load_settings(write_config(tmp_path / "latsar.toml", text), TOKENS)
    whole, parts = funnels(settings.programme("latsar-x"), [standing(300, outcome="not_yet", groups="[]")])

    assert [part.people["enrolled"] for part in parts] == [0, 0, 300]
    assert whole.todo == []


def test_reasons_and_needs_are_counted_by_their_codes(tmp_path: Any) -> None:
    rows = [
        standing(4, outcome="not_yet", codes=" score_below_threshold no_grade "),
        standing(2, outcome="held", state="confirmed", angkatan="1", codes=" held_by_override "),
        standing(1, outcome="qualified", state="planned", angkatan="1", reason="awaiting_approval"),
    ]
    whole, _ = counted(tmp_path, *rows)

    assert dict(whole.reasons) == {
        "score_below_threshold": 4, "no_grade": 4, "held_by_override": 2, "awaiting_approval": 1
    }  # fmt: skip
    assert [(code, number) for code, _, number in whole.todo] == [("approval", 1), ("held", 2)]


def test_who_needs_follow_up_is_counted_by_cause_and_the_commonest_comes_first(tmp_path: Any) -> None:
    """Once all but those without an account were one line, and nobody saw what is to be done."""
    rows = [
        standing(2, outcome="qualified", state="review", angkatan="1", reason="target_account_suspended"),
        standing(3, outcome="qualified", state="withdrawn", angkatan="1", reason="target_removed"),
        standing(4, outcome="qualified", state="review", angkatan="2", reason="target_account_missing"),
        standing(1, outcome="qualified", state="planned", angkatan="2", reason="held"),
    ]
    whole, _ = counted(tmp_path, *rows)

    assert whole.causes == {"target_removed": 3, "target_account_suspended": 2}
    assert list(whole.causes) == ["target_removed", "target_account_suspended"]
    assert whole.needs["review"] == whole.causes.total()
