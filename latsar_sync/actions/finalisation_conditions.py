"""What must hold before a roster is fixed by decree: a good reading, fresh files, nothing open (rule 17).

How many hours old a reading may be is ``FRESH_HOURS`` in ``rules.finalisation``.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from latsar_sync.domain.actions import Finalisation
from latsar_sync.domain.errors import NotReady, NotWhileGuarded, UsageError
from latsar_sync.domain.language import _, command, counted, joined, see
from latsar_sync.domain.records import Record
from latsar_sync.domain.request import RunOutcome
from latsar_sync.domain.spelling import decree_number
from latsar_sync.rules import finalisation
from latsar_sync.rules.threshold import threshold_at, threshold_in_force
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.settings.for_the_rules import require_angkatan
from latsar_sync.store import imports, runs, thresholds


class PlacesAreOpen(NotReady):
    """Of some people of an angkatan it is not settled what a decree would say: its details are their names."""


class OldValues(PlacesAreOpen):
    """Values of those whom a decree takes in were last read exactly too long ago."""


def must_have_course(programme: ProgrammeSettings, angkatan: str) -> None:
    """Raise UsageError where an angkatan is unknown, or has no in-class phase."""
    if not require_angkatan(programme, angkatan).has_course:
        raise UsageError(_("Angkatan {angkatan} has no in-class phase, so it has no roster.").format(angkatan=angkatan))


def decree_must_fit(before: list[Finalisation], sk: str, angkatan: str, amendment: bool) -> None:
    """Raise UsageError where a first decree is there already, or none is to be amended."""
    if amendment and not before:
        raise UsageError(
            _("The roster of angkatan {angkatan} is not finalised, so there is nothing to amend.").format(
                angkatan=angkatan
            ),
            see("roster finalise"),
        )
    if before and not amendment:
        raise UsageError(
            _("The roster of angkatan {angkatan} was finalised by SK {number} of {day}.").format(
                angkatan=angkatan, number=decree_number(before[0].number), day=before[0].dated
            ),
            _("Newcomers enter by an amendment: {where}.").format(where=command("roster amend")),
        )
    if any(each.number == sk for each in before):
        raise UsageError(
            _("SK {number} is on record for this angkatan already.").format(number=decree_number(sk)),
            _("An amendment has a number of its own."),
        )


def reading_must_be_good(connection: Connection, programme: str, moment: datetime) -> datetime:
    """Return the moment by which the last good run judged. Raise NotReady while a guard holds the programme, if that
    run is too old, or judged by another threshold than is in force now (rule 17).
    """
    telling = runs.last_telling_run(connection, programme)
    if telling is not None and telling.outcome is RunOutcome.GUARDED:
        raise NotWhileGuarded(
            _("A guard holds programme {programme}: what was read last is not believed yet.").format(
                programme=programme
            ),
            _("Look at {where}; release it or mend the cause first.").format(where=command("status")),
        )
    good = runs.last_good_run(connection, programme)
    if good is None or good.finished_at is None or finalisation.is_old(good.finished_at, moment):
        raise NotReady(
            _("The last good run of programme {programme} is older than {hours} hours.").format(
                programme=programme, hours=finalisation.FRESH_HOURS
            ),
            _("Run {sync} first.").format(sync=command("sync --full")),
        )
    judged_at, history = good.started_at or good.finished_at, thresholds.threshold_history(connection, programme)
    if threshold_at(history, judged_at) != threshold_in_force(history, moment):
        raise _judged_by_another(programme)
    return judged_at


def threshold_must_have_judged(
    connection: Connection, programme: str, people: Iterable[Record], moment: datetime
) -> None:
    """Raise NotReady if one of these people was judged by another threshold than is in force: whatever a clock says."""
    in_force = threshold_in_force(thresholds.threshold_history(connection, programme), moment)
    by = {each.threshold_version for each in people if each.threshold_version is not None}
    if in_force is not None and by - {in_force.version}:
        raise _judged_by_another(programme)


def _judged_by_another(programme: str) -> NotReady:
    return NotReady(
        _("The last run of programme {programme} judged by another threshold than is in force now.").format(
            programme=programme
        ),
        _("Run {sync} first.").format(sync=command("sync")),
    )


def files_must_be_fresh(connection: Connection, programme: ProgrammeSettings, moment: datetime) -> None:
    """Raise NotReady if the newest imported file is older than the programme lets it be (rule 17)."""
    hours = programme.source.stale_after
    if finalisation.files_are_old(imports.newest_file(connection, programme.id), hours, moment):
        raise NotReady(
            _("The newest imported file of {programme} is older than {hours} hours.").format(
                programme=programme.id, hours=f"{hours:g}"
            ),
            _("Import the newest list and scores; the same file will do, if nothing has changed."),
        )


def nothing_must_be_open(draft: finalisation.DecreeDraft, known: Mapping[str, Record], angkatan: str) -> None:
    """Raise NotReady for whatever stands in the way, with the names of ``known`` people of whom it is so, or if the
    decree would say nothing.
    """
    look = see(f"roster --angkatan {angkatan}")
    if draft.unsettled:
        raise PlacesAreOpen(
            counted(
                "{number} person is on the way into the in-class course or waits for approval.",
                "{number} persons are on the way into the in-class course or wait for approval.",
                len(draft.unsettled),
            ).format(number=len(draft.unsettled)),
            joined(_("Run {sync}, approve or hold them first.").format(sync=command("sync")), look),
            _names_of(draft.unsettled, known),
        )
    if draft.undecided:
        raise PlacesAreOpen(
            counted(
                "{number} person is in a review that somebody must settle.",
                "{number} persons are in a review that somebody must settle.",
                len(draft.undecided),
            ).format(number=len(draft.undecided)),
            joined(
                _("Admit or hold them, give them a clearance, or take them out of the in-class course first."),
                look,
            ),
            _names_of(draft.undecided, known),
        )
    if draft.outdated:
        raise PlacesAreOpen(
            counted(
                "After the last run an admission, clearance or merge of {number} person ended, or a score changed.",
                "After the last run an admission, clearance or merge of {number} persons ended, or a score changed.",
                len(draft.outdated),
            ).format(number=len(draft.outdated)),
            joined(_("Run {sync} first.").format(sync=command("sync")), look),
            _names_of(draft.outdated, known),
        )
    if draft.stale:
        raise OldValues(
            counted(
                "The evidence of {number} person is older than {hours} hours.",
                "The evidence of {number} persons is older than {hours} hours.",
                len(draft.stale),
            ).format(number=len(draft.stale), hours=finalisation.FRESH_HOURS),
            "",
            _names_of(draft.stale, known),
        )
    if not draft.members and not draft.left:
        raise NotReady(_("There is nobody to take in and nobody left the list."), look)


def _names_of(people: Iterable[str], known: Mapping[str, Record]) -> tuple[str, ...]:
    return tuple(sorted(known[each].participant.person.name or each for each in people))
