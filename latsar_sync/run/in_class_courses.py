"""Reading the in-class courses: those in which something may have to be done, or all of them (rule 10).

It decides nothing and writes nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from latsar_sync.domain import many_people
from latsar_sync.domain.entry import REMOVED, Entry, EntryState
from latsar_sync.domain.errors import (
    ConfigurationError,
    LatsarError,
    SiteRefuses,
    SiteUnavailable,
    is_of_one_course,
)
from latsar_sync.domain.in_class import Angkatan, CourseAsRead, CourseKey
from latsar_sync.domain.language import _
from latsar_sync.domain.many_people import Several
from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import Step
from latsar_sync.moodle import in_class_course
from latsar_sync.rules import course_guards
from latsar_sync.rules.entry_against_course import needs_reading
from latsar_sync.rules.filled_courses import FilledCourse, FilledGroups
from latsar_sync.rules.whose_account_in_class import key_of_account
from latsar_sync.run.account_lookup import AccountLookup
from latsar_sync.run.ahead_of_courses import AheadOfCourses
from latsar_sync.run.context import RunContext
from latsar_sync.run.groups_of_other_programmes import (
    angkatan_of_others_by_site,
    groups_by_course,
    tell_of_each_other,
    with_groups_of_others,
)
from latsar_sync.run.roster import Roster, entries_by_angkatan
from latsar_sync.settings.addresses import moodle_at


@dataclass(slots=True)
class InClassCourses:
    """One programme's in-class courses: ``configured`` with their angkatan, ``read`` as they are on their sites.

    ``stopped`` are the angkatan for which nothing is done: their course or group cannot be read, or is not theirs;
    ``problems`` say why. ``unreadable`` are the findings that this makes, ``remarks`` what a person should know.
    A later step may stop an angkatan, and puts in a course that it read back: ``read_again`` names those. One counts
    ``others_there``, by angkatan id: who sits in the group and has no seat by the roster.
    """

    configured: dict[CourseKey, list[Angkatan]]
    read: dict[CourseKey, CourseAsRead] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    problems: list[LatsarError] = field(default_factory=list)
    unreadable: list[Finding] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    read_again: set[CourseKey] = field(default_factory=set)
    others_there: dict[str, int] = field(default_factory=dict)

    def each_angkatan(self) -> list[tuple[Angkatan, CourseAsRead]]:
        """Return the angkatan whose course and group were read, each with its course."""
        return [(angkatan, course) for key, course in self.read.items() for angkatan in self.going_on(key)]

    def going_on(self, key: CourseKey) -> list[Angkatan]:
        """Return the angkatan of a course for which something is done."""
        return [angkatan for angkatan in self.configured[key] if angkatan.id not in self.stopped]

    def stop(self, angkatan_id: str, problem: LatsarError) -> None:
        """Do nothing more for an angkatan, and say why."""
        self.problems.append(problem)
        self.stopped.add(angkatan_id)


def read_courses(
    context: RunContext,
    roster: Roster,
    provisional_changes: Mapping[str, Entry],
    every_course: bool,
    filled: Mapping[str, FilledCourse],
    read_at: Mapping[str, datetime],
    groups_of_other_programmes: FilledGroups,
) -> InClassCourses:
    """Read every course in which something is planned, sent or open, or ``every_course``.

    Where people only wait for it to be mended, a scheduled run reads it again after some time; ``read_at`` says, by
    angkatan, when it was read last.

    ``provisional_changes`` are the entries that placing changes if nothing changed in the courses. A course that cannot
    be read stops its own angkatan; the others go on. ``filled`` are the courses by angkatan as they were filled last:
    by their ids it is guessed what will be asked, so that some courses are read in one request.
    ``groups_of_other_programmes`` are those that other programmes were seen to fill, under whatever name they know the
    course.
    """
    courses = InClassCourses(configured_courses(roster.all_angkatan))
    entries = roster.with_entries(provisional_changes).entries
    by_angkatan = entries_by_angkatan(entries, roster.only)
    wanted = _wanted(context, courses, roster, entries, by_angkatan, every_course, read_at)
    people = {key: sum(len(by_angkatan.get(each.id, ())) for each in courses.configured[key]) for key in wanted}
    accounts = AccountLookup(context.tools.clients, roster, entries, by_angkatan, everybody=every_course)
    theirs = [each.id for key in wanted for each in courses.configured[key]]
    perhaps_theirs = many_people.among(roster.entries, angkatan=theirs)
    recorded_by_angkatan = entries_by_angkatan(perhaps_theirs) if wanted else {}
    of_others = angkatan_of_others_by_site(context)
    moodles = {name: moodle_at(site.url) for name, site in context.tools.settings.sites.items()}
    beside = groups_by_course(context, groups_of_other_programmes)
    known_ids = {angkatan: each.course_id for angkatan, each in filled.items()}
    ahead = AheadOfCourses(context, courses.configured, accounts, known_ids)
    ahead.find_new(wanted)
    roster.preload(entry.participant_id for each in theirs for entry in recorded_by_angkatan.get(each, ()))
    for site, some in ahead.together(wanted, people):
        with ahead.of(site, some):
            for key in some:
                these = courses.configured[key]
                there = [entry for each in these for entry in recorded_by_angkatan.get(each.id, ())]
                context.step(Step.READ_COURSES, wanted[key])
                try:
                    found = _read(context, roster, courses, accounts, key, there, of_others[site])
                    courses.read[key] = with_groups_of_others(found, beside.get((moodles[site], found.course_id), ()))
                except LatsarError as error:
                    courses.problems.append(error)
                    courses.stopped.update(angkatan.id for angkatan in these)
                    if isinstance(error, SiteRefuses | ConfigurationError) and is_of_one_course(error):
                        courses.unreadable += course_guards.unreadable(*key, there)
                else:
                    courses.remarks += _remarks(courses.read[key])
    tell_of_each_other(context, courses.configured, courses.read, filled)
    return courses


def configured_courses(all_angkatan: Iterable[Angkatan]) -> dict[CourseKey, list[Angkatan]]:
    """Return the in-class courses with the angkatan that fill each."""
    found: dict[CourseKey, list[Angkatan]] = {}
    for angkatan in all_angkatan:
        if angkatan.site is not None and angkatan.course is not None:
            found.setdefault((angkatan.site, angkatan.course), []).append(angkatan)
    return found


def _wanted(
    context: RunContext,
    courses: InClassCourses,
    roster: Roster,
    entries: Mapping[str, Entry],
    by_angkatan: Mapping[str | None, Several[Entry]],
    every_course: bool,
    read_at: Mapping[str, datetime],
) -> dict[CourseKey, int]:
    """Return the courses that are to be read, each with how many people something is to be seen of there (rule 10).

    ``entries`` are those of the roster with the provisional seats, ``by_angkatan`` the same; ``read_at`` as in
    ``read_courses``.
    """
    # a push that no reading has settled, of a person or of a group
    opened: set[tuple[str, str | None]] = set()
    for each in roster.open_pushes if roster.only is None else ():
        subject, about = each.push.subject, roster.entries.get(each.push.subject)
        opened.add((each.push.site, about.angkatan if about else subject))
    # whoever waits to be mended does not wait anew for each scheduled run; a person who asks has perhaps just mended it
    lately = set[str]()
    if context.request.command == "run":  # of a reading in the future the age is not known
        pause = timedelta(hours=float(context.programme.look_again_after))
        lately = {angkatan for angkatan, at in read_at.items() if at <= context.now < at + pause}

    def needs(entry: Entry) -> bool:
        waits = entry.state is EntryState.REVIEW and entry.angkatan in lately
        return needs_reading(entry) and not waits

    # a seat that is taken moves everybody behind it to another angkatan
    anywhere = roster.placement.kind == "first_qualified" and any(map(needs, entries.values()))
    wanted: dict[CourseKey, int] = {}
    for key, these in courses.configured.items():
        waiting = sum(needs(entry) for angkatan in these for entry in by_angkatan.get(angkatan.id, ()))
        if every_course or anywhere or waiting or any((key[0], angkatan.id) in opened for angkatan in these):
            wanted[key] = waiting
    return wanted


def _read(
    context: RunContext,
    roster: Roster,
    courses: InClassCourses,
    accounts: AccountLookup,
    key: CourseKey,
    there: Collection[Entry],
    angkatan_of_others: Sequence[Angkatan],
) -> CourseAsRead:
    """Read one course, and the accounts of those who may end up in it; an angkatan whose group is another's stops.

    ``there`` are the entries of its angkatan as recorded, ``angkatan_of_others`` those of other programmes.
    """
    (site, name), these = key, courses.configured[key]
    if site in context.tools.left_alone:
        text = _("{site} is left alone for now: {reason}")
        raise SiteUnavailable(text.format(site=site, reason=context.tools.left_alone[site]))
    client = context.tools.clients[site]
    known_there = {
        each.target_user_id
        for each in there
        if each.site == site
        and each.target_user_id is not None
        and each.origin is not None
        and each.state is not EntryState.WITHDRAWN
    }
    course, not_theirs = in_class_course.read_course(client, name, these, known_there, angkatan_of_others)
    for angkatan_id, problem in not_theirs.items():
        courses.stop(angkatan_id, problem)
    found = accounts.by_nip(site, these, _there_otherwise(roster, course, there))
    chosen = [number for chosen_on, number in roster.actions.accounts.values() if chosen_on == site]
    # ``found`` itself is added to: courses may share it
    keys = {key_of_account(site, number): number for number in chosen}
    unread = in_class_course.add_to_accounts(client, course, found, keys)
    return replace(course, accounts=found, unread_keys=frozenset(accounts.unread | unread))


def _there_otherwise(roster: Roster, course: CourseAsRead, entries: Iterable[Entry]) -> set[str]:
    """Return the NIPs of those of one course's entries who are in it otherwise than is known.

    By another account than they were seen by, or again after they were taken out: what their accounts are is asked.
    """
    here = course.enrolled.keys()
    gone = [each for each in entries if each.state is EntryState.CONFIRMED and each.target_user_id not in here]
    out = [each for each in entries if each.state is EntryState.WITHDRAWN and each.reason == REMOVED]
    if not (gone or out):
        return set()
    carried = {nip for by_account in course.nip_by_account.values() for nip in by_account.values()}
    asked_for = partial(roster.nip_asked_for, site=course.site)
    back = {asked_for(each.participant_id) for each in out if each.target_user_id in here}
    others = {asked_for(each.participant_id) for each in (*gone, *out)} & carried
    return {nip for nip in back | others if nip is not None}


def _remarks(course: CourseAsRead) -> list[str]:
    """Say of whom in a course nothing could be read: where they stand is left as it was known."""
    said, names = [], {"site": course.site, "course": course.shortname}
    if not course.whole:
        text = _("{site}: the list of people of {course} is not shown to be whole; who is not in it is left alone.")
        said.append(text.format(**names))
    if course.unread:
        text = _("{site}: what {course} shows of these accounts cannot be read; they are left alone: {user_ids}.")
        said.append(text.format(**names, user_ids=", ".join(map(str, sorted(course.unread)))))
    return said
