"""Daftar hadir: the list to sign in class, with its columns."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby, product

from latsar_sync.domain import figures
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, for_admins
from latsar_sync.exports.document import Column, ColumnKind, RowGroup, Section
from latsar_sync.exports.grounds import Grounds, course_facts, people_notes
from latsar_sync.exports.listed_people import by_angkatan, course_name, left_out, sexes
from latsar_sync.exports.places import by_place
from latsar_sync.exports.words import name_of
from latsar_sync.rules.who_is_called_up import goes
from latsar_sync.store.listings import Row


def attendance_sections(grounds: Grounds, rows: Iterable[Row], angkatan: str | None) -> Iterator[Section]:
    """Yield a daftar hadir for each angkatan, place and week, with a column to sign in for each day.

    Raise UsageError if an angkatan has no first or no last day.
    """
    for name, members in by_angkatan(rows, angkatan):
        going = [row for row in members if goes(row["state"], row["roster_reason"])]
        if not going and angkatan is None:
            continue
        one_angkatan = grounds.course_of(name)
        if one_angkatan is None or one_angkatan.starts is None or one_angkatan.ends is None:
            raise UsageError(
                _('Angkatan "{angkatan}" of {programme} has no starts and ends, so its days are not known.').format(
                    angkatan=name or "–", programme=grounds.programme.id
                ),
                for_admins(
                    _("Add both to its [[programmes.angkatan]], or choose another with --angkatan."),
                    _("Choose another angkatan, or ask the admin of this service to enter its days."),
                ),
            )
        for (place, there), week in product(
            by_place(grounds.programme, going).items() if going else [("", going)],
            weeks(one_angkatan.starts, one_angkatan.ends),
        ):
            facts = course_facts(replace(grounds, place=place or grounds.place), name)
            if (week[0], week[-1]) != (one_angkatan.starts, one_angkatan.ends):
                facts.append((_("This sheet"), figures.days(week[0], week[-1])))
            yield Section(
                name=course_name(name),
                title=_("Attendance"),
                facts=facts,
                columns=[
                    Column(_("No."), ColumnKind.NUMBER, 10, 6),
                    Column(_("Name"), ColumnKind.TEXT, 56, 36),
                    Column("NIP", ColumnKind.NIP, 39, 22),
                    Column(_("Institution"), ColumnKind.TEXT, 46, 34),
                    *(Column(figures.weekday(day), ColumnKind.SIGNATURE, 126 / len(week), 16) for day in week),
                ],
                groups=[
                    RowGroup(
                        "",
                        [
                            (number, name_of(row), row["nip"], row["institution"] or "–", *[None] * len(week))
                            for number, row in enumerate(there, start=1)
                        ],
                    )
                ],
                totals=sexes(there),
                notes=[*left_out(members, going), *people_notes(grounds, there)],
                landscape=True,
                row_height=10.0,
            )


def weeks(first: date, last: date) -> list[list[date]]:
    """Return the days from ``first`` to ``last``, a list for each week that begins on a Monday."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [list(week) for _week, week in groupby(days, key=lambda day: day.isocalendar()[:2])]
