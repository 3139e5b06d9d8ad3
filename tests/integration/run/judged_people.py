"""What a run saw of everybody in the MOOC and decided about them, on a campus as of one fixed moment."""

from collections import Counter
from collections.abc import Mapping

from few_people import seed_few
from service import PROGRAMME, KnownCampus, Service, ServiceFactory

from latsar_sync.demo import CASES, Campus
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain.decision import Decision
from latsar_sync.domain.evidence import Evidence
from latsar_sync.store import participants

GRADES = "gradereport_user_get_grade_items"
PEOPLE = "core_enrol_get_enrolled_users"
COMPLETION = "core_completion_get_activities_completion_status"
BATCH = "tool_mobile_call_external_functions"
EVALUATION = "EVAL-AKADEMIK"
MOOC = "MOOC-LATSAR"

NOW = 1_790_000_000
NO_PUSH = 'push = "confirmed"'
"""Enough for tests of what is seen and decided."""

Judged = Mapping[int, tuple[Evidence, Decision | None]]


def judged(service: Service) -> Judged:
    """Return evidence and decision of everybody by user id in the MOOC."""
    with service.database.reading() as connection:
        records = participants.load_records(connection, PROGRAMME)
    return {user_id: (record.evidence, record.decision) for user_id, record in records.items()}


def outcome_of(service: Service, user_id: int) -> str | None:
    """Return the decision about one account of the MOOC."""
    decision = judged(service)[user_id][1]
    return str(decision.outcome) if decision else None


def reasons_of(service: Service, user_id: int) -> list[str]:
    """Return the reason codes of the decision about one account of the MOOC."""
    decision = judged(service)[user_id][1]
    return [reason.code for reason in decision.reasons] if decision else []


def outcomes(service: Service) -> Counter[str | None]:
    """Count the decisions."""
    return Counter(str(decision.outcome) if decision else None for _, decision in judged(service).values())


def source_id(campus: Campus, case: str, number: int = 0) -> int:
    """Return the MOOC account of a case's person."""
    name = CASES[case][number]
    return name if isinstance(name, int) else campus.mooc.user_id(name)


def evaluation_of(text: str, basis: str = "gradebook", value: str = "70", scale: str = "points") -> str:
    """Return the evaluation's table as TOML."""
    return f'{text}\nbasis = "{basis}"\nthreshold = {{ value = {value}, scale = "{scale}", legal_basis = "Uji" }}'


def calls_of(campus: Campus, function: str) -> tuple[int, int]:
    """Return how often a function was called by itself, and how often inside a batch."""
    direct = sum(entry.function == function for entry in campus.log)
    return direct, sum(entry.inner_functions.count(function) for entry in campus.log)


def take_away(campus: Campus, *capabilities: str) -> None:
    """Take capabilities from the service account of the MOOC."""
    campus.mooc.accounts[MOOC_TOKEN].capabilities -= set(capabilities)


def fixed_campus() -> KnownCampus:
    """Return the campus as of one fixed moment, so that what is seen in it can be compared between tests."""
    return KnownCampus(NOW, seed_few)


_ORDINARY: list[Judged] = []


def ordinary(make_service: ServiceFactory, database_url: str, campus: Campus) -> Judged:
    """Return what an ordinary first run sees and decides: the campus is the same one every time, so it runs once."""
    if not _ORDINARY:
        service = make_service(database_url, programme=NO_PUSH)
        service.run()
        _ORDINARY.append(judged(service))
        campus.log.clear()
    return _ORDINARY[0]
