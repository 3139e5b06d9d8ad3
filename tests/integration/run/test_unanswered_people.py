"""People about whom the MOOC refuses to answer: asked once, remembered, found again, and nobody is asked for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from few_people import seed_few
from service import PROGRAMME, KnownCampus, Service, ServiceFactory

from latsar_sync.demo import Campus
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain.records import Record
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store import participants

NOW = 1_790_000_000
BEGAN = datetime.fromtimestamp(NOW, UTC)
GRADES = "gradereport_user_get_grade_items"
COMPLETION = "core_completion_get_activities_completion_status"
BY_GROUP = {"core_group_get_activity_allowed_groups", "core_user_get_course_user_profiles"}
NO_PUSH = 'push = "confirmed"'
HOUR = timedelta(hours=1)


@dataclass
class Office:
    """A service, its campus, and somebody whose account was never confirmed in the MOOC."""

    service: Service
    campus: Campus
    who: int

    def run(self, after: timedelta, **asked: object) -> int:
        """Run so long after the first time, and return how many requests went to the MOOC."""
        self.campus.log.clear()
        result = self.service.run(BEGAN + after, **asked)
        assert result.run.outcome is RunOutcome.OK, result
        return sum(entry.site == "mooc" for entry in self.campus.log)

    def asked(self, *functions: str) -> int:
        """Return how many calls of these functions the last run sent to the MOOC."""
        calls = (entry for entry in self.campus.log if entry.site == "mooc")
        return sum(each in functions for entry in calls for each in (entry.function, *entry.inner_functions))

    def record(self) -> Record:
        """Return what is known of the one who was never confirmed."""
        with self.service.database.reading() as connection:
            return participants.load_records(connection, PROGRAMME)[self.who]

    def reasons(self) -> list[str]:
        """Return the reasons of their decision."""
        decision = self.record().decision
        assert decision is not None
        return [each.code for each in decision.reasons]


@pytest.fixture
def campus() -> Iterator[KnownCampus]:
    with KnownCampus(NOW, seed_few) as campus:
        yield campus


def by_group(campus: Campus) -> None:
    """Let the service of the MOOC hold what reading by group needs."""
    campus.mooc.accounts[MOOC_TOKEN].functions |= BY_GROUP


def begin(make_service: ServiceFactory, url: str, campus: KnownCampus, way: str) -> Office:
    """Return an office that reads in this way and has made its first run."""
    mooc = campus.mooc
    if way.startswith("group"):
        campus.begin_with(by_group)
    source = "exact_up_to = 0" if way.endswith("signals") else ""
    office = Office(make_service(url, programme=NO_PUSH, source=source), campus, 0)
    office.service.begin_when(f"a first run at {BEGAN}", lambda: office.service.run(BEGAN))
    with office.service.database.reading() as connection:
        known = participants.load_records(connection, PROGRAMME)
    office.who = min(who for who, each in known.items() if each.participant.person.groups == ("Angkatan I",))
    mooc.course("MOOC-LATSAR").lastaccess[office.who] = NOW - 30 * 86_400
    return office


@pytest.mark.parametrize("way", ["course", "group", "group by signals"])
def test_an_account_that_was_never_confirmed_costs_no_incremental_run_anything_and_makes_nobody_be_asked(
    make_service: ServiceFactory, sqlite_url: str, campus: KnownCampus, way: str
) -> None:
    office = begin(make_service, sqlite_url, campus, way)
    office.run(HOUR)
    requests, calls = office.run(timedelta(minutes=61)), office.asked(GRADES, COMPLETION)
    campus.mooc.confirm_user(office.who, confirmed=False)
    office.run(timedelta(minutes=62), full=True)
    assert "source_account_unconfirmed" in office.reasons()

    quiet = [office.run(timedelta(minutes=each)) for each in (63, 64)]

    assert quiet == [requests, requests]
    assert office.asked(GRADES, COMPLETION) <= calls
    assert "source_account_unconfirmed" in office.reasons()


@pytest.mark.parametrize("what", ["an hour", "a visit", "their number", "their angkatan", "night"])
def test_once_the_account_is_confirmed_they_are_found_within_the_hour_or_at_once_where_something_tells_it(
    make_service: ServiceFactory, sqlite_url: str, campus: KnownCampus, what: str
) -> None:
    office = begin(make_service, sqlite_url, campus, "group")
    mooc, before = campus.mooc, office.record().evidence
    mooc.confirm_user(office.who, confirmed=False)
    office.run(timedelta(minutes=62), full=True)
    mooc.confirm_user(office.who)
    asked: dict[str, object] = {
        "their number": {"nip": office.record().participant.nip},
        "their angkatan": {"angkatan": "I"},
        "night": {"night": True},
    }.get(what, {})
    if what == "a visit":
        mooc.course("MOOC-LATSAR").lastaccess[office.who] = NOW

    if what == "an hour":
        office.run(timedelta(minutes=121))
        assert "source_account_unconfirmed" in office.reasons()
    office.run(timedelta(minutes=123 if what == "an hour" else 63), **asked)

    assert office.record().evidence == before


def test_the_right_to_see_attempts_is_proved_by_somebody_about_whom_the_mooc_answers(
    make_service: ServiceFactory, sqlite_url: str, campus: KnownCampus
) -> None:
    office = begin(make_service, sqlite_url, campus, "course by signals")
    with office.service.database.reading() as connection:
        everybody = participants.load_records(connection, PROGRAMME)
    office.who = min(everybody)
    campus.mooc.confirm_user(office.who, confirmed=False)
    office.run(HOUR, full=True)
    campus.mooc.accounts[MOOC_TOKEN].capabilities.discard("mod/quiz:viewreports")

    office.run(timedelta(minutes=61))

    assert office.asked(GRADES) >= len(everybody) - 1
