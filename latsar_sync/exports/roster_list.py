"""Daftar peserta: the roster as a list of an office, with its columns.

As CSV it has others: ``roster_csv``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from latsar_sync.domain import language
from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.language import _, mark
from latsar_sync.domain.state_words import STATE_TEXTS, word
from latsar_sync.exports.document import Cell, Column, ColumnKind, RowGroup, Section
from latsar_sync.exports.grounds import Grounds, course_facts, people_notes
from latsar_sync.exports.listed_people import by_angkatan, course_name, sexes, states
from latsar_sync.exports.places import place_of
from latsar_sync.exports.words import name_of, sentences, sex_of
from latsar_sync.rules.who_is_called_up import GOING
from latsar_sync.store.listings import Row


class RosterColumn(NamedTuple):
    """One column of the list: as ``Column``, with the value of a row."""

    heading: str
    kind: ColumnKind
    paper: float
    letters: int
    value: Callable[[Grounds, Row], Cell]


LIST_COLUMNS = (
    RosterColumn(mark("Name"), ColumnKind.TEXT, 54, 36, lambda _grounds, row: name_of(row)),
    RosterColumn("NIP", ColumnKind.NIP, 40, 22, lambda _grounds, row: row["nip"]),
    RosterColumn(mark("Institution"), ColumnKind.TEXT, 40, 34, lambda _grounds, row: row["institution"] or "–"),
    RosterColumn(mark("Sex"), ColumnKind.CENTRED, 10, 6, lambda _grounds, row: sex_of(row["nip"])),
    RosterColumn(
        mark("State"),
        ColumnKind.STATE,
        26,
        16,
        lambda _grounds, row: word(STATE_TEXTS, row["state"], language.in_use()),
    ),
    RosterColumn(
        mark("Remark"), ColumnKind.TEXT, 0, 44, lambda _grounds, row: " ".join(sentences([], row["roster_reason"]))
    ),
    RosterColumn(mark("Place"), ColumnKind.TEXT, 0, 14, lambda grounds, row: place_of(grounds.programme, row) or None),
    # the score is for the office's own use: a signed list is put on walls
    RosterColumn(mark("Score"), ColumnKind.SCORE, 0, 12, lambda _grounds, row: row["score"]),
    RosterColumn(mark("Reached on"), ColumnKind.MOMENT, 0, 18, lambda grounds, row: grounds.local(row["reached_at"])),
    RosterColumn(mark("Course"), ColumnKind.TEXT, 0, 14, lambda _grounds, row: row["course"]),
    RosterColumn(mark("Group"), ColumnKind.TEXT, 0, 16, lambda _grounds, row: row["group"]),
    RosterColumn(mark("Participant id"), ColumnKind.TEXT, 0, 36, lambda _grounds, row: row["participant_id"]),
)
"""The columns of the list, behind the number of each line."""


def roster_sections(grounds: Grounds, rows: Iterable[Row], angkatan: str | None) -> Iterator[Section]:
    """Yield a daftar peserta for each angkatan; ``rows`` come by angkatan, in the order of placement."""
    for name, members in by_angkatan(rows, angkatan):
        kinds = {
            **_by_decree(grounds, name, [row for row in members if row["state"] in GOING]),
            _("To be checked"): [row for row in members if row["state"] == EntryState.REVIEW],
            _("Waiting list"): [row for row in members if row["state"] == EntryState.WAITLISTED],
            _("No longer in the in-class course"): [row for row in members if row["state"] == EntryState.WITHDRAWN],
        }
        yield Section(
            name=course_name(name),
            title=_("List of Participants"),
            facts=course_facts(grounds, name),
            columns=_columns(),
            groups=[RowGroup(title, _rows(grounds, part)) for title, part in kinds.items() if part],
            totals=[*sexes(members), *((state.capitalize(), count) for state, count in states(members))],
            notes=people_notes(grounds, members),
            grouping=_("List"),
        )


def _by_decree(grounds: Grounds, angkatan: str | None, going: Sequence[Row]) -> dict[str, list[Row]]:
    """Return those who go under the decree that took them in, amendments apart from the list itself (rule 17)."""
    listed = grounds.taken.get(angkatan or "", {})
    if not listed:
        return {_("Participants"): list(going)}
    newest = max(number for number, _decree in listed.values())
    groups: dict[str, list[Row]] = {_("Participants"): []}
    groups |= {_("Amendment {number}").format(number=number): [] for number in range(1, newest + 1)}
    groups[_("Not on the finalised list")] = []
    titles = list(groups)
    for row in going:
        number = listed[row["participant_id"]][0] if row["participant_id"] in listed else newest + 1
        groups[titles[number]].append(row)
    return groups


def _columns() -> list[Column]:
    """Return the columns of the list in the language in use."""
    numbers = Column(_("No."), ColumnKind.NUMBER, 10, 6)
    return [numbers, *(Column(_(each.heading), each.kind, each.paper, each.letters) for each in LIST_COLUMNS)]


def _rows(grounds: Grounds, rows: Iterable[Row]) -> list[tuple[Cell, ...]]:
    """Return the lines of the list."""
    return [(number, *(each.value(grounds, row) for each in LIST_COLUMNS)) for number, row in enumerate(rows, start=1)]
