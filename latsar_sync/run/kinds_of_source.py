"""Where a programme's people and evidence come from: a MOOC course or imported files, in one shape for the run."""

from collections.abc import Callable
from decimal import Decimal
from typing import Protocol

from latsar_sync.domain.decision import Rules
from latsar_sync.domain.request import Depth
from latsar_sync.moodle.mooc_values import PeopleAndGrades
from latsar_sync.rules.finalisation import files_are_old
from latsar_sync.rules.people_as_read import PeopleInDetail
from latsar_sync.run.configured import source_course_of
from latsar_sync.run.context import RunContext
from latsar_sync.run.imported import ImportedSource
from latsar_sync.run.known import KnownProgramme
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


def source_of(context: RunContext, known: KnownProgramme) -> Source:
    """Return what a run reads, by what is known. Raise ConfigurationError if the people known came from elsewhere."""
    programme, nip = context.programme, context.request.nip
    wanted = source_course_of(programme, known.listed)
    with context.tools.database.reading() as connection:
        site = participants.site_of(connection, programme.id, programme.source.site)
        scores = imports.scores_by_participant(connection, programme.id)
        told = {number: scores.get(each.participant.id) for number, each in known.people.items()} if scores else {}
        confirmed = {number: each.confirmed for number, each in told.items() if each and each.confirmed}
        if not programme.by_files:
            ids, erased = source_ids.load_ids(connection, programme.id), erasure.erased_people(connection, programme.id)
            return MoocSource(
                client=context.tools.clients[site],
                ours=Ours(wanted, known.people, known.entries, ids=ids, erased=erased, imported=confirmed),
                today=context.today,
                nip=nip,
                checkpoint=known.checkpoint,
                exact_up_to=programme.source.exact_up_to,
                report=programme.source.report,
                clock=context.tools.clock,
            )
        hours, newest = programme.source.stale_after, imports.newest_file(connection, programme.id)
        return ImportedSource(
            programme=programme.id,
            file=imports.last_list(connection, programme.id),
            known=known.people,
            maximum=programme.evaluation.maximum if programme.evaluation else Decimal(100),
            gated=wanted.gated,
            confirmed=confirmed,
            awaiting=frozenset(number for number, each in told.items() if each and each.awaits),
            nip=nip,
            stale_after=hours if files_are_old(newest, hours, context.now) else None,
        )
