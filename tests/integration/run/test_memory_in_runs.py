"""A database that may not know what happened (rule 22): restored, an old file put back, a new one, in whole runs."""

import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from seen_in_runs import is_in_class, let_pass
from service import PROGRAMME, KnownCampus, Service, ServiceFactory, default_angkatan, may_write_to_anybody
from unattended import NOON

from latsar_sync.demo import CASES, Campus
from latsar_sync.domain.request import RunOutcome, Step
from latsar_sync.store import backup
from latsar_sync.store.database import Database

NEWCOMER = str(CASES["score_69_99999"][0])
"""Somebody of angkatan I who has studied everything and at first just misses the limit."""
ALL_HAVE_A_SEAT = default_angkatan({"I": 40, "II": 40, "III": 40})
MESSAGES = "[programmes.messages]\nmanagers = true\nadmitted = true\ndigest_hour = 0"


@pytest.fixture
def campus(campus: KnownCampus) -> Campus:
    """Give a campus whose service accounts may write to anybody."""
    campus.begin_with(may_write_to_anybody)
    return campus


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service after its first run; people are written to."""
    service = make_service(sqlite_url, angkatan=ALL_HAVE_A_SEAT, guards=MESSAGES)
    assert service.first_run().run.outcome is RunOutcome.OK
    return service


def remove(campus: Campus, service: Service, nip: str) -> None:
    """Let a manager remove somebody from their course, and let the service see it."""
    campus.kelas.unenrol(service.roster()[nip]["course"], campus.kelas.user_id(nip))
    service.run(full=True)
    assert service.roster()[nip]["state"] == "withdrawn"


def told_twice(campus: Campus) -> list[int]:
    """Return the people who got the same message twice."""
    times = Counter((message.to_id, message.text) for message in campus.mooc.messages + campus.kelas.messages)
    return [to for (to, _), count in times.items() if count > 1]


def id_of(service: Service, nip: str) -> str:
    """Return somebody's internal id."""
    return str(service.participants()[nip]["participant_id"])


@pytest.mark.parametrize("by", ["restore", "copying the file"])
def test_after_a_restore_whom_a_manager_removed_is_named_and_nobody_is_sent_or_written_to(
    service: Service, campus: Campus, make_service: ServiceFactory, tmp_path: Path, by: str
) -> None:
    file = tmp_path / "old.backup"
    backup.back_up(service.database, file, NOON)
    let_pass(campus, NEWCOMER)
    service.run(full=True)
    remove(campus, service, NEWCOMER)
    address = tmp_path / "restored.db"
    if by == "restore":
        backup.restore(Database(f"sqlite:///{address}"), file, NOON)
    else:
        shutil.copy(file, address)
    restored = make_service(f"sqlite:///{address}", angkatan=ALL_HAVE_A_SEAT, guards=MESSAGES)

    first = restored.run().run
    second = restored.run(full=True).run

    for run in (first, second):
        assert run.outcome is RunOutcome.GUARDED
        [finding] = run.findings
        assert (finding.code, finding.people) == ("memory_restored", (id_of(restored, NEWCOMER),))
        assert finding.before == f"{NOON:%Y-%m-%d %H:%M} UTC"
    assert not is_in_class(campus, NEWCOMER)
    assert told_twice(campus) == []

    released = restored.run(full=True, accept=True, by="Rina").run
    after = restored.run(full=True).run

    assert (released.outcome, released.counts["pushed"], after.outcome) == (RunOutcome.OK, 1, RunOutcome.OK)
    assert after.findings == ()
    assert is_in_class(campus, NEWCOMER)
    assert told_twice(campus) == []
    assert any("may have been before" in message for message in released.messages)


def test_a_restore_that_would_send_nobody_and_write_to_nobody_goes_on_by_itself(
    make_service: ServiceFactory, sqlite_url: str, tmp_path: Path
) -> None:
    service = make_service(sqlite_url, angkatan=ALL_HAVE_A_SEAT)
    service.first_run()
    backup.back_up(service.database, tmp_path / "old.backup", NOON)
    backup.restore(Database(f"sqlite:///{tmp_path / 'r.db'}"), tmp_path / "old.backup", NOON)

    run = make_service(f"sqlite:///{tmp_path / 'r.db'}", angkatan=ALL_HAVE_A_SEAT).run().run

    assert (run.outcome, run.kind, run.counts["pushed"]) == (RunOutcome.OK, "full", 0)


def test_whom_a_manager_removed_before_the_database_was_lost_is_not_sent_once_a_seat_is_free(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, tmp_path: Path
) -> None:
    service = make_service(sqlite_url)
    service.first_run()
    gone = next(nip for nip, row in service.roster().items() if (row["course"], row["origin"]) == ("KLS-III", "pushed"))
    remove(campus, service, gone)  # somebody who waited has the seat by now
    empty = tmp_path / "new.db"

    first = make_service(f"sqlite:///{empty}").run().run
    more_seats = make_service(f"sqlite:///{empty}", angkatan=ALL_HAVE_A_SEAT)
    second = more_seats.run().run

    for run in (first, second):
        assert (run.outcome, [finding.code for finding in run.findings]) == (RunOutcome.GUARDED, ["memory_new"])
        assert id_of(more_seats, gone) in run.findings[0].people
    assert not is_in_class(campus, gone, "KLS-III")


def test_one_participants_run_after_a_restore_is_held_too_and_releases_nothing(
    service: Service, campus: Campus, make_service: ServiceFactory, tmp_path: Path
) -> None:
    backup.back_up(service.database, tmp_path / "old.backup", NOON)
    let_pass(campus, NEWCOMER)
    service.run(full=True)
    remove(campus, service, NEWCOMER)
    backup.restore(Database(f"sqlite:///{tmp_path / 'r.db'}"), tmp_path / "old.backup", NOON)
    restored = make_service(f"sqlite:///{tmp_path / 'r.db'}", angkatan=ALL_HAVE_A_SEAT, guards=MESSAGES)

    alone = restored.run(nip=NEWCOMER).run
    restored.run(nip=NEWCOMER, accept=True, by="Rina")
    everybody = restored.run().run

    assert alone.outcome is RunOutcome.GUARDED
    assert everybody.outcome is RunOutcome.GUARDED


def test_a_new_database_before_a_course_with_our_mark_names_everybody_and_sends_nobody_until_accepted(
    service: Service, campus: Campus, make_service: ServiceFactory, tmp_path: Path
) -> None:
    gone = {
        course: next(
            nip for nip, row in service.roster().items() if row["course"] == course and row["state"] == "confirmed"
        )
        for course in ("KLS-I", "KLS-II")
    }
    for nip in gone.values():
        remove(campus, service, nip)
    empty = make_service(f"sqlite:///{tmp_path / 'new.db'}", angkatan=ALL_HAVE_A_SEAT, guards=MESSAGES)

    run = empty.run().run

    assert run.outcome is RunOutcome.GUARDED
    assert {finding.code for finding in run.findings} == {"memory_new"}
    named = {who for finding in run.findings for who in finding.people}
    assert {id_of(empty, nip) for nip in gone.values()} == named
    assert f"latsar:{PROGRAMME}:II" in run.findings[0].before
    assert not any(is_in_class(campus, nip, course) for course, nip in gone.items())
    assert told_twice(campus) == []

    released = empty.run(accept=True, by="Rina").run

    assert (released.outcome, released.counts["pushed"]) == (RunOutcome.OK, 2)
    assert empty.run(full=True).run.findings == ()
    assert told_twice(campus) == []


def test_a_released_run_that_is_killed_before_it_sends_anybody_has_released_nothing(
    service: Service, campus: Campus, make_service: ServiceFactory, tmp_path: Path
) -> None:
    gone = next(nip for nip, row in service.roster().items() if (row["course"], row["state"]) == ("KLS-I", "confirmed"))
    remove(campus, service, gone)
    empty = make_service(f"sqlite:///{tmp_path / 'new.db'}", angkatan=ALL_HAVE_A_SEAT, guards=MESSAGES)
    assert empty.run().run.outcome is RunOutcome.GUARDED

    def killed(_programme: str, step: Step, _count: int) -> None:
        if step is Step.ENROL:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        empty.run(accept=True, by="Rina", progress=killed)

    assert {each.code for each in empty.run().run.findings} == {"memory_new"}
    assert not is_in_class(campus, gone)
    assert told_twice(campus) == []


def test_an_old_copy_that_says_nothing_of_itself_is_known_by_the_many_whom_it_never_sent(
    make_service: ServiceFactory, campus: Campus, tmp_path: Path
) -> None:
    service = make_service(f"sqlite:///{tmp_path / 'l.db'}")
    cmid = campus.mooc.module_named("EVAL-AKADEMIK").cmid
    assert service.first_run().run.outcome is RunOutcome.OK
    confirmed = [nip for nip, row in service.roster().items() if row["state"] == "confirmed"]
    service.database.close()
    late = confirmed[:7]
    for nip in late:  # as if they had reached the limit only after the snapshot
        campus.kelas.unenrol(service.roster()[nip]["course"], campus.kelas.user_id(nip))
        campus.mooc.set_grade(campus.mooc.user_id(nip), cmid, Decimal(10))
    young = make_service(f"sqlite:///{tmp_path / 'young.db'}")
    young.run(full=True)
    if young.run(full=True).run.outcome is RunOutcome.GUARDED:
        young.run(full=True, accept=True, by="Rina")
    young.database.close()
    shutil.copy(tmp_path / "young.db", tmp_path / "snapshot.db")
    for nip in late:
        campus.mooc.set_grade(campus.mooc.user_id(nip), cmid, Decimal(90))
    grown = make_service(f"sqlite:///{tmp_path / 'young.db'}")
    assert grown.run(full=True).run.counts["pushed"] == 7
    remove(campus, grown, late[0])
    old = make_service(f"sqlite:///{tmp_path / 'snapshot.db'}")

    first, second = old.run(full=True).run, old.run(full=True).run

    for run in (first, second):
        assert run.outcome is RunOutcome.GUARDED
        [finding] = run.findings
        assert (finding.code, finding.before, finding.people) == ("memory_behind", "6", (id_of(old, late[0]),))
    assert old.run(full=True, accept=True, by="Rina").run.outcome is RunOutcome.OK
    assert old.run(full=True).run.findings == ()
