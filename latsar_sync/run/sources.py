"""Where a programme's people and evidence come from: a MOOC course or imported files, in one shape for the walk."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection

from latsar_sync.domain.model import Entry
from latsar_sync.domain.records import Record
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.run.configured import source_course_of
from latsar_sync.run.imported import ImportedList
from latsar_sync.run.mooc import Gathering
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.store import checkpoints, erasing, imports, participants

Source = Gathering | ImportedList


def source_of(
    connection: Connection,
    programme: ProgrammeSettings,
    clients: Mapping[str, MoodleClient],
    known: Mapping[int, Record],
    entries: Mapping[str, Entry],
    today: date,
    nip: str | None,
    clock: Callable[[], datetime],
) -> Source:
    """Return what the walk of a programme reads; ``nip`` is the one participant that the run is about, if any.

    ``clock`` gives the time, to compare it with the site's; ``known`` and ``entries`` as in ``Gathering``.

    Raise ConfigurationError if the people known came from elsewhere.
    """
    site = participants.site_of(connection, programme.id, programme.source.site)
    standings = imports.standings(connection, programme.id)
    told = {number: standings.get(record.participant.id) for number, record in known.items()}
    confirmed = {number: each.confirmed for number, each in told.items() if each and each.confirmed}
    wanted = source_course_of(programme)
    if not programme.by_files:
        erased = erasing.erased_people(connection, programme.id)
        checkpoint = checkpoints.load_checkpoint(connection, programme.id)
        return Gathering(clients[site], wanted, known, entries, today, nip, confirmed, erased, checkpoint, clock)
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
