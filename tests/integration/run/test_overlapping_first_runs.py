"""Two configurations on one database that would fill the same group, and whose very first runs overlap (rule 22)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from service import PROGRAMME, TOKENS, KnownCampus, Service, ServiceFactory
from sqlalchemy import text

from latsar_sync.demo import Campus, Site, seed_large
from latsar_sync.domain.request import RunOutcome, Step
from latsar_sync.run.pipeline import ProgrammeResult
from latsar_sync.settings import load_settings

SEATS = 3
MARK = "kelas-bersama"


def block(angkatan: str, course: str = "KLS-1", group: str = "Kelas Bersama", mark: str = MARK) -> str:
    """Return an angkatan that takes its people from a group of the MOOC of its own, as TOML."""
    return f"""
[[programmes.angkatan]]
id = "{angkatan}"
source_group = "Angkatan {angkatan}"
site = "kelas"
course = "{course}"
group = "{group}"
group_idnumber = "{mark}"
role_id = 5
capacity = {SEATS}
"""


def seed_two_angkatan(mooc: Site, kelas: Site, now: int) -> None:
    """Seed two angkatan of eight, of whom most passed."""
    seed_large(mooc, kelas, now, participants=16, groups=2)


@pytest.fixture
def campus() -> Iterator[KnownCampus]:
    """Give a campus with these few people."""
    with KnownCampus(seed=seed_two_angkatan) as campus:
        yield campus


@pytest.fixture
def first(make_service: ServiceFactory, database_url: str) -> Service:
    """Give a service that fills the group with people of angkatan 1; it has not run yet."""
    return make_service(database_url, angkatan=block("1"))


@pytest.fixture
def second(make_service: ServiceFactory, database_url: str, campus: KnownCampus) -> Service:
    """Give another configuration on the same database that fills the same group with people of angkatan 2.

    It knows the course by another name, so that nothing but what Moodle shows tells that it is the same.
    """
    service = make_service(database_url, angkatan=block("2"))
    written = service.config.read_text(encoding="utf-8").replace(f'id = "{PROGRAMME}"', 'id = "kedua"')
    campus.kelas.course("KLS-1").idnumber = "KELAS-SATU"
    written = written.replace('course = "KLS-1"', 'course = "KELAS-SATU"')
    service.config.write_text(written, encoding="utf-8")
    return Service(service.config, load_settings(service.config, TOKENS), service.database)


def begin(service: Service) -> ProgrammeResult:
    """Let the other configuration run for the first time; that most people are the same a person says is meant."""
    done = service.run()
    if {each.code for each in done.run.findings} == {"programme_renamed"}:
        done = service.run(accept=True, by="Rina")
    return done


def members(campus: Campus) -> set[int]:
    """Return who is in the group that both fill."""
    [group] = [each for each in campus.kelas.course("KLS-1").groups.values() if each.idnumber == MARK]
    return set(group.members)


def is_refused(done: ProgrammeResult, angkatan: str, programme: str) -> bool:
    """Whether a run sent nobody because another programme fills the group already."""
    said = f"is filled by angkatan {angkatan} of programme {programme} already"
    return done.run.counts["pushed"] == 0 and any(said in message for message in done.run.messages)


@pytest.mark.parametrize("made", ["by hand", "by the run"])
def test_whoever_begins_while_the_other_is_about_to_enrol_is_refused_the_group(
    first: Service, second: Service, campus: Campus, made: str
) -> None:
    if made == "by hand":
        campus.kelas.add_group("KLS-1", "Kelas Bersama", MARK)
    others: list[ProgrammeResult] = []

    def meanwhile(function: str, _parameters: dict[str, Any]) -> None:
        if function == "enrol_manual_enrol_users" and not others:
            campus.before_write = None
            others.append(begin(second))

    campus.before_write = meanwhile
    done = first.run()

    assert done.run.outcome is RunOutcome.OK
    assert is_refused(others[0], "1", PROGRAMME)
    assert 0 < len(members(campus)) <= SEATS
    assert is_refused(second.run(full=True), "1", PROGRAMME)
    assert first.run(full=True).run.outcome is RunOutcome.OK
    assert 0 < len(members(campus)) <= SEATS


def test_whoever_read_the_course_before_the_other_filled_the_group_sends_nobody_into_it(
    first: Service, second: Service, campus: Campus
) -> None:
    campus.kelas.add_group("KLS-1", "Kelas Bersama", MARK)
    others: list[ProgrammeResult] = []

    def meanwhile(_programme: str, step: Step, _count: int) -> None:
        if step is Step.GUARD_PUSHES and not others:
            others.append(begin(second))

    done = first.run(progress=meanwhile)

    assert others[0].run.outcome is RunOutcome.OK
    assert done.run.outcome is RunOutcome.PARTIAL
    assert is_refused(done, "2", "kedua")
    assert 0 < len(members(campus)) <= SEATS


def test_a_group_that_the_other_made_and_filled_meanwhile_is_not_filled_again(
    first: Service, second: Service, campus: Campus
) -> None:
    others: list[ProgrammeResult] = []

    def meanwhile(function: str, _parameters: dict[str, Any]) -> None:
        if function == "core_group_create_groups" and not others:
            campus.before_write = None
            others.append(begin(second))

    campus.before_write = meanwhile
    done = first.run()

    assert others[0].run.outcome is RunOutcome.OK
    assert done.run.counts["pushed"] == 0
    assert is_refused(first.run(full=True), "2", "kedua")
    assert 0 < len(members(campus)) <= SEATS


def test_a_group_is_claimed_by_whoever_makes_it_before_anybody_is_sent(
    first: Service, second: Service, campus: Campus
) -> None:
    others: list[ProgrammeResult] = []

    def meanwhile(function: str, _parameters: dict[str, Any]) -> None:
        if function == "core_group_create_groups" and not others:
            campus.after_write = None
            others.append(begin(second))  # the group is there, and whoever made it does not know yet

    campus.after_write = meanwhile
    done = first.run()

    assert others[0].run.outcome is RunOutcome.OK
    assert is_refused(done, "2", "kedua")
    assert 0 < len(members(campus)) <= SEATS


def test_a_run_that_was_killed_after_its_claim_goes_on_and_holds_the_group(
    first: Service, second: Service, campus: Campus
) -> None:
    campus.kelas.add_group("KLS-1", "Kelas Bersama", MARK)

    def killed(_programme: str, step: Step, _count: int) -> None:
        if step is Step.ENROL:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        first.run(progress=killed)

    assert is_refused(begin(second), "1", PROGRAMME)
    assert first.run().run.outcome is RunOutcome.OK
    assert 0 < len(members(campus)) <= SEATS
    assert first.run().run.kind == "incremental"


def test_two_angkatan_that_change_groups_with_each_other_are_no_strangers(
    make_service: ServiceFactory, database_url: str, campus: Campus
) -> None:
    campus.kelas.add_group("KLS-1", "Satu", "satu")
    campus.kelas.add_group("KLS-1", "Dua", "dua")
    both = block("1", group="Satu", mark="satu") + block("2", group="Dua", mark="dua")
    service = make_service(database_url, angkatan=both)
    assert service.run().run.outcome is RunOutcome.OK
    swapped = make_service(database_url, angkatan=re.sub(r"Satu|Dua|satu|dua", lambda found: SWAPPED[found[0]], both))

    run = swapped.run(full=True, accept=True, by="Rina").run if swapped.run(full=True).run.findings else None

    assert run is None or not any("is filled by" in message for message in run.messages)
    with swapped.database.reading() as connection:
        rows = connection.execute(text("SELECT angkatan, group_idnumber FROM course_places ORDER BY angkatan")).all()
    assert [tuple(row) for row in rows] == [("1", "dua"), ("2", "satu")]


SWAPPED = {"Satu": "Dua", "Dua": "Satu", "satu": "dua", "dua": "satu"}
