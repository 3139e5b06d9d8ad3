"""What the page of one person tells of why they were judged again, and of material that was not required of them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from latsar_sync.domain import language
from latsar_sync.domain.decision import Decision, Outcome
from latsar_sync.domain.evidence import Activity, Materials, OpenTo
from latsar_sync.domain.records import RequiredSet
from latsar_sync.web.person_history import history_of
from latsar_sync.web.person_shown import materials_by_name

SEVENTY, EIGHTY = Decimal(70), Decimal(80)
FIRST: dict[str, Any] = {
    "decision": Decision(Outcome.QUALIFIED, score=Decimal(75), materials_done=12, materials_total=12),
    "version": 1,
    "decided_at": datetime(2026, 11, 1, tzinfo=UTC),
    "threshold": SEVENTY,
    "threshold_version": 1,
    "required_version": 1,
    "evidence_version": 1,
    "rule_version": "1",
    "terms": None,
}
REQUIRED = RequiredSet(2, tuple(Activity(number, f"Modul {number}", "page") for number in (1, 2, 3)))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"threshold": EIGHTY, "threshold_version": 2}, "Judged again: another threshold, 70 → 80."),
        ({"required_version": 2}, "Judged again: other required material."),
        (
            {
                "evidence_version": 2,
                "decision": Decision(Outcome.NOT_YET, score=Decimal("69.5"), materials_done=11, materials_total=12),
            },
            "Judged again: score 75 → 69.5; material done 12 → 11.",
        ),
        ({"evidence_version": 2}, "Judged again: something else was read of them."),
        ({}, "Judged again: what was decided or recorded about them is another than before."),
    ],
)
def test_a_persons_history_says_why_they_were_judged_again(changed: dict[str, Any], why: str) -> None:
    """Once it told each decision and not what had become of the one before."""
    with language.speaking("en"):
        newest, oldest = history_of(
            [FIRST, {**FIRST, "version": 2, "decided_at": datetime(2026, 11, 2, tzinfo=UTC), **changed}], [], [], [], []
        )

    assert newest["why"] == why
    assert oldest["why"] == ""


@pytest.mark.parametrize(
    ("open_to", "states"),
    [
        ({2: OpenTo("7", "Angkatan I")}, ["done", "others", "open"]),
        ({1: OpenTo("8", "Angkatan II"), 2: OpenTo("7", "Angkatan I")}, ["perhaps", "perhaps", "open"]),
        (None, ["perhaps", "perhaps", "open"]),
    ],
)
def test_material_that_was_not_required_of_somebody_is_not_told_as_done(
    open_to: dict[int, OpenTo] | None, states: list[str]
) -> None:
    """Once what is open to other groups only had its tick."""
    told = materials_by_name(Materials(total=2, open=(3,)), REQUIRED, open_to)

    assert [state for _name, state in told] == states
