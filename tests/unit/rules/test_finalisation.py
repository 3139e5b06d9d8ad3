"""Whom a decree takes into a roster, what stands in its way (rule 17), and what a move makes of an entry."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from builders import NOW, angkatan, day, entry, evidence, person
from hypothesis import given
from hypothesis import strategies as st

from latsar_sync.domain.actions import Actions, Finalisation, Override, OverrideKind, on_the_list, taken_in
from latsar_sync.domain.decision import Decision, Outcome, Reason
from latsar_sync.domain.entry import HOLDS_A_SEAT, MENDABLE, Admission, Entry, EntryState, Origin
from latsar_sync.domain.participant import Enrolment, Participant
from latsar_sync.domain.records import Record
from latsar_sync.rules.finalisation import FRESH_HOURS, DecreeDraft, draft, files_are_old
from latsar_sync.rules.holding_back import REASONS_HOLDING_BACK
from latsar_sync.rules.moves import move_to

WAITLISTED, PLANNED, PUSHED = EntryState.WAITLISTED, EntryState.PLANNED, EntryState.PUSHED
CONFIRMED, REVIEW, WITHDRAWN = EntryState.CONFIRMED, EntryState.REVIEW, EntryState.WITHDRAWN
OLD = NOW - timedelta(hours=FRESH_HOURS) - timedelta(seconds=1)
NOBODY_DECIDED = Actions()


def record(name: str, as_of: datetime | None = NOW, enrolment: Enrolment = Enrolment.ACTIVE) -> Record:
    """Return what is known of somebody, read at ``as_of``."""
    who = Participant(name, person(1, enrolment=enrolment), person(1).raw_key)
    return Record(who, evidence(), None, NOW, as_of, as_of)


def drafted(
    *entries: Entry,
    listed: tuple[str, ...] = (),
    records: Mapping[str, Record] | None = None,
    done: Actions = NOBODY_DECIDED,
    told_since: tuple[str, ...] = (),
) -> DecreeDraft:
    """Return what a decree about angkatan I would say now."""
    roster = {each.participant_id: each for each in entries}
    known = {name: record(name) for name in roster} | dict(records or {})
    return draft("I", roster, known, frozenset(listed), done, told_since, NOW)


@pytest.mark.parametrize(
    ("before", "where"),
    [
        (entry("ani", CONFIRMED), "members"),
        (entry("ani", REVIEW, reason="target_account_missing"), "members"),
        (entry("ani", PLANNED, reason="awaiting_amendment"), "members"),
        (entry("ani", PLANNED), "unsettled"),
        (entry("ani", PLANNED, reason="push_unknown"), "unsettled"),
        (entry("ani", PLANNED, reason="push_rejected"), "unsettled"),
        (entry("ani", PLANNED, reason="awaiting_approval"), "unsettled"),
        (entry("ani", PUSHED), "unsettled"),
        (entry("ani", PUSHED, reason="held"), None),
        (entry("ani", REVIEW, reason="no_longer_qualifies"), "undecided"),
        (entry("ani", REVIEW, reason="clearance_unmet"), "undecided"),
        (entry("ani", PLANNED, reason="held"), None),
        (entry("ani", PLANNED, reason="undetermined"), None),
        (entry("ani", PLANNED, reason="admission_closed"), None),
        (entry("ani", WAITLISTED, reason="over_capacity"), None),
        (entry("ani", WITHDRAWN, reason="target_removed"), None),
        (entry("ani", CONFIRMED, "II"), None),
        (entry("ani", REVIEW, None, "no_angkatan"), None),
    ],
)
def test_each_standing_is_on_the_list_in_its_way_or_neither(before: Entry, where: str | None) -> None:
    found = drafted(before)

    for name in ("members", "unsettled", "undecided"):
        assert getattr(found, name) == (("ani",) if name == where else ()), name


@pytest.mark.parametrize(
    ("outcome", "codes", "listed"),
    [
        (Outcome.QUALIFIED, (), True),
        (Outcome.HELD, ("held_by_override",), False),
        (Outcome.UNDETERMINED, ("account_handed_over",), False),
        (Outcome.UNDETERMINED, ("admitted_by_override", "grade_unread"), True),
    ],
)
def test_nobody_in_class_is_decreed_who_is_held_or_of_whom_it_cannot_be_told_whose_the_results_are(
    outcome: Outcome, codes: tuple[str, ...], listed: bool
) -> None:
    decision = Decision(outcome, tuple(map(Reason, codes)), None, None, None, None)
    known = {"ani": record("ani")._replace(decision=decision)}

    for there in (entry("ani", CONFIRMED), entry("ani", REVIEW, reason="target_account_changed")):
        assert drafted(there, records=known).members == (("ani",) if listed else ())


def word(kind: OverrideKind) -> Actions:
    """Return what binds of Ani by a decision after the last run."""
    return Actions({"ani": Override("ani", 2, kind, "BA 1", "Ratna", NOW)})


@pytest.mark.parametrize(
    "there",
    [
        entry("ani", CONFIRMED),
        entry("ani", PLANNED, reason="awaiting_amendment"),
        entry("ani", PLANNED),
        entry("ani", REVIEW, reason="no_longer_qualifies"),
    ],
)
def test_whom_a_person_holds_is_left_out_and_stands_in_nobodys_way(there: Entry) -> None:
    assert drafted(there, done=word(OverrideKind.HOLD)) == DecreeDraft((), (), (), (), (), ())


def test_whoever_was_moved_away_while_a_run_was_under_way_is_left_out() -> None:
    there, moved = entry("ani", CONFIRMED), Actions(moves={"ani": "II"})

    assert drafted(there, done=moved).members == ()
    assert drafted(there, done=Actions(moves={"ani": "I"})).members == ("ani",)


@pytest.mark.parametrize(
    ("codes", "done", "told_since", "outdated"),
    [
        (("admitted_by_override",), word(OverrideKind.ADMIT), (), False),
        (("admitted_by_override",), NOBODY_DECIDED, (), True),
        ((), NOBODY_DECIDED, (), False),
        ((), NOBODY_DECIDED, ("ani",), True),
        ((), NOBODY_DECIDED, ("her other account",), True),
        ((), NOBODY_DECIDED, ("I",), True),
        ((), NOBODY_DECIDED, ("II", "budi", "an erased person"), False),
    ],
)
def test_whoever_would_be_judged_otherwise_by_what_was_said_after_the_last_run_stands_in_the_way(
    codes: tuple[str, ...], done: Actions, told_since: tuple[str, ...], outdated: bool
) -> None:
    decision = Decision(Outcome.NOT_YET, tuple(map(Reason, codes)), None, None, None, None)
    other = Participant("her other account", person(2), person(2).raw_key, merged_into="ani")
    known = {"ani": record("ani")._replace(decision=decision), "budi": record("budi")}
    known["her other account"] = record("her other account")._replace(participant=other)

    found = drafted(entry("ani", CONFIRMED), records=known, done=done, told_since=told_since)

    assert found.outdated == (("ani",) if outdated else ())


@pytest.mark.parametrize(("merged_into", "outdated"), [("ani", False), ("budi", True), (None, True)])
def test_whoever_was_judged_by_an_account_that_was_parted_since_stands_in_the_way(
    merged_into: str | None, outdated: bool
) -> None:
    reasons = (Reason("merged_evidence", {"account": "2"}),)
    known = {"ani": record("ani")._replace(decision=Decision(Outcome.QUALIFIED, reasons, None, None, None, None))}
    other = Participant("dua", person(2), person(2).raw_key, merged_into=merged_into)
    known["dua"] = record("dua")._replace(participant=other)

    assert drafted(entry("ani", CONFIRMED), records=known).outdated == (("ani",) if outdated else ())


def test_whoever_is_on_the_list_is_not_taken_in_again_and_stands_in_nobodys_way() -> None:
    people = (entry("ani", CONFIRMED), entry("budi", PLANNED), entry("citra", REVIEW, reason="no_longer_qualifies"))

    assert drafted(*people, listed=("ani", "budi", "citra")) == DecreeDraft(
        (), (), (), (), (), (), frozenset({"ani", "budi", "citra"})
    )


def test_whoever_holds_no_seat_there_any_more_leaves_the_list() -> None:
    people = (
        entry("ani", WITHDRAWN),
        entry("budi", PLANNED, "II"),
        entry("citra", WAITLISTED),
        entry("dewi", REVIEW, reason="clearance_unmet"),
    )

    found = drafted(*people, entry("eka", CONFIRMED), listed=("ani", "budi", "citra", "dewi", "gone"))

    assert (found.left, found.stays) == (("ani", "budi", "citra", "gone"), {"dewi"})


@pytest.mark.parametrize(
    ("known", "stale"),
    [
        (record("ani", NOW), False),
        (record("ani", NOW - timedelta(hours=FRESH_HOURS)), False),
        (record("ani", OLD), True),
        (record("ani", None), False),
        (record("ani", OLD, enrolment=Enrolment.ENDED), False),
        (record("ani", OLD, enrolment=Enrolment.SUSPENDED), True),
        (record("ani")._replace(materials_as_of=OLD), True),
        (record("ani")._replace(grade_as_of=OLD, materials_as_of=None), True),
    ],
)
def test_evidence_older_than_a_day_stands_in_the_way(known: Record, stale: bool) -> None:
    assert drafted(entry("ani", CONFIRMED), records={"ani": known}).stale == (("ani",) if stale else ())


@pytest.mark.parametrize(
    ("by_the_other", "as_of", "stale"), [(True, OLD, True), (True, NOW, False), (False, OLD, False)]
)
def test_the_other_account_by_whose_evidence_somebody_is_on_the_list_was_read_within_a_day_too(
    by_the_other: bool, as_of: datetime, stale: bool
) -> None:
    reasons = (Reason("merged_evidence", {"account": "2"}),) if by_the_other else ()
    counts = record("ani")._replace(decision=Decision(Outcome.QUALIFIED, reasons, None, None, None, None))
    second = Participant("dua", person(2), person(2).raw_key, merged_into="ani")
    other = Record(second, evidence(), None, NOW, as_of, as_of)

    found = drafted(entry("ani", CONFIRMED), records={"ani": counts, "dua": other})

    assert found.stale == (("ani",) if stale else ())


def test_the_evidence_of_whoever_waits_stands_in_nobodys_way() -> None:
    assert drafted(entry("ani", WAITLISTED), records={"ani": record("ani", OLD)}).stale == ()


def decree(version: int, angkatan: str, members: tuple[str, ...], left: tuple[str, ...] = ()) -> Finalisation:
    return Finalisation(version, angkatan, f"SK {version}", day(1).date(), "Siti", day(1), members, left)


def test_the_list_is_what_the_decrees_of_an_angkatan_add_and_take_away() -> None:
    history = (
        decree(1, "I", ("ani", "budi")),
        decree(2, "II", ("citra",)),
        decree(3, "I", ("dewi",), ("budi",)),
        decree(4, "I", ("budi",), ("ani",)),
    )

    assert on_the_list(history, {}) == {"I": {"dewi", "budi"}, "II": {"citra"}}
    assert on_the_list((), {}) == {}
    numbers = {who: (number, each.number) for who, (number, each) in taken_in(history, {})["I"].items()}
    assert numbers == {"dewi": (1, "SK 3"), "budi": (2, "SK 4")}


def test_only_admissions_admit() -> None:
    actions = Actions(
        {name: Override(name, 1, kind, "-", "Siti", NOW) for name, kind in zip("ahr", OverrideKind, strict=True)}
    )

    assert actions.admitted == {"a"}
    assert actions.held == {"h"}


# What a move makes of an entry (pindah angkatan)


@pytest.mark.parametrize(
    ("before", "state", "reason"),
    [
        (entry("ani", PLANNED), PLANNED, None),
        (entry("ani", PLANNED, reason="push_rejected"), PLANNED, None),
        (entry("ani", PLANNED, reason="awaiting_approval"), PLANNED, None),
        (entry("ani", PUSHED), PLANNED, None),
        (entry("ani", CONFIRMED), PLANNED, None),
        (entry("ani", REVIEW, reason="target_account_missing"), PLANNED, None),
        (entry("ani", REVIEW, reason="no_longer_qualifies"), REVIEW, "no_longer_qualifies"),
        (entry("ani", REVIEW, reason="clearance_unmet"), REVIEW, "clearance_unmet"),
        (entry("ani", REVIEW, None, "two_angkatan"), WAITLISTED, None),
        (entry("ani", WAITLISTED, reason="over_capacity"), WAITLISTED, None),
        (entry("ani", WITHDRAWN, reason="target_removed"), WAITLISTED, None),
    ],
)
def test_a_moved_entry_is_the_new_angkatans(before: Entry, state: EntryState, reason: str | None) -> None:
    before = before._replace(
        reached_at=day(3),
        source_user_id=7,
        admission=Admission.FILLED,
        origin=Origin.PUSHED,
        course_id=9,
        group_id=71,
        target_user_id=501,
        approved_by="Sari",
    )

    assert move_to(before, angkatan("II")) == Entry(
        "ani", state, "II", Admission.FILLED, reason, reached_at=day(3), source_user_id=7
    )


def test_whoever_moves_to_an_angkatan_without_a_course_holds_no_seat() -> None:
    assert move_to(entry("ani", CONFIRMED), angkatan("III", course=None)).state is WAITLISTED


def test_whoever_moves_into_a_closed_or_finalised_angkatan_is_a_late_comer_there() -> None:
    assert move_to(entry("ani", CONFIRMED), angkatan("II"), late=True).late
    assert not move_to(entry("ani", WAITLISTED), angkatan("II"), late=True).late


REASONS = st.sampled_from(
    [None, "push_unknown", "no_longer_qualifies", "clearance_unmet", *MENDABLE, *REASONS_HOLDING_BACK]
)


@given(st.sampled_from(EntryState), REASONS, st.sampled_from(["I", None]))
def test_a_move_takes_a_seat_from_nobody_and_gives_none_to_whoever_had_none(
    state: EntryState, reason: str | None, held_in: str | None
) -> None:
    before = Entry("ani", state, held_in, reason=reason)
    after = move_to(before, angkatan("II"))
    held = state in HOLDS_A_SEAT and held_in is not None

    if held:
        assert after.state in HOLDS_A_SEAT
    assert held or after.state not in HOLDS_A_SEAT or after.angkatan is None
    assert (after.state is REVIEW) == (state is REVIEW and reason not in MENDABLE)


@pytest.mark.parametrize(
    ("newest", "hours", "old"),
    [
        (NOW - timedelta(hours=48), None, False),
        (NOW - timedelta(hours=24), 24, False),
        (NOW - timedelta(hours=24, seconds=1), 24, True),
        (None, 24, True),
        (None, None, False),
    ],
)
def test_files_are_old_after_the_hours_that_the_programme_says(
    newest: datetime | None, hours: float | None, old: bool
) -> None:
    assert files_are_old(newest, hours, NOW) is old


def test_whose_other_account_stands_on_the_list_is_no_newcomer_and_has_not_left_it() -> None:
    merged = record("second")
    merged = merged._replace(participant=merged.participant._replace(merged_into="ani"))
    gave_way = entry("second", WITHDRAWN, reason="gave_way")

    seated, gone = (
        drafted(entry("ani", state), gave_way, listed=("second",), records={"second": merged})
        for state in (CONFIRMED, WITHDRAWN)
    )

    assert (seated.members, seated.left, seated.stays) == ((), (), {"ani"})
    assert (gone.members, gone.left, gone.stays) == ((), ("second",), frozenset())
