"""The chase list: who lacks what, by institution; and people as they were found on a page."""

from array import array
from collections.abc import Iterable, Sequence

from latsar_sync.domain import language
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.language import _
from latsar_sync.domain.state_words import OUTCOME_TEXTS, STATE_TEXTS, word
from latsar_sync.exports.document import Column, ColumnKind, Row, RowGroup, Section
from latsar_sync.exports.grounds import Grounds, Noted, course_facts, notes_of, people_notes
from latsar_sync.exports.listed_people import NO_INSTITUTION, alphabetical, by_name
from latsar_sync.exports.places import place_of
from latsar_sync.exports.set_aside import RowsAside, SetAside
from latsar_sync.exports.words import as_of, name_of, sentences
from latsar_sync.store import listings


def lacks_something(row: listings.Row) -> bool:
    """Say whether somebody does not qualify (yet), or qualifies and still waits for something on the roster."""
    return row["outcome"] != Outcome.QUALIFIED or row["roster_reason"] is not None


def chase_section(grounds: Grounds, rows: Iterable[listings.Row], angkatan: str | None) -> Section:
    """Return the chase list of a programme, by sending institution: who lacks what, in sentences."""
    aside, noted, everybody = SetAside(), Noted(), 0
    lacking: dict[str, array[int]] = {}
    for row in rows:
        everybody += 1
        noted.note(row)
        if lacks_something(row):
            _number, *cells = _chase_row(grounds, 0, row)
            lacking.setdefault(row["institution"] or NO_INSTITUTION, array("Q")).append(aside.put(cells))
    nobody, erased = {NO_INSTITUTION: None}, {name_of({"name": None}): None}

    def order_of(where: int) -> tuple[bool, str, str]:
        name = str(aside.read(where)[0])
        return by_name(erased.get(name, name))

    # only of those of one institution the names are held at once
    parts = {
        institution: array("Q", sorted(lacking[institution], key=order_of))
        for institution in sorted(lacking, key=lambda each: alphabetical(nobody.get(each, each)))
    }
    facts = course_facts(grounds, angkatan) if angkatan else [(_("Programme"), grounds.programme.title)]
    return Section(
        name=grounds.programme.id,
        title=_("Participants Who Still Lack Something"),
        facts=facts,
        columns=[
            Column(_("No."), ColumnKind.NUMBER, 10, 6),
            Column(_("Name"), ColumnKind.TEXT, 58, 36),
            Column("NIP", ColumnKind.NIP, 39, 22),
            Column(_("Angkatan"), ColumnKind.CENTRED, 20, 10),
            Column(_("Decision"), ColumnKind.STATE, 30, 18),
            Column(_("What is lacking"), ColumnKind.TEXT, 120, 70),
            Column(_("Score"), ColumnKind.SCORE, 0, 12),
            Column(_("Materials done"), ColumnKind.NUMBER, 0, 10),
            Column(_("Materials required"), ColumnKind.NUMBER, 0, 10),
            Column(_("On the roster"), ColumnKind.STATE, 0, 16),
            Column(_("Place"), ColumnKind.TEXT, 0, 14),
            Column(_("Evidence as of"), ColumnKind.MOMENT, 0, 18),
            Column(_("Participant id"), ColumnKind.TEXT, 0, 36),
        ],
        groups=[RowGroup(institution, RowsAside(aside, part, numbered=True)) for institution, part in parts.items()],
        totals=[
            (_("On this list"), sum(map(len, parts.values()))),
            (_("Everybody"), everybody),
            (_("Institutions on this list"), len(parts)),
        ],
        notes=notes_of(grounds, noted),
        grouping=_("Institution"),
        landscape=True,
    )


def found_section(grounds: Grounds, rows: Sequence[listings.Row]) -> Section:
    """Return people as they were found, in their order: who they are, where they stand, what they lack."""
    listed = chase_section(grounds, (), None)
    numbered = [
        (*row[:3], person["institution"] or "–", *row[3:])
        for number, person in enumerate(rows, start=1)
        for row in [_chase_row(grounds, number, person)]
    ]
    return Section(
        name=grounds.programme.id,
        title=_("Participants"),
        facts=[(_("Programme"), grounds.programme.title)],
        columns=[*listed.columns[:3], Column(_("Institution"), ColumnKind.TEXT, 40, 34), *listed.columns[3:]],
        groups=[RowGroup("", numbered)],
        totals=[(_("On this list"), len(rows))],
        notes=people_notes(grounds, rows),
        landscape=True,
    )


def _chase_row(grounds: Grounds, number: int, row: listings.Row) -> Row:
    spoken = language.in_use()
    return (
        number,
        name_of(row),
        row["nip"],
        grounds.angkatan_of(row) or "–",
        word(OUTCOME_TEXTS, row["outcome"], spoken) if row["outcome"] else "–",
        " ".join(sentences(row["reasons"] or [], row["roster_reason"])),
        row["score"],
        row["materials_done"],
        row["materials_total"],
        word(STATE_TEXTS, row["state"], spoken) if row["state"] else None,
        place_of(grounds.programme, row) or None,
        grounds.local(as_of(row)),
        row["participant_id"],
    )
