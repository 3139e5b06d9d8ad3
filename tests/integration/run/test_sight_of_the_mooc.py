"""What the service account does not see of the MOOC, and what is open to some people only: nobody is judged wrongly."""

from collections.abc import Callable

import pytest
from service import Command, Service, ServiceFactory

from latsar_sync.demo import Campus
from latsar_sync.demo.records import TRACKING_AUTOMATIC, Module
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain.request import RunOutcome

MOOC, NAME = "MOOC-LATSAR", "Ratna Widyaningsih"
KINDS = ("assign", "h5pactivity")
UNTRACKED = 3
"""Activities of the campus's MOOC that are no material: the evaluation, and what is hidden or not tracked."""


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


def add(campus: Campus, kind: str, name: str) -> Module:
    """Add one more tracked activity to the MOOC."""
    campus.mooc.add_module(MOOC, kind, name, 4, "", TRACKING_AUTOMATIC, ("completionview",))
    return campus.mooc.module_named(name)


def forbid(campus: Campus, *kinds: str) -> None:
    """Take the view right of kinds of activities from the service account, as the documented role once did."""
    campus.mooc.accounts[MOOC_TOKEN].capabilities.difference_update(f"mod/{kind}:view" for kind in kinds)


def test_activities_of_kinds_that_the_account_may_not_view_hold_the_very_first_run_until_the_right_is_given(
    service: Service, campus: Campus
) -> None:
    for kind in KINDS:
        add(campus, kind, f"Tugas {kind}")
    forbid(campus, *KINDS)

    held = service.run()
    again = service.run()

    [finding] = held.run.findings
    assert held.run.outcome is again.run.outcome is RunOutcome.GUARDED
    assert finding.code == "activities_unseen"
    assert all(f"Tugas {kind} ({kind}, cmid " in finding.now for kind in KINDS)
    assert (service.roster(), service.count("decisions")) == ({}, 0)
    campus.mooc.accounts[MOOC_TOKEN].capabilities.update(f"mod/{kind}:view" for kind in KINDS)

    healed = service.run()

    assert (healed.run.outcome, healed.run.findings) == (RunOutcome.OK, ())
    assert service.count("decisions") > 60
    totals = {row["materials_total"] for row in service.participants().values()} - {None}
    assert totals == {len(campus.mooc.course(MOOC).modules) - UNTRACKED}
    assert not any(row["outcome"] == "qualified" for row in service.participants().values())


def test_what_a_person_released_as_unseen_is_not_found_again_and_anything_new_is(
    service: Service, campus: Campus
) -> None:
    add(campus, "assign", "Tugas lama")
    forbid(campus, *KINDS)
    service.run()

    released = service.run(accept=True, by=NAME)
    quiet = service.run(full=True)
    add(campus, "h5pactivity", "Praktik baru")
    new = service.run(full=True)

    assert released.run.outcome is quiet.run.outcome is RunOutcome.OK
    assert [finding.now.split(" (")[0] for finding in new.run.findings] == ["Praktik baru"]


def test_without_criteria_or_grades_the_site_still_says_that_an_activity_is_closed_to_the_account(
    service: Service, campus: Campus
) -> None:
    campus.mooc.course(MOOC).completion_criteria = False
    cmid = add(campus, "h5pactivity", "Video interaktif").cmid
    forbid(campus, *KINDS)

    held = service.run()

    [finding] = held.run.findings
    assert (held.run.outcome, finding.code, finding.now) == (RunOutcome.GUARDED, "activities_unseen", f"cmid {cmid}")
    assert service.count("decisions") == 0


def test_doctor_says_what_was_compared_and_what_a_person_must_look_at(
    service: Service, campus: Campus, command: Command
) -> None:
    cmid = add(campus, "h5pactivity", "Video interaktif").cmid
    campus.mooc.course(MOOC).completion_criteria = False
    forbid(campus, *KINDS)
    held, told, _ = command(service, "doctor")
    functions = campus.mooc.accounts[MOOC_TOKEN].functions
    campus.mooc.accounts[MOOC_TOKEN].functions = functions - {"core_course_check_updates"}
    _, blind, _ = command(service, "doctor")
    campus.mooc.course(MOOC).completion_criteria = True
    campus.mooc.accounts[MOOC_TOKEN].capabilities.add("mod/h5pactivity:view")
    _, half, _ = command(service, "doctor")

    told, blind, half = (" ".join(text.split()) for text in (told, blind, half))
    assert held == 1
    assert f"does not see these activities: cmid {cmid}" in told
    assert "modedit.php" in told
    assert "would go unnoticed: the site tells of none" in blind
    assert "course page of a teacher" in blind
    assert "Only the criteria of course completion were compared" in half


def test_what_the_configuration_excludes_need_not_be_seen(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    cmid = add(campus, "assign", "Tugas sukarela").cmid
    forbid(campus, *KINDS)
    service = make_service(sqlite_url, materials=f"exclude = [{cmid}]")

    assert service.run().run.findings == ()


def test_doctor_names_what_is_not_seen(service: Service, campus: Campus, command: Command) -> None:
    seen, fine, _ = command(service, "doctor")
    add(campus, "assign", "Tugas Aktualisasi")
    forbid(campus, *KINDS)
    hidden, told, _ = command(service, "doctor")
    _, held, _ = command(service, "sync")

    assert (seen, hidden) == (0, 1)
    assert "activities_unseen" not in fine
    assert "Tugas Aktualisasi" in told
    assert "mod/assign:view" in told
    for said in (told, held):  # one that is restricted is kept from the account by another right than a hidden one
        assert "moodle/course:ignoreavailabilityrestrictions" in "".join(said.split())


def only_for(module: Module, *groups: int) -> None:
    """Open an activity to groups alone."""
    module.open_to = groups


def group_id(campus: Campus, name: str) -> int:
    """Return the id of a group of the MOOC."""
    return campus.mooc.group(MOOC, name).id


def judged(service: Service) -> Callable[[str], dict[str, str]]:
    """Return a question: the decisions of the members of a group, by NIP."""
    people = service.participants()
    return lambda group: {nip: row["outcome"] for nip, row in people.items() if row["groups"] == [group]}


def test_an_activity_open_to_one_group_is_required_of_its_members_alone(service: Service, campus: Campus) -> None:
    campus.mooc.restrictions_enabled = True
    service.run()
    before = judged(service)
    only_for(add(campus, "page", "Khusus Angkatan I"), group_id(campus, "Angkatan I"))
    held = service.run()
    service.run(accept=True, by=NAME)
    after = judged(service)

    assert [each.code for each in held.run.findings] == ["required_changed", "qualified_lost"]

    assert after("Angkatan II") == before("Angkatan II")
    assert after("Angkatan III") == before("Angkatan III")
    assert "qualified" in before("Angkatan I").values()
    assert "qualified" not in after("Angkatan I").values()


def test_nobody_qualifies_because_every_activity_is_open_to_groups_that_are_not_theirs(
    service: Service, campus: Campus
) -> None:
    service.run()
    before = judged(service)("Angkatan II")
    campus.mooc.restrictions_enabled = True
    for module in campus.mooc.course(MOOC).modules:
        if module.tracking:
            only_for(module, group_id(campus, "Angkatan I"))

    service.run()
    service.run(accept=True, by=NAME)

    assert judged(service)("Angkatan II") == before


def test_an_activity_whose_group_was_made_anew_is_asked_of_its_people_until_somebody_releases_them(
    service: Service, campus: Campus
) -> None:
    campus.mooc.restrictions_enabled = True
    only_for(add(campus, "page", "Khusus Angkatan I"), group_id(campus, "Angkatan I"))
    service.run()
    before, members = judged(service)("Angkatan I"), campus.mooc.group(MOOC, "Angkatan I").members
    campus.mooc.delete_group(MOOC, "Angkatan I")  # the restriction goes on naming it, and lets nobody in
    campus.mooc.add_group(MOOC, "Angkatan I", members=members)

    held = service.run()

    finding, gained = held.run.findings
    assert (gained.code, len(gained.people)) == ("qualified_gained", 17)  # all who lacked nothing else
    assert (held.run.outcome, finding.code) == (RunOutcome.GUARDED, "required_changed")
    assert (finding.before[-12:], finding.now[-3:]) == ("[Angkatan I]", "[–]")
    assert judged(service)("Angkatan I") == before


def test_whoever_is_not_confirmed_in_the_mooc_is_told_so_and_judged_once_that_is_mended(
    service: Service, campus: Campus
) -> None:
    course = campus.mooc.course(MOOC)
    service.first_run()
    nip = next(nip for nip, row in service.participants().items() if row["outcome"] == "qualified")
    user = next(user for user in campus.mooc.users.values() if user.idnumber == nip)
    assert user.id in course.roles
    user.confirmed = False
    told_of = service.run(full=True).run
    told = service.participants()[nip]
    user.confirmed = True
    service.run(full=True)

    assert told_of.messages == ()
    assert told["outcome"] == "undetermined"
    assert [code for code, _ in told["reasons"]] == ["source_account_unconfirmed"]
    assert service.participants()[nip]["outcome"] == "qualified"


def test_where_the_evaluation_is_not_seen_any_more_the_right_to_view_its_kind_is_named(
    service: Service, campus: Campus, command: Command
) -> None:
    service.first_run()
    forbid(campus, "quiz")

    code, _, said = command(service, "sync", "--full")

    assert code == 1
    assert "mod/quiz:view" in said
    assert service.count("decisions") > 60
