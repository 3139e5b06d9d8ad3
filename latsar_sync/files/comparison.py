"""What a file would change in what is known, nothing written. Pure.

A file is taken whole or not at all: with one rejected row nothing of it may be recorded.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from latsar_sync.domain.evidence import Evidence, Grade, GradeStatus, Imported
from latsar_sync.domain.nip import may_be_mistyped
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.domain.spelling import may_be_one_person, name_form, names_differ, without_titles
from latsar_sync.files.cells import (
    PLACES,
    Cell,
    CellRefused,
    encoded_once,
    read_angkatan,
    read_materials,
    read_moment,
    read_place,
    read_score,
    shown,
    text_of,
)
from latsar_sync.files.checking import Reader, Rows, Sheet
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
        name = sheet.take(line, cells, "name", _name) or ""
        institution = sheet.take(line, cells, "institution", text_of) or ""
        _warn_of_encoding(sheet, line, cells)
        email = _email(sheet, line, cells)
        place = sheet.take(line, cells, "place", lambda cell: read_place(cell, sheet.reader.places)) or ""
        angkatan = _angkatan(sheet, line, cells)
        if nip is None:
            continue
        _warn_of_age(sheet, line, nip)
        _warn_of_near_nip(sheet, line, nip, alike.setdefault(_bare(name), []))
        listed.add(nip)
        before = by_nip.get(nip)
        if before is None:
            number += 1
            person = Person(number, name, nip, (angkatan,) if angkatan else (), institution, email=email, place=place)
            evidence = Evidence(Grade(GradeStatus.SCORE_NOT_IMPORTED))
            participant = Participant(new_id(), person, nip)
            record = Record(participant, evidence, None, sheet.reader.now, evidence_version=1)
            new.append(PersonChange(record, None, line=line))
            continue
        was = before.participant.person
        person = was._replace(
            name=name,
            institution=institution if "institution" in sheet.header.columns else was.institution,
            groups=((angkatan,) if angkatan else ()) if sheet.reader.placed_by_file else was.groups,
            enrolment=Enrolment.ACTIVE,
            email=email if "email" in sheet.header.columns else was.email,
            place=place if "place" in sheet.header.columns else was.place,
        )
        what = _differences(was, person)
        if what:
            changed.append(PersonChange(_with_person(before, person), before, what, line))
        else:
            unchanged += 1
    _warn_of_moved_names(sheet, changed, known.values())
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


def _warn_of_moved_names(sheet: Sheet, changed: Iterable[PersonChange], known: Iterable[Record]) -> None:
    """Tell of names that stood beside another NIP of the list before: a column that was sorted alone moves them all."""
    names = {_bare(record.participant.person.name) for record in known}
    for each in changed:
        if "name" in each.what and _bare(each.record.participant.person.name) in names:
            was = each.before.participant.person.name if each.before else ""
            if names_differ(was, each.record.participant.person.name):
                sheet.warn(each.line or 0, "name", "name_moved")


def _warn_of_near_nip(sheet: Sheet, line: int, nip: str, namesakes: list[tuple[int, str]]) -> None:
    """Tell of two lines of one name whose NIPs differ in a digit or two: one of them is hardly somebody else's."""
    for other, known in namesakes:
        if may_be_mistyped(nip, known):
            sheet.warn(line, "nip", "nip_nearly_repeated", other=str(other))
    namesakes.append((line, nip))


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """A score that a file would add; ``before`` is the participant's newest imported one, None if there is none."""

    record: Record
    after: Imported
    before: Imported | None


@dataclass(frozen=True, slots=True)
class ScoreComparison:
    """What a file of scores would add."""

    changes: tuple[ScoreChange, ...] = ()
    unchanged: int = 0


def take_scores(
    sheet: Sheet, rows: Rows, known: Mapping[int, Record], newest: Mapping[str, Imported], materials: bool
) -> ScoreComparison:
    """Check a file of scores against the participants and their newest imported scores (by participant id).

    ``materials`` says that the file tells how much of the material is done.
    """
    owners: dict[str, list[Record]] = {}
    called: set[str] = set()
    for record in known.values():
        participant = record.participant
        if participant.nip and participant.person.enrolment is not Enrolment.ENDED and participant.merged_into is None:
            owners.setdefault(participant.nip, []).append(record)
            called.add(_bare(participant.person.name))
    read: list[tuple[int, Record, Imported]] = []
    for line, cells, nip in sheet.people(rows, ("nip", "name", "score")):
        raw = sheet.take(line, cells, "score", lambda cell: _score(cell, sheet.reader))
        at = sheet.take(line, cells, "date", lambda cell: _moment(cell, sheet.reader))
        done = sheet.take(line, cells, "materials", read_materials) if materials else None
        name = sheet.take(line, cells, "name", text_of) or ""
        if nip is None:
            continue
        found = owners.get(nip, [])
        if len(found) != 1:
            sheet.reject(line, "nip", "nip_shared" if found else "not_a_participant")
            continue
        record = found[0]
        _compare_names(sheet, line, name, record.participant.person.name, called)
        before = newest.get(record.participant.id)
        version = before.version + 1 if before else 1
        materials_done, materials_total = done or (None, None)
        limits = sheet.reader.minimum, sheet.reader.maximum
        read.append((line, record, Imported(version, 0, raw, *limits, at, materials_done, materials_total, line)))
    sheet.reject_swapped_days(rows, "date")
    _same_total(sheet, [(line, score.materials_total) for line, _, score in read if score.materials_total])
    changes = []
    for _, record, score in read:
        before = newest.get(record.participant.id)
        if score.raw is None and before is not None and before.source == "certificate":
            continue  # no score yet in a file is none told, whichever came first: the certificate stands
        if before is None or replace(before, version=score.version, import_id=0, line=score.line) != score:
            changes.append(ScoreChange(record, score, before))
    return ScoreComparison(tuple(changes), len(read) - len(changes))


def _compare_names(sheet: Sheet, line: int, name: str, known: str, called: Collection[str]) -> None:
    """Reject a name that is not that of whoever has the NIP; ``called`` are the bare names of all participants."""
    if not may_be_one_person(name, known):
        sheet.reject(line, "name", "name_conflict")
    elif _bare(name) != _bare(known) and _bare(name) in called:
        sheet.reject(line, "name", "name_of_another")
    elif names_differ(name, known):
        sheet.warn(line, "name", "name_differs")


def _bare(name: str) -> str:
    return name_form(without_titles(name))


def _score(cell: Cell, reader: Reader) -> Decimal | None:
    score = _percent(cell, reader) if reader.percent else read_score(cell)
    if score is not None and reader.maximum >= 1000 and re.fullmatch(r"[0-9]{1,3}[.,][0-9]{3}", text_of(cell)):
        raise CellRefused("score_ambiguous", shown=shown(text_of(cell)))  # 1.234 and 1,234 are a thousand to some
    if score is not None and not reader.minimum <= score <= reader.maximum:
        limits = {"minimum": f"{reader.minimum.normalize():f}", "maximum": f"{reader.maximum.normalize():f}"}
        raise CellRefused("score_out_of_range", shown=shown(text_of(cell)), **limits)
    return score


def _percent(cell: Cell, reader: Reader) -> Decimal | None:
    """Return in points a score that is written in per cent; a spreadsheet keeps 85 % as 0.85, so up to 1 is refused."""
    text = text_of(cell)
    bare = text.removesuffix("%").strip()
    percent = read_score(cell if bare == text else bare)
    if percent is None:
        return None
    if 0 < percent <= 1 and bare == text:
        raise CellRefused("score_share_or_percent", shown=shown(text))
    exact = reader.minimum + percent * (reader.maximum - reader.minimum) / 100
    points = exact.quantize(PLACES)
    if points != exact:
        raise CellRefused("score_too_precise", shown=shown(text))
    return points


def _moment(cell: Cell, reader: Reader) -> datetime | None:
    return read_moment(cell, reader.zone, reader.now, reader.earliest)


def _same_total(sheet: Sheet, totals: Sequence[tuple[int, int]]) -> None:
    """Reject whoever has another number of activities than most: the course is the same for all."""
    usual = Counter(total for _, total in totals).most_common(1)
    for line, total in totals:
        if total != usual[0][0]:
            sheet.reject(line, "materials", "materials_total_differs", usual=str(usual[0][0]), total=str(total))


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
