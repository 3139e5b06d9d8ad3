"""What managers do in a course is the truth; what befalls it as a whole moves nobody before a person has looked."""

from collections import Counter
from dataclasses import replace

import pytest
from seen_in_runs import is_in_class, line
from service import TOKENS, Command, KnownCampus, Service, ServiceFactory, default_angkatan

from latsar_sync.demo import CASES, Campus
from latsar_sync.demo.faults import Fault
from latsar_sync.demo.rights import KELAS_TOKEN
from latsar_sync.domain.request import RunOutcome
from latsar_sync.settings import load_settings

NAME = "Siti Aminah"
SUSPENDED = str(CASES["already_suspended"][0])
"""Somebody of angkatan I whom a manager enrolled and suspended before the service came."""


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


def states(service: Service, angkatan: str) -> Counter[str]:
    """Count the states of an angkatan's people."""
    return Counter(row["state"] for row in service.roster().values() if row["angkatan"] == angkatan)


def states_by_nip(service: Service) -> dict[str, str]:
    return {nip: row["state"] for nip, row in service.roster().items()}


def members(campus: Campus, angkatan: str = "I") -> set[int]:
    return set(campus.kelas.group(f"KLS-{angkatan}", f"Angkatan {angkatan}").members)


def confirmed_in(service: Service, angkatan: str = "I") -> list[str]:
    return [
        nip
        for nip, row in service.roster().items()
        if (row["state"], row["angkatan"], row["origin"]) == ("confirmed", angkatan, "pushed")
    ]


def test_whoever_was_seen_inactive_and_is_then_taken_out_is_not_enrolled_again(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    seen = line(service, SUSPENDED)
    campus.kelas.unenrol("KLS-I", campus.kelas.user_id(SUSPENDED))

    for whole in (False, True, False):
        service.run(full=whole)

    assert seen == ("review", "target_enrolment_inactive")
    assert line(service, SUSPENDED) == ("withdrawn", "target_removed")
    assert not is_in_class(campus, SUSPENDED)


def test_whoever_is_put_back_by_a_manager_is_confirmed_again_and_nothing_is_sent(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    removed = confirmed_in(service)[0]
    user_id = campus.kelas.user_id(removed)
    campus.kelas.unenrol("KLS-I", user_id)
    service.run(full=True)
    withdrawn = line(service, removed)
    campus.kelas.enrol("KLS-I", user_id)
    campus.kelas.add_member("KLS-I", "Angkatan I", user_id)

    back = service.run(full=True)

    assert withdrawn == ("withdrawn", "target_removed")
    assert line(service, removed) == ("confirmed", None)
    assert (back.run.outcome, back.run.counts["pushed"]) == (RunOutcome.OK, 0)


def test_an_enrolment_method_that_is_off_for_a_moment_moves_nobody_and_fills_no_group_beyond_its_seats(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, angkatan=default_angkatan({"I": 10, "II": 10, "III": 10}))
    service.two_runs()
    before = {name: states(service, name) for name in ("I", "II")}
    campus.kelas.set_manual_enrolment("KLS-I", enabled=False)

    held = service.run(full=True)
    again = service.run()
    while_off = states(service, "I")
    campus.kelas.set_manual_enrolment("KLS-I", enabled=True)
    back = service.run(full=True)

    assert [held.run.outcome, again.run.outcome] == [RunOutcome.GUARDED] * 2
    [finding] = held.run.findings
    assert finding.code == "target_method_off"
    assert len(finding.people) == len(
        [1 for row in service.roster().values() if row["state"] == "confirmed" and row["angkatan"] == "I"]
    )
    assert while_off == before["I"]
    assert (back.run.outcome, back.run.findings) == (RunOutcome.OK, ())
    assert {name: states(service, name) for name in ("I", "II")} == before
    assert len(members(campus)) <= 10


def test_an_accepted_loss_that_is_undone_in_moodle_does_not_overfill_the_group(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, angkatan=default_angkatan({"I": 10, "II": 10, "III": 10}))
    service.first_run()
    before = members(campus)
    campus.kelas.set_manual_enrolment("KLS-I", enabled=False)
    service.run(full=True)

    accepted = service.run(accept=True, by=NAME)
    withdrawn = states(service, "I")["withdrawn"]
    service.run()  # the waiting list moves up, and cannot be enrolled
    campus.kelas.set_manual_enrolment("KLS-I", enabled=True)
    for whole in (False, True, False):
        service.run(full=whole)

    assert accepted.run.accepted_by == NAME
    assert withdrawn > 5
    assert members(campus) == before
    assert states(service, "I")["withdrawn"] == 0


def test_a_group_that_was_deleted_is_made_again_and_filled_once_a_person_accepts_however_many_they_are(
    service: Service, campus: Campus
) -> None:
    service.two_runs()
    text = service.config.read_text(encoding="utf-8")
    service.config.write_text(text.replace("[programmes.guards]", "[programmes.guards]\nmax_push = 1"), "utf-8")
    service = replace(service, settings=load_settings(service.config, TOKENS))
    before, sat = states(service, "I"), confirmed_in(service)
    course = campus.kelas.course("KLS-I")
    campus.kelas.delete_group("KLS-I", "Angkatan I")

    held = service.run(full=True)
    while_held = states(service, "I")
    groups = len(course.groups)
    accepted = service.run(accept=True, by=NAME)

    assert (held.run.outcome, [each.code for each in held.run.findings]) == (
        RunOutcome.GUARDED,
        ["target_group_gone"],
    )
    assert set(held.run.findings[0].people) >= {service.roster()[nip]["participant_id"] for nip in sat}
    assert (while_held, groups) == (before, 0)
    assert (accepted.run.outcome, states(service, "I")) == (RunOutcome.OK, before)
    assert {campus.kelas.user_id(nip) for nip in sat} <= members(campus)


def test_a_course_that_is_hidden_from_the_account_is_a_finding_that_moves_nobody(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    before = states(service, "II")
    campus.kelas.course("KLS-II").visible = False
    campus.kelas.accounts[campus.kelas.token].capabilities.discard("moodle/course:viewhiddencourses")

    held = service.run(full=True)
    accepted = service.run(accept=True, by=NAME)
    later = service.run(full=True)
    campus.kelas.course("KLS-II").visible = True
    back = service.run(full=True)

    assert (held.run.outcome, [each.code for each in held.run.findings]) == (
        RunOutcome.GUARDED,
        ["target_unreadable"],
    )
    assert any("KLS-II" in str(problem) for problem in held.problems)
    assert (accepted.run.outcome, later.run.outcome) == (RunOutcome.PARTIAL, RunOutcome.PARTIAL)
    assert (back.run.outcome, states(service, "II")) == (RunOutcome.OK, before)


@pytest.mark.parametrize("full", [True, False], ids=["full", "incremental"])
@pytest.mark.parametrize("by", ["the token", "html", "redirect"])
def test_a_site_that_lets_nobody_in_is_no_finding_about_its_courses_and_goes_on_once_it_is_mended(
    service: Service, campus: Campus, by: str, full: bool
) -> None:
    """Nobody is asked to go on without courses that are as they were; a portal or a proxy is no course that is gone."""
    service.first_run()
    before = states_by_nip(service)
    account = campus.kelas.accounts[campus.kelas.token]
    account.expired = by == "the token"
    fault = None if account.expired else campus.faults.add(Fault(by, site="kelas"))

    turned_away = service.run(full=full)
    while_away = states_by_nip(service)
    if fault is not None:
        campus.faults.remove(fault)
    account.expired = False
    campus.kelas.accounts[campus.kelas.token] = account  # Moodle deletes an expired one that is used
    back = service.run(full=True)

    assert (turned_away.run.outcome, turned_away.run.findings) == (RunOutcome.FAILED, ())
    assert ("token" if fault is None else "wwwroot") in (turned_away.run.error or "")
    assert while_away == before == states_by_nip(service)
    assert (back.run.outcome, back.run.findings) == (RunOutcome.OK, ())


def test_a_seat_that_a_manager_makes_free_is_given_in_the_same_run(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, angkatan=default_angkatan({"I": 12, "II": 40, "III": 40}))
    service.first_run()
    waiting = states(service, "I")["waitlisted"]
    campus.kelas.unenrol("KLS-I", campus.kelas.user_id(confirmed_in(service)[0]))

    run = service.run(full=True).run
    again = service.run(full=True).run

    assert (run.counts["pushed"], states(service, "I")["waitlisted"]) == (1, waiting - 1)
    assert again.counts["pushed"] == 0


def test_a_role_that_everybody_in_a_course_lost_at_once_moves_nobody_before_a_person_has_looked(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    before, roles = states(service, "I"), campus.kelas.course("KLS-I").roles
    kept = {user: set(each) for user, each in roles.items()}
    for nip in confirmed_in(service):
        roles[campus.kelas.user_id(nip)] = set()

    held = service.run(full=True)
    while_held = states(service, "I")
    accepted = service.run(accept=True, by=NAME)
    in_review, later = states(service, "I")["review"], service.run(full=True)
    roles.update(kept)
    back = service.run(full=True)

    assert (held.run.outcome, [each.code for each in held.run.findings]) == (
        RunOutcome.GUARDED,
        ["target_displaced"],
    )
    assert while_held == before
    assert (accepted.run.outcome, later.run.outcome, later.run.findings) == (RunOutcome.OK, RunOutcome.OK, ())
    assert in_review >= len(held.run.findings[0].people) > 5
    assert (back.run.outcome, states(service, "I")) == (RunOutcome.OK, before)


@pytest.mark.parametrize("key", ["target_key", "role_id"])
def test_whoever_is_looked_for_otherwise_than_before_moves_nowhere_before_a_person_has_looked_however_few_they_are(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, key: str
) -> None:
    few = default_angkatan({"I": 4})
    service = make_service(sqlite_url, angkatan=few)
    service.first_run()
    if key == "target_key":
        other = few.replace("role_id", 'target_key = "username"\nrole_id')
        for nip, row in service.roster().items():
            if row["state"] == "confirmed":
                campus.kelas.users[campus.kelas.user_id(nip)].username = f"peserta.{nip[-4:]}"
    else:
        campus.kelas.accounts[KELAS_TOKEN].assignable_roles.add(4)
        other = few.replace("role_id = 5", "role_id = 4")
    people = {row["participant_id"] for row in service.roster().values() if row["state"] == "confirmed"}
    before = states(service, "I")
    changed = make_service(sqlite_url, angkatan=other)

    held, still_held = changed.run().run, changed.run().run
    while_held = states(changed, "I")
    back = make_service(sqlite_url, angkatan=few).run().run
    again = make_service(sqlite_url, angkatan=other)
    again.run()
    result = again.run(accept=True, by=NAME)
    accepted, later = result.run, again.run().run

    [found] = held.findings
    assert (found.code, set(found.people), still_held.findings) == ("target_found_otherwise", people, held.findings)
    assert (while_held, back.outcome, back.findings) == (before, RunOutcome.OK, ())
    assert (accepted.outcome, later.outcome, later.findings) == (RunOutcome.OK, RunOutcome.OK, ())
    assert {row["state"] for row in again.roster().values() if row["participant_id"] in people} == {"review"}


def test_whoever_is_looked_for_otherwise_is_so_too_once_their_course_can_be_read_again(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    """A run that could not read the course does not know whom another role finds there. Till then it costs no more:
    that it cannot be read was accepted, and may be so for good.
    """
    few = default_angkatan({"I": 4, "II": 4})
    service = make_service(sqlite_url, angkatan=few)
    service.first_run()
    before = states(service, "II")
    account = campus.kelas.accounts[KELAS_TOKEN]
    campus.kelas.course("KLS-II").visible = False
    account.capabilities.discard("moodle/course:viewhiddencourses")
    account.assignable_roles.add(4)
    service.run(full=True)
    service.run(accept=True, by=NAME)
    changed = make_service(sqlite_url, angkatan="role_id = 4".join(few.rsplit("role_id = 5", 1)))

    hidden, quiet = changed.run(full=True), changed.run()
    campus.kelas.course("KLS-II").visible = True
    shown = changed.run(full=True)

    assert (hidden.run.outcome, quiet.run.kind) == (RunOutcome.PARTIAL, "incremental")
    assert [each.code for each in shown.run.findings] == ["target_found_otherwise"]
    assert states(changed, "II") == before


def test_a_moodle_that_was_put_back_from_a_backup_is_filled_again_with_whom_a_person_admits_before_accepting(
    make_service: ServiceFactory, sqlite_url: str, campus: KnownCampus, command: Command
) -> None:
    """It had nobody of ours then. Nobody who waits comes into their seats; who is not admitted is withdrawn.

    An admission from before, when nobody was shown as gone, says nothing of it.
    """
    seats = default_angkatan({"I": 10, "II": 40, "III": 40})
    service = make_service(sqlite_url, angkatan=seats)
    before = campus.saved()
    service.run(full=True)
    there = confirmed_in(service)
    [removed_at_last, *admitted] = there
    assert command(service, "override", "admit", admitted[0], "--reason", "surat 1", "--by", "Siti")[0] == 0
    waiting = {nip for nip, row in service.roster().items() if row["state"] == "waitlisted"}
    campus.put_back(before)

    held = service.run(full=True).run
    assert "waitlisted" in states_by_nip(service).values()
    assert command(service, "override", "admit", *admitted[1:], "--reason", "backup", "--by", "Rina")[0] == 0
    released = service.run(full=True, accept=True, by="Rina").run

    lost = {each.subject for each in held.findings if each.code in ("target_dropped", "target_lost", "target_emptied")}
    assert "kelas/KLS-I" in lost
    assert waiting
    assert released.outcome is RunOutcome.OK
    now = states_by_nip(service)
    assert {now[nip] for nip in admitted[1:]} == {"confirmed"}
    assert (now[removed_at_last], now[admitted[0]]) == ("withdrawn", "withdrawn")
    assert Counter(now[nip] for nip in waiting)["confirmed"] == 2
    assert service.run(full=True).run.counts["pushed"] == 0
    code, said, _ = command(
        service, "override", "admit", "--where", "withdrawn/target_removed", "--reason", "backup", "--by", "Rina"
    )
    assert (code, "already" in said) == (0, False)
    service.run(full=True)
    assert states_by_nip(service)[admitted[0]] == "confirmed"


def test_a_course_with_another_short_name_is_compared_with_what_it_was(service: Service, campus: Campus) -> None:
    """It is named by its idnumber; strangers of the course are gone in the same night."""
    kelas = campus.kelas
    kelas.course("KLS-I").idnumber = "KELAS-SATU"
    strangers = [kelas.add_user("Tamu", f"Nomor {each}", username=f"tamu{each}").id for each in range(20)]
    for each in strangers:
        kelas.enrol("KLS-I", each)
    written = service.config.read_text("utf-8")
    service.config.write_text(written.replace('course = "KLS-I"\n', 'course = "KELAS-SATU"\n'), "utf-8")
    service = replace(service, settings=load_settings(service.config, TOKENS))
    service.run(full=True)
    service.run(full=True)
    kelas.course("KLS-I").shortname = "KLS-I-2026"
    for each in strangers:
        kelas.unenrol("KLS-I-2026", each)

    held, again = service.run(full=True).run, service.run(full=True).run

    assert [[(each.code, each.subject) for each in run.findings] for run in (held, again)] == [
        [("target_dropped", "kelas/KLS-I-2026")]
    ] * 2
    assert service.run(full=True, accept=True, by=NAME).run.outcome is RunOutcome.OK
    assert service.run(full=True).run.findings == ()
