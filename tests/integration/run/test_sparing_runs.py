"""A site that the schedule leans on too hard: until all is due again, a scheduled run asks about whoever was there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from few_people import seed_few
from service import PROGRAMME, KnownCampus, Service, ServiceFactory

from latsar_sync.demo import Campus
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain.request import RunOutcome
from latsar_sync.service.queue_due_runs import DueRuns
from latsar_sync.store import checkpoints, participants, queue, queue_taking

NOW = 1_790_000_000
BEGAN = datetime.fromtimestamp(NOW, UTC)
GRADES = "gradereport_user_get_grade_items"
BY_GROUP = {"core_group_get_activity_allowed_groups", "core_user_get_course_user_profiles"}
EVERY_MINUTE = 'push = "confirmed"\nschedule = "* * * * *"'
EVALUATION = "EVAL-AKADEMIK"


@dataclass
class Office:
    """A service that reads by group, and its campus."""

    service: Service
    campus: Campus

    def run(self, minutes: int, **asked: object) -> int:
        """Run so long after the first time, and return of how many people the grade was asked."""
        self.campus.log.clear()
        self.campus.mooc.clock = lambda: NOW + 60 * minutes
        result = self.service.run(BEGAN + timedelta(minutes=minutes), **asked)
        assert result.run.outcome is RunOutcome.OK, result
        calls = (each for entry in self.campus.log for each in (entry.function, *entry.inner_functions))
        return sum(each == GRADES for each in calls)

    def score(self, user_id: int) -> Decimal | None:
        """Return the score as it is known."""
        with self.service.database.reading() as connection:
            return participants.load_records(connection, PROGRAMME)[user_id].evidence.grade.raw

    def below(self) -> list[int]:
        """Return the people of one group whose score does not admit them."""
        with self.service.database.reading() as connection:
            known = participants.load_records(connection, PROGRAMME)
        return [
            user_id
            for user_id, each in known.items()
            if len(each.participant.person.groups) == 1
            and each.evidence.grade.raw is not None
            and each.evidence.grade.raw < 70
        ]

    def read_to(self) -> datetime:
        """Return the moment up to which changes are known."""
        with self.service.database.reading() as connection:
            found = checkpoints.load_checkpoint(connection, PROGRAMME)
        assert found is not None
        return found.site_time


@pytest.fixture
def campus() -> Iterator[KnownCampus]:
    with KnownCampus(NOW, seed_few) as campus:
        campus.mooc.accounts[MOOC_TOKEN].functions |= BY_GROUP
        yield campus


@pytest.fixture
def office(make_service: ServiceFactory, sqlite_url: str, campus: KnownCampus) -> Office:
    """Give a service whose incremental runs take more of the MOOC than they may."""
    office = Office(make_service(sqlite_url, programme=EVERY_MINUTE, site="max_lms_share = 0.0000001"), campus)
    office.run(0)
    office.run(20)
    return office


def test_a_scheduled_run_spares_a_site_and_yet_sees_who_handed_in(office: Office) -> None:
    evaluation = office.campus.mooc.module_named(EVALUATION).cmid
    overridden, handed_in = office.below()[:2]
    everybody, before = office.run(40), office.read_to()
    office.campus.mooc.set_grade(overridden, evaluation, Decimal(90), overridden=True)
    office.campus.mooc.add_attempt(handed_in, evaluation, Decimal(9), when=NOW + 60 * 49)

    asked = office.run(50, scheduled=True)

    assert asked < everybody / 2
    assert office.score(handed_in) == 90
    assert office.score(overridden) != 90
    assert office.read_to() == before  # what it left is still to be looked for
    assert office.run(56, scheduled=True) == everybody
    assert office.score(overridden) == 90
    assert office.read_to() > before


def test_what_a_person_asks_for_spares_nothing(office: Office) -> None:
    evaluation = office.campus.mooc.module_named(EVALUATION).cmid
    overridden = office.below()[0]
    office.campus.mooc.set_grade(overridden, evaluation, Decimal(90), overridden=True)

    office.run(40)

    assert office.score(overridden) == 90


def test_after_a_run_that_took_too_much_the_next_is_due_at_once_and_those_that_spare_the_site_are_spaced(
    office: Office,
) -> None:
    service, now = office.service, BEGAN + timedelta(minutes=20)
    kelas = service.settings.sites["kelas"].model_copy(update={"max_lms_share": Decimal(1)})
    settings = service.settings.model_copy(update={"sites": {**service.settings.sites, "kelas": kelas}})
    schedule = DueRuns(settings, service.database, lambda: now)

    def due() -> list[queue.RunRequest]:
        schedule.look_again()
        schedule.put_due_runs_into_the_queue()
        with service.database.reading() as connection:
            return queue_taking.waiting(connection, now + timedelta(minutes=1), [PROGRAMME])

    now += timedelta(minutes=1)
    [first] = due()
    holder = queue_taking.claim(service.database, first.id, now) or ""
    office.run(21, scheduled=True)
    queue_taking.finish(service.database, first.id, holder, None, RunOutcome.OK, None, now)

    now += timedelta(minutes=1)
    assert not due()
    assert schedule.slowed[PROGRAMME].site == "mooc"
