"""Which of the accounts that carry one NIP counts (rules 4 and 19)."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from builders import NOW

from latsar_sync.domain.decision import Decision, Outcome, Reason
from latsar_sync.domain.entry import Admission, Entry, EntryState, Origin
from latsar_sync.domain.evidence import Evidence
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.rules.entry_against_course import to_be_compared
from latsar_sync.rules.identity import (
    SITS,
    Relations,
    better,
    found_by_another,
    key_of_account,
    leaves_an_account,
    owners,
    taken_twice,
)
from latsar_sync.rules.judging import standing_of
from latsar_sync.rules.moves import begin_anew, give_way, wait_again

NIP = "199508172025042003"


def account(number: int, nip: str | None = NIP, enrolment: Enrolment = Enrolment.ACTIVE) -> Participant:
    reason = None if nip else "nip_missing"
    return Participant(f"p{number}", Person(number, f"P{number}", nip, enrolment=enrolment), nip, reason)


def seat(number: int, state: EntryState = EntryState.CONFIRMED, angkatan: str | None = "I") -> dict[str, Entry]:
    return {f"p{number}": Entry(f"p{number}", state, angkatan)}


def reasons(
    *accounts: Participant, entries: Mapping[str, Entry] | None = None, bound: Collection[str] = ()
) -> list[str | None]:
    relations = Relations(lambda: accounts, accounts, None, entries or {}, bound)
    found = [relations.of(each).nip_reason for each in accounts]
    return [reason.code if reason else None for reason in found]


def test_two_enrolled_accounts_with_one_nip_are_both_unclear() -> None:
    suspended = account(2, enrolment=Enrolment.SUSPENDED)

    assert reasons(account(1), suspended, account(3, "199001012025041001")) == ["nip_duplicate", "nip_duplicate", None]


def test_a_missing_nip_is_missing_however_many_lack_one() -> None:
    assert reasons(account(1, None), account(2, None)) == ["nip_missing", "nip_missing"]


def test_an_unusable_nip_tells_what_is_wrong_with_it_if_anything_is_known() -> None:
    none, short = account(1, None), account(2, None)._replace(nip_reason="nip_invalid", nip_detail="length")
    relations = Relations(lambda: [none, short], [], None, {})
    found = [relations.of(each).nip_reason for each in (none, short)]

    assert found == [Reason("nip_missing", {"detail": ""}), Reason("nip_invalid", {"detail": "length"})]


def test_whose_enrolment_ended_without_a_seat_stands_in_nobodys_way() -> None:
    assert reasons(account(1), account(2, enrolment=Enrolment.ENDED)) == [None, "other_account_counts"]


def test_nobody_gets_rid_of_a_hold_or_a_move_by_another_account_with_the_same_nip() -> None:
    ended = account(2, enrolment=Enrolment.ENDED)

    assert reasons(account(1), ended, bound={"p2"}) == ["nip_duplicate", "nip_duplicate"]
    assert reasons(account(1), ended, bound={"p1"}) == [None, "other_account_counts"]
    assert reasons(ended, bound={"p2"}) == [None]


def test_whose_enrolment_ended_and_who_is_alone_with_the_nip_is_judged_as_ever() -> None:
    assert reasons(account(1, enrolment=Enrolment.ENDED)) == [None]


def test_of_two_ended_enrolments_neither_is_chosen() -> None:
    ended = [account(number, enrolment=Enrolment.ENDED) for number in (1, 2)]

    assert reasons(*ended) == ["nip_duplicate", "nip_duplicate"]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (seat(2), ["nip_duplicate", "nip_duplicate"]),
        (seat(2, EntryState.PLANNED), ["nip_duplicate", "nip_duplicate"]),
        (seat(2, EntryState.WAITLISTED), [None, "other_account_counts"]),
        (seat(2, EntryState.WITHDRAWN), [None, "other_account_counts"]),
        (seat(2, EntryState.REVIEW, None), [None, "other_account_counts"]),
    ],
)
def test_an_ended_enrolment_with_a_seat_goes_on_counting(entry: Mapping[str, Entry], expected: list[str]) -> None:
    assert reasons(account(1), account(2, enrolment=Enrolment.ENDED), entries=entry) == expected


# Two accounts of one person


def decided(outcome: Outcome, score: str | None = None, hour: int | None = None) -> Decision:
    reached = None if hour is None else datetime(2026, 11, 1, hour, tzinfo=UTC)
    return Decision(outcome, score=None if score is None else Decimal(score), reached_at=reached)


def owners_of(*accounts: Participant) -> dict[str, str]:
    return owners(standing_of(Record(each, Evidence(), None, NOW)) for each in accounts)


def test_an_account_that_was_merged_into_another_shares_nothing_and_is_nobodys() -> None:
    second = account(2)._replace(merged_into="p1")

    assert reasons(account(1), second) == [None, None]
    assert Relations(lambda: [account(1), second], [], None, {}).of(account(1)).others == [second]
    assert owners_of(account(1), second) == {NIP: "p1"}


def test_a_nip_is_whose_enrolment_lasts() -> None:
    ended = account(2, enrolment=Enrolment.ENDED)

    assert owners_of(account(1), ended) == owners_of(ended, account(1)) == {NIP: "p1"}
    assert owners_of(ended, account(3, None)) == {NIP: "p2"}
    assert owners_of(account(3, None), account(4)._replace(merged_into="p1"), account(1)) == {NIP: "p1"}


@pytest.mark.parametrize(
    ("own", "other", "best"),
    [
        (decided(Outcome.NOT_YET, "40"), decided(Outcome.QUALIFIED, "80", 9), "other"),
        (decided(Outcome.QUALIFIED, "70", 9), decided(Outcome.QUALIFIED, "80", 10), "other"),
        (decided(Outcome.QUALIFIED, "80", 9), decided(Outcome.QUALIFIED, "80", 8), "own"),
        (decided(Outcome.NOT_YET, "60"), decided(Outcome.UNDETERMINED), "other"),
        (decided(Outcome.NOT_YET), decided(Outcome.NOT_YET, "0"), "other"),
        (decided(Outcome.NOT_YET, "0"), decided(Outcome.NOT_YET, "0.5"), "other"),
        (decided(Outcome.UNDETERMINED, "90"), decided(Outcome.NOT_YET, "95"), "own"),
    ],
)
def test_the_better_of_two_accounts_decides_about_the_person(own: Decision, other: Decision, best: str) -> None:
    found = better(own, [(41, other)])

    chosen = own if best == "own" else other
    assert (found.outcome, found.score) == (chosen.outcome, chosen.score)
    said = [(reason.code, dict(reason.values)) for reason in found.reasons]
    assert said == ([] if best == "own" else [("merged_evidence", {"account": "41"})])


def test_the_limit_was_reached_when_the_first_of_the_best_accounts_reached_it() -> None:
    found = better(decided(Outcome.QUALIFIED, "70", 7), [(41, decided(Outcome.QUALIFIED, "80", 9))])
    late = better(decided(Outcome.NOT_YET, "70", 7), [(41, decided(Outcome.QUALIFIED, "80", 9))])

    assert found.reached_at == datetime(2026, 11, 1, 7, tzinfo=UTC)
    assert late.reached_at == datetime(2026, 11, 1, 9, tzinfo=UTC)


# What becomes of an entry


def entry(state: EntryState, reason: str | None = None, user_id: int | None = 7, **more: Any) -> Entry:
    origin = Origin.SENT if state in SITS else more.pop("origin", None)
    return Entry(
        "p1", state, "I", reason=reason, origin=origin, site="kelas", course_id=3, target_user_id=user_id, **more
    )


def test_whoever_sits_is_compared_anew_and_nobody_else() -> None:
    assert to_be_compared(entry(EntryState.CONFIRMED)).reason == "nip_changed"
    assert to_be_compared(entry(EntryState.PUSHED)).reason == "nip_changed"
    for state in (EntryState.PLANNED, EntryState.WAITLISTED, EntryState.WITHDRAWN, EntryState.REVIEW):
        assert to_be_compared(entry(state)) == entry(state)
    seen_and_waiting = entry(EntryState.WAITLISTED, origin=Origin.FOUND)
    never_seen = entry(EntryState.CONFIRMED)._replace(origin=None)
    assert to_be_compared(seen_and_waiting) == seen_and_waiting
    assert to_be_compared(never_seen) == never_seen


def test_a_seat_is_kept_when_another_account_is_sent_and_a_review_for_a_person_stays() -> None:
    reached = datetime(2026, 11, 1, 7, tzinfo=UTC)
    kept = {"order_id": 5, "late": True, "admission": Admission.OVERRIDE, "reached_at": reached, "approved_by": "Siti"}
    anew = begin_anew(entry(EntryState.CONFIRMED, **kept))

    assert anew == Entry("p1", EntryState.PLANNED, "I", **kept)  # type: ignore[arg-type]
    assert (anew.state, anew.angkatan, anew.target_user_id, anew.origin) == (EntryState.PLANNED, "I", None, None)
    assert (anew.order_id, anew.late) == (5, True)
    assert begin_anew(entry(EntryState.REVIEW, "target_account_changed")).state is EntryState.PLANNED
    for stays in (
        entry(EntryState.REVIEW, "no_longer_qualifies"),
        entry(EntryState.REVIEW, "no_angkatan"),
        entry(EntryState.WAITLISTED),
        entry(EntryState.WITHDRAWN),
    ):
        assert begin_anew(stays) == stays


def test_a_merged_account_gives_its_place_up_and_waits_again_when_parted() -> None:
    gone = give_way(entry(EntryState.CONFIRMED, order_id=5))

    assert (gone.state, gone.reason) == (EntryState.WITHDRAWN, "gave_way")
    assert (wait_again(gone).state, wait_again(gone).reason, wait_again(gone).order_id) == (
        EntryState.WAITLISTED,
        None,
        5,
    )
    assert wait_again(gone._replace(group_id=31)).group_id == 31  # who was taken out of it meanwhile is not put back
    assert wait_again(entry(EntryState.CONFIRMED)) == entry(EntryState.CONFIRMED)


def test_an_account_is_left_when_somebody_in_class_is_followed_by_it_no_more() -> None:
    sits = entry(EntryState.CONFIRMED)

    assert leaves_an_account(sits, sits._replace(target_user_id=8))
    assert leaves_an_account(sits, give_way(sits))
    assert not leaves_an_account(sits, sits)
    assert not leaves_an_account(sits, sits._replace(angkatan="II", target_user_id=None))
    assert not leaves_an_account(entry(EntryState.WITHDRAWN, origin=Origin.FOUND), entry(EntryState.PLANNED, user_id=8))
    assert not leaves_an_account(entry(EntryState.PLANNED), entry(EntryState.PLANNED, user_id=8))
    assert not leaves_an_account(entry(EntryState.PUSHED, user_id=None), entry(EntryState.PUSHED, user_id=8))
    assert found_by_another(sits, sits._replace(target_user_id=8))
    assert not found_by_another(sits, sits._replace(target_user_id=None))
    assert not found_by_another(sits, sits._replace(course_id=4, target_user_id=8))


def holder(number: int, state: EntryState = EntryState.PLANNED, user_id: int = 7, site: str = "kelas") -> Entry:
    return Entry(f"p{number}", state, "I", order_id=number, site=site, target_user_id=user_id)


def test_an_account_is_one_participants_alone() -> None:
    three = [holder(3), holder(1), holder(2)]

    assert taken_twice(three, {}, ()) == ["p2", "p3"]
    assert taken_twice(three[:2], {}, ()) == ["p3"]
    assert taken_twice(three, {"p3": holder(3, EntryState.CONFIRMED)}, ()) == ["p1", "p2"]
    assert taken_twice(three, {"p3": holder(3, EntryState.CONFIRMED)}, ("p2",)) == ["p3", "p1"]
    assert taken_twice(three, {"p3": holder(3, EntryState.CONFIRMED, 8), "p2": holder(2)}, ()) == ["p2", "p3"]


def test_the_same_number_elsewhere_is_another_account_and_who_does_not_sit_takes_none() -> None:
    others = [
        holder(2, user_id=8),
        holder(3, site="lain"),
        holder(4, EntryState.REVIEW),
        holder(5)._replace(target_user_id=None),
    ]

    assert taken_twice([holder(1), *others], {}, ()) == []
    assert taken_twice([holder(1), *others, holder(6)], {}, ()) == ["p6"]


def test_the_key_of_a_chosen_account_is_no_nip_and_comes_before_each() -> None:
    assert key_of_account(7) == "#7"
    assert key_of_account(7) < "0"
