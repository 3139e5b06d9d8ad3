"""Which of the accounts that carry one NIP counts (rules 4 and 19)."""

from collections.abc import Mapping

import pytest

from latsar_sync.identity import sharing
from latsar_sync.model import Enrolment, Entry, EntryState, Participant, Person

NIP = "199508172025042003"


def account(number: int, nip: str | None = NIP, enrolment: Enrolment = Enrolment.ACTIVE) -> Participant:
    reason = None if nip else "nip_missing"
    return Participant(f"p{number}", Person(number, f"P{number}", nip, enrolment=enrolment), nip, reason)


def seat(number: int, state: EntryState = EntryState.CONFIRMED, angkatan: str | None = "I") -> dict[str, Entry]:
    return {f"p{number}": Entry(f"p{number}", state, angkatan)}


def reasons(*accounts: Participant, entries: Mapping[str, Entry] | None = None) -> list[str | None]:
    shared = sharing(accounts, entries or {})
    found = [shared.reason(each, entries or {}) for each in accounts]
    return [reason.code if reason else None for reason in found]


def test_two_enrolled_accounts_with_one_nip_are_both_unclear() -> None:
    suspended = account(2, enrolment=Enrolment.SUSPENDED)

    assert reasons(account(1), suspended, account(3, "199001012025041001")) == ["nip_duplicate", "nip_duplicate", None]


def test_a_missing_nip_is_missing_however_many_lack_one() -> None:
    assert reasons(account(1, None), account(2, None)) == ["nip_missing", "nip_missing"]


def test_whose_enrolment_ended_without_a_seat_stands_in_nobodys_way() -> None:
    assert reasons(account(1), account(2, enrolment=Enrolment.ENDED)) == [None, "other_account_counts"]


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
