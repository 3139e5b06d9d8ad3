"""The list attached to a surat pemanggilan, with its columns."""

from collections.abc import Iterable, Iterator

from latsar_sync.domain.language import _
from latsar_sync.exports.document import Column, ColumnKind, RowGroup, Section
from latsar_sync.exports.grounds import Grounds, course_facts, people_notes
from latsar_sync.exports.listed_people import by_angkatan, by_institution, course_name, left_out, sexes
from latsar_sync.exports.words import name_of
from latsar_sync.rules.who_is_called_up import is_called_up
from latsar_sync.store.listings import Row

DOTS = "……………………"


def summons_sections(grounds: Grounds, rows: Iterable[Row], angkatan: str | None) -> Iterator[Section]:
    """Yield the list attached to a surat pemanggilan for each angkatan, grouped by sending institution."""
    for name, members in by_angkatan(rows, angkatan):
        going = [row for row in members if is_called_up(row["state"], row["roster_reason"], row["outcome"])]
        if not going and angkatan is None and members:
            continue
        yield Section(
            name=course_name(name),
            title=_("List of Participants Called Up"),
            # number and date of the letter are given when it is registered: a place to write them
            facts=[(_("Attached to letter no."), DOTS), (_("Dated"), DOTS), *course_facts(grounds, name)],
            columns=[
                Column(_("No."), ColumnKind.NUMBER, 12, 6),
                Column(_("Name"), ColumnKind.TEXT, 108, 40),
                Column("NIP", ColumnKind.NIP, 60, 22),
            ],
            groups=[
                RowGroup(institution, [(next(numbers), name_of(row), row["nip"]) for row in part])
                for numbers in [iter(range(1, len(going) + 1))]
                for institution, part in by_institution(going).items()
            ],
            totals=sexes(going),
            notes=[*left_out(members, going), *people_notes(grounds, going)],
            grouping=_("Institution"),
        )
