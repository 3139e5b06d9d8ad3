"""A site's enrolments, roles and groups as plain data that two runs can compare."""

from __future__ import annotations

from collections import Counter

from latsar_sync.demo.records import ROLES, Course, User


def snapshot(users: dict[int, User], courses: dict[int, Course]) -> dict[str, object]:
    """Per course short name: enrolments, roles and groups, with people named by NIP.

    A NIP that several accounts carry is followed by the username; an account without NIP is its username.
    """
    times_used = Counter(user.idnumber for user in users.values())

    def key(user_id: int) -> str:
        user = users[user_id]
        if not user.idnumber:
            return user.username
        return user.idnumber if times_used[user.idnumber] == 1 else f"{user.idnumber} ({user.username})"

    return {
        course.shortname: {
            "enrolments": {
                key(user_id): [
                    {
                        "method": row.method,
                        "suspended": row.suspended,
                        "timestart": row.timestart,
                        "timeend": row.timeend,
                    }
                    for row in rows
                ]
                for user_id, rows in course.enrolments.items()
            },
            "roles": {key(user_id): sorted(ROLES[role] for role in roles) for user_id, roles in course.roles.items()},
            "groups": [
                {
                    "name": group.name,
                    "idnumber": group.idnumber,
                    "members": sorted(key(user_id) for user_id in group.members),
                }
                for group in sorted(course.groups.values(), key=lambda g: (g.name, g.idnumber))
            ],
        }
        for course in courses.values()
        if course.enrolments
    }
