"""What other answers name and the contents do not show, and whom an activity's restrictions let in (rule 3)."""

import json
from typing import Any

import pytest

from latsar_sync.domain.evidence import Activity
from latsar_sync.domain.participant import Person
from latsar_sync.moodle.materials import read_modules
from latsar_sync.moodle.payloads import COURSE_CONTENTS, GradeItem, Module, UserGrades
from latsar_sync.moodle.visibility import barred_from, ids_beside, opened_to, unseen_activities, untold_restrictions

A, B, C = 11, 12, 13
"""Groups of the MOOC."""
PEOPLE = [Person(1, "Ani", None), Person(2, "Budi", None), Person(3, "Citra", None)]
MEMBERS = {A: frozenset({1}), B: frozenset({2})}


def group(number: int | None = None) -> dict[str, Any]:
    """Return the condition of a group, of any if no number is given."""
    return {"type": "group"} if number is None else {"type": "group", "id": number}


def tree(operator: str, *children: dict[str, Any]) -> dict[str, Any]:
    """Return restrictions as Moodle stores them."""
    return {"op": operator, "c": list(children), "show": True}


DATE = {"type": "date", "d": ">=", "t": 1_900_000_000}
PROFILE = {"type": "profile", "sf": "department", "op": "isequalto", "v": "BKD"}


def closed_to(restrictions: dict[str, Any] | str | None) -> list[int]:
    """Return who may not open an activity with these restrictions."""
    text = restrictions if isinstance(restrictions, str) or restrictions is None else json.dumps(restrictions)
    module = Module(id=7, modname="page", name="Modul", availability=text)
    return sorted(barred_from({7: module}, PEOPLE, MEMBERS))


@pytest.mark.parametrize(
    ("restrictions", "closed"),
    [
        (None, []),
        ("", []),
        ("no json", []),
        ("[1]", []),
        (tree("&"), []),
        (tree("|"), []),
        (tree("&", group(A)), [2, 3]),
        (tree("&", group(A), DATE), [2, 3]),
        (tree("|", group(A), group(B)), [3]),
        (tree("&", group(A), group(B)), [1, 2, 3]),
        (tree("&", group()), [3]),
        (tree("!&", group(A)), [1]),
        (tree("!|", group(A), group(B)), [1, 2]),
        (tree("&", tree("|", group(A), group(C)), DATE), [2, 3]),
        (tree("&", DATE), []),
        (tree("!&", DATE), []),
        (tree("|", group(A), DATE), []),
        (tree("|", group(A), PROFILE), []),
        (tree("&", group(A), PROFILE), [2, 3]),
        (tree("&", PROFILE), []),
    ],
)
def test_an_activity_is_closed_to_whom_its_groups_bar_and_to_nobody_of_whom_that_is_not_sure(
    restrictions: Any, closed: list[int]
) -> None:
    assert closed_to(restrictions) == closed


@pytest.mark.parametrize(
    ("restrictions", "shown"),
    [
        (None, None),
        ("no json", None),
        (tree("&", DATE), None),
        (tree("|", group(A), DATE), None),
        (tree("!&", group(A), PROFILE), None),
        (tree("&", group(A), DATE), "Satu"),
        (tree("!|", group(A), PROFILE), "!(Satu)"),
        (tree("&", group(C)), "–"),
        (tree("&", group()), "*"),
        (tree("&", tree("|", group(A), group(B)), DATE), "(Satu | Dua)"),
    ],
)
def test_whom_an_activity_is_open_to_is_told_by_its_groups_alone(restrictions: Any, shown: str | None) -> None:
    text = json.dumps(restrictions) if isinstance(restrictions, dict) else restrictions
    module = Module(id=7, modname="page", name="Modul", availability=text)

    told = opened_to({7: module}, MEMBERS, {A: "Satu", B: "Dua"})

    assert (told[7].shown if told else None) == shown
    assert [to.ids for to in told.values()] == [
        to.shown.replace("Satu", "11").replace("Dua", "12") for to in told.values()
    ]


@pytest.mark.parametrize(
    ("restrictions", "told"),
    [
        (tree("&", group(A), DATE), True),
        (tree("&", {"type": "completion", "cm": 4}, {"type": "grade", "id": 3}), True),
        (tree("&", group(A), PROFILE), False),
        (tree("&", tree("|", {"type": "grouping", "id": 3})), False),
        ("no json", False),
    ],
)
def test_what_only_a_profile_a_grouping_or_a_plugin_tells_is_said(restrictions: Any, told: bool) -> None:
    text = restrictions if isinstance(restrictions, str) else json.dumps(restrictions)
    module = Module(id=7, modname="page", name="Modul", availability=text)

    assert untold_restrictions([module, Module(id=8, modname="page", name="Modul 8")]) == (() if told else (module,))


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"availability": None, "availabilityinfo": "Not available unless: You belong to A"}, True),
        ({"availabilityinfo": "Not available unless: You belong to A"}, False),
        ({"in_restricted_section": True, "availability": None}, False),
        ({"in_restricted_section": True, "availability": json.dumps(tree("&", group(A)))}, False),
        ({}, True),
    ],
)
def test_a_restriction_of_which_only_a_text_is_told_is_said(keys: dict[str, Any], told: bool) -> None:
    module = Module(id=7, modname="page", name="Modul", **keys)

    assert untold_restrictions([module]) == (() if told else (module,))


def test_a_section_that_bars_the_account_restricts_all_in_it(make_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    page = {"id": 7, "modname": "page", "name": "Modul"}
    sections = [
        {"id": 1, "name": "Umum", "modules": [page]},
        {"id": 2, "name": "I", "availabilityinfo": "Not available unless: …", "modules": [{**page, "id": 8}]},
    ]
    client = make_client()
    monkeypatch.setattr(client, "read", lambda *_: COURSE_CONTENTS.parse(json.dumps(sections)))

    assert {cmid: each.in_restricted_section for cmid, each in read_modules(client, 2).items()} == {7: False, 8: True}


def test_grade_items_and_criteria_name_what_the_contents_do_not_show() -> None:
    items = (
        GradeItem(id=1, itemtype="mod", itemmodule="assign", cmid=5, itemname="Tugas"),
        GradeItem(id=2, itemtype="mod", itemmodule="quiz", cmid=6, itemname="Evaluasi"),
        GradeItem(id=3, itemtype="mod", itemmodule="page", cmid=7),
        GradeItem(id=4, itemtype="course"),
        GradeItem(id=5, itemtype="mod", itemmodule="lti"),
    )
    criteria = (Activity(9, "Praktik", "h5pactivity"), Activity(7, "Modul", "page"))

    unseen = unseen_activities({7, 8}, {6}, [UserGrades(userid=1, gradeitems=items)], criteria)

    assert unseen == (Activity(5, "Tugas", "assign"), Activity(9, "Praktik", "h5pactivity"))


@pytest.mark.parametrize(
    ("shown", "most", "asked"),
    [
        ([], 10, []),
        ([5, 6], 2, [4, 7]),
        ([1, 4], 4, [2, 3, 5, 6]),
        ([2], 3, [1, 3, 4]),
    ],
)
def test_the_ids_nearest_to_those_that_show_are_asked_about(shown: list[int], most: int, asked: list[int]) -> None:
    assert ids_beside(shown, most) == asked
