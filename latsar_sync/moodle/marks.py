"""Marks inside Moodle, by stock functions, each sent once: a note about a person, a group's description, an event."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from latsar_sync.domain.errors import RecordRejected, SiteRefuses, WriteUnknown
from latsar_sync.domain.language import _
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.error_codes import allow
from latsar_sync.moodle.functions import Argument, Arguments, Function
from latsar_sync.moodle.groups_in_class import read_groups
from latsar_sync.moodle.rights import Right

HTML: Final = 1
PLAIN_TEXT: Final = 2
NEEDED: Final = {
    "note": frozenset({Function.CREATE_NOTES, Function.COURSE_NOTES}),
    "group_description": frozenset({Function.UPDATE_GROUPS}),
    "event": frozenset({Function.CREATE_EVENTS, Function.CALENDAR_ACCESS}),
}
"""Functions of each kind of mark, by its key in ``[programmes.marks]``."""


def write_notes(client: MoodleClient, course_id: int, notes: Sequence[tuple[int, str, str]]) -> list[bool]:
    """Write notes (user id, text, mark) about people of a course, which its managers read in the profile.

    Return for each whether it was written: there may be no such person. Raise SiteRefuses without moodle/notes:manage
    or with notes off, WriteUnknown if they may have been written.
    """
    rows: list[Argument] = [
        {
            "userid": user_id,
            "publishstate": "course",
            "courseid": course_id,
            "text": text,
            "format": PLAIN_TEXT,
            "clientnoteid": mark,
        }
        for user_id, text, mark in notes
    ]
    made = client.write_returning(Function.CREATE_NOTES, payloads.NOTES, {"notes": rows})
    if len(made) != len(notes):
        raise WriteUnknown(
            _("{site}: the answer to notes is not about these notes.").format(site=client.name),
            _("They are not written again."),
        )
    return [each.noteid > 0 for each in made]


def noted_people(client: MoodleClient, course_id: int) -> frozenset[int]:
    """Return the user ids of all about whom this account wrote a note in the course; it needs moodle/notes:view."""
    answer = client.read(Function.COURSE_NOTES, payloads.COURSE_NOTES, {"courseid": course_id})
    own = client.site_info().userid
    return frozenset(note.userid for note in answer.coursenotes if note.usermodified == own)


def describe_group(client: MoodleClient, course_id: int, group_id: int, name: str, text: str) -> None:
    """Give a group a description, unless a person wrote one; nothing else of it is changed.

    Raise RecordRejected if the group is not there, or has another name: to change it the name must be told.
    """
    group = next((each for each in read_groups(client, course_id) if each.id == group_id), None)
    if group is None or group.name != name:
        raise RecordRejected(
            _('{site}: the group "{name}" is not there under this name, and gets no description.').format(
                site=client.name, name=name
            ),
            errorcode="nosuchgroup",
        )
    if (group.description or "").strip():
        return
    changed: Arguments = {"groups": [{"id": group_id, "name": name, "description": text, "descriptionformat": HTML}]}
    client.write(Function.UPDATE_GROUPS, changed, course_id)


def enter_event(client: MoodleClient, course_id: int, group_id: int, name: str, text: str, starts: datetime) -> None:
    """Enter an event into the calendar of a group. Raise SiteRefuses if Moodle leaves it out, as it does silently."""
    event: Argument = {
        "name": name,
        "description": text,
        "format": PLAIN_TEXT,
        "courseid": course_id,
        "groupid": group_id,
        "eventtype": "group",
        "timestart": int(starts.timestamp()),
        "timeduration": 0,
        "visible": 1,
    }
    made = client.write_returning(Function.CREATE_EVENTS, payloads.EVENTS, {"events": [event]})
    if not made.events:
        raise SiteRefuses(
            _("{site}: Moodle entered no event.").format(site=client.name), str(allow(Right.CALENDAR_MANAGEENTRIES))
        )


def prove_notes(client: MoodleClient, course_id: int, nobody: int) -> None:
    """Ask to write a note about somebody who does not exist; nothing comes of it. Raise SiteRefuses if it may not be.

    Moodle looks whether notes are on, then for the right, then for the person (``notes/externallib.php``).
    """
    write_notes(client, course_id, [(nobody, "latsar-sync doctor", "latsar-doctor")])


def may_enter_events(client: MoodleClient, course_id: int) -> bool:
    """Say whether the account may enter events for every group of the course."""
    return client.read(Function.CALENDAR_ACCESS, payloads.CALENDAR_ACCESS, {"courseid": course_id}).canmanageentries


def require(client: MoodleClient, kind: str) -> None:
    """Raise SiteRefuses, before anything is written ahead, if the service lacks a function of this kind of mark."""
    for function in sorted(NEEDED[kind]):
        if not client.supports(function):
            raise SiteRefuses(
                _("{site}: the service cannot leave this mark ({function} is not listed).").format(
                    site=client.name, function=function
                ),
                _("Add that function to the external service, or switch the mark off in [programmes.marks]."),
            )
