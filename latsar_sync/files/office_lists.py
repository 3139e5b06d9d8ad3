"""Lists that change what is recorded of people who are known: checked documents, placements, accounts in class.

Such a list is looked at here; whoever takes it does so by ``actions/received_files.py``.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from latsar_sync.domain import figures
from latsar_sync.domain.actions import Actions
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.language import _, in_use, packed
from latsar_sync.domain.participant import Participant
from latsar_sync.domain.reason_sentences import clearance_name
from latsar_sync.files.account_list import check_accounts
from latsar_sync.files.checking import TOLD, Remark
from latsar_sync.files.clearances import NewClearance, Register, check_documents, document_of, kinds_of
from latsar_sync.files.comparison import ListComparison, ListLine
from latsar_sync.files.import_request import ImportRequest, Report
from latsar_sync.files.importing import require_lines
from latsar_sync.files.placement_list import check_placement
from latsar_sync.rules.which_angkatan import Belonging, home_of
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.settings.for_the_rules import angkatan_of, names_of
from latsar_sync.store import clearances, imports, participants, place_choices
from latsar_sync.store.actions import load_actions
from latsar_sync.store.database import Database
from latsar_sync.store.entries import load_entries
from latsar_sync.store.identities import chosen_accounts


def look_at_clearances(
    settings: Settings, database: Database, request: ImportRequest, clock: Callable[[], datetime]
) -> Report:
    """Return which documents a list would record. Raise UsageError if it cannot be used as a whole."""
    programme = settings.programme(request.programme)
    office = request.open()
    with database.reading() as connection:
        people = _people_of(connection, programme)
        recorded = clearances.load_clearances(connection, programme.id)
    owners: dict[str, list[str]] = {}
    for each in people.values():
        owners.setdefault(each.nip or "", []).append(each.id)
    owners.pop("", None)
    homes = [each.id for each in programme.angkatan]
    register = Register(owners, homes, set(kinds_of(programme)), settings.today(clock(), programme.id))
    found = check_documents(office, register)
    standing = {document_of(each) for each in recorded if not each.revoked}
    new = tuple(
        ListLine(line, people.get(document.participant_id or ""), _said_of(document), document=document)
        for document, line in found.documents.items()
        if document not in standing
    )
    require_lines(found.rows, office)
    wrong = tuple(Remark(line, "", TOLD, {"text": packed(why)}) for line, why in found.problems)
    taken = ListComparison(new, len(found.documents) - len(new))
    return Report(imports.CLEARANCES, office.name, found.rows, taken, wrong, (), found.ignored)


def look_at_placement(
    settings: Settings, database: Database, request: ImportRequest, clock: Callable[[], datetime]
) -> Report:
    """Return whom a list would move to which angkatan and place. Raise UsageError if it cannot be used as a whole."""
    programme = settings.programme(request.programme)
    office = request.open()
    places = [each.name for each in programme.places]
    placement, sheet = check_placement(office, names_of(programme), settings.today(clock(), programme.id), places)
    with database.reading() as connection:
        people = _people_of(connection, programme)
        actions = load_actions(connection, programme.id, clock())
        entries = load_entries(connection, programme.id)
        chosen = place_choices.chosen_places(connection, programme.id)
    owners: dict[str, list[Participant]] = {}
    for each in people.values():
        owners.setdefault(each.nip or "", []).append(each)
    lines = []
    for nip, listed in placement.items():
        found = owners.get(nip, [])
        if len(found) != 1:
            sheet.reject(listed.line, "nip", "nip_shared" if found else "not_a_participant")
            continue
        [who] = found
        home, place = _home_of(programme, who, actions, entries), chosen.get(who.id) or who.person.place
        to = listed.angkatan if listed.angkatan != home else None
        at = listed.place if listed.place not in ("", place) else None
        said = [_("angkatan {before} → {after}").format(before=home or "–", after=to)] if to else []
        said += [_("place {before} → {after}").format(before=place or "–", after=at)] if at else []
        if said:
            lines.append(ListLine(listed.line, who, ", ".join(said), to=to, place=at))
    require_lines(sheet.rows, office)
    wrong = tuple(sorted(sheet.rejected, key=lambda remark: remark.line))
    taken = ListComparison(tuple(lines), len(placement) - len(lines))
    return Report(imports.PLACEMENT, office.name, sheet.rows, taken, wrong, (), sheet.header.ignored)


def look_at_accounts(
    settings: Settings, database: Database, request: ImportRequest, clock: Callable[[], datetime]
) -> Report:
    """Return which accounts in class a list would choose for whom. Raise UsageError if it cannot be used as a whole."""
    programme = settings.programme(request.programme)
    office = request.open()
    told, sheet = check_accounts(office, settings.today(clock(), programme.id))
    with database.reading() as connection:
        people = _people_of(connection, programme)
        entries = load_entries(connection, programme.id)
        chosen = chosen_accounts(connection, programme.id)
    owners: dict[str, list[Participant]] = {}
    for each in people.values():
        owners.setdefault(each.nip or "", []).append(each)
    sites = sorted({each.site for each in programme.angkatan if each.site})
    lines = []
    for nip, (line, user_id) in told.items():
        found = owners.get(nip, [])
        if len(found) != 1:
            sheet.reject(line, "nip", "nip_shared" if found else "not_a_participant")
            continue
        [who] = found
        entry = entries.get(who.id)
        site = entry.site if entry is not None and entry.site in sites else sites[0] if len(sites) == 1 else None
        if site is None:
            sheet.reject(line, "account", "site_unclear")
        elif chosen.get(who.id) != (site, user_id):
            before = chosen[who.id][1] if who.id in chosen else entry.target_user_id if entry is not None else None
            said = _("account {before} → {after}").format(before=before or "–", after=user_id)
            lines.append(ListLine(line, who, said, account=(site, user_id)))
    require_lines(sheet.rows, office)
    wrong = tuple(sorted(sheet.rejected, key=lambda remark: remark.line))
    taken = ListComparison(tuple(lines), len(told) - len(lines))
    return Report(imports.ACCOUNTS, office.name, sheet.rows, taken, wrong, (), sheet.header.ignored)


def _people_of(connection: Connection, programme: ProgrammeSettings) -> dict[str, Participant]:
    """Return by internal id everybody of a programme who counts for themselves."""
    records = participants.load_records(connection, programme.id).values()
    return {each.participant.id: each.participant for each in records if each.participant.merged_into is None}


def _home_of(
    programme: ProgrammeSettings, participant: Participant, actions: Actions, entries: Mapping[str, Entry]
) -> str | None:
    """Return the angkatan of somebody: where they sit or were moved to, else the one of their group in the MOOC."""
    entry = entries.get(participant.id)
    known = actions.moves.get(participant.id) or (entry.angkatan if entry is not None else None)
    if known is not None or programme.placement != "group":
        return known
    return home_of(Belonging(programme.placement, angkatan_of(programme)), None, participant.person.groups, None, None)


def _said_of(document: NewClearance) -> str:
    kind = clearance_name(document.kind, in_use())
    until = _("valid until {day}").format(day=figures.day(document.valid_until))
    whose = "" if document.angkatan is None else f" ({document.angkatan})"
    return f"{kind}{whose}, {document.number}, {until}"
