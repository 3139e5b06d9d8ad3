"""The recap of the phase for reporting: a line a person with every value, by angkatan; its columns are chosen."""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from latsar_sync.domain import language
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, mark
from latsar_sync.domain.state_words import OUTCOME_TEXTS, STATE_TEXTS, word
from latsar_sync.exports.document import Cell, Column, ColumnKind, RowGroup, Section
from latsar_sync.exports.grounds import Grounds, Noted, course_facts, decree_text, notes_of
from latsar_sync.exports.places import place_of
from latsar_sync.exports.set_aside import RowsAside, SetAside
from latsar_sync.exports.words import as_of, name_of, sentences, sex_of
from latsar_sync.store.listings import Row


class RecapColumn(NamedTuple):
    """One column: its heading, what it holds, its width in a sheet, and the value of a row."""

    heading: str
    kind: ColumnKind
    width: int
    value: Callable[[Grounds, Row], Cell]


def _decree(grounds: Grounds, row: Row) -> Cell:
    taken = grounds.taken.get(row["angkatan"] or "", {}).get(row["participant_id"])
    return decree_text(taken[1]) if taken else None


COLUMNS: Mapping[str, RecapColumn] = {
    "nip": RecapColumn("NIP", ColumnKind.NIP, 22, lambda _grounds, row: row["nip"]),
    "name": RecapColumn(mark("Name"), ColumnKind.TEXT, 36, lambda _grounds, row: name_of(row)),
    "institution": RecapColumn(mark("Institution"), ColumnKind.TEXT, 34, lambda _grounds, row: row["institution"]),
    "sex": RecapColumn(mark("Sex"), ColumnKind.CENTRED, 6, lambda _grounds, row: sex_of(row["nip"])),
    "angkatan": RecapColumn(mark("Angkatan"), ColumnKind.TEXT, 12, lambda grounds, row: grounds.angkatan_of(row)),
    "place": RecapColumn(
        mark("Place"), ColumnKind.TEXT, 14, lambda grounds, row: place_of(grounds.programme, row) or None
    ),
    "decision": RecapColumn(
        mark("Decision"),
        ColumnKind.STATE,
        18,
        lambda _grounds, row: word(OUTCOME_TEXTS, row["outcome"], language.in_use()) if row["outcome"] else None,
    ),
    "reasons": RecapColumn(
        mark("What is lacking"),
        ColumnKind.TEXT,
        44,
        lambda _grounds, row: " ".join(sentences(row["reasons"] or [], row["roster_reason"])) or None,
    ),
    "score": RecapColumn(mark("Score"), ColumnKind.SCORE, 12, lambda _grounds, row: row["score"]),
    "threshold": RecapColumn(mark("Threshold"), ColumnKind.SCORE, 12, lambda _grounds, row: row["threshold"]),
    "reached": RecapColumn(
        mark("Reached on"), ColumnKind.MOMENT, 18, lambda grounds, row: grounds.local(row["reached_at"])
    ),
    "materials_done": RecapColumn(
        mark("Materials done"), ColumnKind.NUMBER, 10, lambda _grounds, row: row["materials_done"]
    ),
    "materials_total": RecapColumn(
        mark("Materials required"), ColumnKind.NUMBER, 10, lambda _grounds, row: row["materials_total"]
    ),
    "state": RecapColumn(
        mark("On the roster"),
        ColumnKind.STATE,
        16,
        lambda _grounds, row: word(STATE_TEXTS, row["state"], language.in_use()) if row["state"] else None,
    ),
    "course": RecapColumn(mark("Course"), ColumnKind.TEXT, 14, lambda _grounds, row: row["course"]),
    "group": RecapColumn(mark("Group"), ColumnKind.TEXT, 16, lambda _grounds, row: row["group"]),
    "decree": RecapColumn(mark("Decree"), ColumnKind.TEXT, 34, _decree),
    "evidence": RecapColumn(
        mark("Evidence as of"), ColumnKind.MOMENT, 18, lambda grounds, row: grounds.local(as_of(row))
    ),
    "id": RecapColumn(mark("Participant id"), ColumnKind.TEXT, 36, lambda _grounds, row: row["participant_id"]),
}
"""Every column that a recap may have, in the order in which they stand where nobody chose."""


PRINTED = frozenset(
    {"nip", "name", "institution", "sex", "place", "decision", "reasons", "score", "reached", "state", "decree"}
)
"""What is printed of a recap with all columns; of one whose columns were chosen, all of it is."""


@dataclass(frozen=True, slots=True)
class _Members:
    """The people of one angkatan: where their lines stand, and what the notes say of them."""

    where: "array[int]" = field(default_factory=lambda: array("Q"))
    noted: Noted = field(default_factory=Noted)


def recap_sections(grounds: Grounds, rows: Iterable[Row], columns: Sequence[str]) -> list[Section]:
    """Return a list for each angkatan, whoever belongs to none at the end, with these columns in this order.

    Raise UsageError for a column that there is not.
    """
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown:
        raise UsageError(
            _("A recap has no column {names}.").format(names=", ".join(unknown)),
            _("There are: {known}.").format(known=", ".join(COLUMNS)),
        )
    chosen = {name: COLUMNS[name] for name in columns or COLUMNS}
    aside, groups = SetAside(), dict[str | None, _Members]()
    groups.update((each.id, _Members()) for each in grounds.programme.angkatan)
    for row in rows:
        members = groups.setdefault(grounds.angkatan_of(row), _Members())
        members.where.append(aside.put([each.value(grounds, row) for each in chosen.values()]))
        members.noted.note(row)
    return [
        Section(
            name=_("Angkatan {angkatan}").format(angkatan=angkatan) if angkatan else _("No angkatan"),
            title=_("Recap"),
            facts=course_facts(grounds, angkatan),
            columns=[
                Column(_("No."), ColumnKind.NUMBER, 8, 6),
                *(
                    Column(_(each.heading), each.kind, each.width if columns or name in PRINTED else 0, each.width)
                    for name, each in chosen.items()
                ),
            ],
            groups=[RowGroup("", RowsAside(aside, members.where, numbered=True))],
            totals=[(_("Total"), len(members.where))],
            notes=notes_of(grounds, members.noted),
            landscape=True,
        )
        for angkatan, members in groups.items()
        if members.where
    ]
