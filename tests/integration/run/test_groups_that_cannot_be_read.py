"""Groups by which a MOOC is read hide, vanish or are not there yet, and spoil no reading; their lists and grades."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from few_people import seed_few
from office_by_group import GRADES, MOOC, NO_PUSH, NOW, Office, by_group
from service import KnownCampus, ServiceFactory, default_angkatan

from latsar_sync.demo import Campus
from latsar_sync.demo.records import SEPARATE_GROUPS
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain.request import RunOutcome
from latsar_sync.moodle import course_lists
from latsar_sync.run import ahead_of_reading

EVALUATION = "EVAL-AKADEMIK"


@pytest.fixture
def campus() -> Iterator[KnownCampus]:
    with KnownCampus(NOW, seed_few) as campus:
        yield campus


@pytest.fixture
def office(make_service: ServiceFactory, sqlite_url: str, campus: KnownCampus) -> Office:
    """Give a service that has made its first run by group."""
    campus.begin_with(by_group)
    office = Office(make_service(sqlite_url, programme=NO_PUSH), campus)
    assert office.service.first_run().run.outcome is RunOutcome.OK
    return office


# Groups that hide, vanish, or are not there yet


def _hide(campus: Campus) -> None:
    campus.mooc.accounts[MOOC_TOKEN].capabilities.discard("moodle/course:viewhiddengroups")
    campus.mooc.group(MOOC, "Angkatan I").visibility = 3


def _members_only(campus: Campus) -> None:
    _hide(campus)
    campus.mooc.group(MOOC, "Angkatan I").visibility = 1


def _rename(campus: Campus) -> None:
    campus.mooc.group(MOOC, "Angkatan I").name = "Angkatan Satu"


def _delete(campus: Campus) -> None:
    campus.mooc.delete_group(MOOC, "Angkatan I")


def _take_no_part(campus: Campus) -> None:
    campus.mooc.group(MOOC, "Angkatan I").participation = False


def _empty(campus: Campus) -> None:
    campus.mooc.group(MOOC, "Angkatan I").members.clear()


@pytest.mark.parametrize("change", [_hide, _members_only, _rename, _delete, _empty])
def test_a_group_that_had_people_and_shows_none_stops_the_run(office: Office, change: Callable[[Campus], None]) -> None:
    before = office.known()
    change(office.campus)

    for full in (False, True):
        result = office.run(full=full)

        assert result.run.outcome is RunOutcome.FAILED
        said = str(result.error)
        assert "Angkatan I" in said
        assert "viewhiddengroups" in said
    assert office.known() == before


def test_a_group_that_takes_no_part_is_left_out_or_is_hidden_from_others_is_found_all_the_same(
    office: Office,
) -> None:
    before, mooc = office.known(), office.campus.mooc

    _take_no_part(office.campus)  # its people tell of it
    assert office.run().run.outcome is RunOutcome.OK
    assert office.known() == before

    _hide(office.campus)
    mooc.accounts[MOOC_TOKEN].capabilities.add("moodle/course:viewhiddengroups")
    assert office.run(full=True).run.outcome is RunOutcome.OK
    assert office.known() == before

    group = mooc.group(MOOC, "Angkatan I")
    group.participation, group.visibility = True, 0
    mooc.module_named(EVALUATION).grouping = (mooc.group(MOOC, "Angkatan II").id,)  # another activity tells of it
    assert office.run(full=True).run.outcome is RunOutcome.OK
    assert office.known() == before


def test_a_group_that_is_not_there_yet_is_told_and_stops_nothing(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    by_group(campus)
    campus.mooc.delete_group(MOOC, "Angkatan III")

    result = Office(make_service(sqlite_url, programme=NO_PUSH), campus).run()

    assert result.run.outcome is RunOutcome.OK
    assert any("Angkatan III" in each for each in result.run.messages)


def test_groups_are_told_by_other_activities_where_the_one_that_was_asked_is_gone(
    make_service: ServiceFactory, sqlite_url: str, campus: KnownCampus
) -> None:
    """Made anew the evaluation has another number; without materials no other activity was looked at before."""
    campus.begin_with(by_group)
    office = Office(make_service(sqlite_url, programme=NO_PUSH, materials='mode = "none"'), campus)
    assert office.service.first_run().run.outcome is RunOutcome.OK
    campus.mooc.module_named(EVALUATION).cmid += 5000

    assert [each.code for each in office.run(full=True).run.findings] == ["evaluation_changed"]
    assert office.run(accept=True, by="Uji").run.outcome is RunOutcome.OK


def test_groups_none_of_which_is_there_stop_the_first_run(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    by_group(campus)
    for name in ("I", "II", "III"):
        campus.mooc.group(MOOC, f"Angkatan {name}").name = f"Gelombang {name}"

    result = Office(make_service(sqlite_url, programme=NO_PUSH), campus).run()

    assert result.run.outcome is RunOutcome.FAILED
    assert "Gelombang I" in str(result.error)


def test_without_the_right_to_all_groups_the_run_stops_and_names_it(office: Office) -> None:
    office.campus.mooc.accounts[MOOC_TOKEN].capabilities.discard("moodle/site:accessallgroups")

    result = office.run()

    assert result.run.outcome is RunOutcome.FAILED
    assert "moodle/site:accessallgroups" in str(result.error)


# Lists


def test_a_group_larger_than_a_page_is_read_to_its_end(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    before = office.known()
    for page in (2, 7):
        monkeypatch.setattr(course_lists, "PAGE", page)

        assert office.run(full=True).run.outcome is RunOutcome.OK
        assert office.known() == before


def test_somebody_who_spoils_the_list_of_the_group_is_set_aside_alone(office: Office) -> None:
    who = office.someone()
    before = office.known()
    office.campus.mooc.users[who].invisible = True

    result = office.run(full=True)

    assert result.run.outcome is RunOutcome.OK
    assert {user: each for user, each in office.known().items() if user != who} == {
        user: each for user, each in before.items() if user != who
    }


# Grades


def test_a_grade_set_in_the_gradebook_is_seen_in_the_next_incremental_run(office: Office) -> None:
    mooc = office.campus.mooc
    who = office.person("evaluation_failed")
    before = office.outcomes()[who]
    assert "score_below_threshold" in before[2] or before[1] == "not_yet"
    mooc.set_grade(who, mooc.module_named(EVALUATION).cmid, Decimal(90), overridden=True)

    assert office.run().run.outcome is RunOutcome.OK

    assert office.outcomes()[who] != before


def test_with_separate_groups_an_incremental_run_asks_nobody_who_is_confirmed(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    by_group(campus)
    campus.mooc.module_named(EVALUATION).group_mode = SEPARATE_GROUPS
    office = Office(make_service(sqlite_url, angkatan=default_angkatan()), campus)
    assert office.run().run.outcome is RunOutcome.OK
    office.run()

    office.run()

    assert 0 < office.asked(GRADES) < len(office.known())


def test_a_pending_regrade_is_settled_by_one_grade_before_two_requests_could_meet_in_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead_of_reading, "calls_of", lambda *known: [])  # else it goes out with all the rest

    office.run()

    batches = [entry.inner_functions for entry in office.campus.log if entry.inner_functions[:1] == [GRADES]]
    assert len(batches[0]) == 1
    assert len(batches) > 1
