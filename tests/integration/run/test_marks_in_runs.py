"""Marks inside Moodle: opt-in, of whom the service put there, each once, whatever a run is killed in."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from service import PROGRAMME, TOKENS, Command, Service, ServiceFactory

from latsar_sync.demo import CASES, Campus, Fault
from latsar_sync.demo.rights import MARK_CAPABILITIES, MARK_FUNCTIONS
from latsar_sync.domain.errors import RecordRejected, SiteRefuses, WriteUnknown
from latsar_sync.domain.request import RunOutcome
from latsar_sync.settings import load_settings
from latsar_sync.setup.doctor import Status, examine
from latsar_sync.store import renaming

EVERYTHING = "\n[programmes.marks]\ngroup_description = true\nnote = true\nevent = true\nlanguage = 'en'"
NOTES_ONLY = "\n[programmes.marks]\nnote = true\nlanguage = 'en'"
PASSED = str(CASES["passed"][0])


class Killed(BaseException):
    """The process dies."""


@pytest.fixture(autouse=True)
def let_marks_be_left(campus: Campus) -> None:
    account = campus.kelas.accounts[campus.kelas.token]
    account.capabilities |= MARK_CAPABILITIES
    account.functions |= MARK_FUNCTIONS


def make(make_service: ServiceFactory, url: str, marks: str, starts: str = "2099-01-05") -> Service:
    angkatan = "".join(
        f'\n[[programmes.angkatan]]\nid = "{each}"\nsource_group = "Angkatan {each}"\nsite = "kelas"\n'
        f'course = "KLS-{each}"\nrole_id = 5\ncapacity = 40\nstarts = {starts}\n'
        for each in ("I", "II", "III")
    )
    return make_service(url, guards=marks, angkatan=angkatan)


def put_there(service: Service) -> int:
    """Count whom the service enrolled, rather than finding them there."""
    return sum(row["origin"] == "pushed" and row["state"] == "confirmed" for row in service.roster().values())


def test_nothing_is_left_in_moodle_unless_it_is_asked_for(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    make(make_service, sqlite_url, "").run()

    assert (campus.kelas.marks.notes, campus.kelas.marks.events) == ([], [])
    assert {group.description for group in campus.kelas.course("KLS-II").groups.values()} == {""}


def test_everybody_who_was_put_there_has_one_note_and_each_group_one_event_and_description(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service, marks = make(make_service, sqlite_url, EVERYTHING), campus.kelas.marks
    first = service.run()
    before = (len(marks.notes), len(marks.events))
    second, third = service.run(), service.run(full=True)

    assert {first.run.outcome, second.run.outcome, third.run.outcome} == {RunOutcome.OK}
    assert (len(marks.notes), len(marks.events)) == before == (put_there(service), 3)
    assert len({note.user_id for note in marks.notes}) == len(marks.notes)
    [note] = [each for each in marks.notes if each.user_id == campus.kelas.user_id(PASSED)]
    assert "Put into the group Angkatan" in note.text
    assert "threshold 70 (Uji)" in note.text
    assert "Score" not in note.text
    assert PASSED not in note.text
    assert {event.name.split("(")[1] for event in marks.events} == {f"Angkatan {each})" for each in ("I", "II", "III")}
    zones = [ZoneInfo(name) for name in ("UTC", "Asia/Jakarta", "Asia/Jayapura")]
    days = {datetime.fromtimestamp(event.timestart, zone).date() for event in marks.events for zone in zones}
    assert days == {date(2099, 1, 5)}, "the same day wherever somebody looks at it"
    for name in ("I", "II", "III"):
        assert f"angkatan {name}" in campus.kelas.group(f"KLS-{name}", f"Angkatan {name}").description


@pytest.mark.parametrize("moment", ["before_write", "after_write"])
def test_a_run_killed_around_the_notes_leaves_no_second_one(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make(make_service, sqlite_url, NOTES_ONLY)
    from latsar_sync.moodle import marks as moodle_marks

    write = moodle_marks.write_notes

    def killed(*arguments: Any) -> list[bool]:
        if moment == "after_write":
            write(*arguments)
        raise Killed

    monkeypatch.setattr(moodle_marks, "write_notes", killed)
    with pytest.raises(Killed):
        service.run()
    monkeypatch.setattr(moodle_marks, "write_notes", write)
    with service.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM leases")
    service.run()
    in_doubt = len(campus.kelas.marks.notes)
    service.run(now=datetime.now(UTC) + timedelta(minutes=11))
    service.run(now=datetime.now(UTC) + timedelta(minutes=22))

    people = [note.user_id for note in campus.kelas.marks.notes]
    assert len(people) == len(set(people)) == put_there(service)
    assert in_doubt == len(people) or moment == "before_write"


@pytest.mark.parametrize(
    "refused",
    [RecordRejected("That person is refused."), WriteUnknown("The site broke off.", "", errorcode="dmlwriteexception")],
    ids=["refused whole", "broken off at one"],
)
def test_one_note_that_is_refused_keeps_no_other_from_being_left(
    make_service: ServiceFactory,
    sqlite_url: str,
    campus: Campus,
    monkeypatch: pytest.MonkeyPatch,
    refused: RecordRejected | WriteUnknown,
) -> None:
    """Moodle refuses a request as a whole, or breaks off over one person and has written those before."""
    from latsar_sync.moodle import marks as moodle_marks

    write, bad = moodle_marks.write_notes, campus.kelas.user_id(PASSED)

    def refusing(client: Any, course_id: int, notes: Any) -> list[bool]:
        about = [user_id for user_id, _text, _mark in notes]
        if bad not in about:
            return write(client, course_id, notes)
        if isinstance(refused, WriteUnknown) and about.index(bad):
            write(client, course_id, notes[: about.index(bad)])
        raise refused

    monkeypatch.setattr(moodle_marks, "write_notes", refusing)
    service = make(make_service, sqlite_url, NOTES_ONLY)

    told = service.run().run.messages
    again = service.run().run.messages

    people = [note.user_id for note in campus.kelas.marks.notes]
    assert len(people) == len(set(people)) == put_there(service) - 1
    assert bad not in people
    assert f"{len(people)} marks left, 1 not taken by Moodle" in " ".join(told)
    assert refused.message in " ".join(told)
    assert "mark" not in " ".join(again)


def test_a_course_in_which_no_mark_may_be_left_keeps_no_other_from_its_marks(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    from latsar_sync.moodle import marks as moodle_marks

    write, closed = moodle_marks.write_notes, campus.kelas.course("KLS-I").id

    def refusing(client: Any, course_id: int, notes: Any) -> list[bool]:
        if course_id == closed:
            raise SiteRefuses("A right lacks in that course.")
        return write(client, course_id, notes)

    monkeypatch.setattr(moodle_marks, "write_notes", refusing)
    service = make(make_service, sqlite_url, NOTES_ONLY)

    told = service.run().run.messages

    assert {note.course_id for note in campus.kelas.marks.notes} == {
        campus.kelas.course(name).id for name in ("KLS-II", "KLS-III")
    }
    assert "A right lacks in that course." in " ".join(told)


def test_notes_without_an_answer_are_not_written_again_nor_those_of_an_angkatan_with_another_id(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    campus.faults.add(Fault("drop_after_commit", function="core_notes_create_notes", count=1))
    service = make(make_service, sqlite_url, NOTES_ONLY)
    first = service.run()
    service.run()

    people = [note.user_id for note in campus.kelas.marks.notes]
    assert first.run.outcome is RunOutcome.OK
    assert len(people) == len(set(people)) == put_there(service)
    with service.database.writing() as connection:
        renaming.rename_angkatan(connection, PROGRAMME, "I", "1")
        occasions = connection.exec_driver_sql("SELECT DISTINCT occasion FROM messages WHERE event = 'note'")

        assert {row[0] for row in occasions} == {"1", "II", "III"}


def test_nothing_is_left_of_an_angkatan_that_is_over_on_a_site_that_is_configured_no_more(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command
) -> None:
    before = make(make_service, sqlite_url, "")
    before.first_run()
    with before.database.writing() as connection:
        connection.exec_driver_sql("UPDATE roster_entries SET site = 'lama' WHERE angkatan = 'I'")
    text = before.config.read_text("utf-8").split("\n[[programmes.angkatan]]")
    before.config.write_text("\n[[programmes.angkatan]]".join([*text[:1], *text[2:]]) + NOTES_ONLY, "utf-8")
    service = Service(before.config, load_settings(before.config, TOKENS), before.database, campus)
    closed, _, said = command(service, "angkatan", "close", PROGRAMME, "I", "--reason", "Selesai", "--by", "Sari")

    result = service.run(full=True)

    assert (closed, result.run.outcome) == (0, RunOutcome.OK), f"{said} {result.error}"
    assert 0 < len(campus.kelas.marks.notes) < put_there(service)


def test_marks_that_may_not_be_left_are_one_line_and_change_nothing_of_the_run(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    campus.kelas.accounts[campus.kelas.token].capabilities -= MARK_CAPABILITIES
    service = make(make_service, sqlite_url, EVERYTHING)
    result = service.run()
    campus.kelas.accounts[campus.kelas.token].capabilities |= MARK_CAPABILITIES
    service.run()

    told = " ".join(result.run.messages)
    assert result.run.outcome is RunOutcome.OK
    assert "moodle/notes:manage" in told
    assert "moodle/calendar:manageentries" in told
    assert len(campus.kelas.marks.notes) == put_there(service), "once it is mended they are left"


def test_the_dashboard_is_linked_for_group_and_person_where_it_has_an_address_and_a_description_of_a_person_s_stays(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    campus.kelas.add_group("KLS-II", "Angkatan II", description="Ruang Melati")
    service = make(make_service, sqlite_url, EVERYTHING + "\n[service]\npublic_url = 'https://latsar.example.go.id/l'")
    service.run()

    assert "https://latsar.example.go.id/l/classes/latsar-2026-iii/I" in (
        campus.kelas.group("KLS-I", "Angkatan I").description
    )
    ids = {row["participant_id"] for row in service.roster().values()}
    linked = {note.text.rpartition("/people/")[2] for note in campus.kelas.marks.notes}
    assert linked <= ids
    assert campus.kelas.group("KLS-II", "Angkatan II").description == "Ruang Melati"


def test_doctor_examines_the_rights_of_the_marks_that_are_switched_on(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make(make_service, sqlite_url, EVERYTHING)

    def looked() -> dict[str, set[Status]]:
        found: dict[str, set[Status]] = {}
        for check in examine(service.settings, None, lambda: datetime.now(UTC), lambda subject: None):
            found.setdefault(check.name, set()).add(check.status)
        return found

    good = looked()
    campus.kelas.accounts[campus.kelas.token].capabilities -= MARK_CAPABILITIES
    bad = looked()
    campus.kelas.accounts[campus.kelas.token].functions -= MARK_FUNCTIONS
    lacking = looked()

    assert [good[right] for right in sorted(MARK_CAPABILITIES)] == [{Status.OK}] * 3
    assert [bad[right] for right in sorted(MARK_CAPABILITIES)] == [{Status.FAIL}] * 3
    assert Status.FAIL in lacking["functions"]
    assert json.dumps([note.text for note in campus.kelas.marks.notes]) == "[]"
