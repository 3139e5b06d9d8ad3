"""The MOOC side of a walk: whom to read, how deeply, and what came of it. It writes and judges nothing."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from latsar_sync import admission, ledger
from latsar_sync.errors import SiteRefuses, UsageError
from latsar_sync.language import _, counted
from latsar_sync.model import Basis, Entry, EntryState, Imported, Person, Rules
from latsar_sync.moodle import source
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.nip import check_nip, mask_nip
from latsar_sync.records import Record


@dataclass(frozen=True, slots=True)
class Gathering:
    """Reads one programme's MOOC course. ``nip`` is the one participant that a run is about, None for everybody.

    ``known`` is by user id in the MOOC, ``entries`` by internal id; ``today`` is the date in the programme's zone.
    ``erased`` are the user ids of those whose identity was destroyed here: the site still lists them, and they are
    taken for nobody. ``imported`` holds confirmed scores of files, which stand in where the MOOC has none;
    ``ImportedList`` is the twin of this class for programmes that run on files alone.
    """

    client: MoodleClient
    wanted: source.SourceCourse
    known: Mapping[int, Record]
    entries: Mapping[str, Entry]
    today: date
    nip: str | None = None
    imported: Mapping[int, Imported] = field(default_factory=dict)
    erased: Collection[int] = frozenset()

    @property
    def name(self) -> str:
        """The site's name."""
        return self.client.name

    def survey(self, whole: bool) -> source.Survey:
        """Read the course, its people and their grades. Raise UsageError if nobody in it has the NIP asked for."""
        only = None if self.nip is None else self._is_asked_for
        found = source.survey(self.client, self.wanted, whole, only)
        asked_for = list(filter(only, found.people)) if only is not None else []
        if asked_for and all(person.user_id in self.erased for person in asked_for):
            raise UsageError(
                _("The person with the NIP {nip} was erased here.").format(nip=mask_nip(self.nip or "")),
                _("See latsar-sync person erasures; latsar-sync person resume takes somebody in again."),
            )
        if only is not None and not asked_for:
            raise UsageError(
                _("Nobody in {course} has the NIP {nip}.").format(course=found.shortname, nip=mask_nip(self.nip or "")),
                _("Check the number, and the account in the MOOC that should carry it."),
            )
        return found

    def remarks(self, found: source.Survey) -> list[str]:
        """Return what a person should know of this source and of what it answered, a sentence each."""
        said = []
        if self.client.site_info().userissiteadmin:
            said.append(
                _("{name}: the token belongs to a site admin; use an account with less.").format(name=self.name)
            )
        count = sum(person.user_id in self.erased for person in found.people)
        if count:
            said.append(
                counted(
                    "{count} account in {course} was erased here: it is neither judged nor enrolled.",
                    "{count} accounts in {course} were erased here: they are neither judged nor enrolled.",
                    count,
                ).format(count=count, course=found.shortname)
                + " "
                + _("End the enrolment there, or see latsar-sync person erasures.")
            )
        return said

    def nobody(self, found: source.Survey) -> str:
        """Return the note that no participant is visible in a MOOC course that never had any.

        Raise SiteRefuses if not even a teacher is. Course contacts stay visible without ``moodle/user:viewdetails``
        (Moodle ``user/lib.php``, ``user_can_view_profile``): a teacher who shows does not prove that others would.
        """
        remedy = _("Give the service account's role moodle/user:viewdetails and moodle/site:accessallgroups there.")
        if not found.anybody:
            raise SiteRefuses(
                _("{name}: nobody is visible in the course {shortname}, not even a teacher.").format(
                    name=self.name, shortname=found.shortname
                ),
                remedy,
            )
        said = _("{name}: no participant is visible in the course {shortname}. If some are enrolled there:")
        return f"{said.format(name=self.name, shortname=found.shortname)} {remedy}"

    def details(self, found: source.Survey, rules: Rules, whole: bool, step: Callable[[int], None]) -> ledger.Reading:
        """Read attempts and materials of those for whom they still matter; of everybody if ``whole`` (rule 10)."""
        people = tuple(person for person in found.people if person.user_id not in self.erased)
        reading = ledger.Reading(
            people,
            found.grades,
            everybody=self.nip is None,
            enrolments=found.suspended_read,
            imported=self.imported,
        )
        asked = [
            person for person in people if person.user_id in found.grades and (whole or not self._is_confirmed(person))
        ]
        if rules.threshold is not None and rules.basis is Basis.BEST_ATTEMPT and asked:
            step(len(asked))
            threshold, user_ids = rules.threshold, [person.user_id for person in asked]
            attempts = source.read_attempts(
                self.client, found, user_ids, lambda maximum: admission.in_points(threshold, maximum)
            )
            reading = replace(reading, attempts=attempts)
        if not rules.materials:
            return reading
        asked = [person for person in asked if whole or self._can_qualify(person, reading, rules)]
        step(len(asked))
        states = source.read_materials(self.client, found, self.wanted, [person.user_id for person in asked])
        materials = {
            user_id: None if state is None else admission.materials_of(state, rules.required)
            for user_id, state in states.items()
        }
        return replace(reading, materials=materials)

    def _is_asked_for(self, person: Person) -> bool:
        return check_nip(person.key, self.today).nip == self.nip

    def _can_qualify(self, person: Person, reading: ledger.Reading, rules: Rules) -> bool:
        evidence = ledger.merge_evidence(person, self.known.get(person.user_id), reading)
        return admission.could_still_qualify(evidence, rules)

    def _is_confirmed(self, person: Person) -> bool:
        record = self.known.get(person.user_id)
        entry = self.entries.get(record.participant.id) if record else None
        return entry is not None and entry.state is EntryState.CONFIRMED
