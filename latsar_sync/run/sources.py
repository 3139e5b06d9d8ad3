"""What a run reads of a programme's people, by what is known: a MOOC course, or imported files."""

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Protocol

from latsar_sync.domain.decision import Rules
from latsar_sync.domain.request import Depth, Step
from latsar_sync.domain.source_as_read import PeopleAndGrades, SourceReading
from latsar_sync.rules.finalisation import files_are_old
from latsar_sync.run.configured import source_course_of
from latsar_sync.run.context import RunContext
from latsar_sync.run.imported import ImportedSource
from latsar_sync.run.known import KnownProgramme
from latsar_sync.run.mooc import MoocSource
from latsar_sync.run.spacing import Spacings
from latsar_sync.run.whom_to_look_for import KnownInMooc
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

    def note_nobody(self, as_read: PeopleAndGrades) -> str:
        """Return the note that there is nobody yet, or raise the error that this is."""

    def details(self, as_read: PeopleAndGrades, rules: Rules, full: bool) -> SourceReading:
        """Return the evidence of those for whom it still matters, in a ``full`` run of everybody (rule 10)."""

    def without_who_left(self, reading: SourceReading, user_ids: frozenset[int]) -> SourceReading | None:
        """Return the same without those of these few who are there no more; None where that can be told by reading
        everybody only.
        """


def source_of(context: RunContext, known: KnownProgramme) -> Source:
    """Return what a run reads, by what is known. Raise ConfigurationError if the people known came from elsewhere."""
    programme, nip = context.programme, context.request.nip
    wanted = source_course_of(programme, known.listed)
    wanted = replace(wanted, believed=known.baseline.evaluation if known.baseline else None)
    with context.tools.database.reading() as connection:
        site = participants.site_of(connection, programme.id, programme.source.site)
        scores = known.scores
        of_files = (
            {user_id: scores.get(each.participant.id) for user_id, each in known.people.items()} if scores else {}
        )
        confirmed = {user_id: each.confirmed for user_id, each in of_files.items() if each and each.confirmed}
        if not programme.by_files:
            ids, erased = source_ids.load_ids(connection, programme.id), erasure.erased_people(connection, programme.id)
            return MoocSource(
                client=context.tools.clients[site],
                known_in_mooc=KnownInMooc(
                    wanted,
                    known.people,
                    known.entries,
                    ids=ids,
                    erased=erased,
                    imported=confirmed,
                    by_grade=known.by_grade,
                ),
                today=context.today,
                nip=nip,
                checkpoint=known.checkpoint,
                exact_up_to=programme.source.exact_up_to,
                custom_report=programme.source.report,
                clock=context.tools.clock,
                tell=partial(context.step, Step.READ_DETAILS),
                # the schedule leans on the MOOC so hard that this run asks about whoever was there only
                sparing=known.depth is Depth.INCREMENTAL
                and context.request.scheduled
                and Spacings(connection, context.tools.settings).spares_the_mooc(programme, context.now),
                already=known.already,
            )
        hours, newest = programme.source.stale_after, imports.newest_file(connection, programme.id)
        return ImportedSource(
            programme=programme.id,
            file=imports.last_list(connection, programme.id),
            known=known.people,
            maximum=programme.evaluation.maximum if programme.evaluation else Decimal(100),
            gated=wanted.gated,
            confirmed=confirmed,
            awaiting=frozenset(user_id for user_id, each in of_files.items() if each and each.awaits),
            nip=nip,
            stale_after=hours if files_are_old(newest, hours, context.now) else None,
        )
