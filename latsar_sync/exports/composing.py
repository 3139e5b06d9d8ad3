"""What stands in a document, and the document as a file: ``compose`` says the one, ``write`` does the other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection

from latsar_sync.domain import language
from latsar_sync.domain.actions import taken_in
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, command, mark, translate
from latsar_sync.domain.spelling import name_form
from latsar_sync.exports import attendance_list, chase_list, decision_ledger, roster_list, summons_list
from latsar_sync.exports.document import Document, Form, Section
from latsar_sync.exports.files import write_file
from latsar_sync.exports.grounds import Grounds
from latsar_sync.exports.moved import moved_section
from latsar_sync.exports.places import place_of
from latsar_sync.exports.recap import recap_sections
from latsar_sync.exports.set_aside import SetAside
from latsar_sync.rules.merged_accounts import carried_on
from latsar_sync.rules.threshold import Move, threshold_in_force
from latsar_sync.run.configured import listed_of
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.settings.for_the_rules import require_some_angkatan
from latsar_sync.settings.problems import did_you_mean
from latsar_sync.store import listings, searches, thresholds
from latsar_sync.store.finalisations import finalisation_history
from latsar_sync.store.identities import handed_over
from latsar_sync.store.merged_accounts import merges as merges_of
from latsar_sync.store.moves import moved_to

MOST_FOUND = 5_000
"""People whom a list of those found may hold; a page makes it while somebody waits for it."""


class Paper(StrEnum):
    """The documents that there are."""

    ROSTER = "roster"
    ATTENDANCE = "attendance"
    CHASE = "chase"
    SUMMONS = "summons"
    LEDGER = "ledger"
    RECAP = "recap"


TITLES = {
    Paper.ROSTER: mark("List of Participants"),
    Paper.ATTENDANCE: mark("Attendance"),
    Paper.CHASE: mark("Participants Who Still Lack Something"),
    Paper.SUMMONS: mark("List of Participants Called Up"),
    Paper.LEDGER: mark("Decision Ledger"),
    Paper.RECAP: mark("Recap"),
}


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """Which document is asked for, about whom, by whom and when; None is no narrower choice.

    ``columns`` are those of a recap, in their order; none: as ``office.recap`` says, else all.
    """

    paper: Paper
    by: str
    now: datetime
    programme: str | None = None
    angkatan: str | None = None
    institution: str | None = None
    place: str | None = None
    columns: tuple[str, ...] = ()


def compose(settings: Settings, connection: Connection, request: ExportRequest) -> Document:
    """Return the document that is asked for, in the language in use.

    Its rows may be read while it is written: keep the connection open until then. Raise UsageError for a programme,
    angkatan or institution that does not exist, and for an attendance sheet without days.
    """
    chosen = settings.programmes if request.programme is None else (settings.programme(request.programme),)
    require_some_angkatan(chosen, request.angkatan)
    found: list[Section] = []
    seen, places = set[str](), {place for each in chosen for place in each.place_names}
    for programme in chosen:
        if request.angkatan is None or any(each.id == request.angkatan for each in programme.angkatan):
            found += _sections(settings, connection, programme, request, seen, places)
    if request.institution is not None and name_form(request.institution) not in map(name_form, seen):
        raise UsageError(
            _('No participant is sent by "{institution}".').format(institution=request.institution),
            did_you_mean(request.institution, seen),
        )
    if request.place is not None and name_form(request.place) not in map(name_form, places):
        raise UsageError(
            _('Nobody comes together at "{place}".').format(place=request.place), did_you_mean(request.place, places)
        )
    if not found:
        raise UsageError(
            _("Nobody is on the list: no angkatan has participants with a seat yet."),
            _("Run {sync} first, or see {where}.").format(sync=command("sync"), where=command("roster")),
        )
    made_at = request.now.astimezone(settings.zone)
    return Document(translate(TITLES[request.paper], language.in_use()), found, settings.office, made_at, request.by)


def compose_found(
    settings: Settings,
    connection: Connection,
    programme: ProgrammeSettings,
    people: Sequence[str],
    by: str,
    now: datetime,
    chase: bool = False,
) -> Document:
    """Return the list of exactly these people, by internal id and in this order, in the language in use.

    With ``chase`` it is the chase list of those of them who lack something, by institution.
    """
    rows = {row["participant_id"]: row for row in searches.people_of(connection, programme.id, people)}
    found = [rows[who] for who in people if who in rows]
    grounds = _grounds(settings, connection, programme, by, now)
    section = chase_list.chase_section(grounds, found, None) if chase else chase_list.found_section(grounds, found)
    return Document(section.title, [section], settings.office, now.astimezone(settings.zone), by)


def compose_moved(
    settings: Settings,
    connection: Connection,
    programme: ProgrammeSettings,
    limit: str,
    moves: Sequence[Move],
    homes: Mapping[str, str | None],
    entries: Mapping[str, Entry],
    by: str,
    now: datetime,
) -> Document:
    """Return the list of those whom another threshold would move, in the language in use (``moved_section``)."""
    section = moved_section(_grounds(settings, connection, programme, by, now), limit, moves, homes, entries)
    return Document(section.title, [section], settings.office, now.astimezone(settings.zone), by)


def write(document: Document, form: Form, file: Path, overwrite: bool = False) -> int:
    """Write a document to a file, readable for its owner only, and return the size in bytes.

    Raise UsageError if the file exists and is not to be replaced, or lies where none can be made; NotWritten if it
    cannot be written to its end.
    """
    # these libraries take a third of a second to load, which the other commands need not wait for
    if form is Form.XLSX:
        from latsar_sync.exports.xlsx import write_xlsx as fill
    else:
        from latsar_sync.exports.pdf import write_pdf as fill
    return write_file(file, partial(fill, document), overwrite)


def in_memory(document: Document, form: Form) -> bytes:
    """Return a document as the bytes of its file. Its rows may be read while it is written."""
    with TemporaryDirectory() as folder:
        file = Path(folder, f"document.{form}")
        write(document, form, file)
        return file.read_bytes()


def _sections(
    settings: Settings,
    connection: Connection,
    programme: ProgrammeSettings,
    request: ExportRequest,
    seen: set[str],
    places: set[str],
) -> Iterator[Section]:
    """Yield a programme's part of the document; institutions and places met on the way are added to these."""
    grounds = replace(_grounds(settings, connection, programme, request.by, request.now), place=request.place)
    if request.paper is Paper.LEDGER:
        yield decision_ledger.ledger_section(grounds, connection, request.angkatan)
        return
    # of very many people the rows are not held
    if request.paper is Paper.RECAP:
        _, each_row = listings.each_participant(connection, [programme.id])
        wanted = _wanted(grounds, request, each_row, seen, places)
        yield from recap_sections(grounds, wanted, request.columns or settings.office.recap)
        return
    if request.paper is Paper.CHASE:
        _, each_row = listings.each_participant(connection, [programme.id])
        yield chase_list.chase_section(grounds, _wanted(grounds, request, each_row, seen, places), request.angkatan)
        return
    sections_of = {
        Paper.ROSTER: roster_list.roster_sections,
        Paper.ATTENDANCE: attendance_list.attendance_sections,
        Paper.SUMMONS: summons_list.summons_sections,
    }[request.paper]
    _, each_row = listings.each_on_the_roster(connection, [programme.id], request.angkatan)
    rows = _wanted(grounds, request, each_row, seen, places)
    yield from map(SetAside().take, sections_of(grounds, rows, request.angkatan))


def _wanted(
    grounds: Grounds, request: ExportRequest, rows: Iterable[listings.Row], seen: set[str], places: set[str]
) -> Iterator[listings.Row]:
    """Yield the rows that are asked for; institutions and places of all that might be are added to these."""
    of_everybody = request.paper in (Paper.CHASE, Paper.RECAP)
    institution, place = name_form(request.institution or ""), name_form(request.place or "")
    for row in rows:
        if of_everybody and (row["merged_into"] or request.angkatan not in (None, grounds.angkatan_of(row))):
            continue
        if row["institution"]:
            seen.add(row["institution"])
        if request.place is not None and (met := place_of(grounds.programme, row)):
            places.add(met)
        if request.institution is not None and name_form(row["institution"] or "") != institution:
            continue
        if request.place is None or name_form(place_of(grounds.programme, row)) == place:
            yield row


def _grounds(
    settings: Settings, connection: Connection, programme: ProgrammeSettings, by: str, now: datetime
) -> Grounds:
    history = thresholds.threshold_history(connection, programme.id)
    zone = settings.zone_of(programme)
    listed = listed_of(programme, now.astimezone(zone).date())
    decrees = finalisation_history(connection, programme.id)
    in_force = threshold_in_force(history, now)
    merges = merges_of(connection, programme.id)
    listed_by = taken_in(decrees, handed_over(connection, programme.id))
    members = {angkatan: carried_on(people, merges) for angkatan, people in listed_by.items()}
    moved = moved_to(connection, programme.id)
    return Grounds(programme, zone, history, in_force, now, by, listed, moved, decrees, members)
