"""Who is preferred and who fills what is left, counted by angkatan."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from latsar_sync.settings import AngkatanSettings, ProgrammeSettings, SourceSettings
from latsar_sync.settings.judging import ClearanceSettings
from latsar_sync.shapes.priority import priority_json

FROM = date(2026, 12, 1)


def programme(effect: str = "prioritise") -> ProgrammeSettings:
    return ProgrammeSettings.model_construct(
        id="p",
        effect=effect,
        fill_from=FROM if effect == "prioritise" else None,
        placement="group",
        source=SourceSettings(kind="moodle", site="mooc", course="MOOC"),
        angkatan=(
            AngkatanSettings(id="I", source_group="Angkatan I", capacity=4),
            AngkatanSettings(id="II", source_group="Angkatan II"),
        ),
        clearances=ClearanceSettings(),
    )


def row(
    state: str | None, admission: str | None, outcome: str = "qualified", group: str = "Angkatan I", people: int = 1
) -> dict[str, Any]:
    placed = "I" if state else None
    return {"state": state, "admission": admission, "angkatan": placed, "outcome": outcome, "people": people,
            "groups": json.dumps([group]), "moved_to": None}  # fmt: skip


ROWS = [
    row("confirmed", "rule"),
    row("planned", "override", "not_yet"),
    row("confirmed", "filled", "not_yet"),
    row("waitlisted", "filled", "not_yet"),
    row(None, None, "not_yet"),
    row(None, None, "undetermined"),
    row(None, None, "not_yet", "Angkatan II", people=3),
]


def test_seats_are_told_by_who_is_preferred_and_who_fills() -> None:
    told = priority_json(programme(), ROWS, {}, FROM)

    assert (told["fill_from"], told["fills_now"]) == ("2026-12-01", True)
    first, second = told["angkatan"]
    assert (first["capacity"], first["preferred"], first["filled"], first["free"]) == (4, 2, 1, 1)
    assert (first["would_fill"], second["would_fill"], second["free"]) == (2, 3, None)


@pytest.mark.parametrize(("others", "free"), [(1, 0), (0, 1), (9, 0)])
def test_whoever_else_sits_in_the_group_leaves_fewer_seats_free(others: int, free: int) -> None:
    first, second = priority_json(programme(), ROWS, {"I": others}, FROM)["angkatan"]

    assert (first["others"], first["free"]) == (others, free)
    assert (second["others"], second["free"]) == (0, None)


@pytest.mark.parametrize(("effect", "today"), [("prioritise", FROM - timedelta(days=1)), ("block", FROM)])
def test_nobody_fills_before_the_day_or_where_that_is_not_the_effect(effect: str, today: date) -> None:
    told = priority_json(programme(effect), ROWS, {}, today)

    assert told["fills_now"] is False
    assert (told["angkatan"][0]["would_fill"] > 0) is (effect == "prioritise")
