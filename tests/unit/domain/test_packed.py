"""What is held of many people comes back as it was put in, in the order and by the ids that plain values would have."""

from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from latsar_sync.domain import many_people, packed, packs
from latsar_sync.domain.decision import Gate, Outcome, Standing
from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.domain.evidence import Grade, GradeStatus, Materials
from latsar_sync.domain.in_class import AccountInClass
from latsar_sync.domain.packed_by_id import ById
from latsar_sync.domain.packed_ids import INTERNAL, NIPS, Ids, Spelling
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.store.participants import numbered_ids

AT = datetime(2026, 11, 29, 12, 0, 0, 123456, tzinfo=UTC)
PEOPLE = (
    Person(7, "Ani", "199503172025041001", ("Angkatan I",), "BKD", Enrolment.ACTIVE, "ani@example.org", "Barat"),
    Person(3, "Budi", None),
    Person(5, "Citra", " 1995 0317 ", ("Angkatan I", "Angkatan II"), enrolment=Enrolment.SUSPENDED),
)
ENTRIES = {
    each.participant_id: each
    for each in (
        Entry("b" * 32, EntryState.PLANNED, "I", reached_at=AT, source_user_id=7),
        Entry("a" * 32, EntryState.CONFIRMED, "II", origin=Origin.FOUND, site="kelas", course_id=9, target_user_id=501),
        Entry("c" * 32, EntryState.REVIEW, None, reason="no_angkatan", late=True),
    )
}


@pytest.fixture(params=[1, 1_000], ids=["packed", "plain"], autouse=True)
def many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold packed from one person on, two in a pack, or from a thousand on: nobody notices."""
    monkeypatch.setattr(packed, "MANY", request.param)
    monkeypatch.setattr(packs, "TOGETHER", 2)
    monkeypatch.setattr(packs, "IN_HAND", 1)


def entries() -> MutableMapping[str, Entry]:
    ids = many_people.ids_of(len(ENTRIES))
    for each in ENTRIES:
        ids.setdefault(each, each)
    held = many_people.by_id(Entry, ids)
    held.update(ENTRIES)
    return held


def test_people_come_in_their_order_and_are_found_by_user_id() -> None:
    held = many_people.pack_people(PEOPLE, len(PEOPLE))

    assert (tuple(held), len(held), held[1], held[-1], tuple(held[:2])) == (PEOPLE, 3, PEOPLE[1], PEOPLE[2], PEOPLE[:2])
    large = [PEOPLE[0], PEOPLE[1]._replace(user_id=2**40), PEOPLE[2]._replace(user_id=-5)]
    by_large = many_people.by_user_id(many_people.pack_people(large, len(large)))
    assert (list(by_large.items()), 2**40 in by_large) == ([(each.user_id, each) for each in large], True)
    by_user_id = many_people.by_user_id(held)
    assert list(by_user_id.items()) == [(person.user_id, person) for person in PEOPLE]
    assert [by_user_id[person.user_id] for person in reversed(PEOPLE)] == list(reversed(PEOPLE))
    assert (3 in by_user_id, 4 in by_user_id, 99 in by_user_id, "3" in by_user_id) == (True, False, False, False)
    with pytest.raises(KeyError):
        by_user_id[4]


def test_grades_and_materials_come_back_with_what_was_not_read() -> None:
    grades = {
        2: Grade(GradeStatus.GRADED, Decimal("69.99999"), Decimal("0.00000"), Decimal("100.00000"), True, AT),
        3: Grade(GradeStatus.NO_GRADE),
    }
    materials = {2: Materials(3, (1,), (2,)), 3: None}

    assert dict(many_people.pack_grades(grades.items(), 2)) == grades
    assert str(many_people.pack_grades(grades.items(), 2)[2].raw) == "69.99999"
    assert dict(many_people.pack_materials(materials.items(), 2)) == materials


def test_standings_come_back_by_id_and_tell_one_field() -> None:
    standing = Standing(
        "a" * 32, 7, "199503172025041001", ("I",), False, True, Outcome.NOT_YET, AT, Decimal(1), frozenset({Gate.MOOC})
    )
    long = standing._replace(participant_id="b" * 32, name="Ani " * 500)
    others = {
        who * 32: standing._replace(participant_id=who * 32, nip=nip)
        for who, nip in zip("cdefg", (None, "000000000000000001", "99", "-1", "99"), strict=True)
    }
    held = many_people.by_id(Standing, {"a" * 32: "a" * 32}, 1)
    held.update({"a" * 32: standing, "b" * 32: long, **others})

    assert dict(held) == {"a" * 32: standing, "b" * 32: long, **others}
    told = [many_people.field_of(held, who, "nip") for who in held]
    assert told == [each.nip for each in (standing, long, *others.values())]
    assert many_people.field_of(held, standing.participant_id, "outcome") is Outcome.NOT_YET
    assert many_people.field_of(held, long.participant_id, "name") == long.name
    with pytest.raises(KeyError):
        many_people.field_of(held, "x" * 32, "nip")


def test_entries_are_a_mapping_like_any_other() -> None:
    held = entries()

    assert dict(held) == ENTRIES
    assert list(held) == list(ENTRIES)
    assert list(held.items()) == list(ENTRIES.items())
    assert (list(held.values()), len(held.values())) == (list(ENTRIES.values()), 3)
    assert list(held.values()) == list(held.values())
    del held["a" * 32]
    assert (len(held), "a" * 32 in held, held.get("a" * 32), list(held)) == (2, False, None, ["b" * 32, "c" * 32])
    for gone in ("a" * 32, "x" * 32):
        with pytest.raises(KeyError):
            del held[gone]
        with pytest.raises(KeyError):
            held[gone]


def test_a_changed_mapping_leaves_the_other_as_it_was_and_tells_what_differs() -> None:
    held, anew = entries(), Entry("d" * 32, EntryState.PLANNED, "I")
    moved = ENTRIES["b" * 32]._replace(state=EntryState.PUSHED)

    now = many_people.changed(held, {"b" * 32: moved, "a" * 32: ENTRIES["a" * 32], "d" * 32: anew})

    assert dict(held) == ENTRIES
    assert dict(now) == {**ENTRIES, "b" * 32: moved, "d" * 32: anew}
    assert list(many_people.differing(held, now)) == [(ENTRIES["b" * 32], moved), (None, anew)]
    assert list(many_people.differing({}, held)) == [(None, each) for each in ENTRIES.values()]
    assert list(many_people.differing(entries(), held)) == []
    put_again = many_people.changed(held, ENTRIES)
    assert list(many_people.differing(held, put_again)) == []
    others = many_people.none_yet(held)
    assert (len(others), type(others)) == (0, type(held))
    others.update({"b" * 32: moved, "d" * 32: anew})
    assert dict(many_people.changed(held, others)) == dict(now)
    assert (dict(held), dict(others)) == (ENTRIES, {"b" * 32: moved, "d" * 32: anew})


def test_what_was_known_plain_is_held_as_the_people_are() -> None:
    held = entries()

    as_held: Mapping[str, Entry] = many_people.packed_like(held, dict(ENTRIES), Entry)

    assert (dict(as_held), type(as_held)) == (ENTRIES, type(held))
    assert many_people.packed_like(as_held, held, Entry) is held


def test_ids_are_found_by_other_texts() -> None:
    found = many_people.ids_like(entries())
    found["199503172025041001"] = "a" * 32
    found["#501"] = "b" * 32
    found["199503172025041001"] = "c" * 32
    found["gone"] = "d" * 32
    del found["gone"]

    assert dict(found) == {"199503172025041001": "c" * 32, "#501": "b" * 32}
    assert (len(found), found.get("gone"), found.get("nobody")) == (2, None, None)


@pytest.mark.parametrize("spelling", [INTERNAL, NIPS], ids=["ids", "nips"])
def test_thousands_of_ids_are_told_apart_however_they_are_spelled(spelling: Spelling) -> None:
    letters, new_id = str.maketrans("0123456789abcdef", "abcdefghijklmnop"), numbered_ids(AT)
    texts = [f"{number:032x}".translate(letters) for number in range(1_000)] + [new_id(each) for each in range(1_000)]
    texts += [f"{number:032x}" for number in range(980)]  # of an older version, or of anybody
    texts += ["", "x", "A" * 32, "a" * 33, "a" * 31, "á" * 32, "á" * 16, "p" * 32, "pp" + "a" * 30, "1" * 18, " " * 32]
    texts += ["\ud800" * 32, "pppppppa", "pppp" + "a" * 28, "a" * 18, "0" * 18, "#501", "-", "a\0", "x" * 400]
    ids = Ids(spelling=spelling)
    positions = [ids.add(each) for each in texts]

    assert positions == list(range(3_000))
    assert [ids.add(each) for each in texts] == positions
    assert (ids.position_of(texts[7]), ids.add(texts[7])) == (7, 7)
    assert list(ids) == texts
    assert [ids.position_of(each) for each in texts] == positions
    assert (ids.position_of("f" * 32), ids.position_of(7), ids.position_of("b" * 32), ids.position_of("y")) == (
        -1,
        -1,
        -1,
        -1,
    )
    assert (ids.get("x", "x"), ids.add("y")) == ("x", 3_000)


def test_a_group_keeps_the_entries_as_they_were_when_it_was_made() -> None:
    held = ById(many_people._ENTRY, Ids())
    held.update(ENTRIES)
    groups = held.grouped("angkatan")
    held["b" * 32] = ENTRIES["b" * 32]._replace(angkatan="II")

    assert {key: list(group) for key, group in groups.items()} == {each.angkatan: [each] for each in ENTRIES.values()}
    assert [len(group) for group in groups.values()] == [1, 1, 1]
    both = held.grouped("angkatan")["II"]
    assert ([each.participant_id for each in both], len(both)) == (["b" * 32, "a" * 32], 2)


ACCOUNTS = {
    "199503172025041001": (AccountInClass(501),),
    "199503172025041002": (AccountInClass(502, suspended=True), AccountInClass(503, account_confirmed=False)),
    "199503172025041003": (),
}


def test_accounts_come_back_by_the_nip_that_they_carry() -> None:
    held = many_people.accounts_like(entries())
    held.update(ACCOUNTS)

    assert dict(held) == ACCOUNTS


def test_some_of_the_accounts_may_be_changed_without_the_others() -> None:
    one, several, none = ACCOUNTS
    held = many_people.accounts_like(entries())
    held.update(ACCOUNTS)
    some = many_people.some_of(held, (none, one))
    some[none] += (AccountInClass(504),)
    some["#505"] = (AccountInClass(505),)
    some["#506"] = ()

    assert dict(some) == {one: ACCOUNTS[one], none: (AccountInClass(504),), "#505": (AccountInClass(505),), "#506": ()}
    assert (len(some), several in some, some.get(several)) == (4, False, None)
    for gone in (none, "#505"):
        del some[gone]
    assert dict(some) == {one: ACCOUNTS[one], "#506": ()}
    for gone in (none, several):
        with pytest.raises(KeyError):
            del some[gone]
    assert dict(held) == ACCOUNTS


def test_what_many_share_is_told_without_the_rest() -> None:
    told = many_people.fields(entries(), "state", "angkatan")
    assert list(told) == [(each.state, each.angkatan) for each in ENTRIES.values()]


def test_a_value_is_there_or_something_else_is_given() -> None:
    by_user_id = many_people.by_user_id(many_people.pack_people(PEOPLE, len(PEOPLE)))

    assert (by_user_id.get(3), by_user_id.get(4), by_user_id.get(5)) == (PEOPLE[1], None, PEOPLE[2])
    assert (entries().get("b" * 32), entries().get("d" * 32)) == (ENTRIES["b" * 32], None)


def test_ids_stand_in_an_order_of_their_own() -> None:
    held = entries()
    waiting = many_people.no_ids_yet(held)
    for who in ("c" * 32, "b" * 32):
        waiting.append(who)

    assert (list(waiting), waiting[1]) == (["c" * 32, "b" * 32], "b" * 32)
    assert list(held) == list(ENTRIES)


def test_numbers_that_come_twice_are_found() -> None:
    assert many_people.twice([5, -7, 10**18, 5, 21, -7, 5]) == {5, -7}
