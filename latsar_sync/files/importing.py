"""Importing a file of an office: it is read, checked by the rules, and recorded whole or not at all."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, command, for_admins, joined
from latsar_sync.domain.participant import Enrolment
from latsar_sync.files.checking import Reader, Sheet
from latsar_sync.files.column_profiles import ColumnProfile, columns_of, fitting
from latsar_sync.files.comparison import PeopleComparison, take_people
from latsar_sync.files.comparison_of_scores import ScoreComparison, take_scores
from latsar_sync.files.finding_columns import UnclearColumns
from latsar_sync.files.import_request import ImportRequest, Report, counts_of
from latsar_sync.files.office_file import OfficeFile
from latsar_sync.files.score_range_in_title import require_its_range
from latsar_sync.files.tables import Found, NoSuchTable, Wanted, find_table
from latsar_sync.files.wanted_columns import has_materials, wanted_people, wanted_scores
from latsar_sync.rules.guard_limits import too_many_missing
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.settings.for_the_rules import guard_limits_of, names_of
from latsar_sync.store import (
    baselines,
    column_profiles,
    erasure,
    imports,
    participants,
    received,
    retention,
    scores_of_files,
)
from latsar_sync.store.acting import acting
from latsar_sync.store.database import Database
from latsar_sync.store.received import ReceivedState
from latsar_sync.store.record_changes import save_list

OLDEST_SCORE = timedelta(days=3 * 365)
"""A score that is older than this when people meet is none of this training, but a date that nobody knew."""


def import_participants(
    settings: Settings, database: Database, request: ImportRequest, clock: Callable[[], datetime]
) -> Report:
    """Check a list of participants and, if asked and nothing is rejected, make it the programme's list.

    Raise UsageError if the file cannot be used as a whole, or the programme takes its people from a MOOC.
    """
    programme = settings.programme(request.programme)
    if not programme.by_files:
        raise UsageError(
            _("The participants of {programme} come from its MOOC course.").format(programme=programme.id),
            _('A list is imported where source.kind = "import"; who goes to which angkatan is told by placement.'),
        )
    by_group = programme.placement == "group"
    opened = open_file(database, request, imports.PEOPLE, wanted_people(programme))
    office, found = opened.office, opened.found

    def look(connection: Connection, reader: Reader) -> tuple[Report, Callable[[int], None]]:
        participants.site_of(connection, programme.id, programme.source.site)
        known = participants.load_records(connection, programme.id)
        sheet = Sheet(found.header, replace(reader, placed_by_file=by_group))
        last = max((*known, *erasure.erased_people(connection, programme.id)), default=0)
        taken = take_people(sheet, found.rows, known, last, request.whole, participants.rising_ids(reader.now))

        def record(import_id: int) -> None:
            records = [change.record for change in (*taken.new, *taken.changed, *taken.ended)]
            pairs = [(known.get(each.participant.person.user_id), each) for each in records]
            save_list(connection, programme.id, pairs, reader.now)
            told = (*taken.new, *taken.changed)
            imports.note_lines(connection, import_id, {each.record.participant.id: each.line or 0 for each in told})

        before = sum(each.participant.person.enrolment is Enrolment.ACTIVE for each in known.values())
        dropped = too_many_missing(before, len(taken.ended), guard_limits_of(programme)) and not request.accept
        held = (before, len(taken.ended)) if dropped else None
        return replace(_report(imports.PEOPLE, office, sheet, taken), held=held), record

    return _carry_out(settings, database, programme, request, opened, clock, look)


def import_scores(
    settings: Settings, database: Database, request: ImportRequest, clock: Callable[[], datetime]
) -> Report:
    """Check a file of scores and, if asked and nothing is rejected, record them; they wait for a second person.

    Raise UsageError if the file cannot be used as a whole, or the programme judges by no score.
    """
    programme = settings.programme(request.programme)
    if programme.method == "classical":
        raise UsageError(
            _("Programme {programme} judges nobody by a score.").format(programme=programme.id),
            _('Its method is "classical": there is no MOOC gate.'),
        )
    materials = has_materials(programme)
    opened = open_file(database, request, imports.SCORES, wanted_scores(programme))
    office, found = opened.office, opened.found

    def look(connection: Connection, reader: Reader) -> tuple[Report, Callable[[int], None]]:
        participants.site_of(connection, programme.id, programme.source.site)
        known = participants.load_records(connection, programme.id)
        if not known:
            raise UsageError(
                _("Nobody is known in programme {programme} yet.").format(programme=programme.id),
                _("Import its participants first.")
                if programme.by_files
                else _("Run {sync} first.").format(sync=command("sync")),
            )
        minimum, maximum = score_range(connection, programme)
        newest = {
            name: each.newest for name, each in scores_of_files.scores_by_participant(connection, programme.id).items()
        }
        require_its_range(found.header.titles["score"], maximum, reader.percent)
        sheet = Sheet(found.header, replace(reader, minimum=minimum, maximum=maximum))
        taken = take_scores(sheet, found.rows, known, newest, materials)

        def record(import_id: int) -> None:
            scores = {
                change.record.participant.id: replace(change.after, import_id=import_id) for change in taken.changes
            }
            scores_of_files.add_scores(connection, scores)

        return _report(imports.SCORES, office, sheet, taken), record

    return _carry_out(settings, database, programme, request, opened, clock, look)


@dataclass(frozen=True, slots=True)
class Opened:
    """A file with its table, and the profile by which its columns are known; None where their titles tell."""

    office: OfficeFile
    found: Found
    profile: ColumnProfile | None


def open_file(database: Database, request: ImportRequest, kind: str, wanted: Wanted) -> Opened:
    """Open a file and find its table: by the columns that a person told, by a learned layout, or by its titles.

    Raise UsageError if there is none, or if what was told is incomplete.
    """
    office = request.open()
    if request.columns:
        columns, name = columns_of(request.columns, wanted), request.profile or ""
        profile: ColumnProfile | None = ColumnProfile(name, kind, columns, request.scores, request.by)
    else:
        with database.reading() as connection:
            profile = fitting(known_profiles(connection, kind), office, wanted)
    narrowed = wanted if profile is None else profile.narrowed(wanted)
    try:
        return Opened(office, find_table(office, narrowed, request.sheet), profile)
    except (NoSuchTable, UnclearColumns) as error:
        or_else = for_admins(
            _("Or say which column is which: --column FIELD=TITLE; with --profile NAME it is learned."),
            _("Or say below which column is which; it is learned under a name."),
        )
        raise type(error)(error.message, joined(error.remedy, or_else)) from None


def known_profiles(connection: Connection, kind: str) -> list[ColumnProfile]:
    """Return the layouts of one kind of file that are known."""
    rows = column_profiles.known(connection, kind)
    names = ("name", "kind", "columns", "scores", "by", "at")
    return [ColumnProfile(**{name: row[name] for name in names}) for row in rows]


def earliest_score(programme: ProgrammeSettings, today: date) -> date:
    """Return the first plausible day of a score: so long before the first day in class, or before an earlier today."""
    first = min([today, *(angkatan.starts for angkatan in programme.angkatan if angkatan.starts is not None)])
    return first - OLDEST_SCORE


Look = Callable[[Connection, Reader], tuple[Report, Callable[[int], None]]]


def _carry_out(
    settings: Settings,
    database: Database,
    programme: ProgrammeSettings,
    request: ImportRequest,
    opened: Opened,
    clock: Callable[[], datetime],
    look: Look,
) -> Report:
    """Look at a file and record it where that is asked for, in one transaction and whether or not a run is under way.

    The run goes on with what it read when it began, and sends nobody of whom the file tells something else.
    """
    reader = Reader(
        clock(),
        settings.zone_of(programme),
        names_of(programme),
        places=[each.name for each in programme.places],
        earliest=earliest_score(programme, settings.today(clock(), programme.id)),
        exact_width=opened.found.exact_width,
        open_cell=opened.found.open_cell,
        percent=opened.profile is not None and opened.profile.scores == "percent",
    )
    name = opened.profile.name if opened.profile is not None else None
    if not request.apply:
        with database.reading() as connection:
            retention.require_not_destroyed(connection, programme.id)
            return replace(look(connection, reader)[0], profile=name)
    with acting(database, programme.id, clock) as (connection, _free):
        retention.require_not_destroyed(connection, programme.id)
        report, record = look(connection, reader)
        report = replace(report, profile=name)
        counts = counts_of(report)
        if request.require is not None:
            request.require(report)
        if report.rejected or report.held:
            return report
        if not any(count for what, count in counts.items() if what != "unchanged"):
            _settle_received(connection, request, reader.now, None)
            return report
        import_id = imports.record_import(
            connection,
            programme.id,
            report.kind,
            report.file,
            opened.office.digest,
            counts,
            request.by,
            reader.now,
            request.token_of,
        )
        record(import_id)
        _settle_received(connection, request, reader.now, import_id)
        if request.profile is not None and opened.profile is not None:
            learned = opened.profile
            column_profiles.learn(
                connection, learned.name, learned.kind, learned.columns, learned.scores, request.by, reader.now
            )
    return replace(report, import_id=import_id)


def _settle_received(connection: Connection, request: ImportRequest, now: datetime, import_id: int | None) -> None:
    """Settle the received file in the transaction that imports it; raise UsageError if somebody else was quicker."""
    if request.received is None:
        return
    taken = received.settle(connection, request.received, ReceivedState.TAKEN, request.by, now, import_id)
    if not taken:
        raise received.waits_no_more(connection, request.received)


def _report(kind: str, office: OfficeFile, sheet: Sheet, taken: PeopleComparison | ScoreComparison) -> Report:
    """Put together what a look at a file found. Raise UsageError if nobody stands in it."""
    require_lines(sheet.rows, office)
    rejected = tuple(sorted(sheet.rejected, key=lambda remark: remark.line))
    wrong = {each.line for each in rejected}
    unusual = tuple(each for each in sheet.warnings if each.line not in wrong)
    return Report(kind, office.name, sheet.rows, taken, rejected, unusual, sheet.header.ignored)


def require_lines(rows: int, office: OfficeFile) -> None:
    """Raise UsageError if no line of a file holds anything."""
    if not rows:
        raise UsageError(
            _("{file} was not taken: no line below its header holds anybody.").format(file=office.name),
            _("Send the table with its lines."),
        )


def score_range(connection: Connection, programme: ProgrammeSettings) -> tuple[Decimal, Decimal]:
    """Return the range of the evaluation: as configured for files, as last read for a MOOC course."""
    if programme.by_files and programme.evaluation is not None:
        return Decimal(0), programme.evaluation.maximum
    baseline = baselines.load_baseline(connection, programme.id)
    evaluation = baseline.evaluation if baseline else None
    if evaluation is None or evaluation.score_range is None:
        raise UsageError(
            _("The range of the evaluation of {programme} has not been read yet.").format(programme=programme.id),
            _("Run {sync} first.").format(sync=command("sync --full")),
        )
    return evaluation.score_range
