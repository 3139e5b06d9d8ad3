"""Whether NIP and groups of the people of the MOOC course can be read."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import chain

from latsar_sync.domain.language import _, joined
from latsar_sync.domain.nip import check_nip
from latsar_sync.moodle import payloads
from latsar_sync.moodle.rights import Right
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.settings.problems import did_you_mean
from latsar_sync.setup.checks import Page


def count_by_numbers(
    page: Page, programme: ProgrammeSettings, course: payloads.Course, enrolled: Sequence[payloads.EnrolledUser]
) -> list[payloads.EnrolledUser]:
    """Return the holders of a participant's role."""
    if not enrolled:
        page.fail(
            Right.USER_VIEWDETAILS,
            _("Nobody is visible in the course, not even a teacher."),
            _(
                "If the course is not empty: allow moodle/user:viewdetails and moodle/site:accessallgroups in the "
                "service account's role in that course."
            ),
        )
        return []
    page.ok(Right.COURSE_VIEWPARTICIPANTS, _("{count} people are listed.").format(count=len(enrolled)))
    roles = Counter(role.shortname for user in enrolled for role in user.roles)
    counting = [user for user in enrolled if any(role.shortname in programme.participant_roles for role in user.roles)]
    if counting:
        said = _("{count} of them are participants.").format(count=len(counting))
        ours = {user.id for user in counting}
        others = [[role.shortname for role in user.roles] or [_("no role")] for user in enrolled if user.id not in ours]
        if others:  # a participant among them who was given another role would be missed by nobody here
            told = _("The others hold: {roles}.").format(roles=_counted(Counter(chain(*others))))
            said = joined(said, told)
        page.ok("participant_roles", said)
        page.ok(Right.USER_VIEWDETAILS, _("Their details are visible."))
    else:
        page.fail(
            "participant_roles",
            _("Nobody holds the role {roles} in {course}.").format(
                roles=", ".join(programme.participant_roles), course=course.shortname
            ),
            # contacts of the course are shown even to an account that may see nobody else
            _(
                "Correct participant_roles, or enrol the participants; if they are enrolled, allow "
                "moodle/user:viewdetails in the service account's role in that course. Roles seen there: {roles}."
            ).format(roles=_counted(roles) or "–"),
        )
    return counting


def _counted(roles: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in sorted(roles.items()))


def examine_key(
    page: Page, programme: ProgrammeSettings, people: Sequence[payloads.EnrolledUser], today: date
) -> dict[int, str]:
    """Examine where the NIP stands and return the valid ones by user id."""
    key = programme.source.participant_key
    # usernames are shown by viewalldetails only, so they tell a missing right from an empty field
    if all(user.username is None for user in people) and all(getattr(user, key) is None for user in people):
        page.fail(
            Right.USER_VIEWALLDETAILS,
            _("Nobody's {key} is visible in the course.").format(key=key),
            _(
                "Allow moodle/user:viewalldetails in the service account's role in that course (or, for idnumber, "
                "moodle/site:viewuseridentity together with Site administration > Users > Permissions > User policies "
                "> Show user identity > ID number)."
            ),
        )
        return {}
    page.ok(Right.USER_VIEWALLDETAILS, _("The field {key} is visible.").format(key=key))
    checks = {user.id: check_nip(getattr(user, key), today) for user in people}
    nips = {user_id: check.nip for user_id, check in checks.items() if check.nip is not None}
    sharers = sum(count for count in Counter(nips.values()).values() if count > 1)
    missing = sum(1 for check in checks.values() if check.reason == "nip_missing")
    broken = len(checks) - len(nips) - missing
    if not nips:
        page.fail(
            "participant_key",
            _("Not one {key} is a NIP.").format(key=key),
            _("Say with participant_key where the NIP stands: idnumber or username."),
        )
    elif missing or broken or sharers:
        page.warn(
            "participant_key",
            _("{key}: {missing} without a NIP, {broken} invalid, {sharers} shared by several people.").format(
                key=key, missing=missing, broken=broken, sharers=sharers
            ),
            _(
                "Until it is mended in the accounts' profiles they stay undetermined: latsar-sync participants "
                "--state undetermined"
            ),
        )
    else:
        page.ok("participant_key", _("Every {key} is a valid NIP, each only once.").format(key=key))
    return nips


def examine_groups(page: Page, programme: ProgrammeSettings, people: Sequence[payloads.EnrolledUser]) -> None:
    members = Counter(group.name for user in people for group in user.groups)
    configured = {angkatan.source_group for angkatan in programme.angkatan if angkatan.source_group is not None}
    for name in sorted(configured):
        if members[name]:
            page.ok("source_group", _('"{name}": {count} participants.').format(name=name, count=members[name]))
        else:
            page.warn(
                "source_group",
                _('No participant is in a group "{name}".').format(name=name),
                " ".join(
                    [_("Correct source_group or fill the group."), did_you_mean(name, members), _hides_members()]
                ).strip(),
            )
    homes = Counter(sum(1 for group in user.groups if group.name in configured) for user in people)
    several = sum(count for number, count in homes.items() if number > 1)
    if homes[0] or several:
        page.warn(
            "source_group",
            _("Participants in none of these groups: {none}; in more than one: {several}.").format(
                none=homes[0], several=several
            ),
            joined(_("Put each into one group of the MOOC course; until then they wait in review."), _hides_members()),
        )


def _hides_members() -> str:
    return _("Whoever is in a group that shows its members to nobody seems to be in none: allow {right} there.").format(
        right=Right.COURSE_VIEWHIDDENGROUPS
    )
