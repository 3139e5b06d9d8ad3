"""The list of a course is whole, or known not to be: pages that move, are capped, ignored, or spoiled by one person."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from latsar_sync.domain.errors import RecordRejected, SiteRefuses, SiteUnavailable
from latsar_sync.moodle import course_by_name, payloads
from latsar_sync.moodle.course_lists import read_again, read_enrolled
from latsar_sync.moodle.course_people import CoursePeople
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.parsing import Listing

GROUP = payloads.Group(id=3, name="Angkatan I")


@dataclass
class Site:
    """Hands out a list of people by pages. ``before`` runs before each answer; ``spoils`` says which windows fail."""

    people: list[int]
    before: Callable[["Site", int], None] = lambda _site, _offset: None
    cap: int = 10**9
    ignores_paging: bool = False
    spoils: Callable[[list[int], str], Exception | None] = lambda _window, _fields: None
    asked: int = 0
    hidden: set[int] = field(default_factory=set)

    def supports(self, function: Function) -> bool:
        return function is not Function.CALL_EXTERNAL_FUNCTIONS

    def read(self, _function: Function, _shape: object, arguments: Any, *, patient: bool = True) -> Any:
        options = {each["name"]: each["value"] for each in arguments["options"]}
        offset = 0 if self.ignores_paging else options["limitfrom"]
        self.asked += 1
        assert self.asked < 400
        self.before(self, offset)
        window = self.people[offset : offset + min(options["limitnumber"], self.cap)]
        error = self.spoils(window, options["userfields"])
        if error is not None:
            raise error
        return Listing(
            payloads.EnrolledUser(id=each, fullname="x", roles=(), groups=(GROUP,))
            for each in window
            if each not in self.hidden
        )


def read(site: Site) -> CoursePeople:
    return read_enrolled(site, 2, "id,groups")  # type: ignore[arg-type]


@pytest.mark.parametrize("gone", [1, 40, 700])
def test_people_who_leave_an_earlier_page_hide_nobody_else(gone: int) -> None:
    def leave(site: Site, offset: int) -> None:
        if offset > 0 and 7 in site.people:
            site.people = site.people[:6] + site.people[6 + gone :]

    site = Site(list(range(1, 5001)), before=leave)

    found = read(site)

    assert set(site.people) <= found.keys()
    assert found.whole


def test_somebody_who_comes_meanwhile_is_no_reason_to_doubt() -> None:
    def come(site: Site, offset: int) -> None:
        if offset > 0 and 3 not in site.people:
            site.people.insert(1, 3)

    found = read(Site([1, *range(10, 4200)], before=come))

    assert set(range(10, 4200)) <= found.keys()
    assert found.whole


@pytest.mark.parametrize("people", [1, 2, 99, 100, 101, 122, 2000, 2001, 4100])
@pytest.mark.parametrize("cap", [100, 10**9])
def test_a_site_that_caps_its_pages_shows_everybody_all_the_same(people: int, cap: int) -> None:
    site = Site(list(range(1, people + 1)), cap=cap)

    found = read(site)

    assert sorted(found) == site.people
    assert found.whole
    assert site.asked <= people // min(cap, 1950) + 3


@pytest.mark.parametrize("people", [2, 3, 300])
def test_one_person_a_page_is_no_list_that_has_ended(people: int) -> None:
    site = Site(list(range(1, people + 1)), cap=1)

    assert not read(site).whole
    assert site.asked < 6


def test_people_whom_the_account_may_not_see_end_no_list() -> None:
    people = list(range(1, 6001))
    site = Site(people, hidden=set(range(3, 4500)))

    found = read(site)

    assert sorted(found) == [1, 2, *range(4500, 6001)]


@pytest.mark.parametrize("people", [50, 2000, 3000])
def test_pages_that_are_all_the_same_end_the_list_which_is_not_whole(people: int) -> None:
    site = Site(list(range(1, people + 1)), ignores_paging=True)

    found = read(site)

    assert not found.whole
    assert site.asked < 6


def test_who_stands_on_two_pages_counts_as_read_first() -> None:
    first = payloads.EnrolledUser(id=7, fullname="x", groups=(GROUP,))
    found = CoursePeople()

    assert found.take(Listing([first])) == 1
    assert found.take(Listing([first.model_copy(update={"groups": ()})])) == 0

    assert found[7].groups == (GROUP,)
    assert found.twice == 1


ERRORS = [
    RecordRejected("x", errorcode="invalidresponse"),
    SiteUnavailable("x", errorcode="dmlreadexception"),
    SiteUnavailable("x", errorcode="unreadable"),
    SiteRefuses("x", errorcode="phpmessage"),
    SiteUnavailable("x", errorcode="http500"),
    RecordRejected("x", errorcode="codingerror"),
    RecordRejected("x", errorcode=""),  # an error of PHP, of which Moodle tells no code
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.errorcode)
@pytest.mark.parametrize("one", [1, 2, 40, 122, 2000, 2100])
def test_one_person_who_spoils_every_list_is_found_and_set_aside(error: Exception, one: int) -> None:
    site = Site(list(range(1, 2101)), spoils=lambda window, fields: error if one in window and fields != "id" else None)

    found = read(site)

    assert sorted(found) == site.people
    assert list(found.spoiled) == [one]
    assert found.whole
    assert site.asked < 90


def test_whoever_cannot_even_be_told_from_others_makes_the_list_one_that_is_not_whole() -> None:
    site = Site(list(range(1, 301)), spoils=lambda window, _fields: ERRORS[0] if 40 in window else None)

    found = read(site)

    assert sorted(found) == [each for each in site.people if each != 40]
    assert not found.whole
    assert found.how_well_read.nameless == ("behind the account 39: invalidresponse",)


@pytest.mark.parametrize("error", [*ERRORS, SiteUnavailable("x", errorcode="sitemaintenance")])
def test_a_site_that_fails_for_everybody_is_told_after_a_few_requests(error: Exception) -> None:
    site = Site(list(range(1, 301)), spoils=lambda _window, _fields: error)

    with pytest.raises(type(error)):
        read(site)
    assert site.asked <= 3


def test_many_people_who_spoil_their_lists_are_a_fault_of_the_site() -> None:
    def odd(window: list[int], _fields: str) -> Exception | None:
        return ERRORS[0] if any(each % 3 == 0 for each in window) else None

    with pytest.raises(RecordRejected):
        read(Site(list(range(1, 301)), spoils=odd))


def test_whoever_is_not_in_the_list_is_asked_for_in_a_group_before_they_are_gone() -> None:
    site = Site([7, 8, 9])

    assert read_again(site, 2, "id,groups", {9, 10}, [3]).keys() == {9}  # type: ignore[arg-type]
    assert read_again(site, 2, "id,groups", set(), [3]) == {}  # type: ignore[arg-type]


def test_without_the_right_to_ask_by_group_the_list_is_all_there_is() -> None:
    site = Site([7], spoils=lambda _window, _fields: SiteRefuses("x", errorcode="notingroup"))

    assert read_again(site, 2, "id,groups", {9}, [3]) == {}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "told", "is_it"),
    [
        ("KLS-II", {"shortname": "kls-ii"}, True),
        ("Kelas  Pelatihán", {"shortname": "Kelas Pelatihan"}, True),
        ("{mlang id}Kelas{mlang}", {"shortname": "Kelas"}, True),
        ("KLS-II", {"shortname": "KLS-I"}, False),
        ("MOOC-1", {"shortname": "MOOC Latsar", "idnumber": "mooc-1"}, True),
        ("MOOC-1", {"shortname": "MOOC Latsar"}, True),
        ("MOOC-1", {"shortname": "MOOC Latsar", "idnumber": "mooc-2"}, False),
    ],
)
def test_a_course_of_another_name_is_not_the_one_that_was_asked_for(
    name: str, told: dict[str, str], is_it: bool
) -> None:
    class Site:
        name = "kelas"

        def read(self, _function: Function, _shape: Any, arguments: dict[str, str]) -> payloads.Courses:
            is_here = (arguments["field"] == "idnumber") is told["shortname"].startswith("MOOC")
            course = payloads.Course(id=5, fullname="Kelas", groupmode=0, **told)
            return payloads.Courses(courses=(course,) if is_here else ())

    site: Any = Site()
    if is_it:
        assert course_by_name.find_course(site, name).id == 5
    else:
        with pytest.raises(SiteRefuses, match=f"asked for the course {name}, the site answers"):
            course_by_name.find_course(site, name)
