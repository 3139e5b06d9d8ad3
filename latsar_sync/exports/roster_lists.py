"""The lists of people on the roster: daftar peserta, daftar hadir, and the list attached to a surat pemanggilan."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby, product
from operator import itemgetter

from latsar_sync.domain import figures, language
from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, for_admins
from latsar_sync.domain.spelling import sort_form
from latsar_sync.domain.state_words import STATE_TEXTS, word
from latsar_sync.exports.document import Column, ColumnKind, RowGroup, Section
from latsar_sync.exports.grounds import Grounds, Line, course_facts, people_notes
from latsar_sync.exports.places import by_place
from latsar_sync.exports.roster_columns import list_columns, list_rows
from latsar_sync.exports.words import name_of
from latsar_sync.rules.holding_back import GOING, goes, is_called_up
from latsar_sync.rules.moves import MERGED
from latsar_sync.store.listings import Row

NO_INSTITUTION = "–"
"""Where the institution of people is not known."""

DOTS = "……………………"


def roster_sections(grounds: Grounds, rows: Iterable[Row], angkatan: str | None) -> Iterator[Section]:
    """Yield a daftar peserta for each angkatan; ``rows`` come by angkatan, in the order of placement."""
    for name, members in _by_angkatan(rows, angkatan):
        kinds = {
            **_by_decree(grounds, name, [row for row in members if row["state"] in GOING]),
            _("To be checked"): [row for row in members if row["state"] == EntryState.REVIEW],
            _("Waiting list"): [row for row in members if row["state"] == EntryState.WAITLISTED],
            _("No longer in the in-class course"): [row for row in members if row["state"] == EntryState.WITHDRAWN],
        }
        yield Section(
            name=_course_name(name),
            title=_("List of Participants"),
            facts=course_facts(grounds, name),
            columns=list_columns(),
            groups=[RowGroup(title, list_rows(grounds, part)) for title, part in kinds.items() if part],
            totals=[*_sexes(members), *((state.capitalize(), count) for state, count in _states(members))],
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


def attendance_sections(grounds: Grounds, rows: Iterable[Row], angkatan: str | None) -> Iterator[Section]:
    """Yield a daftar hadir for each angkatan, place and week, with a column to sign in for each day.

    Raise UsageError if an angkatan has no first or no last day.
    """
    for name, members in _by_angkatan(rows, angkatan):
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
                name=_course_name(name),
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
                totals=_sexes(there),
                notes=[*_left_out(members, going), *people_notes(grounds, there)],
                landscape=True,
                row_height=10.0,
            )


def weeks(first: date, last: date) -> list[list[date]]:
    """Return the days from ``first`` to ``last``, a list for each week that begins on a Monday."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [list(week) for _week, week in groupby(days, key=lambda day: day.isocalendar()[:2])]


def summons_sections(grounds: Grounds, rows: Iterable[Row], angkatan: str | None) -> Iterator[Section]:
    """Yield the list attached to a surat pemanggilan for each angkatan, grouped by sending institution."""
    for name, members in _by_angkatan(rows, angkatan):
        going = [row for row in members if is_called_up(row["state"], row["roster_reason"], row["outcome"])]
        if not going and angkatan is None and members:
            continue
        yield Section(
            name=_course_name(name),
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
            totals=_sexes(going),
            notes=[*_left_out(members, going), *people_notes(grounds, going)],
            grouping=_("Institution"),
        )


def by_institution(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    """Return people by sending institution, both in the order of the alphabet; titles of people do not count."""
    groups: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (*by_alphabet(row), *by_name(row["name"]))):
        groups.setdefault(row["institution"] or NO_INSTITUTION, []).append(row)
    return groups


def by_alphabet(row: Row) -> tuple[bool, str, str]:
    """Return where the institution of somebody stands in the alphabet; none comes last."""
    return alphabetical(row["institution"])


def alphabetical(text: str | None) -> tuple[bool, str, str]:
    """Return where a text stands in the alphabet; none comes last."""
    return not text, (text or "").casefold(), text or ""


def by_name(name: str | None) -> tuple[bool, str, str]:
    """Return where somebody stands in the alphabet, whatever title is theirs; none comes last."""
    return not name, sort_form(name or ""), name or ""


def _by_angkatan(rows: Iterable[Row], angkatan: str | None) -> Iterator[tuple[str | None, list[Row]]]:
    """Yield the people of one angkatan after another, as they come; of the one asked for nobody, if there are none.

    A second account whose place another one holds is no person of its own: nobody stands on a list twice (rule 19).
    """
    anybody, people = False, (row for row in rows if row["roster_reason"] != MERGED)
    for name, members in groupby(people, key=itemgetter("angkatan")):
        anybody = True
        yield name, list(members)
    if not anybody:
        yield angkatan, []


def _course_name(angkatan: str | None) -> str:
    return _("Angkatan {angkatan}").format(angkatan=angkatan) if angkatan else _("No angkatan")


def _sexes(rows: Sequence[Row]) -> list[tuple[str, int]]:
    sexes = Counter(row["nip"][14] for row in rows if row["nip"])
    return [
        (_("Total"), len(rows)),
        (_("Men"), sexes["1"]),
        (_("Women"), sexes["2"]),
        *([(_("Without a usable NIP"), len(rows) - sexes.total())] if sexes.total() < len(rows) else []),
    ]


def _states(rows: Sequence[Row]) -> list[tuple[str, int]]:
    counts = Counter(row["state"] for row in rows)
    return [(word(STATE_TEXTS, state, language.in_use()), counts[state]) for state in STATE_TEXTS if counts[state]]


def _left_out(rows: Sequence[Row], going: Sequence[Row]) -> list[Line]:
    """Say how many of the roster are not on a list of those who go, so that nobody is missed in silence."""
    listed = {row["participant_id"] for row in going}
    counts = _states([row for row in rows if row["participant_id"] not in listed])
    return [(_("Not on this list"), ", ".join(f"{count} {state}" for state, count in counts))] if counts else []
