"""What a named person says of an id that changed or was taken out of the configuration: renamed, or over (rule 22).

A run under way is waited for, and not refused: whether the new id is free is known only when it has ended, and whoever
renames must hear that.
"""

from sqlalchemy import Connection

from latsar_sync.actions.action_transaction import Clock
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, command
from latsar_sync.rules.threshold import SEEDED_BY
from latsar_sync.settings import Settings
from latsar_sync.store import filled_courses, renaming, unconfigured
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Lease

PATIENCE = 600.0
"""Seconds that a run under way is waited for."""


def rename_programme(
    settings: Settings, database: Database, clock: Clock, old: str, new: str, reason: str, by: str
) -> None:
    """Let everything recorded under ``old``, which is no longer configured, be of the configured ``new``.

    Raise UsageError if either is not so, or if anybody is recorded under ``new`` already.
    """
    settings.programme(new)
    _require_unconfigured(old, settings.ids())
    with (
        Lease(database, old, clock, PATIENCE),
        Lease(database, new, clock, PATIENCE) as lease,
        lease.writing() as connection,
    ):
        _require_recorded(old, filled_courses.is_recorded(connection, old))
        taken = filled_courses.is_recorded(connection, new) or not renaming.is_seeded_only(connection, new, SEEDED_BY)
        if taken:
            raise UsageError(
                _("Programme {new} has people or thresholds of its own already.").format(new=new),
                _("Two programmes cannot become one: choose a new id, or close the old one with programme close."),
            )
        renaming.rename_programme(connection, old, new)
        renaming.note_action(connection, new, None, unconfigured.RENAMED, old, reason, by, clock())


def rename_angkatan(
    settings: Settings, database: Database, clock: Clock, programme: str, old: str, new: str, reason: str, by: str
) -> None:
    """Let everything recorded of angkatan ``old``, which is no longer configured, be of the configured ``new``.

    Raise UsageError if either is not so, or if ``new`` fills a group of its own already.
    """
    _require_angkatan(settings, programme, new)
    _require_unconfigured(old, settings.ids()[programme])
    with Lease(database, programme, clock, PATIENCE) as lease, lease.writing() as connection:
        _require_recorded(old, _is_known(connection, settings, programme, old))
        if renaming.has_place(connection, programme, new):
            raise UsageError(
                _("Angkatan {new} fills a group of its own already.").format(new=new),
                _("Two angkatan cannot become one: move their people (roster move), or close the old one."),
            )
        renaming.rename_angkatan(connection, programme, old, new)
        renaming.note_action(connection, programme, new, unconfigured.RENAMED, old, reason, by, clock())


def close(
    settings: Settings, database: Database, clock: Clock, programme: str, angkatan: str | None, reason: str, by: str
) -> None:
    """Record that a programme, or one angkatan of it, is over: nobody is asked about it again, and its group is free.

    Raise UsageError if it is still configured, or nothing is recorded of it.
    """
    configured = settings.ids()
    if angkatan is None:
        _require_unconfigured(programme, configured)
    else:
        _require_unconfigured(angkatan, configured.get(programme, frozenset()))
    with Lease(database, programme, clock, PATIENCE) as lease, lease.writing() as connection:
        _require_recorded(programme, filled_courses.is_recorded(connection, programme))
        if angkatan is not None:
            _require_recorded(angkatan, _is_known(connection, settings, programme, angkatan))
        renaming.leave_groups(connection, programme, angkatan)
        renaming.note_action(connection, programme, angkatan, unconfigured.CLOSED, None, reason, by, clock())


def _is_known(connection: Connection, settings: Settings, programme: str, angkatan: str) -> bool:
    """Say whether people or a group of an angkatan that is no longer configured are recorded."""
    known = {programme: settings.ids().get(programme, frozenset())}
    loose = [each.angkatan for each in unconfigured.find(connection, known) if each.programme == programme]
    return angkatan in loose or renaming.has_place(connection, programme, angkatan)


def _require_angkatan(settings: Settings, programme: str, angkatan: str) -> None:
    settings.programme(programme)
    if angkatan not in settings.ids()[programme]:
        known = ", ".join(sorted(settings.ids()[programme]))
        raise UsageError(
            _("Programme {programme} has no angkatan {angkatan} in the configuration.").format(
                programme=programme, angkatan=angkatan
            ),
            _("It has {known}.").format(known=known),
        )


def _require_unconfigured(name: str, configured: object) -> None:
    if isinstance(configured, dict | frozenset) and name in configured:
        raise UsageError(
            _("{name} is in the configuration still.").format(name=name),
            _("Take it out, or rename it there, and run the command again."),
        )


def _require_recorded(name: str, recorded: bool) -> None:
    if not recorded:
        raise UsageError(
            _("Nothing is recorded of {name}.").format(name=name),
            _("{where} names what is recorded.").format(where=command("status")),
        )
