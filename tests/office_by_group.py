"""An office that reads its people by their groups in the MOOC, and what it asks for."""

from dataclasses import dataclass

from service import PROGRAMME, Service

from latsar_sync.demo import CASES, Campus
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain.decision import Decision
from latsar_sync.domain.participant import Enrolment
from latsar_sync.run.pipeline import ProgrammeResult
from latsar_sync.store import participants

ALLOWED = "core_group_get_activity_allowed_groups"
PROFILES = "core_user_get_course_user_profiles"
GRADES = "gradereport_user_get_grade_items"
MOOC = "MOOC-LATSAR"
NOW = 1_790_000_000
NO_PUSH = 'push = "confirmed"'


@dataclass
class Office:
    """A service that reads by group, and its campus."""

    service: Service
    campus: Campus

    def run(self, **asked: object) -> ProgrammeResult:
        """Forget what was asked, and run once."""
        self.campus.log.clear()
        return self.service.run(**asked)

    def known(self) -> dict[int, tuple[Enrolment, tuple[str, ...], Decision | None]]:
        """Return enrolment, groups and decision of everybody known, by user id in the MOOC."""
        with self.service.database.reading() as connection:
            records = participants.load_records(connection, PROGRAMME)
        return {
            user_id: (each.participant.person.enrolment, each.participant.person.groups, each.decision)
            for user_id, each in records.items()
        }

    def outcomes(self) -> dict[int, tuple[Enrolment, str, list[str]]]:
        """Return enrolment, outcome and reasons of everybody known."""
        return {
            user_id: (enrolment, str(decision.outcome), [reason.code for reason in decision.reasons])
            for user_id, (enrolment, _groups, decision) in self.known().items()
            if decision is not None
        }

    def several(self, group: str = "Angkatan I") -> list[int]:
        """Return the people of a group who are in no other."""
        return [who for who, (_state, groups, _decision) in self.known().items() if groups == (group,)]

    def someone(self) -> int:
        """Return somebody of angkatan I who is in no other."""
        return self.several()[0]

    def person(self, case: str) -> int:
        """Return the MOOC account of a case's person."""
        name = CASES[case][0]
        return name if isinstance(name, int) else self.campus.mooc.user_id(name)

    def asked(self, function: str) -> int:
        """Return how often the MOOC was asked by a function since the last run began, inside batches too."""
        calls = (entry for entry in self.campus.log if entry.site == "mooc")
        return sum([entry.function, *entry.inner_functions].count(function) for entry in calls)

    def requests(self) -> int:
        """Return how many requests went to the MOOC since the last run began."""
        return sum(entry.site == "mooc" for entry in self.campus.log)


def by_group(campus: Campus) -> None:
    """Let the service of the MOOC hold what reading by group needs."""
    campus.mooc.accounts[MOOC_TOKEN].functions |= {ALLOWED, PROFILES}
