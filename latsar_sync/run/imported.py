"""Imported files as the source of a run: people and confirmed scores, in the shape in which a MOOC is read.

It writes and judges nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NoReturn

from latsar_sync.domain.decision import Rules
from latsar_sync.domain.errors import InputMissing, UsageError
from latsar_sync.domain.evidence import Evaluation, Grade, GradeStatus, Imported, Materials
from latsar_sync.domain.language import _, command, counted
from latsar_sync.domain.nip import mask_nip
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.records import Record
from latsar_sync.domain.request import Depth
from latsar_sync.domain.source_as_read import HowFound, PeopleAndGrades, SourceReading
from latsar_sync.store.participants import IMPORTED


@dataclass(frozen=True, slots=True)
class ImportedSource:
    """One programme's imported list. ``nip`` is the one participant that a run is about, None for everybody.

    ``file`` is the name of the newest list, None if there is none; ``confirmed`` holds the scores that count and
    ``stale_after`` are the hours for which the newest file was good, None while it is.
    ``awaiting`` whose newest score waits for a second person, both by the number in the list, as ``known``.
    """

    programme: str
    file: str | None
    known: Mapping[int, Record]
    maximum: Decimal
    gated: bool
    confirmed: Mapping[int, Imported] = field(default_factory=dict)
    awaiting: frozenset[int] = frozenset()
    nip: str | None = None
    stale_after: float | None = None

    name = IMPORTED

    def people_and_grades(self, depth: Depth, exactly: frozenset[int]) -> PeopleAndGrades:
        """Return everybody on the list, which is read whole every time.

        Raise UsageError if nobody on it has the NIP asked for.
        """
        people = tuple(
            record.participant.person
            for _, record in sorted(self.known.items())
            if record.participant.person.enrolment is not Enrolment.ENDED
        )
        asked = [person for person in people if self.nip is None or person.raw_key == self.nip]
        if people and not asked:
            raise UsageError(
                _("Nobody on the imported list has the NIP {nip}.").format(nip=mask_nip(self.nip or "")),
                _("Check the number, or import the list again."),
            )
        remarks = waiting_remark(len(self.awaiting))
        if self.stale_after is not None:
            text = _("The newest imported file is older than {hours} hours; no roster is finalised by it.")
            remarks.append(text.format(hours=f"{self.stale_after:g}"))
        shortname = self.file or self.programme
        as_read = PeopleAndGrades(
            0, shortname, people, how_found=HowFound(anybody=bool(people)), remarks=tuple(remarks)
        )
        if not self.gated:
            return as_read
        grades = {
            person.user_id: Grade(
                GradeStatus.IMPORT_UNCONFIRMED if person.user_id in self.awaiting else GradeStatus.SCORE_NOT_IMPORTED
            )
            for person in asked
        }
        evaluation = Evaluation(0, 0, IMPORTED, shortname, Decimal(0), self.maximum)
        return replace(as_read, evaluation=evaluation, grades=grades)

    def note_nobody(self, as_read: PeopleAndGrades) -> NoReturn:
        """Raise InputMissing: the programme has no list yet."""
        raise InputMissing(
            _("No participants have been imported for programme {programme}.").format(programme=self.programme),
            _("Import the list: {where}.").format(
                where=command(f"import participants FILE --programme {self.programme} --apply")
            ),
        )

    def without_who_left(self, reading: SourceReading, user_ids: frozenset[int]) -> None:
        """Tell nothing: a file does not change while it is read."""

    def details(self, as_read: PeopleAndGrades, rules: Rules, full: bool) -> SourceReading:
        """Return the confirmed scores, and how much material is done where the files say it."""
        materials = {user_id: _materials(score) for user_id, score in self.confirmed.items() if rules.by_materials}
        return SourceReading(as_read, materials, looks_for_everybody=self.nip is None, imported=self.confirmed)


def waiting_remark(waiting: int) -> list[str]:
    """Say that imported scores wait for a second person, if any do."""
    if not waiting:
        return []
    text = counted(
        "{number} imported score waits for a second person: {where}.",
        "{number} imported scores wait for a second person: {where}.",
        waiting,
    )
    return [text.format(number=waiting, where=command("import list"))]


def _materials(score: Imported) -> Materials | None:
    """Return completion as a file tells it: which activities are open is not known, so the last ones stand for them."""
    if score.materials_total is None or score.materials_done is None:
        return None
    return Materials(score.materials_total, tuple(range(score.materials_done + 1, score.materials_total + 1)))
