"""Of whom a quiet run need not look: who was fully read, and is judged by the same as before."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from builders import nip

from latsar_sync.domain.decision import Outcome, Standing
from latsar_sync.domain.evidence import GradeStatus
from latsar_sync.domain.known_people import Brief, JudgedBy
from latsar_sync.domain.source_as_read import Signals
from latsar_sync.rules.whom_a_quiet_run_skips import lacks_material, perhaps_changed, restless

BY = JudgedBy(1, 1, 1, "1")


def brief(number: int = 1, codes: str = "", stands: dict[str, Any] | None = None, **told: Any) -> Brief:
    standing = Standing(f"p{number}", number, nip(number), outcome=Outcome.QUALIFIED, score=Decimal(80))
    standing = standing._replace(**(stands or {}))
    at = datetime(2026, 11, 24, number % 24, tzinfo=UTC)
    known = Brief(number, nip(number), "Ani", standing, BY, codes, GradeStatus.GRADED, "row", at, False, at)
    return known._replace(**told)


def looked_at(*people: Brief, decided_about: tuple[str, ...] = (), merged_into: tuple[str, ...] = ()) -> set[int]:
    return set(restless({each.user_id: each for each in people}, BY, decided_about, merged_into))


def test_whoever_was_read_and_judged_by_the_same_is_left_as_known() -> None:
    below = brief(2, " score_below_threshold ", {"outcome": Outcome.NOT_YET})

    assert looked_at(brief(1), below, brief(3, " grade_overridden ")) == set()


UNREADABLE: dict[str, Any] = {"nip": None, "outcome": Outcome.UNDETERMINED}


def test_whose_number_is_none_is_left_as_known_until_it_reads_otherwise_or_a_person_gives_them_one() -> None:
    one, other = (brief(each, " nip_invalid materials_incomplete ", UNREADABLE, raw_key="2000001") for each in (1, 2))
    corrected = brief(3, " nip_invalid ", {"outcome": Outcome.UNDETERMINED}, raw_key="2000003")
    undone = brief(4, "", UNREADABLE, raw_key="2000004")
    without_a_row = brief(5, " nip_invalid ", UNREADABLE, raw_key=" - ")
    missing = brief(6, " nip_missing ", UNREADABLE, raw_key=None)
    held = brief(7, " nip_invalid ", {"nip": None, "outcome": Outcome.HELD}, raw_key="2000007")

    assert looked_at(one, other, corrected, undone, without_a_row, missing, held) == {3, 4, 5, 6, 7}


@pytest.mark.parametrize(
    "told",
    [
        {"judged_by": BY._replace(threshold=2)},
        {"judged_by": BY._replace(rules="0")},
        {"stands": {"outcome": Outcome.UNDETERMINED}},
        {"stands": {"outcome": None}},
        {"stands": {"nip": None}},
        {"stands": {"merged": True}},
        {"grade": GradeStatus.GRADE_HIDDEN},
        {"grade": None},
        {"ungraded": True},
        {"raw_key": ""},
        {"codes": " score_imported "},
        {"codes": " held_by_override "},
    ],
)
def test_whoever_may_be_judged_otherwise_though_nothing_is_told_of_them_is_looked_at(told: dict[str, Any]) -> None:
    assert looked_at(brief(1, **told), brief(2)) == {1}


def test_whoever_shares_a_number_stands_for_another_account_or_was_decided_about_is_looked_at() -> None:
    twin = brief(3, stands={"nip": nip(1)})

    found = looked_at(brief(1), brief(2), twin, brief(4), brief(5), decided_about=("p4",), merged_into=("p5",))

    assert found == {1, 3, 4, 5}


@pytest.mark.parametrize(
    ("codes", "lacks"),
    [
        (" materials_incomplete ", True),
        (" materials_failed enrolment_suspended ", True),
        (" no_grade materials_incomplete ", False),
        ("", False),
    ],
)
def test_nothing_but_material_lacks_where_no_score_is_told_of(codes: str, lacks: bool) -> None:
    assert lacks_material(Outcome.NOT_YET, codes) is lacks
    assert not lacks_material(Outcome.UNDETERMINED, codes)


def test_a_visit_tells_of_whom_a_value_may_be_another_one_than_was_read() -> None:
    began = datetime(2026, 11, 25, 12, tzinfo=UTC)
    lacks = {"outcome": Outcome.NOT_YET}
    read = {"score_as_of": began, "materials_as_of": began}
    visits = {
        1: began,
        2: began - timedelta(hours=7),
        3: began - timedelta(hours=7),
        4: began - timedelta(hours=9),
        5: began - timedelta(days=2),
        6: began - timedelta(days=2),
        7: began - timedelta(days=2),
    }
    people = [
        brief(1, **read),
        brief(2, **read),
        brief(3, " materials_incomplete ", lacks, **read),  # may still be at what they opened
        brief(4, " materials_incomplete ", lacks, **read),
        brief(5, **{**read, "materials_as_of": began - timedelta(days=3)}),
        brief(6, " score_below_threshold ", lacks, **{**read, "materials_as_of": began - timedelta(days=3)}),
        brief(7, **{**read, "score_as_of": began - timedelta(days=3)}),
        brief(8, **read),  # nothing is told of their visits
        brief(9, **{**read, "score_as_of": None, "materials_as_of": None}),
    ]

    found = perhaps_changed(people, Signals(began, timedelta(0), {**visits, 9: began - timedelta(days=9)}))

    assert [each.user_id for each in found] == [1, 3, 5, 7, 8, 9]
