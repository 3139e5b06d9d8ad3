"""Whose an account is on the in-class site, and who leaves one that two are to be seen by (rule 19)."""

from builders import NOW

from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.domain.evidence import Evidence
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.rules.merged_entries import give_way
from latsar_sync.rules.records_after_reading import standing_of
from latsar_sync.rules.whose_account_in_class import (
    found_by_another,
    is_chosen,
    key_of_account,
    leaves_an_account,
    owners,
    taken_twice,
)

NIP = "199508172025042003"


def account(number: int, nip: str | None = NIP, enrolment: Enrolment = Enrolment.ACTIVE) -> Participant:
    return Participant(f"p{number}", Person(number, f"P{number}", nip, enrolment=enrolment), nip)


def entry(state: EntryState, origin: Origin | None = None, user_id: int | None = 7) -> Entry:
    return Entry("p1", state, "I", origin=origin, site="kelas", course_id=3, target_user_id=user_id)


def owners_of(*accounts: Participant, seated: tuple[str, ...] = ()) -> dict[str, str]:
    standings = (standing_of(Record(each, Evidence(), None, NOW)) for each in accounts)
    return dict(owners(standings, None, {who: Entry(who, EntryState.CONFIRMED, "I") for who in seated}))


def test_a_nip_is_whose_enrolment_lasts() -> None:
    ended = account(2, enrolment=Enrolment.ENDED)

    assert owners_of(account(1), ended) == owners_of(ended, account(1)) == {NIP: "p1"}
    assert owners_of(account(1), account(2)._replace(merged_into="p1")) == {NIP: "p1"}
    assert owners_of(ended, account(3, None)) == {NIP: "p2"}
    assert owners_of(account(3, None), account(4)._replace(merged_into="p1"), account(1)) == {NIP: "p1"}


def test_a_nip_that_several_carry_is_whose_seat_it_is_whoever_else_is_enrolled() -> None:
    ended = account(2, enrolment=Enrolment.ENDED)

    assert owners_of(account(1), ended, seated=("p2",)) == owners_of(ended, account(1), seated=("p2",)) == {NIP: "p2"}
    assert owners_of(account(1), account(3), seated=("p1",)) == {NIP: "p1"}
    assert owners_of(account(1), account(3), seated=("p1", "p3")) == owners_of(account(1), account(3)) == {NIP: "p3"}


def test_an_account_is_left_when_somebody_in_class_is_followed_by_it_no_more() -> None:
    sits = entry(EntryState.CONFIRMED, Origin.PUSHED)

    assert leaves_an_account(sits, sits._replace(target_user_id=8))
    assert leaves_an_account(sits, give_way(sits))
    assert not leaves_an_account(sits, sits)
    assert not leaves_an_account(sits, sits._replace(angkatan="II", target_user_id=None))
    assert not leaves_an_account(entry(EntryState.WITHDRAWN, Origin.FOUND), entry(EntryState.PLANNED, user_id=8))
    assert not leaves_an_account(entry(EntryState.PLANNED), entry(EntryState.PLANNED, user_id=8))
    assert not leaves_an_account(
        entry(EntryState.PUSHED, Origin.PUSHED, None), entry(EntryState.PUSHED, Origin.PUSHED, 8)
    )
    assert found_by_another(sits, sits._replace(target_user_id=8))
    assert not found_by_another(sits, sits._replace(target_user_id=None))
    assert not found_by_another(sits, sits._replace(course_id=4, target_user_id=8))


def holder(number: int, state: EntryState = EntryState.PLANNED, user_id: int = 7, site: str = "kelas") -> Entry:
    return Entry(f"p{number}", state, "I", source_user_id=number, site=site, target_user_id=user_id)


def test_an_account_is_one_participants_alone() -> None:
    three = [holder(3), holder(1), holder(2)]

    assert taken_twice(three, {}, {}) == ["p2", "p3"]
    assert taken_twice(three[:2], {}, {}) == ["p3"]
    assert taken_twice(three, {"p3": holder(3, EntryState.CONFIRMED)}, {}) == ["p1", "p2"]
    chosen = {"p2": ("kelas", 7), "p1": ("lain", 7)}
    assert taken_twice(three, {"p3": holder(3, EntryState.CONFIRMED)}, chosen) == ["p3", "p1"]
    assert taken_twice(three, {"p3": holder(3, EntryState.CONFIRMED, 8), "p2": holder(2)}, {}) == ["p2", "p3"]


def test_the_same_number_elsewhere_is_another_account_and_who_does_not_sit_takes_none() -> None:
    others = [
        holder(2, user_id=8),
        holder(3, site="lain"),
        holder(4, EntryState.REVIEW),
        holder(5)._replace(target_user_id=None),
    ]

    assert taken_twice([holder(1), *others], {}, {}) == []
    assert taken_twice([holder(1), *others, holder(6)], {}, {}) == ["p6"]


def test_the_key_of_a_chosen_account_is_no_nip_and_comes_before_each() -> None:
    assert key_of_account("kelas", 7) != key_of_account("lain", 7)
    assert key_of_account("kelas", 7) < "0"
    assert is_chosen(key_of_account("kelas", 7))
    assert not is_chosen(NIP)
