"""What a list of people would change in what is known, nothing written. Pure.

A file is taken whole or not at all: with one rejected row nothing of it may be recorded.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from latsar_sync.domain.evidence import Evidence, Grade, GradeStatus
from latsar_sync.domain.nip import may_be_mistyped
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.domain.spelling import bare_name, names_differ
from latsar_sync.files.angkatan_cells import read_angkatan, read_place
from latsar_sync.files.cells import Cell, CellRefused, encoded_once, text_of
from latsar_sync.files.checking import Rows, Sheet
from latsar_sync.files.clearances import NewClearance
from latsar_sync.rules.imported_list import under_another_nip

LONGEST_NAME = 200
USUAL_AGES = range(18, 41)
EMAIL = re.compile(r"[^@\s,;<>\"()]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class PersonChange:
    """Somebody whom a list changes: ``before`` None is new; ``what`` names the columns that differ.

    ``line`` is where they stand in the file, None for whoever is missing from it.
    """

    record: Record
    before: Record | None
    what: tuple[str, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True)
class PeopleComparison:
    """What a list of participants would change; ``ended`` are those who are not in it any more."""

    new: tuple[PersonChange, ...] = ()
    changed: tuple[PersonChange, ...] = ()
    ended: tuple[PersonChange, ...] = ()
    unchanged: int = 0


def take_people(
    sheet: Sheet, rows: Rows, known: Mapping[int, Record], last_number: int, whole: bool, new_id: Callable[[], str]
) -> PeopleComparison:
    """Check a list of participants against those known; ``whole`` ends whoever is not in it.

    ``last_number`` is the greatest number that was ever given to somebody on the list.
    """
    by_nip = {record.participant.nip: record for record in known.values()}
    number = last_number
    new, changed, unchanged, listed = [], [], 0, set[str]()
    alike: dict[str, list[tuple[int, str]]] = {}
    for line, cells, nip in sheet.people(rows, ("nip", "name")):
        told = _told(sheet, line, cells)
        if nip is None:
            continue
        _warn_of_age(sheet, line, nip)
        _warn_of_near_nip(sheet, line, nip, alike.setdefault(bare_name(told.name), []))
        listed.add(nip)
        before = by_nip.get(nip)
        if before is None:
            number += 1
            new.append(PersonChange(_newcomer(number, nip, told, new_id(), sheet.reader.now), None, line=line))
            continue
        was = before.participant.person
        person = _as_listed(sheet, was, told)
        what = _differences(was, person)
        if what:
            changed.append(PersonChange(_with_person(before, person), before, what, line))
        else:
            unchanged += 1
    _warn_of_other_names(sheet, changed, known.values())
    gone = [
        PersonChange(_with_person(record, record.participant.person._replace(enrolment=Enrolment.ENDED)), record)
        for record in known.values()
        if whole and record.participant.nip not in listed and record.participant.person.enrolment is Enrolment.ACTIVE
    ]
    missing = [each.record.participant for each in gone]
    missing += [each.participant for each in known.values() if _ended_before(each.participant, listed)]
    lines = {each.record.participant.id: each.line or 0 for each in new}
    for participant, _ in under_another_nip(missing, (each.record.participant for each in new)):
        sheet.warn(lines[participant.id], "nip", "another_nip")
    return PeopleComparison(tuple(new), tuple(changed), tuple(gone), unchanged)


class _Told(NamedTuple):
    """What a line tells of somebody beside the NIP."""

    name: str
    institution: str
    email: str
    place: str
    groups: tuple[str, ...]


def _told(sheet: Sheet, line: int, cells: Sequence[Cell]) -> _Told:
    name = sheet.take(line, cells, "name", _name) or ""
    institution = sheet.take(line, cells, "institution", text_of) or ""
    _warn_of_encoding(sheet, line, cells)
    email = _email(sheet, line, cells)
    place = sheet.take(line, cells, "place", lambda cell: read_place(cell, sheet.reader.places)) or ""
    angkatan = _angkatan(sheet, line, cells)
    return _Told(name, institution, email, place, (angkatan,) if angkatan else ())


def _newcomer(number: int, nip: str, told: _Told, participant_id: str, now: datetime) -> Record:
    person = Person(number, told.name, nip, told.groups, told.institution, email=told.email, place=told.place)
    evidence = Evidence(Grade(GradeStatus.SCORE_NOT_IMPORTED))
    return Record(Participant(participant_id, person, nip), evidence, None, now, evidence_version=1)


def _as_listed(sheet: Sheet, was: Person, told: _Told) -> Person:
    """Return somebody known as the list has them now; what it has no column for stays."""
    columns = sheet.header.columns
    return was._replace(
        name=told.name,
        institution=told.institution if "institution" in columns else was.institution,
        groups=told.groups if sheet.reader.placed_by_file else was.groups,
        enrolment=Enrolment.ACTIVE,
        email=told.email if "email" in columns else was.email,
        place=told.place if "place" in columns else was.place,
    )


def _ended_before(participant: Participant, listed: Collection[str]) -> bool:
    ended = participant.person.enrolment is Enrolment.ENDED and participant.merged_into is None
    return ended and participant.nip not in listed


def _with_person(record: Record, person: Person) -> Record:
    return record._replace(participant=record.participant._replace(person=person))


def _differences(was: Person, now: Person) -> tuple[str, ...]:
    told = (
        ("name", was.name, now.name),
        ("institution", was.institution, now.institution),
        ("email", was.email, now.email),
        ("place", was.place, now.place),
        ("angkatan", was.groups, now.groups),
        ("enrolment", was.enrolment, now.enrolment),
    )
    return tuple(what for what, before, after in told if before != after)


def _name(cell: Cell) -> str:
    name = text_of(cell)
    if not name:
        raise CellRefused("name_missing")
    if len(name) > LONGEST_NAME or not any(map(str.isalpha, name)):
        raise CellRefused("name_unreadable")
    return name


def _email(sheet: Sheet, line: int, cells: Sequence[Cell]) -> str:
    """Return the e-mail address in small letters; what is none is left out, since nobody is judged by it."""
    written = (sheet.take(line, cells, "email", text_of) or "").removeprefix("mailto:").casefold()
    if written and not EMAIL.fullmatch(written):
        sheet.warn(line, "email", "email_unusable")
        return ""
    return written


def _angkatan(sheet: Sheet, line: int, cells: Sequence[Cell]) -> str | None:
    if not sheet.reader.placed_by_file:
        return None
    refused = len(sheet.rejected)
    found = sheet.take(line, cells, "angkatan", lambda cell: read_angkatan(cell, sheet.reader.angkatan))
    if found is None and len(sheet.rejected) == refused:
        sheet.warn(line, "angkatan", "no_angkatan")
    return found


def _warn_of_encoding(sheet: Sheet, line: int, cells: Sequence[Cell]) -> None:
    """Tell of texts that a program took for another encoding than they had, as in Nurâ€™aini for Nur’aini."""
    for column in ("name", "institution"):
        text = str(sheet.header.cell(cells, column) or "")
        meant = encoded_once(text)
        if meant != text:
            sheet.warn(line, column, "encoded_twice", shown=text, meant=meant)


def _warn_of_age(sheet: Sheet, line: int, nip: str) -> None:
    """Age when appointed is not judged, only shown."""
    months = (int(nip[8:12]) - int(nip[:4])) * 12 + int(nip[12:14]) - int(nip[4:6])
    if months // 12 not in USUAL_AGES:
        sheet.warn(line, "nip", "age_unusual", age=str(months // 12))


def _warn_of_other_names(sheet: Sheet, changed: Iterable[PersonChange], known: Iterable[Record]) -> None:
    """Tell of NIPs beside which clearly another name stood before: seat and score would be that one's from now on.

    Where the name stood beside another NIP of the list, a column was sorted alone, which moves them all.
    """
    names = {bare_name(record.participant.person.name) for record in known}
    for each in changed:
        was, now = each.before.participant.person.name if each.before else "", each.record.participant.person.name
        if "name" in each.what and names_differ(was, now):
            sheet.warn(each.line or 0, "name", "name_moved" if bare_name(now) in names else "name_differs")


def _warn_of_near_nip(sheet: Sheet, line: int, nip: str, namesakes: list[tuple[int, str]]) -> None:
    """Tell of two lines of one name whose NIPs differ in a digit or two: one of them is hardly somebody else's."""
    for other, known in namesakes:
        if may_be_mistyped(nip, known):
            sheet.warn(line, "nip", "nip_nearly_repeated", other=str(other))
    namesakes.append((line, nip))


@dataclass(frozen=True, slots=True)
class ListLine:
    """What one line changes: of whom (``participant`` None: of a whole angkatan), and in which ``words``.

    ``document`` is what a list of documents records; ``to`` where a placement list moves somebody, ``place`` at which
    place it lets them come together; ``account`` the site and user id that a list of accounts says is theirs.
    """

    line: int
    participant: Participant | None
    words: str
    document: NewClearance | None = None
    to: str | None = None
    place: str | None = None
    account: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class ListComparison:
    """What a list would add to what is recorded."""

    new: tuple[ListLine, ...] = ()
    unchanged: int = 0
