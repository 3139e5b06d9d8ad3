"""Messages through Moodle, in whole runs against the campus: to the right people, once, whatever goes wrong."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from service import (
    PROGRAMME,
    Command,
    KnownCampus,
    Service,
    ServiceFactory,
    default_angkatan,
    may_write_to_anybody,
)
from sqlalchemy import select

from latsar_sync.actions import identity
from latsar_sync.actions.reminding import ask_for_reminders
from latsar_sync.demo import CASES, Campus, Fault
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain.actions import Override, OverrideKind
from latsar_sync.domain.errors import Stopped
from latsar_sync.domain.request import RunOutcome, Step
from latsar_sync.rules.sent_messages import Message
from latsar_sync.run import sending_messages as sending
from latsar_sync.shapes.undelivered import undelivered_shape
from latsar_sync.store import listings, overrides
from latsar_sync.store.leases import Lease
from latsar_sync.store.messages import leave_asked_out
from latsar_sync.store.runs import ProgrammeRun
from latsar_sync.store.tables import messages
from latsar_sync.store.waiting_orders import Order, put_off

SEND = "core_message_send_instant_messages"
AFTERNOON = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
"""Five o'clock in Jakarta."""
REMINDERS = "reminders = [7, 3]\nmooc_deadline = 2026-11-27"

Make = Callable[..., Service]


@pytest.fixture
def campus(campus: KnownCampus) -> Campus:
    """Give a campus whose service accounts may write to anybody."""
    campus.begin_with(may_write_to_anybody)
    return campus


@pytest.fixture
def make(campus: Campus, make_service: ServiceFactory, sqlite_url: str) -> Make:
    """Give a factory of services that write what is asked for."""

    def new(messages: str, database_url: str = sqlite_url, guards: str = "") -> Service:
        return make_service(database_url, guards=f"{guards}\n[programmes.messages]\n{messages}")

    return new


def begin(service: Service) -> None:
    """Let the first run be a month ago, or put in place what that came to in another test."""
    month_ago = AFTERNOON - timedelta(days=30)
    service.begin_when(f"a first run at {month_ago}", lambda: service.run(month_ago))


def message_rows(service: Service) -> list[tuple[str, str, str | None]]:
    """Return event, state and error of every message that was written down."""
    with service.database.reading() as connection:
        rows = connection.execute(select(messages.c.event, messages.c.state, messages.c.error).order_by(messages.c.id))
        return [tuple(row) for row in rows]


def states(service: Service) -> list[str]:
    """Return the state of every message."""
    return [state for _, state, _ in message_rows(service)]


def to(messages: list[Message]) -> list[int]:
    """Return the recipients of messages."""
    return [message.to_id for message in messages]


def run_at(moment: datetime, service: Service, campus: Campus) -> ProgrammeRun:
    """Run while the sites' clocks show the service's time, so that of clocks there is nothing to say."""
    campus.mooc.clock = campus.kelas.clock = lambda: int(moment.timestamp())
    return service.run(moment).run


def mooc_ids(campus: Campus, case: str) -> list[int]:
    """Return the accounts in the MOOC of one kind of people."""
    return [campus.mooc.user_id(nip) for nip in map(str, CASES[case])]


def requests_for(campus: Campus, function: str) -> int:
    """Count the calls of a function that the campus has got."""
    return sum(entry.function == function for entry in campus.log)


def hold(service: Service, campus: Campus, nip: str) -> None:
    """Hold somebody back by a person's decision."""
    row = service.participants()[nip]
    decision = Override(row["participant_id"], 1, OverrideKind.HOLD, "Uji", "Ratna", AFTERNOON)
    with service.database.writing() as connection:
        overrides.add_overrides(connection, [decision])


def test_everybody_not_yet_there_is_reminded_once(campus: Campus, make: Make) -> None:
    service = make(REMINDERS)

    first = service.run(AFTERNOON)
    sent = len(campus.mooc.messages)
    second = service.run(AFTERNOON + timedelta(minutes=15), full=True)

    assert (first.run.outcome, second.run.outcome) == (RunOutcome.OK, RunOutcome.OK)
    assert sent == first.run.counts["not_yet"] == len(set(to(campus.mooc.messages)))
    assert len(campus.mooc.messages) == sent
    assert campus.kelas.messages == []
    assert set(states(service)) == {"sent"}
    assert not any(message.text.count("19") > 5 or "gagal" in message.text for message in campus.mooc.messages)


def test_a_later_day_reminds_again_but_only_of_what_is_still_missing(campus: Campus, make: Make) -> None:
    service = make(REMINDERS)
    service.run(AFTERNOON - timedelta(days=4))
    [person] = mooc_ids(campus, "score_69_99999")
    campus.mooc.set_grade(person, campus.mooc.module_named("EVAL-AKADEMIK").cmid, Decimal(90))

    before = len(campus.mooc.messages)
    service.run(AFTERNOON)

    again = to(campus.mooc.messages[before:])
    assert person in to(campus.mooc.messages[:before])
    assert person not in again
    assert len(again) == before - 1


def test_nobody_held_undetermined_or_gone_is_written_to(campus: Campus, make: Make) -> None:
    service = make("admitted = true\nreminders = [30]\nmooc_deadline = 2026-12-20")
    begin(service)
    nip = str(CASES["score_69_99999"][0])
    hold(service, campus, nip)
    gone = mooc_ids(campus, "evaluation_failed")[0]
    campus.mooc.unenrol("MOOC-LATSAR", gone)
    campus.mooc.messages.clear()

    service.run(AFTERNOON)
    assert {campus.mooc.user_id(nip), gone} & set(to(campus.mooc.messages)) == set()
    assert len(campus.mooc.messages) > 10


def test_a_programme_that_a_guard_holds_writes_to_nobody(campus: Campus, make: Make) -> None:
    service = make(f"admitted = true\n{REMINDERS}", guards="max_push = 10")

    assert service.run(AFTERNOON).run.outcome is RunOutcome.GUARDED
    assert requests_for(campus, SEND) == 0
    assert message_rows(service) == []


def test_neither_a_plan_nor_a_run_for_one_participant_writes_to_anybody(campus: Campus, make: Make) -> None:
    service = make(REMINDERS)
    begin(service)

    service.run(AFTERNOON, dry_run=True)
    service.run(AFTERNOON, nip=str(CASES["score_69_99999"][0]))

    assert requests_for(campus, SEND) == 0


def test_the_managers_of_a_course_get_one_digest_a_day_of_who_is_new_or_there_again(
    campus: Campus, make: Make, command: Command, database_url: str
) -> None:
    service = make("managers = true", database_url)
    managers = {
        user_id for course in campus.kelas.courses.values() for user_id, roles in course.roles.items() if 3 in roles
    }
    [person] = mooc_ids(campus, "score_69_99999")

    service.run(AFTERNOON - timedelta(hours=3))
    before_the_hour = len(campus.kelas.messages)
    service.run(AFTERNOON)
    digests = list(campus.kelas.messages)
    with_origin = [row for row in service.roster().values() if row["origin"] == "pushed"]
    campus.mooc.set_grade(person, campus.mooc.module_named("EVAL-AKADEMIK").cmid, Decimal(90))
    service.run(AFTERNOON + timedelta(hours=1))
    same_day = len(campus.kelas.messages)
    service.run(AFTERNOON + timedelta(days=1))
    next_day = campus.kelas.messages[same_day:]
    nip = campus.mooc.users[person].idnumber
    campus.kelas.unenrol(str(service.roster()[nip]["course"]), campus.kelas.user_id(nip))
    service.run(AFTERNOON + timedelta(days=2), full=True)
    command(service, "override", "admit", nip, "--reason", "Uji", "--by", "Ratna")
    service.run(AFTERNOON + timedelta(days=3))
    service.run(AFTERNOON + timedelta(days=4))

    assert before_the_hour == 0
    assert set(to(digests)) == managers
    names = sum(message.text.count("\n- ") for message in digests)
    assert names == len([row for row in with_origin if row["state"] == "confirmed"])
    assert same_day == len(digests)
    assert {message.text.count("\n- ") for message in next_day} == {1}
    assert campus.mooc.users[person].fullname in next_day[0].text
    again = campus.kelas.messages[same_day:]
    assert [each.text for each in again] == [each.text for each in next_day] * 2
    assert campus.mooc.messages == []


def test_a_manager_whom_a_digest_did_not_reach_gets_it_on_the_next_day_and_nobody_else(
    campus: Campus, make: Make
) -> None:
    """Once one manager who got it was enough: the others of the course never heard of those people."""
    service = make("managers = true")
    course = next(each for each in campus.kelas.courses.values() if each.shortname == "KLS-I")
    [manager] = [user_id for user_id, roles in course.roles.items() if 3 in roles]
    second = next(user_id for user_id, roles in course.roles.items() if user_id > manager and 3 not in roles)
    course.roles[second] = {*course.roles[second], 3}
    campus.kelas.users[second].rejects_messages = True

    service.run(AFTERNOON)
    campus.kelas.users[second].rejects_messages = False
    first_day = {message.to_id: message.text for message in campus.kelas.messages}
    service.run(AFTERNOON + timedelta(hours=1))
    same_day = len(campus.kelas.messages)
    service.run(AFTERNOON + timedelta(days=1))
    service.run(AFTERNOON + timedelta(days=2))

    assert (manager in first_day, second in first_day, same_day) == (True, False, len(first_day))
    assert [(each.to_id, each.text) for each in campus.kelas.messages[same_day:]] == [(second, first_day[manager])]


def test_a_person_seen_in_class_is_told_once_where_their_mooc_account_is(campus: Campus, make: Make) -> None:
    service = make("admitted = true")

    begin(service)
    service.run(AFTERNOON, full=True)

    confirmed = [row for row in service.roster().values() if row["state"] == "confirmed"]
    assert len(campus.mooc.messages) == len(confirmed)
    assert len(set(to(campus.mooc.messages))) == len(confirmed)


@pytest.mark.parametrize("may_not_know", [False, True])
def test_whoever_is_moved_away_and_back_is_told_so_once_more_unless_the_database_may_not_know(
    campus: Campus, make: Make, command: Command, may_not_know: bool
) -> None:
    service, silent = make("admitted = true"), make("admitted = false")
    begin(service)
    nip = str(CASES["score_exactly_70"][0])

    for hour, to_angkatan in enumerate(("II", "I"), 1):
        command(service, "roster", "move", nip, "--to", to_angkatan, "--reason", "Uji", "--by", "Ratna")
        runs = silent if may_not_know and to_angkatan == "I" else service
        runs.run(AFTERNOON + timedelta(hours=hour))
    if may_not_know:
        third = AFTERNOON + timedelta(hours=3)
        with Lease(service.database, PROGRAMME, lambda: third) as lease:
            [programme] = service.settings.programmes
            people = sending.MessagesToPeople(service.settings, service.database, programme, {}, lambda: third)
            people.leave_out(lease, service.count("runs"))
    service.run(AFTERNOON + timedelta(hours=4), full=True)

    told = [each.text for each in campus.mooc.messages if each.to_id == campus.mooc.user_id(nip)]
    groups = [found[0] for found in (re.search("Angkatan I+", text) for text in told) if found]
    assert groups == ["Angkatan I", "Angkatan II", "Angkatan I"][: 2 if may_not_know else 3]
    assert len(campus.mooc.messages) - len(set(to(campus.mooc.messages))) == len(groups) - 1


def test_whoever_is_rejected_stops_nobody_else_and_is_tried_on_the_next_day(campus: Campus, make: Make) -> None:
    service, twentieth = make(REMINDERS), AFTERNOON - timedelta(days=4)
    begin(service)
    [person] = mooc_ids(campus, "score_69_99999")
    user = campus.mooc.users[person]
    everybody = set(mooc_ids(campus, "score_69_99999")) | set(mooc_ids(campus, "evaluation_failed"))
    user.rejects_messages = True

    first = run_at(twentieth, service, campus)
    reached = set(to(campus.mooc.messages))
    user.rejects_messages = False
    same_day = run_at(twentieth + timedelta(hours=1), service, campus)
    next_day = run_at(twentieth + timedelta(days=1), service, campus)

    assert first.outcome is RunOutcome.OK
    assert everybody - reached == {person}
    assert any("1 tidak disampaikan" in line or "1 not delivered" in line for line in first.messages)
    assert user.fullname not in " ".join(first.messages)
    assert same_day.messages == ()
    assert to(campus.mooc.messages).count(person) == 1
    assert next_day.outcome is RunOutcome.OK


def test_a_message_without_an_answer_is_never_sent_again_and_told_for_a_week(campus: Campus, make: Make) -> None:
    service = make(REMINDERS)
    begin(service)
    campus.faults.add(Fault("drop_after_commit", function=SEND, count=1))

    first = service.run(AFTERNOON)
    with service.database.reading() as connection:
        soon, later = (
            undelivered_shape(service.settings, connection, AFTERNOON + timedelta(days=days)) for days in (6, 8)
        )
    campus.faults.clear()
    service.run(AFTERNOON + timedelta(minutes=15))
    service.run(AFTERNOON + timedelta(days=1))

    assert first.run.outcome is RunOutcome.OK
    recipients = to(campus.mooc.messages)
    assert len(recipients) == len(set(recipients))
    assert states(service).count("unknown") == 1
    assert set(states(service)) == {"unknown", "sent"}
    assert soon["messages"] == {"unknown": 1}
    assert later["messages"] == {}


def test_a_site_that_goes_into_maintenance_costs_nobody_a_message(campus: Campus, make: Make) -> None:
    service = make(REMINDERS)
    begin(service)
    campus.faults.add(Fault("maintenance", function=SEND, count=1))

    first = service.run(AFTERNOON)
    campus.faults.clear()
    second = service.run(AFTERNOON + timedelta(minutes=15))

    assert first.run.outcome is RunOutcome.OK
    assert "sitemaintenance" in " ".join(first.run.messages)
    assert set(states(service)) == {"sent"}
    assert len(campus.mooc.messages) == second.run.counts["not_yet"]


@pytest.mark.parametrize("trouble", ["maintenance_503", "no enrolment"])
def test_an_in_class_site_that_is_away_keeps_nobody_from_being_reminded(
    campus: Campus, make: Make, trouble: str
) -> None:
    """The last day of the MOOC comes whatever becomes of the other site, which is asked nothing more in that run."""
    service = make(f"{REMINDERS}\nmanagers = true")
    begin(service)
    if trouble == "no enrolment":
        campus.kelas.accounts[campus.kelas.token].capabilities.discard("enrol/manual:enrol")
        [person] = mooc_ids(campus, "score_69_99999")
        campus.mooc.set_grade(person, campus.mooc.module_named("EVAL-AKADEMIK").cmid, Decimal(90))
    else:
        campus.faults.add(Fault(trouble, site="kelas"))

    campus.log.clear()
    result = service.run(AFTERNOON, full=True)

    asked = {entry.function for entry in campus.log if entry.site == "kelas" and entry.status != 200}
    assert (result.run.outcome, str(result.error)) == (RunOutcome.FAILED, result.run.error)
    assert len(campus.mooc.messages) == result.run.counts["not_yet"] > 5
    assert "core_enrol_get_enrolled_users" not in asked, "the managers of courses"


def test_a_function_that_the_service_lacks_is_one_line_with_the_remedy(campus: Campus, make: Make) -> None:
    service = make(REMINDERS)
    begin(service)
    campus.mooc.accounts[MOOC_TOKEN].functions.discard(SEND)

    run = run_at(AFTERNOON, service, campus)

    assert run.outcome is RunOutcome.OK
    assert len(run.messages) == 1
    assert "moodle/site:messageanyuser" in run.messages[0]
    assert requests_for(campus, SEND) == 0
    assert message_rows(service) == []


def test_a_right_that_lacks_for_everybody_is_found_out_after_a_few_and_costs_nobody_a_message(
    campus: Campus, make: Make
) -> None:
    service = make("reminders = [7]\nmooc_deadline = 2026-11-30")
    begin(service)
    rights = campus.mooc.accounts[MOOC_TOKEN].capabilities
    rights.discard("moodle/site:messageanyuser")

    first = service.run(AFTERNOON)
    tried = requests_for(campus, SEND)
    rights.add("moodle/site:messageanyuser")
    service.run(AFTERNOON + timedelta(minutes=15))
    service.run(AFTERNOON + timedelta(days=1))

    assert tried == sending.ENOUGH_REJECTED
    assert "moodle/site:messageanyuser" in first.run.messages[0]
    assert len(campus.mooc.messages) == first.run.counts["not_yet"]


@pytest.mark.parametrize(
    ("switch", "remedy"),
    [
        (lambda campus: setattr(campus.mooc, "messaging_enabled", False), "Advanced features"),
        (
            lambda campus: campus.mooc.accounts[MOOC_TOKEN].capabilities.discard("moodle/site:sendmessage"),
            "moodle/site:sendmessage",
        ),
    ],
    ids=["messaging is off", "no right"],
)
def test_a_site_that_takes_no_messages_is_asked_once_a_run(
    campus: Campus, make: Make, switch: Callable[[Campus], object], remedy: str
) -> None:
    service = make(REMINDERS)
    begin(service)
    switch(campus)

    result = service.run(AFTERNOON)

    assert result.run.outcome is RunOutcome.OK
    assert requests_for(campus, SEND) == 1
    assert remedy in " ".join(result.run.messages)
    assert states(service) == ["refused"]


class Killed(BaseException):
    """A run is cut off here, as by a kill: nothing of it can tidy up."""


def test_a_run_that_is_killed_while_it_writes_repeats_no_message(
    campus: Campus, make: Make, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make(REMINDERS, database_url)
    begin(service)

    def die(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(sending.messages_store, "settle", die)
    with pytest.raises(Killed):
        service.run(AFTERNOON)
    monkeypatch.undo()
    assert states(service) == ["sending"]
    service.run(AFTERNOON + timedelta(minutes=15))

    recipients = to(campus.mooc.messages)
    assert len(recipients) == len(set(recipients))
    assert states(service).count("unknown") == 1


def test_a_run_told_to_stop_while_it_writes_goes_on_next_time(campus: Campus, make: Make) -> None:
    service = make(REMINDERS)
    begin(service)
    asked: list[int] = []

    def stop(programme: str, step: Step, count: int) -> None:
        if step is Step.FINISH and count:
            asked.append(count)
            if len(asked) == 4:
                raise Stopped("The service was told to stop.")

    first = service.run(AFTERNOON, progress=stop)
    sent = len(campus.mooc.messages)
    second = service.run(AFTERNOON + timedelta(minutes=1))

    assert first.run.outcome is RunOutcome.OK
    assert sent == 3
    assert len(campus.mooc.messages) == second.run.counts["not_yet"] == len(set(to(campus.mooc.messages)))


def test_whoever_is_held_or_to_be_erased_while_messages_go_out_is_not_written_to(campus: Campus, make: Make) -> None:
    service = make(REMINDERS)
    service.run(AFTERNOON - timedelta(days=30))
    last = sorted(service.participants().values(), key=lambda row: row["participant_id"])
    held, erased = [row for row in last if row["outcome"] == "not_yet" and row["enrolment"] == "active"][-2:]

    def decide(programme: str, step: Step, count: int) -> None:
        if step is Step.FINISH and count and not service.count("overrides"):
            hold = Override(held["participant_id"], 1, OverrideKind.HOLD, "sakit", "Rina", AFTERNOON, None)
            order = Order.to_erase(PROGRAMME, erased["participant_id"], "permintaan", "Rina")
            with service.database.writing() as connection:
                overrides.add_overrides(connection, [hold])
                put_off(connection, order, AFTERNOON)

    service.run(AFTERNOON, progress=decide)

    written = {each.to_id for each in campus.mooc.messages}
    assert written
    assert {campus.mooc.user_id(row["nip"]) for row in (held, erased)}.isdisjoint(written)


def ask(service: Service, *people: str) -> None:
    """Ask for reminders to people, by NIP, as a committee member does on a page."""
    ids = [service.participants()[nip]["participant_id"] for nip in people]
    ask_for_reminders(service.settings, service.database, lambda: AFTERNOON, PROGRAMME, ids, "sari")


def test_a_reminder_that_somebody_asked_for_goes_once_with_the_next_run_and_to_nobody_else(
    campus: Campus, make: Make
) -> None:
    service = make("reminders = [1]\nmooc_deadline = 2026-12-20")
    begin(service)
    almost, failed = str(CASES["score_69_99999"][0]), str(CASES["evaluation_failed"][0])
    ask(service, almost, failed)
    campus.mooc.set_grade(
        campus.mooc.user_id(failed), campus.mooc.module_named("EVAL-AKADEMIK").cmid, Decimal(90), overridden=True
    )

    service.run(AFTERNOON + timedelta(minutes=15), full=True)
    service.run(AFTERNOON + timedelta(minutes=30), full=True)

    [message] = campus.mooc.messages
    assert message.to_id == campus.mooc.user_id(almost)
    assert "20 Desember 2026" in message.text
    assert sorted(states(service)) == ["needless", "sent"]


def test_the_last_day_that_a_reminder_tells_is_that_of_the_angkatan_to_which_somebody_was_moved(
    campus: Campus, make_service: ServiceFactory, sqlite_url: str, command: Command
) -> None:
    two_days = default_angkatan().replace('id = "II"', 'id = "II"\nmooc_deadline = 2026-12-31')
    service = make_service(
        sqlite_url, guards="[programmes.messages]\nreminders = [1]\nmooc_deadline = 2026-12-20", angkatan=two_days
    )
    begin(service)
    almost = str(CASES["score_69_99999"][0])
    command(service, "roster", "move", almost, "--to", "II", "--reason", "Cuti", "--by", "Ratna")
    ask(service, almost)

    service.run(AFTERNOON + timedelta(minutes=15))

    [message] = campus.mooc.messages
    assert "31 Desember 2026" in message.text


def test_a_reminder_that_was_asked_for_goes_again_when_the_site_or_moodle_did_not_take_it(
    campus: Campus, make: Make
) -> None:
    service = make("reminders = [1]\nmooc_deadline = 2026-12-20")
    begin(service)
    almost, failed = str(CASES["score_69_99999"][0]), str(CASES["evaluation_failed"][0])
    ask(service, almost, failed)
    campus.faults.add(Fault("maintenance", function=SEND, count=1))
    service.run(AFTERNOON + timedelta(minutes=15))
    refused = sorted(states(service))
    user = campus.mooc.users[campus.mooc.user_id(almost)]
    user.rejects_messages = True
    service.run(AFTERNOON + timedelta(minutes=30))
    rejected = sorted(states(service))
    user.rejects_messages = False

    service.run(AFTERNOON + timedelta(days=1))

    assert (refused, rejected) == (["asked", "refused"], ["rejected", "sent"])
    assert states(service) == ["sent", "sent"]
    assert len(campus.mooc.messages) == 2


def test_a_database_that_may_not_know_sends_no_reminder_that_was_asked_for(campus: Campus, make: Make) -> None:
    service = make("reminders = [1]\nmooc_deadline = 2026-12-20")
    begin(service)
    ask(service, str(CASES["score_69_99999"][0]))
    with service.database.writing() as connection:
        leave_asked_out(connection, PROGRAMME, AFTERNOON)

    service.run(AFTERNOON + timedelta(minutes=15), full=True)

    assert campus.mooc.messages == []
    assert states(service) == ["unknown"]


def test_who_was_told_is_not_told_again_by_a_second_account_that_counts_instead(campus: Campus, make: Make) -> None:
    service = make("admitted = true")
    service.first_run()
    nip = str(CASES["passed"][0])
    old = campus.mooc.users[campus.mooc.user_id(nip)]
    groups = [each.name for each in campus.mooc.course("MOOC-LATSAR").groups_of(old.id)]
    campus.mooc.delete_user(old.id)
    new = campus.mooc.add_user(old.firstname, old.lastname, nip, username="baru")
    campus.mooc.enrol("MOOC-LATSAR", new.id)
    for group in groups:
        campus.mooc.add_member("MOOC-LATSAR", group, new.id)
    service.run()
    with service.database.reading() as connection:
        rows = {row["source_user_id"]: row for row in listings.participant_rows(connection, [PROGRAMME])}
    clock = partial(datetime.now, UTC)
    identity.merge(service.settings, service.database, clock, rows[new.id], rows[old.id], "Surat 3", "Ratna")
    service.run()

    with service.database.reading() as connection:  # both have the NIP
        states_of = {row["source_user_id"]: row["state"] for row in listings.roster_rows(connection, [PROGRAMME])}
    assert (states_of[new.id], states_of[old.id]) == ("confirmed", "withdrawn")
    assert [each.to_id for each in campus.mooc.messages if each.to_id in (old.id, new.id)] == [old.id]
