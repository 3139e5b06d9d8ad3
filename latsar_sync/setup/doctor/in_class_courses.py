"""One in-class course: may it be read, may groups be made in it, and would an enrolment be let through."""

from collections.abc import Collection, Sequence

from latsar_sync.domain.errors import ConfigurationError, LatsarError, RecordRejected, SiteRefuses
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.domain.language import _
from latsar_sync.moodle import groups_in_class, in_class_writes, payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_by_name import find_course
from latsar_sync.moodle.course_lists import read_enrolled
from latsar_sync.moodle.course_people import CoursePeople
from latsar_sync.moodle.rights import Right
from latsar_sync.moodle.rights_in_courses import prove_enrolment_review
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.setup.checks import Page, says_function_is_missing
from latsar_sync.setup.doctor.mooc_people import examine_entry, prove_sight_of_all_groups, say_the_rest_waits
from latsar_sync.setup.doctor.moodle_marks import examine_marks
from latsar_sync.setup.rights import prove_right

NOBODY = 2_000_000_000
"""A user id that no Moodle has reached, and that still fits the 32-bit integers of old databases."""
NOBODY_THERE = frozenset({"invaliduser", "invalidrecord", "invalidrecordunknown"})
"""How Moodle says that there is no such person; the last is what 5.1.3 says where debugging is off."""


def examine_in_class_course(
    page: Page,
    client: MoodleClient,
    name: str,
    all_angkatan: Sequence[Angkatan],
    given: Collection[tuple[str, int, int]] = (),
    programme: ProgrammeSettings | None = None,
) -> frozenset[int]:
    """Examine an in-class course and the groups of ``angkatan`` in it; return the roles that could not be proved.

    ``given`` are site, course id and role id of enrolments that Moodle took before; with ``programme`` its marks are
    examined too.
    """
    course = page.tried("course", lambda: find_course(client, name))
    if course is None:
        say_the_rest_waits(page)
        return frozenset()
    examine_entry(page, course)
    enrolled = _examine_people(page, client, course, all_angkatan)
    groups = page.tried(Right.COURSE_MANAGEGROUPS, lambda: groups_in_class.read_groups(client, course.id))
    if groups is not None:
        page.ok(Right.COURSE_MANAGEGROUPS, _("Groups may be read and made, and people put into them."))
        for angkatan in all_angkatan:
            _examine_group(page, groups, angkatan, course.shortname)
        _examine_hidden_groups(page, groups, enrolled, {angkatan.group for angkatan in all_angkatan})
    if programme is not None:
        examine_marks(page, client, programme, course, NOBODY)
    _examine_manual_enrolment(page, course)
    roles = sorted({angkatan.role_id for angkatan in all_angkatan if angkatan.role_id is not None})
    return frozenset(
        role_id
        for role_id in roles
        if _prove_enrolment(page, client, course, role_id, (client.name, course.id, role_id) in given)
    )


def _examine_people(
    page: Page, client: MoodleClient, course: payloads.Course, all_angkatan: Sequence[Angkatan]
) -> CoursePeople:
    fields = "id,roles,groups"
    enrolled = page.tried(Right.COURSE_VIEWPARTICIPANTS, lambda: read_enrolled(client, course.id, fields))
    prove_right(
        page,
        Right.COURSE_ENROLREVIEW,
        _("Who is enrolled and active is seen."),
        lambda: prove_enrolment_review(client, course.id),
    )
    prove_sight_of_all_groups(page, client, course)
    held = {role.roleid: role.shortname for user in (enrolled or {}).values() for role in user.roles}
    for role_id in sorted({angkatan.role_id for angkatan in all_angkatan if angkatan.role_id is not None}):
        students = [number for number, shortname in held.items() if shortname == "student"]
        if role_id in held:
            page.ok("role_id", _("role_id {role_id} is the role {name}.").format(role_id=role_id, name=held[role_id]))
        elif students:
            page.warn(
                "role_id",
                _("role_id {role_id} is held by nobody there; students hold role {student}.").format(
                    role_id=role_id, student=students[0]
                ),
                _("Check role_id: the number in the address of Define roles > Student."),
            )
    return enrolled or CoursePeople()


def _examine_group(page: Page, groups: Sequence[payloads.Group], angkatan: Angkatan, course: str) -> None:
    try:
        there = groups_in_class.find_group(groups, angkatan, course)
    except ConfigurationError as error:
        page.fail("group", error.message, error.remedy)
        return
    if there is None:
        text = _('The group "{name}" of angkatan {id} will be made.')
    else:
        text = _('The group "{name}" of angkatan {id} is there.')
    page.ok("group", text.format(name=angkatan.group, id=angkatan.id))


def _examine_hidden_groups(
    page: Page, groups: Sequence[payloads.Group], enrolled: CoursePeople, ours: Collection[str]
) -> None:
    """Compare the list of groups with those that people are shown in: a group that hides its members is in one of them.

    One that shows its members to nobody is in neither; that the right is there shows where the list holds a hidden one.
    """
    listed = {group.id for group in groups}
    hidden = {group.id: group.name for user in enrolled.values() for group in user.groups if group.id not in listed}
    if hidden:
        write_down = page.fail if not set(ours).isdisjoint(hidden.values()) else page.warn
        write_down(
            Right.COURSE_VIEWHIDDENGROUPS,
            _("These groups hide their members, and are missing from the list: {names}.").format(
                names=", ".join(sorted(set(hidden.values())))
            ),
            _(
                "Allow moodle/course:viewhiddengroups in the service account's role in that course; without it such a "
                "group can neither be found nor made."
            ),
        )
    elif any(group.visibility for group in groups):
        page.ok(Right.COURSE_VIEWHIDDENGROUPS, _("Groups that hide their members show."))


def _examine_manual_enrolment(page: Page, course: payloads.Course) -> None:
    if "manual" in course.enrollmentmethods:
        page.ok("manual_enrolment", _("Manual enrolment is enabled in the course."))
    else:
        page.fail(
            "manual_enrolment",
            _("The course has no enabled manual enrolment."),
            _(
                "Add or enable it: Course > Participants > Enrolment methods > Manual enrolments (the plugin: Site "
                "administration > Plugins > Enrolments > Manage enrol plugins)."
            ),
        )


def _prove_enrolment(page: Page, client: MoodleClient, course: payloads.Course, role_id: int, given: bool) -> bool:
    """Ask to enrol somebody who does not exist; nothing can come of it. Return whether the role stays unproved.

    ``given``: Moodle took an enrolment with that role before.

    Moodle 4.0 and 4.3 check access, enrol/manual:enrol, the role and the enrolment method before they find nobody to
    enrol, and roll back (``codingerror``). From 4.5 on the person is looked for right after enrol/manual:enrol, so that
    no call proves role and method (Moodle ``enrol/manual/externallib.php``, ``enrol_users``; recordings of 4.0 to 5.1).
    """
    assign = _("Role {role_id} may be assigned: an enrolment was let through as far as the person.")
    try:
        in_class_writes.enrol(client, [(course.id, NOBODY, role_id)])
    except RecordRejected as error:
        if error.errorcode == "codingerror":
            page.ok(Right.ENROL_MANUAL_ENROL, _("People may be enrolled by hand."))
            page.ok(Right.ROLE_ASSIGN, assign.format(role_id=role_id))
        elif error.errorcode in NOBODY_THERE:
            page.ok(Right.ENROL_MANUAL_ENROL, _("People may be enrolled by hand."))
            if not given:
                return True
            said = _("Role {role_id} has been assigned: an earlier enrolment in this course was taken.")
            page.ok(Right.ROLE_ASSIGN, said.format(role_id=role_id))
        else:
            page.fail(Right.ENROL_MANUAL_ENROL, error.message, error.remedy)
    except SiteRefuses as error:
        if says_function_is_missing(error):
            return False
        name = {"wsusercannotassign": Right.ROLE_ASSIGN, "wsnoinstance": "manual_enrolment"}.get(error.errorcode)
        if name == Right.ROLE_ASSIGN:
            page.ok(Right.ENROL_MANUAL_ENROL, _("People may be enrolled by hand."))
        if name != "manual_enrolment":  # that has its own line already
            page.fail(name or Right.ENROL_MANUAL_ENROL, error.message, error.remedy)
            return False
        page.ok(Right.ENROL_MANUAL_ENROL, _("People may be enrolled by hand."))
        page.ok(Right.ROLE_ASSIGN, assign.format(role_id=role_id))
    except LatsarError as error:
        page.fail(Right.ENROL_MANUAL_ENROL, error.message, error.remedy)
    return False


def say_what_is_not_proved(page: Page, role_id: int, courses: Sequence[str]) -> None:
    """Write down, once for all courses, that a role could not be proved, and how the first enrolment will show it."""
    page.warn(
        Right.ROLE_ASSIGN,
        _(
            "This Moodle does not show beforehand whether role {role_id} may be assigned in {courses}. The first "
            "enrolment will: if it may not, nobody is enrolled in that course, the run says wsusercannotassign, and "
            "the next one goes on."
        ).format(role_id=role_id, courses=", ".join(courses)),
        _(
            "Check it: moodle/role:assign in the service account's role, and Site administration > Users > "
            "Permissions > Define roles > Allow role assignments to that role."
        ),
    )
