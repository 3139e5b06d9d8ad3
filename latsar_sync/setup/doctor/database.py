"""What the database and the named files are like, and what is kept of the programmes that the diagnosis goes by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from latsar_sync.domain import language
from latsar_sync.domain.decision import Threshold
from latsar_sync.domain.errors import LatsarError, NoDatabase
from latsar_sync.domain.finding_remedies import finding_text
from latsar_sync.domain.language import _
from latsar_sync.domain.records import RecordedTerms
from latsar_sync.domain.request import RunOutcome
from latsar_sync.rules import clocks
from latsar_sync.rules.filled_courses import FilledCourse
from latsar_sync.rules.lms_budget import slowed_text
from latsar_sync.run.spacing import Spacings
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.settings.files_changed import REMEDY, changed_since_read, said_of
from latsar_sync.settings.files_needed import files_not_there, open_to_everybody
from latsar_sync.setup.checks import Page
from latsar_sync.setup.doctor.database_mark import examine_mark
from latsar_sync.setup.doctor.imports import Files, read_files
from latsar_sync.setup.doctor.webhooks import examine_webhooks
from latsar_sync.store import filled_courses as store_filled_courses
from latsar_sync.store import messages, pushes, runs, thresholds, unconfigured
from latsar_sync.store.check.roster import overfull
from latsar_sync.store.database import Database
from latsar_sync.store.living_daemons import living_daemons
from latsar_sync.store.terms import latest_terms


def examine_named_files(settings: Settings) -> list[Page]:
    """Say which files that the configuration names are not there, or open to everybody; nothing where all is well."""
    page = Page(_("files"))
    for key, file in files_not_there(settings).items():
        said = _("{key}: {file} is not there or cannot be read; what needs it fails.").format(key=key, file=file)
        page.warn(key.rpartition(".")[2], said, _("Put it there again, or remove the key."))
    for file in open_to_everybody(settings):
        said = _("{file} holds tokens or passwords, and every account of this computer may read it.").format(file=file)
        page.warn("secrets", said, _("Take that right away: chmod o-rwx {file}").format(file=file))
    for file in changed_since_read(settings):
        page.warn("changed_files", said_of(str(file)), _(REMEDY))
    return [page] if page.checks else []


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database holds of a programme: recorded thresholds and terms, and the imported files where it runs on
    them.
    """

    history: Sequence[Threshold]
    files: Files | None
    terms: RecordedTerms | None
    filled: Mapping[str, FilledCourse]
    sent: bool
    """Whether anybody was ever sent into a course."""
    roles: frozenset[tuple[str, int, int]]
    """Site, course id and role id of enrolments that Moodle took."""
    messages: frozenset[str]
    """The sites on which messages have reached people."""


def examine_database(
    pages: list[Page], settings: Settings, chosen: Sequence[ProgrammeSettings], now: datetime
) -> dict[str, Kept]:
    """Return what is kept of each programme; nothing, and a failed check, if the database cannot be read."""
    page = Page(_("database"))
    pages.append(page)
    try:
        database = Database(settings.database_url, make=False, mark=settings.mark_file)
        try:
            database.upgrade()
            with database.reading() as connection:
                kept = {
                    each.id: Kept(
                        thresholds.threshold_history(connection, each.id),
                        read_files(connection, each.id) if each.by_files else None,
                        latest_terms(connection, each.id),
                        store_filled_courses.load_filled_courses(connection, each.id),
                        pushes.ever_sent(connection, each.id),
                        pushes.roles_given(connection, each.id),
                        messages.arrived_on(connection, each.id),
                    )
                    for each in chosen
                }
                loose = unconfigured.find(connection, settings.ids())
                last = next(iter(runs.recorded_runs(connection, limit=1)), None)
                for each in loose:
                    said = _("Say which it is; until then nothing of it is read or sent.")
                    page.warn("unconfigured", each.text, said)
                _say_what_stands(page, connection, settings, chosen)
                page.ok("database", _("{name} is open and up to date.").format(name=database.name))
                examine_mark(page, connection, database.mark)
                examine_webhooks(page, connection, settings)
            with database.reading() as connection:
                spacings = Spacings(connection, settings)
                for one in chosen:
                    slowed = spacings.slowing(one, now)
                    if slowed is not None:
                        remedy = _("Allow the site more (max_lms_share), or give the programme a rarer schedule.")
                        page.warn("lms_share", f"{one.id}: {slowed_text(slowed)}", remedy)
            for file in sorted({file for daemon in living_daemons(database, now) for file in daemon.changed_files}):
                page.warn("changed_files", said_of(file), _(REMEDY))
            for said in clocks.against_the_last_run(last.finished_at if last else None, now):
                page.warn("clock", said, _("Until then every age that is told is wrong; the next run goes on as ever."))
        finally:
            database.close()
    except NoDatabase as error:
        page.warn("database", error.message, error.remedy)
        return {}
    except LatsarError as error:
        page.fail("database", error.message, error.remedy)
        return {}
    return kept


def _say_what_stands(
    page: Page, connection: Connection, settings: Settings, chosen: Sequence[ProgrammeSettings]
) -> None:
    for full in overfull(connection, settings.capacities()):
        page.warn("seats", full.found, full.remedy)
    for one in chosen:
        _say_what_holds(page, connection, one.id)


def _say_what_holds(page: Page, connection: Connection, programme: str) -> None:
    last = runs.last_telling_run(connection, programme)
    if last is None or last.outcome is not RunOutcome.GUARDED:
        return
    held = _("held by a guard")
    release = _("Look in Moodle; if it is right: latsar-sync sync --programme {programme} --accept --by NAME.")
    for finding in last.findings:
        said = f"{programme}: {held}: {finding_text(finding, language.in_use())}"
        page.warn("held", said, release.format(programme=programme))
