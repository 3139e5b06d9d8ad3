"""Where a programme's people and evidence come from: a MOOC course or imported files, in one shape for the run."""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Protocol

from sqlalchemy import Connection

from latsar_sync.domain.decision import Rules
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.known_people import KnownPeople
from latsar_sync.domain.records import Checkpoint
from latsar_sync.domain.request import Depth
from latsar_sync.moodle.mooc_values import PeopleAndGrades
from latsar_sync.rules.finalisation import files_are_old
from latsar_sync.rules.judging import PeopleInDetail
from latsar_sync.run.configured import source_course_of
from latsar_sync.run.context import RunContext
from latsar_sync.run.imported import ImportedSource
from latsar_sync.run.mooc import MoocSource
from latsar_sync.run.whom_to_look_for import Ours
from latsar_sync.store import erasure, imports, participants, source_ids


class Source(Protocol):
    """What a run reads of a programme's people: first all of them, then the details of those whom they may change.

    ``MoocSource`` reads them in a MOOC course, ``ImportedSource`` in files. A source writes and judges nothing.
    """

    @property
    def name(self) -> str:
        """The site's name, ``IMPORTED`` for files."""

    def people_and_grades(self, depth: Depth, exactly: frozenset[int]) -> PeopleAndGrades:
        """Return the people and their grades: as ``depth`` says of everybody, or of whom they may have changed.

        ``exactly`` are user ids of those who are read whatever tells that nothing changed. Raise UsageError if nobody
        has the NIP that the run is about.
        """

    def nobody(self, found: PeopleAndGrades) -> str:
        """Return the note that there is nobody yet, or raise the error that this is."""

    def details(self, found: PeopleAndGrades, rules: Rules, whole: bool, step: Callable[[int], None]) -> PeopleInDetail:
        """Return the evidence of those for whom it still matters, of everybody if ``whole`` (rule 10).

        ``step`` is told of how many people something is read.
        """


def source_of(
    connection: Connection,
    context: RunContext,
    known: KnownPeople,
    entries: Mapping[str, Entry],
    listed: Collection[str],
    checkpoint: Checkpoint | None,
) -> Source:
    """Return what a run reads. ``known`` is by user id in the source, ``entries`` by internal id, ``listed`` are the
    NIPs of the placement list; ``checkpoint`` says how far the last good run had read.

    Raise ConfigurationError if the people known came from elsewhere.
    """
    programme, nip = context.programme, context.request.nip
    site = participants.site_of(connection, programme.id, programme.source.site)
    scores = imports.scores_by_participant(connection, programme.id)
    told = {number: scores.get(record.participant.id) for number, record in known.items()} if scores else {}
    confirmed = {number: each.confirmed for number, each in told.items() if each and each.confirmed}
    wanted = source_course_of(programme, listed)
    if not programme.by_files:
        return MoocSource(
            client=context.tools.clients[site],
            ours=Ours(
                wanted,
                known,
                entries,
                ids=source_ids.load_ids(connection, programme.id),
                erased=erasure.erased_people(connection, programme.id),
                imported=confirmed,
            ),
            today=context.today,
            nip=nip,
            checkpoint=checkpoint,
            exact_up_to=programme.source.exact_up_to,
            report=programme.source.report,
            clock=context.tools.clock,
        )
    hours = programme.source.stale_after
    return ImportedSource(
        programme=programme.id,
        file=imports.last_list(connection, programme.id),
        known=known,
        maximum=programme.evaluation.maximum if programme.evaluation else Decimal(100),
        gated=wanted.gated,
        confirmed=confirmed,
        awaiting=frozenset(number for number, each in told.items() if each and each.awaits),
        nip=nip,
        stale_after=hours if files_are_old(imports.newest_file(connection, programme.id), hours, context.now) else None,
    )
