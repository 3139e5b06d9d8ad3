"""What a person should know of seats: whom a closed admission keeps out, who belongs elsewhere, what is overfull."""

from collections import Counter
from collections.abc import Iterator, Mapping

from latsar_sync.domain.entry import ACCOUNT_MISSING, Admission, Entry
from latsar_sync.domain.language import _, command, counted, for_admins, joined
from latsar_sync.rules.which_angkatan import Belonging, elsewhere
from latsar_sync.run.roster import Roster
from latsar_sync.store.check.roster import of_too_many_seats

A_FEW = 5
"""So many people are named, by internal id, in a line for a person; of so many who lack an account it is said."""


def remarks(programme: str, roster: Roster, entries: Mapping[str, Entry], full_or_night: bool) -> list[str]:
    """Say whom a closed admission keeps out (dates may be those of last year), and who belongs elsewhere by now.

    That, that several have no account in class, and which angkatan has more people than seats, only in a run that is
    ``full_or_night``: it looks at everybody.
    """
    said = list(_overfull(programme, roster, entries)) if full_or_night else []
    closed = Counter(entry.angkatan or "–" for entry in entries.values() if entry.reason == "admission_closed")
    if closed:
        text = counted(
            "{count} person who may enter is not sent: the admission to angkatan {names} is closed.",
            "{count} people who may enter are not sent: the admission to angkatan {names} is closed.",
            closed.total(),
        )
        told = text.format(count=closed.total(), names=", ".join(sorted(closed)))
        remedy = _("Move them, or admit them by name: {where}.").format(where=command("override admit"))
        date = for_admins(_("Or correct the date (admit_until, else starts)."), "")
        said.append(joined(told, remedy, date))
    without = sum(entry.reason == ACCOUNT_MISSING for entry in entries.values()) if full_or_night else 0
    if without >= A_FEW:
        text = _("{count} people who are to be in class have no account there: {where} lists them for Moodle.")
        said.append(text.format(count=without, where=command("export accounts")))
    count, named = 0, list[str]()
    for who, was, to in _elsewhere(roster, entries) if full_or_night else ():
        count += 1
        named += [f"{who} ({was} → {to})"] if count <= A_FEW else []
    if count:
        text = counted(
            "{count} person with a seat belongs to another angkatan by now, by the group in the MOOC or by the list, "
            "and stays where the seat is: {who}. To move somebody: {where}.",
            "{count} people with a seat belong to another angkatan by now, by the group in the MOOC or by the list, "
            "and stay where the seat is: {who}. To move somebody: {where}.",
            count,
        )
        named += ["…"] if count > A_FEW else []
        said.append(text.format(count=count, who=", ".join(named), where=command("roster move")))
    return said


def _overfull(programme: str, roster: Roster, entries: Mapping[str, Entry]) -> Iterator[str]:
    """Yield which angkatan have more people than seats: their capacity was lowered, or somebody put there by hand.

    Whom a person admits beyond them was meant to be there.
    """
    by_a_person, taken = Counter[str](), Counter[str]()
    for entry in entries.values():
        if entry.seat_in is not None:
            taken[entry.seat_in] += 1
            by_a_person[entry.seat_in] += entry.admission is Admission.OVERRIDE
    for each in roster.all_angkatan:
        if each.capacity is not None and taken[each.id] - by_a_person[each.id] > each.capacity:
            told = of_too_many_seats(programme, each.id, taken[each.id], each.capacity)
            yield joined(told.found, told.remedy)


def _elsewhere(roster: Roster, entries: Mapping[str, Entry]) -> Iterator[tuple[str, str | None, str]]:
    """Yield whoever has a seat in one angkatan and belongs to another one, with both."""
    belonging = Belonging(roster.placement.kind, roster.all_angkatan, roster.placement.unconfigured)
    for who, entry in entries.items():
        standing = roster.standings.get(who)
        if standing is None or who in roster.actions.moves:
            continue
        to = elsewhere(belonging, entry, standing.groups, roster.placement.listed.get(standing.nip or ""))
        if to is not None:
            yield who, entry.angkatan, to
