"""What the guards say of the in-class courses as read, and of what would be sent into them (rule 6)."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from latsar_sync.domain import many_people
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.records import Finding
from latsar_sync.rules import course_guards, restored_database
from latsar_sync.rules.configuration_guard import configuration_findings
from latsar_sync.rules.entry_against_course import can_tell
from latsar_sync.rules.guard_limits import push_findings
from latsar_sync.run.context import RunContext
from latsar_sync.run.decisions import Judged
from latsar_sync.run.in_class_courses import InClassCourses
from latsar_sync.run.known import KnownProgramme
from latsar_sync.run.known_courses import replaced_or_taken_groups
from latsar_sync.run.new_accounts import NewAccount
from latsar_sync.run.reading import SourceState
from latsar_sync.run.roster import Roster, entries_by_angkatan
from latsar_sync.run.seats_by_courses import SeatsGiven
from latsar_sync.settings.for_the_rules import effects_of
from latsar_sync.store import pushes


def findings_of_courses(
    context: RunContext,
    known: KnownProgramme,
    source_state: SourceState,
    roster: Roster,
    provisional_changes: Mapping[str, Entry],
    courses: InClassCourses,
) -> list[Finding]:
    """Return what is to be released before anybody is placed by the courses as read.

    Were they replaced or taken, is the configuration another one, did more of them change than is believed at once?
    Every angkatan is stopped whose group somebody else fills. ``provisional_changes`` are the entries that placing
    changed before any course was read.
    """
    found = replaced_or_taken_groups(context, known.courses, roster, courses, source_state.renamed_from)
    replaced = {each.subject for each in found}
    found += configuration_findings(
        known.baseline,
        context.name,
        effects_of(context.programme),
        roster.placement,
        roster.all_angkatan,
        roster.of_the_run(roster.standings),
        roster.of_the_run(roster.entries),
        provisional_changes,
        roster.actions,
    )
    return found + _changes_of_courses(context, known, roster, courses, replaced)


def findings_of_pushes(
    context: RunContext,
    known: KnownProgramme,
    judged: Judged,
    courses: InClassCourses,
    given: SeatsGiven,
    accounts_for: Collection[NewAccount],
    released: Sequence[Finding],
) -> list[Finding]:
    """Return what is to be released before anything is sent: may the database not know what happened, is it too much?

    ``accounts_for`` are those for whom accounts would be made. What was ``released`` of a course names whom it sends
    there anew: they are asked about once.
    """
    found = _memory_doubts(context, known, courses, given)
    named = {who for each in released if each.code in course_guards.SENDS_ANEW for who in each.people}
    to_be_sent = [each.entry.participant_id for each in given.entrants if each.entry.participant_id not in named]
    to_be_sent += [each.participant_id for each in accounts_for if each.participant_id not in named]
    if not to_be_sent:
        return found
    with context.tools.database.reading() as connection:
        first = not pushes.first_push_done(connection, context.name)
    return found + push_findings(context.name, to_be_sent, len(judged.standings), first, context.limits)


def _changes_of_courses(
    context: RunContext, known: KnownProgramme, roster: Roster, courses: InClassCourses, replaced: Collection[str]
) -> list[Finding]:
    """Return what of the courses as read must not be believed at once, but of those that were ``replaced``."""
    theirs = many_people.among(roster.entries, angkatan=[each.id for each, _ in courses.each_angkatan()])
    by_angkatan, found = entries_by_angkatan(theirs) if courses.read else {}, list(courses.unreadable)
    for key, course in courses.read.items():
        if course_guards.label_of(course) not in replaced:
            people = []  # all who were seen in the course before
            these = courses.going_on(key)
            key_of = partial(roster.account_key_of, site=course.site)
            for angkatan in these:
                there = by_angkatan.get(angkatan.id, ())
                mine = [each for each in there if can_tell(course, each.target_user_id, key_of(each.participant_id))]
                people.append((angkatan, mine))
            otherwise = course_guards.found_otherwise(known.baseline, these)
            change = course_guards.change_of(course, people, key_of, otherwise)
            found += course_guards.found_otherwise_findings(known.baseline, change, these)
            found += course_guards.change_findings(known.baseline, change, context.limits)
    read = {f"{site}/{name}" for site, name in courses.read} | set(map(course_guards.label_of, courses.read.values()))
    # what was found in a course that cannot be read now is not known to be gone
    kept = [each for each in known.findings_before if each.code.startswith("target_") and each.subject not in read]
    return list({each.key: each for each in found + kept}.values())


def _memory_doubts(
    context: RunContext, known: KnownProgramme, courses: InClassCourses, given: SeatsGiven
) -> list[Finding]:
    """Return whatever says that this database may not know what happened."""
    known_courses, read = known.courses, courses.each_angkatan()
    restored, new = restored_database.doubted(
        known_courses.filled, known_courses.newest, known_courses.released, read, known_courses.made
    )
    sends = {each.entry.participant_id for each in given.entrants}
    newcomers = restored_database.newcomers(
        known.entries, given.entries, (each.push.subject for each in known.open_pushes)
    )
    behind = restored_database.waiting_for(newcomers.keys(), given.entries)
    for each in known.findings_before:  # those who were found are no newcomers any more
        if each.code == "memory_behind":
            everywhere = {angkatan.id for angkatan, _ in read}
            behind |= restored_database.waiting_for(everywhere, given.entries) & set(each.people)
    # what is written to people is doubtful too where there is no course at all
    doubtful = bool(restored) or (known_courses.is_doubtful and not read)
    writes = context.programme.messages.any
    return restored_database.memory_findings(
        context.name,
        known_courses.restoration,
        doubtful,
        new,
        sends,
        restored_database.waiting_for({angkatan.id for angkatan, _ in (*restored, *new)}, given.entries),
        newcomers.total(),
        behind,
        writes,
        known.findings_before,
    )
