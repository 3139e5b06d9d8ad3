"""Reading one person of a MOOC course: by their number where the site can be asked so, else among everybody."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, for_admins
from latsar_sync.domain.nip import check_nip, mask_nip
from latsar_sync.domain.participant import Person
from latsar_sync.domain.source_as_read import PeopleAndGrades
from latsar_sync.moodle import mooc_course
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.mooc_values import Expected, SourceCourse, WayOfReading
from latsar_sync.moodle.people_by_list import NEEDED
from latsar_sync.run.ahead_of_reading import calls_of_one
from latsar_sync.run.whom_to_look_for import KnownInMooc


def people_and_grades_of_one(
    client: MoodleClient, known_in_mooc: KnownInMooc, nip: str, today: date
) -> PeopleAndGrades:
    """Read the person who has this NIP, and a few others to compare.

    Raise UsageError if nobody has the NIP.
    """
    wanted = known_in_mooc.wanted
    carrying, merged = dict[str, int](), list[tuple[int, str]]()
    for user_id, each in known_in_mooc.known.participants():
        if each.nip == nip:
            carrying[each.id] = user_id
        elif each.merged_into is not None:
            merged.append((user_id, each.merged_into))
    accounts = sorted([*carrying.values(), *(user_id for user_id, counting in merged if counting in carrying)])

    def is_asked_for(person: Person) -> bool:
        """Say whether somebody has the NIP, as read or as a named person says, by any of their accounts."""
        known = known_in_mooc.known.participant(person.user_id)
        if check_nip((known.corrected if known else None) or person.raw_key, today).nip == nip:
            return True
        return known is not None and known.merged_into in carrying

    if (
        not accounts
        and nip not in (wanted.nips or {nip})
        and mooc_course.way_of(client, wanted) is WayOfReading.BY_LIST
    ):
        raise UsageError(
            _("The NIP {nip} is on no list of this programme: nothing is read of it.").format(nip=mask_nip(nip)),
            _("Check the number, and the list that should hold it."),
        )
    expected = known_in_mooc.what_to_expect_of_one(nip, accounts)
    client.ask_ahead(
        calls_of_one(known_in_mooc, expected, accounts)
    )  # the completion in it is found when details are read
    as_read, asked_for = _looked_up(client, known_in_mooc, expected, is_asked_for), list[Person]()
    if as_read is not None:
        asked_for = list(filter(is_asked_for, as_read.people))
    if as_read is None or not asked_for:
        known_in_mooc.known.look_at_everybody()
        way = mooc_course.way_of(client, wanted)
        expected = (
            known_in_mooc.what_to_expect(full_or_night=False, only_ours=way.only_ours)
            if way.only_ours
            else Expected(ids=known_in_mooc.ids)
        )
        as_read = _values_of(client, known_in_mooc, wanted, way, expected, is_asked_for)
        asked_for = list(filter(is_asked_for, as_read.people))
    if not known_in_mooc.not_erased(asked_for):
        raise _nobody_has(nip, wanted, as_read, bool(asked_for))
    return as_read


def _looked_up(
    client: MoodleClient, known_in_mooc: KnownInMooc, expected: Expected, is_asked_for: Callable[[Person], bool]
) -> PeopleAndGrades | None:
    """Read the person by their number, None where the service cannot.

    Who is in none of our groups is none of ours: nothing more is asked of them.
    """
    if not all(map(client.supports, NEEDED)):
        return None
    alone = replace(known_in_mooc.wanted, nips=expected.lookup, groups=())
    as_read = _values_of(client, known_in_mooc, alone, WayOfReading.BY_LIST, expected, is_asked_for)
    return replace(as_read, how_found=replace(as_read.how_found, of_one=True))


def _values_of(
    client: MoodleClient,
    known_in_mooc: KnownInMooc,
    wanted: SourceCourse,
    way: WayOfReading,
    expected: Expected,
    is_asked_for: Callable[[Person], bool],
) -> PeopleAndGrades:
    course = mooc_course.look_at_course(client, wanted)
    seen = mooc_course.see_people(client, wanted, way, course, expected, enrolments=False)
    numbers = {nip for person in seen.people if (nip := check_nip(person.raw_key, date.max).nip) is not None}
    known_in_mooc.known.look_at(
        [*(person.user_id for person in seen.people), *seen.how_found.how_well_read.spoiled], numbers
    )
    groups = known_in_mooc.wanted.groups
    people = (
        person
        for person in seen.people
        if not groups or person.user_id in known_in_mooc.known or not set(groups).isdisjoint(person.groups)
    )
    seen = replace(seen, people=tuple(people))
    asked = list(filter(is_asked_for, seen.people))
    return mooc_course.read_grades_and_requirements(
        client, wanted, seen, asked, grade_to_pass=False, compare_activities=not known_in_mooc.known
    )


def _nobody_has(nip: str, wanted: SourceCourse, as_read: PeopleAndGrades, erased: bool) -> UsageError:
    if erased:
        return UsageError(
            _("The person with the NIP {nip} was erased here.").format(nip=mask_nip(nip)),
            for_admins(
                _("See latsar-sync person erasures; latsar-sync person resume takes somebody in again."),
                _("An admin of this service can take somebody in again."),
            ),
        )
    said = _("Nobody in {course} has the NIP {nip}.")
    if wanted.groups and as_read.how_found.only_ours:
        said = _("Nobody in the groups of this programme in {course} has the NIP {nip}.")
    return UsageError(
        said.format(course=as_read.shortname, nip=mask_nip(nip)),
        _("Check the number, and the account in the MOOC that should carry it."),
    )
