"""The in-class courses that a programme fills, as this database knows them and as they were read (rule 22).

In the order of a run: what is known is loaded once, then compared with what is read; what is recorded of it stands at
the end. The functions that are told a connection or a lease write, the others only tell.
"""

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from latsar_sync.domain import many_people
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.in_class import Angkatan, CourseAsRead
from latsar_sync.domain.language import _, command, counted
from latsar_sync.domain.records import Baseline, Finding
from latsar_sync.rules import filled_courses as rules
from latsar_sync.rules import no_longer_configured, restored_database
from latsar_sync.rules.filled_courses import AngkatanCourse, FilledCourse, FilledGroups
from latsar_sync.rules.removed_by_managers import Sighting
from latsar_sync.rules.restored_database import Restoration
from latsar_sync.run.context import RunContext, Tools
from latsar_sync.run.in_class_courses import InClassCourses
from latsar_sync.run.roster import Roster
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.store import filled_courses as store
from latsar_sync.store import sightings, unconfigured


@dataclass(frozen=True, slots=True)
class KnownCourses:
    """What this database knows of a programme's in-class courses when a run begins."""

    filled: Mapping[str, FilledCourse]
    """The courses by angkatan id."""
    addresses: Mapping[str, str]
    """Those of the sites by name."""
    groups_of_other_programmes: FilledGroups
    """The groups that other programmes fill, or angkatan that are no longer configured."""
    unconfigured: Mapping[str, str | None]
    """Angkatan with people that are no longer configured and that nobody closed, each with its group in the MOOC."""
    source_groups: Mapping[str, str | None]
    """The groups of all in the MOOC, as in the baseline."""
    closed: frozenset[str]
    """Angkatan that a person closed."""
    without_course: frozenset[str]
    """Configured angkatan that filled a course and have none now."""
    made: frozenset[str]
    """Angkatan whose group this database made."""
    restoration: Restoration | None
    """The newest one."""
    released: int
    """The number of the last restoration of which a person released what it made doubtful."""
    lost: Mapping[str, frozenset[int]]
    """The accounts of programmes that are not configured."""
    strays: Mapping[tuple[str, str], frozenset[str]]
    """The people of these by programme and angkatan."""
    sightings: Container[Sighting]
    """Who was seen in a course and is followed by no entry."""
    notes: tuple[str, ...]
    """What a person must be told."""
    read_at: Mapping[str, datetime]
    """When the course of each angkatan was last read."""

    @property
    def newest(self) -> int:
        """The number of the newest restoration, 0 if there was none."""
        return self.restoration.number if self.restoration else 0

    @property
    def is_doubtful(self) -> bool:
        """Whether a copy has to be compared with every course before anything is sent."""
        return restored_database.is_doubtful(self.filled.values(), self.newest, self.released)

    def as_read(self, angkatan: Angkatan, course: CourseAsRead) -> FilledCourse:
        """Return the course that an angkatan fills as it was read now."""
        return FilledCourse(
            angkatan.id,
            course.site,
            self.addresses[course.site],
            course.course_id,
            course.shortname,
            course.groups.get(angkatan.id),
            course.idnumbers.get(angkatan.id, ""),
            self.newest,
        )


def load_known_courses(
    connection: Connection, tools: Tools, programme: ProgrammeSettings, baseline: Baseline | None
) -> KnownCourses:
    """Read what is known of a programme's in-class courses."""
    settings, name = tools.settings, programme.id
    configured = frozenset(one_angkatan.id for one_angkatan in programme.angkatan)
    known = store.load_filled_courses(connection, name)
    strays = [(name, filled) for angkatan, filled in known.items() if angkatan not in configured]
    loose = unconfigured.find(connection, settings.ids(), name)
    groups = baseline.source_groups if baseline is not None else {}
    left_out = {each.angkatan: groups.get(each.angkatan) for each in loose if each.angkatan is not None}
    lost, of_others = [each.lost for each in loose if each.lost], store.filled_by_other_programmes(connection, name)
    without_course = {one_angkatan.id for one_angkatan in programme.angkatan if one_angkatan.course is None}
    addresses = {site: each.url for site, each in settings.sites.items()}
    return KnownCourses(
        filled={angkatan: filled for angkatan, filled in known.items() if angkatan in configured},
        addresses=addresses,
        groups_of_other_programmes=rules.by_group((*strays, *of_others)),
        unconfigured=left_out,
        source_groups=left_out | {each.id: programme.source_group_of(each) for each in programme.angkatan},
        closed=unconfigured.closed(connection, name) - configured,
        without_course=frozenset(without_course & known.keys()),
        made=store.groups_made(connection, name),
        restoration=store.newest_restoration(connection),
        released=store.last_release(connection, name),
        lost={
            each: store.accounts_of(connection, each, programme.source.site or "")
            for each in lost
            if not store.is_recorded(connection, name)
        },
        strays=unconfigured.people_of(connection, {each for each, _ in of_others if each in lost}),
        sightings=sightings.SeenBefore(tools.database, name, addresses),
        notes=(
            *(each.text for each in loose if each.programme in (name, each.lost)),
            *_shared(connection, name, settings.ids().keys() - {name}),
        ),
        read_at=store.last_read(connection, name),
    )


def replaced_or_taken_groups(
    context: RunContext,
    known_courses: KnownCourses,
    roster: Roster,
    courses: InClassCourses,
    renamed_from: Collection[str],
) -> list[Finding]:
    """Stop every angkatan whose group somebody else fills; return what is recorded and said otherwise now.

    That is every course that was replaced, and the angkatan and programmes that are no longer configured, but those
    that this programme was before (``renamed_from``).
    """
    now, taken_groups = [], []
    for angkatan, course in courses.each_angkatan():
        filled = known_courses.as_read(angkatan, course)
        other = rules.filled_by(filled, known_courses.groups_of_other_programmes)
        if filled.group_id is not None and other is not None:
            courses.stop(angkatan.id, _group_of_another(angkatan, course.shortname, *other))
            if other[0] not in renamed_from:
                taken_groups.append((f"{course.site}/{course.shortname}", *other))
        else:
            now.append((f"{course.site}/{course.shortname}", filled))
    theirs = {*known_courses.unconfigured, *known_courses.without_course, *(filled.angkatan for _, filled in now)}
    entries = many_people.among(roster.entries, angkatan=theirs).values()
    found = rules.replaced_findings(known_courses.filled, now, entries)
    found += no_longer_configured.angkatan_findings(context.name, known_courses.unconfigured.keys(), entries)
    found += no_longer_configured.course_findings(context.name, known_courses.without_course, entries)
    return found + no_longer_configured.programme_findings(taken_groups, known_courses.strays)


def claim(
    context: RunContext, known_courses: KnownCourses, courses: InClassCourses, these: Sequence[AngkatanCourse]
) -> None:
    """Before anything is sent: write down whose groups these are; stop every angkatan whose group is another's."""
    wanted = rules.claims(known_courses.filled, [known_courses.as_read(*each) for each in these])
    if not wanted:
        return
    # two angkatan may have changed groups with each other
    given_up = [replace(filled, group_id=None) for filled in wanted if filled.angkatan in known_courses.filled]
    with context.lease.writing() as connection:
        store.save_filled_courses(connection, context.name, given_up, context.now)
        refused = store.claim_courses(connection, context.name, wanted, context.now)
    for angkatan, course in these:
        if angkatan.id in refused:
            courses.stop(angkatan.id, _group_of_another(angkatan, course.shortname, *refused[angkatan.id]))


def record_filled(context: RunContext, known_courses: KnownCourses, courses: InClassCourses) -> None:
    """Write down which course each angkatan fills, as just compared and released where that was needed.

    Those of courses that could not be read stay as doubtful as they were.
    """
    read, is_released = courses.each_angkatan(), not courses.stopped and known_courses.released < known_courses.newest
    if not (read or courses.read_again or is_released):
        return
    now, again = context.tools.clock(), [courses.read[key] for key in courses.read_again]
    filled = (known_courses.as_read(angkatan, course) for angkatan, course in read)
    changed = [each for each in filled if known_courses.filled.get(each.angkatan) != each]
    with context.lease.writing() as connection:
        if is_released:
            store.note_release(connection, context.name, known_courses.newest, now)
        sightings.note_seen(connection, context.name, known_courses.addresses, again, now)
        store.save_filled_courses(connection, context.name, changed, now)
        others = {angkatan.id: courses.others_there.get(angkatan.id, 0) for angkatan, _ in read}
        store.note_read(connection, context.name, others, now)


def _shared(connection: Connection, programme: str, others: Collection[str]) -> list[str]:
    """Say who holds a seat in two programmes: each decides for itself, a person may not want both."""
    found = store.shared_people(connection, programme, others) if others else {}
    return [
        counted(
            "{count} person with a seat here holds one in programme {other} too; both are shown by {where}.",
            "{count} people with a seat here hold one in programme {other} too; both are shown by {where}.",
            count,
        ).format(count=count, other=other, where=command("explain NIP"))
        for other, count in found.items()
    ]


def _group_of_another(one_angkatan: Angkatan, course: str, programme: str, angkatan: str) -> ConfigurationError:
    return ConfigurationError(
        _('The group "{group}" of {course} is filled by angkatan {angkatan} of programme {programme} already.').format(
            group=one_angkatan.group, course=course, angkatan=angkatan, programme=programme
        ),
        _(
            "Give each its own group. If it was renamed: latsar-sync programme rename or angkatan rename. "
            "If it is over: latsar-sync angkatan close {programme} {angkatan}."
        ).format(programme=programme, angkatan=angkatan),
    )
