"""Which of the accounts that carry one NIP counts (rules 4 and 19)."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from latsar_sync.domain.decision import Decision, Outcome, Reason
from latsar_sync.domain.entry import Admission, Entry, EntryState, Origin
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.rules.entry_against_course import to_be_compared
from latsar_sync.rules.merged_entries import give_way, wait_again
from latsar_sync.rules.mooc_accounts_of_one_nip import AllAccounts, better
from latsar_sync.rules.moves import begin_anew

NIP = "199508172025042003"


def account(number: int, nip: str | None = NIP, enrolment: Enrolment = Enrolment.ACTIVE) -> Participant:
    reason = None if nip else "nip_missing"
    return Participant(f"p{number}", Person(number, f"P{number}", nip, enrolment=enrolment), nip, reason)


def seat(number: int, state: EntryState = EntryState.CONFIRMED, angkatan: str | None = "I") -> dict[str, Entry]:
    return {f"p{number}": Entry(f"p{number}", state, angkatan)}


def reasons(
    *accounts: Participant, entries: Mapping[str, Entry] | None = None, bound: Collection[str] = ()
) -> list[str | None]:
    all_accounts = AllAccounts(lambda: accounts, accounts, None, entries or {}, bound)
    found = [all_accounts.about(each).nip_reason for each in accounts]
    return [reason.code if reason else None for reason in found]


def test_two_enrolled_accounts_with_one_nip_are_both_unclear() -> None:
    suspended = account(2, enrolment=Enrolment.SUSPENDED)

    assert reasons(account(1), suspended, account(3, "199001012025041001")) == ["nip_duplicate", "nip_duplicate", None]


def test_a_missing_nip_is_missing_however_many_lack_one() -> None:
    assert reasons(account(1, None), account(2, None)) == ["nip_missing", "nip_missing"]


def test_an_unusable_nip_tells_what_is_wrong_with_it_if_anything_is_known() -> None:
    none, short = account(1, None), account(2, None)._replace(nip_reason="nip_invalid", nip_detail="length")
    all_accounts = AllAccounts(lambda: [none, short], [], None, {})
    found = [all_accounts.about(each).nip_reason for each in (none, short)]

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


def test_beside_a_merge_and_somebody_new_everybody_else_is_merged_into_nobody() -> None:
    """Who is new has no internal id yet while all accounts are compared."""
    second, new = account(2)._replace(merged_into="p1"), account(4)._replace(id="")
    everybody = [account(1), second, account(3), new]

    accounts = AllAccounts(lambda: everybody, [], None, {})

    into = [accounts.about(each).merged_into for each in (*everybody[:3], new._replace(id="p4"))]
    assert into == [None, account(1).person.user_id, None, None]


def test_an_account_that_was_merged_into_another_shares_nothing() -> None:
    second = account(2)._replace(merged_into="p1")

    assert reasons(account(1), second) == [None, None]
    assert reasons(account(1), account(3, enrolment=Enrolment.ENDED), second) == [None, "other_account_counts", None]
    assert AllAccounts(lambda: [account(1), second], [], None, {}).about(account(1)).merged == [second]


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
    origin = Origin.PUSHED if state in (EntryState.PUSHED, EntryState.CONFIRMED) else more.pop("origin", None)
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
    kept = {
        "source_user_id": 5,
        "late": True,
        "admission": Admission.OVERRIDE,
        "reached_at": reached,
        "approved_by": "Siti",
    }
    anew = begin_anew(entry(EntryState.CONFIRMED, **kept))

    assert anew == Entry("p1", EntryState.PLANNED, "I", **kept)  # type: ignore[arg-type]
    assert (anew.state, anew.angkatan, anew.target_user_id, anew.origin) == (EntryState.PLANNED, "I", None, None)
    assert (anew.source_user_id, anew.late) == (5, True)
    assert begin_anew(entry(EntryState.REVIEW, "target_account_changed")).state is EntryState.PLANNED
    for stays in (
        entry(EntryState.REVIEW, "no_longer_qualifies"),
        entry(EntryState.REVIEW, "no_angkatan"),
        entry(EntryState.WAITLISTED),
        entry(EntryState.WITHDRAWN),
    ):
        assert begin_anew(stays) == stays


def test_a_merged_account_gives_its_place_up_and_waits_again_when_parted() -> None:
    gone = give_way(entry(EntryState.CONFIRMED, source_user_id=5))

    assert (gone.state, gone.reason) == (EntryState.WITHDRAWN, "gave_way")
    assert (wait_again(gone).state, wait_again(gone).reason, wait_again(gone).source_user_id) == (
        EntryState.WAITLISTED,
        None,
        5,
    )
    assert wait_again(gone._replace(group_id=31)).group_id == 31  # who was taken out of it meanwhile is not put back
    assert wait_again(entry(EntryState.CONFIRMED)) == entry(EntryState.CONFIRMED)
