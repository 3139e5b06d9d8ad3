"""What this database knows of the in-class courses and of its place in the world: kept from run to run (rule 22)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import Connection

from latsar_sync.domain.entry import Entry
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.in_class import Angkatan, TargetCourse
from latsar_sync.domain.language import _, counted
from latsar_sync.domain.nip import check_nip
from latsar_sync.domain.records import Baseline, Finding, Record
from latsar_sync.moodle.source import Survey
from latsar_sync.rules import filled_courses, left_out
from latsar_sync.rules.filled_courses import AngkatanCourse, FilledCourse, FilledGroups, Restoration, Sighting
from latsar_sync.rules.guards import GuardLimits
from latsar_sync.run.courses import CourseKey, InClassCourses
from latsar_sync.run.placing import Placed
from latsar_sync.run.roster_view import Roster
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.settings.rule_values import configured_ids
from latsar_sync.store import filled_courses as store
from latsar_sync.store import moves, sightings, unconfigured
from latsar_sync.store.leases import Lease
from latsar_sync.store.pushes import OpenPush


@dataclass(slots=True)
class Memory:
    """The in-class courses that one programme fills, as this database knows them: read at the start of a run.

    ``addresses`` are the sites' by name; ``others`` the courses that other programmes fill, or angkatan that are no
    longer configured; ``gone`` those with people that nobody closed, and ``source_groups`` of all as in the baseline;
    ``closed`` those that a person closed; ``without_course`` configured ones that filled a course and have none now;
    ``notes`` what a person must be told; ``lost`` the accounts of programmes that are not configured, ``strays`` their
    people by programme and angkatan; ``seen`` who was seen in a course and is followed by no entry.
    ``renamed_from`` are programmes that this one may have been before. After ``place_anew``, ``left`` are people left
    behind, ``moved`` the courses that they are placed in now; ``noted`` are the courses whose people are written down.
    """

    programme: str
    addresses: Mapping[str, str]
    known: dict[str, FilledCourse]
    restoration: Restoration | None
    released: int
    made: frozenset[str]
    writes: bool
    by_files: bool
    others: FilledGroups
    gone: Mapping[str, str | None]
    source_groups: Mapping[str, str | None]
    closed: frozenset[str]
    without_course: frozenset[str]
    notes: list[str]
    lost: Mapping[str, frozenset[int]]
    strays: Mapping[tuple[str, str], frozenset[str]]
    seen: frozenset[Sighting]
    left: tuple[Entry, ...] = ()
    moved: tuple[FilledCourse, ...] = ()
    renamed_from: frozenset[str] = frozenset()
    noted: dict[CourseKey, TargetCourse] = field(default_factory=dict)

    @classmethod
    def of(
        cls, connection: Connection, settings: Settings, programme: ProgrammeSettings, baseline: Baseline | None
    ) -> "Memory":
        """Read what is known of a programme's in-class courses."""
        name, configured = programme.id, frozenset(one_angkatan.id for one_angkatan in programme.angkatan)
        known = store.load_filled_courses(connection, name)
        strays = [(name, place) for angkatan, place in known.items() if angkatan not in configured]
        loose = unconfigured.find(connection, configured_ids(settings), name)
        groups = baseline.source_groups if baseline is not None else {}
        gone = {each.angkatan: groups.get(each.angkatan) for each in loose if each.angkatan is not None}
        lost, others = [each.lost for each in loose if each.lost], store.filled_by_others(connection, name)
        return cls(
            name,
            {site: each.url for site, each in settings.sites.items()},
            {angkatan: place for angkatan, place in known.items() if angkatan in configured},
            store.newest_restoration(connection),
            store.last_release(connection, programme.id),
            store.groups_made(connection, programme.id),
            programme.messages.any,
            programme.by_files,
            filled_courses.by_group((*strays, *others)),
            gone,
            gone | {one_angkatan.id: programme.source_group_of(one_angkatan) for one_angkatan in programme.angkatan},
            unconfigured.closed(connection, name) - configured,
            frozenset(one_angkatan.id for one_angkatan in programme.angkatan if one_angkatan.course is None)
            & known.keys(),
            [each.text for each in loose if each.programme in (name, each.lost)]
            + _shared(connection, name, configured_ids(settings).keys() - {name}),
            {
                each: store.accounts_of(connection, each, programme.source.site or "")
                for each in lost
                if not store.is_recorded(connection, name)
            },
            unconfigured.people_of(connection, {each for each, _ in others if each in lost}),
            sightings.seen_before(connection, name, {each.url for each in settings.sites.values()}),
        )

    @property
    def is_doubtful(self) -> bool:
        """Whether a copy has to be compared with every course before anything is sent."""
        return filled_courses.is_doubtful(self.known.values(), self._newest, self.released)

    @property
    def _newest(self) -> int:
        return self.restoration.number if self.restoration else 0

    def strangers(self, survey: Survey, known: Mapping[int, Record], today: date, limits: GuardLimits) -> list[Finding]:
        """Say whether the accounts of the MOOC, as read, are those of other people now; files have no accounts."""
        if self.by_files:
            return []
        people = {number: record.participant for number, record in known.items()}
        most, share = limits.max_lost, limits.max_lost_share
        if not known:
            found = filled_courses.perhaps_renamed(self.programme, survey.people, self.lost)
            self.renamed_from = frozenset(each.before for each in found)
            return found
        return filled_courses.strangers(
            survey.shortname, people, survey.people, lambda key: check_nip(key, today).nip, most, share
        )

    def all_angkatan(self, configured: Iterable[Angkatan]) -> tuple[Angkatan, ...]:
        """Return the angkatan with the marks that their groups carry."""
        return filled_courses.with_their_marks(configured, self.known)

    def entries(self, entries: Mapping[str, Entry], open_pushes: Iterable[OpenPush]) -> dict[str, Entry]:
        """Return the roster without a word of today about courses that nobody reads any more."""
        under_way = {each.push.subject for each in open_pushes}
        return dict(entries) | left_out.as_it_stands(
            entries, self.gone.keys(), self.closed, under_way, self.without_course
        )

    def compare(self, roster: Roster, courses: InClassCourses) -> list[Finding]:
        """Stop every angkatan whose group somebody else fills; return what is recorded and said otherwise now.

        That is every course that was replaced, and the angkatan and programmes that are no longer configured.
        """
        now, taken = [], []
        for angkatan, course in courses.by_angkatan():
            place = self._place(angkatan, course)
            other = filled_courses.filled_by(place, self.others)
            if place.group_id is not None and other is not None:
                courses.stop(angkatan.id, _taken(angkatan, course.shortname, *other))
                if other[0] not in self.renamed_from:
                    taken.append((f"{course.site}/{course.shortname}", *other))
            else:
                now.append((f"{course.site}/{course.shortname}", place))
        entries = roster.entries.values()
        found = filled_courses.replaced_findings(self.known, now, entries)
        found += left_out.angkatan_findings(self.programme, self.gone.keys(), entries)
        found += left_out.course_findings(self.programme, self.without_course, entries)
        return found + left_out.programme_findings(taken, self.strays)

    def place_anew(self, roster: Roster, courses: InClassCourses) -> Roster:
        """Let the people of a replaced course, which a person accepted, be placed in the new one."""
        for angkatan, course in courses.by_angkatan():
            place, before = self._place(angkatan, course), self.known.get(angkatan.id)
            if before is not None and filled_courses.is_moved(before, place):
                changed, left = filled_courses.placed_anew(roster.entries, angkatan, before)
                roster = roster.with_entries(changed)
                self.left += tuple(filled_courses.as_left(each, before, place) for each in left)
                # which group is theirs is claimed before anybody is sent there
                self.moved += (replace(place, group_id=None, restoration=before.restoration),)
        return roster

    def keep_moved(self, connection: Connection, courses: InClassCourses, now: datetime) -> None:
        """Write down the courses that were replaced and who was left behind, with the roster that follows from it."""
        moves.add_left_behind(connection, self.left, now)
        store.save_filled_courses(connection, self.programme, self.moved, now)
        self.known |= {place.angkatan: place for place in self.moved}
        self._note_seen(connection, courses, now)

    def claim(self, lease: Lease, courses: InClassCourses, now: datetime) -> None:
        """Before anything is sent: write down whose groups these are; stop every angkatan whose group is another's."""
        self._claim(lease, courses, now, courses.by_angkatan())

    def claim_made(self, lease: Lease, courses: InClassCourses, now: datetime, made: AngkatanCourse) -> bool:
        """Do the same with a group that was just made; say whether its angkatan may go on."""
        self._claim(lease, courses, now, [made])
        return made[0].id not in courses.stopped

    def _claim(self, lease: Lease, courses: InClassCourses, now: datetime, these: Sequence[AngkatanCourse]) -> None:
        wanted = filled_courses.claims(self.known, [self._place(*each) for each in these])
        if not wanted:
            return
        # two angkatan may have changed groups with each other
        given_up = [replace(place, group_id=None) for place in wanted if place.angkatan in self.known]
        with lease.writing() as connection:
            store.save_filled_courses(connection, self.programme, given_up, now)
            refused = store.claim_courses(connection, self.programme, wanted, now)
        self.known |= {place.angkatan: place for place in wanted if place.angkatan not in refused}
        for angkatan, course in these:
            if angkatan.id in refused:
                courses.stop(angkatan.id, _taken(angkatan, course.shortname, *refused[angkatan.id]))

    def findings(
        self,
        before: Mapping[str, Entry],
        placed: Placed,
        courses: InClassCourses,
        open_pushes: Iterable[OpenPush],
        held: Iterable[Finding],
    ) -> list[Finding]:
        """Compare what is known with the courses as read.

        ``before`` is the roster before placing, ``held`` what the last run was held for.
        """
        read = courses.by_angkatan()
        restored, new = filled_courses.doubted(self.known, self._newest, self.released, read, self.made)
        sends = {item.entry.participant_id for item in placed.needed}
        strangers = filled_courses.newcomers(before, placed.entries, (each.push.subject for each in open_pushes))
        # what is written to people is doubtful too where there is no course at all
        doubtful = bool(restored) or (self.is_doubtful and not read)
        return filled_courses.memory_findings(
            self.programme, self.restoration, doubtful, new, sends, strangers, self.writes, held
        )

    def keep(self, connection: Connection, courses: InClassCourses, now: datetime) -> None:
        """Write down which course each angkatan fills, as just compared and released where that was needed.

        Those of courses that could not be read stay as doubtful as they were.
        """
        if not courses.stopped and self.released < self._newest:
            store.note_release(connection, self.programme, self._newest, now)
            self.released = self._newest
        self._note_seen(connection, courses, now)
        changed = [
            place
            for angkatan, course in courses.by_angkatan()
            for place in [self._place(angkatan, course)]
            if self.known.get(angkatan.id) != place
        ]
        store.save_filled_courses(connection, self.programme, changed, now)
        self.known |= {place.angkatan: place for place in changed}

    def _note_seen(self, connection: Connection, courses: InClassCourses, now: datetime) -> None:
        """Write down who is in the courses; nothing of a course that was not read again since."""
        new = {key: course for key, course in courses.read.items() if self.noted.get(key) is not course}
        sightings.note_seen(connection, self.programme, self.addresses, new.values(), now)
        self.noted |= new

    def _place(self, angkatan: Angkatan, course: TargetCourse) -> FilledCourse:
        return FilledCourse(
            angkatan.id,
            course.site,
            self.addresses[course.site],
            course.course_id,
            course.shortname,
            course.groups.get(angkatan.id),
            course.idnumbers.get(angkatan.id, ""),
            self._newest,
        )


def _shared(connection: Connection, programme: str, others: Collection[str]) -> list[str]:
    """Say who holds a seat in two programmes: each decides for itself, a person may not want both."""
    said = _("{people} with a seat here hold one in programme {other} too; latsar-sync explain NIP shows both.")
    found = store.shared_people(connection, programme, others) if others else {}
    return [
        said.format(people=counted("{count} person", "{count} people", count).format(count=count), other=other)
        for other, count in found.items()
    ]


def _taken(one_angkatan: Angkatan, course: str, programme: str, angkatan: str) -> ConfigurationError:
    return ConfigurationError(
        _('The group "{group}" of {course} is filled by angkatan {angkatan} of programme {programme} already.').format(
            group=one_angkatan.group, course=course, angkatan=angkatan, programme=programme
        ),
        _(
            "Give each its own group. If it was renamed: latsar-sync programme rename or angkatan rename. "
            "If it is over: latsar-sync angkatan close {programme} {angkatan}."
        ).format(programme=programme, angkatan=angkatan),
    )
