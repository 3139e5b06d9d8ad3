"""Where a programme's people and evidence come from: a MOOC course or imported files, in one shape for the walk."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from latsar_sync.errors import ConfigurationError
from latsar_sync.gathering import Gathering
from latsar_sync.imported import ImportedList
from latsar_sync.language import _
from latsar_sync.model import Entry
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.records import Record
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.store import erasing, imports, participants
from latsar_sync.wishes import source_course_of

Source = Gathering | ImportedList


def source_of(
    connection: Connection,
    programme: ProgrammeSettings,
    clients: Mapping[str, MoodleClient],
    known: Mapping[int, Record],
    entries: Mapping[str, Entry],
    today: date,
    nip: str | None,
) -> Source:
    """Return what the walk of a programme reads; ``nip`` is the one participant that the run is about, if any.

    Raise ConfigurationError if the people known came from elsewhere.
    """
    site = site_of(connection, programme)
    standings = imports.standings(connection, programme.id)
    told = {number: standings.get(record.participant.id) for number, record in known.items()}
    confirmed = {number: each.confirmed for number, each in told.items() if each and each.confirmed}
    wanted = source_course_of(programme)
    if not programme.by_files:
        erased = erasing.erased_people(connection, programme.id)
        return Gathering(clients[site], wanted, known, entries, today, nip, confirmed, erased)
    return ImportedList(
        programme=programme.id,
        file=imports.last_list(connection, programme.id),
        known=known,
        maximum=programme.evaluation.maximum if programme.evaluation else Decimal(100),
        gated=wanted.gated,
        confirmed=confirmed,
        awaiting=frozenset(number for number, each in told.items() if each and each.awaits),
        nip=nip,
    )


def site_of(connection: Connection, programme: ProgrammeSettings) -> str:
    """Return the site that a programme's participants come from, ``IMPORTED`` for files.

    Raise ConfigurationError if those known came from another one: two people could have one number then.
    """
    site = programme.source.site or participants.IMPORTED
    others = participants.source_sites(connection, programme.id) - {site}
    if others:
        raise ConfigurationError(
            _("The participants of programme {programme} came from {before}; now source says {now}.").format(
                programme=programme.id, before=", ".join(sorted(others)), now=site
            ),
            _("Give the programme a new id, or put its source back."),
        )
    return site
