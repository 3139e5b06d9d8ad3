"""Who has no account on an in-class site, for Moodle's page *Upload users* (``tool_uploaduser``, 4.0 to 5.1)."""

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO

from sqlalchemy import Connection

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import ACCOUNT_MISSING, Entry, EntryState
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.participant import Participant
from latsar_sync.domain.spelling import sort_form
from latsar_sync.exports.words import without_formula
from latsar_sync.moodle.new_accounts import Contact
from latsar_sync.rules.holding_back import would_wait
from latsar_sync.settings import AngkatanSettings, ProgrammeSettings
from latsar_sync.settings.for_the_rules import angkatan_of, require_some_angkatan
from latsar_sync.store.actions import load_actions
from latsar_sync.store.entries import load_entries
from latsar_sync.store.participants import load_records


@dataclass(frozen=True, slots=True)
class WithoutAccount:
    """Somebody on the roster whose NIP no account of the in-class site carries."""

    participant: Participant
    nip: str
    entry: Entry
    angkatan: AngkatanSettings
    outcome: Outcome | None = None


def without_account(
    connection: Connection, programme: ProgrammeSettings, angkatan: str | None = None, site: str | None = None
) -> list[WithoutAccount]:
    """Return who has no account as the last run found it, by angkatan and name, for one site.

    Raise UsageError if the programme fills courses on several sites and it is not said for which: a file is uploaded
    to one.
    """
    chosen = _chosen_angkatan(programme, angkatan, site)
    records = {each.participant.id: each for each in load_records(connection, programme.id).values()}
    found = [
        WithoutAccount(
            records[who].participant,
            records[who].participant.nip or "",
            entry,
            chosen[entry.angkatan],
            decision.outcome if (decision := records[who].decision) else None,
        )
        for who, entry in load_entries(connection, programme.id).items()
        if (entry.state, entry.reason) == (EntryState.REVIEW, ACCOUNT_MISSING)
        and entry.angkatan in chosen
        and site in (None, chosen[entry.angkatan].site)
        and who in records
        and records[who].participant.nip
    ]
    return sorted(
        found, key=lambda each: (each.angkatan.id, sort_form(each.participant.person.name), each.participant.id)
    )


def held_back(
    connection: Connection, programme: ProgrammeSettings, people: Sequence[WithoutAccount], now: datetime, today: date
) -> frozenset[str]:
    """Return, by internal id, who of them would not be enrolled yet if they had an account: nor may a file do so."""
    done, angkatan = load_actions(connection, programme.id, now), {each.id: each for each in angkatan_of(programme)}
    waits_for_approval = programme.push == "confirmed"
    return frozenset(
        each.participant.id
        for each in people
        if would_wait(each.entry, each.outcome, angkatan[each.angkatan.id], done, waits_for_approval, today)
    )


def _chosen_angkatan(
    programme: ProgrammeSettings, angkatan: str | None, site: str | None
) -> dict[str, AngkatanSettings]:
    """Return the angkatan with a course that are asked for, by id; raise UsageError as above."""
    chosen = {each.id: each for each in programme.angkatan if each.has_course and angkatan in (None, each.id)}
    require_some_angkatan([programme], angkatan)
    sites = sorted({each.site or "" for each in chosen.values()})
    if site is not None and site not in sites:
        raise UsageError(
            _('Programme {programme} fills no course on the site "{site}".').format(programme=programme.id, site=site),
            _("There are: {known}.").format(known=", ".join(sites) or "–"),
        )
    if site is None and len(sites) > 1:
        raise UsageError(
            _("Programme {programme} fills courses on several sites.").format(programme=programme.id),
            _("Say which: {sites}.").format(sites=", ".join(sites)),
        )
    return chosen


def shared_addresses(people: Sequence[WithoutAccount], contacts: Mapping[str, Contact]) -> set[str]:
    """Return the addresses that stand with several of these people: Moodle takes each once."""
    seen: set[str] = set()
    twice: set[str] = set()
    for each in people:
        email = contacts[each.participant.id].email
        if email in seen:
            twice.add(email)
        seen |= {email} if email else set()
    return twice


def upload_csv(
    people: Sequence[WithoutAccount],
    contacts: Mapping[str, Contact],
    enrolled: Collection[str] | None = None,
    global_group: str | None = None,
) -> str:
    """Return the file for *Upload users*: username and idnumber are the NIP.

    With ``enrolled`` also course, role and group, by which the page enrols these people, by internal id, at once;
    ``global_group`` is the idnumber of a Moodle cohort, to which they are added.
    """
    columns = ["username", "idnumber", "firstname", "lastname", "email", "institution"]
    columns += ["cohort1"] if global_group else []
    columns += ["course1", "role1", "group1"] if enrolled is not None else []
    written = StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(columns)
    for each in people:
        contact = contacts[each.participant.id]
        cells = [each.nip, each.nip, contact.firstname, contact.lastname, contact.email]
        cells.append(each.participant.person.institution)
        cells += [global_group] if global_group else []
        if enrolled is not None:
            course = each.entry.course or each.angkatan.course or ""
            place = [course, str(each.angkatan.role_id), each.entry.group or each.angkatan.group_name]
            cells += place if each.participant.id in enrolled else ["", "", ""]
        writer.writerow([without_formula(cell) for cell in cells])
    return written.getvalue()
