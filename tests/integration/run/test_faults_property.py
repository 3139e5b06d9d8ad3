"""Whatever goes wrong on either site, one healthy run ends where a healthy run alone would have ended."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st
from service import Service, ServiceFactory, default_angkatan, moved_to

from latsar_sync.demo import KINDS, Campus, Fault, Site, seed_large
from latsar_sync.domain.request import RunOutcome

NOW = 1_780_000_000
SEATS = {"1": 6, "2": 5}
"""The first course has a seat less than people who passed, the second has enough."""
READS = {
    "mooc": (
        "core_webservice_get_site_info",
        "core_course_get_courses_by_field",
        "core_course_get_contents",
        "core_enrol_get_enrolled_users",
        "gradereport_user_get_grade_items",
        "core_completion_get_activities_completion_status",
        "mod_quiz_get_user_best_grade",
    ),
    "kelas": (
        "core_course_get_courses_by_field",
        "core_enrol_get_enrolled_users",
        "core_group_get_course_groups",
        "core_user_get_users_by_field",
    ),
}
WRITES = ("core_group_create_groups", "enrol_manual_enrol_users", "core_group_add_group_members")
LOST = ("drop_before", "drop_after_commit", "empty_body", "bad_gateway")


def seed_two_courses(mooc: Site, kelas: Site, now: int) -> None:
    """Seed two courses of eight, of whom most passed; one who passed is in the course by hand, one suspended there."""
    seed_large(mooc, kelas, NOW, participants=16, groups=2)
    quiz = mooc.module_named("EVAL-AKADEMIK").quiz
    assert quiz is not None
    members = mooc.group("MOOC-LATSAR", "Angkatan 1").members
    passed = [user for user in members if user in quiz.grades and (quiz.grades[user].final or 0) >= Decimal(70)]
    first, second = (kelas.user_id(mooc.users[user].idnumber) for user in passed[:2])
    kelas.enrol("KLS-1", first, timestart=NOW - 86400)
    kelas.enrol("KLS-1", second, suspended=True)


@pytest.fixture
def campus() -> Iterator[Campus]:
    """Give the campus on which everything goes well."""
    with Campus(seed=seed_two_courses) as campus:
        yield campus


@dataclass(frozen=True)
class Ending:
    """How everything stands: in the in-class site, and on the roster."""

    courses: Mapping[str, object]
    roster: Mapping[str, Mapping[str, Any]]


def ending(campus: Campus, service: Service) -> Ending:
    """Return how everything stands now."""
    told = ("state", "roster_reason", "angkatan", "admission", "course", "group", "outcome", "score")
    roster = {nip: {name: row[name] for name in told} for nip, row in service.roster().items()}
    return Ending(campus.kelas.snapshot(), roster)


class Trouble(NamedTuple):
    """One fault of a run, as plain data: hypothesis may play it again."""

    kind: str
    site: str
    function: str | None
    times: int = 1
    skip: int = 0


troubles = st.one_of(
    st.builds(Trouble, st.sampled_from(KINDS), st.just("kelas"), st.sampled_from(WRITES), st.integers(1, 2)),
    st.builds(Trouble, st.sampled_from(LOST), st.just("kelas"), st.sampled_from(WRITES), st.just(1), st.integers(0, 1)),
    *(
        st.builds(
            Trouble,
            st.sampled_from(KINDS),
            st.just(site),
            st.sampled_from(functions),
            st.integers(1, 3),
            st.integers(0, 6),
        )
        for site, functions in READS.items()
    ),
    st.builds(
        Trouble, st.sampled_from(KINDS), st.sampled_from(["mooc", "kelas"]), st.none(), st.just(1), st.integers(0, 30)
    ),
)
troubled_runs = st.lists(st.lists(troubles, min_size=1, max_size=4), min_size=1, max_size=3)
NOTHING_ARRIVED = [Trouble("drop_before", "kelas", WRITES[1], times=2)]
NOTHING_READ_BACK = [
    Trouble("drop_after_commit", "kelas", WRITES[1], times=2),
    Trouble("bad_gateway", "kelas", READS["kelas"][1], times=2, skip=4),
]


@pytest.fixture
def undisturbed(make_service: ServiceFactory, sqlite_url: str, campus: Campus) -> tuple[Service, Ending]:
    """Give the service after one healthy run on that campus, and how everything stands then."""
    service = make_service(sqlite_url, angkatan=default_angkatan(SEATS))
    assert service.first_run().run.outcome is RunOutcome.OK
    return service, ending(campus, service)


@example(runs=[NOTHING_ARRIVED])
@example(runs=[NOTHING_READ_BACK, NOTHING_ARRIVED])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=troubled_runs)
def test_any_mix_of_faults_is_healed_by_one_healthy_run(
    campus: Campus, undisturbed: tuple[Service, Ending], runs: list[list[Trouble]]
) -> None:
    model, expected = undisturbed
    with Campus(seed=seed_two_courses) as troubled, tempfile.TemporaryDirectory() as folder:
        service = moved_to(model, campus, troubled, Path(folder))
        for struck in runs:
            for trouble in struck:
                where = (trouble.kind, trouble.site, trouble.function)
                troubled.faults.add(Fault(*where, count=trouble.times, skip=trouble.skip, seconds=0.01))
            event(f"a run with faults is {service.run().run.outcome}")
            troubled.faults.clear()
        healthy = service.run()
        healed = ending(troubled, service)
        quiet = service.run()
        service.database.close()

        assert (healthy.run.outcome, healthy.run.findings, healthy.error) == (RunOutcome.OK, (), None)
        assert healed == expected
        assert (quiet.run.outcome, quiet.run.counts["pushed"], quiet.run.counts["confirmed"]) == (RunOutcome.OK, 0, 0)
        assert troubled.kelas.snapshot() == expected.courses
