"""What comes back of a write, of a batch, of a call that failed."""

from pydantic import TypeAdapter

from latsar_sync.moodle.fields import Flag, Id, Text, Whole
from latsar_sync.moodle.parsing import Payload, Shape


class MessageAnswer(Payload):
    """What became of one message: ``msgid`` is -1 if it was not delivered, and then ``errormessage`` says why."""

    msgid: Whole
    errormessage: Text | None = None


class SubAnswer(Payload):
    """One answer inside a batch: ``data`` or ``exception`` is JSON text once more."""

    error: Flag
    data: str | None = None
    exception: str | None = None


class BatchAnswer(Payload):
    """Answer of ``call_external_functions``: shorter than the request when a call failed."""

    responses: tuple[SubAnswer, ...]


SENT_MESSAGES = Shape(TypeAdapter(list[MessageAnswer]))


class NoteAnswer(Payload):
    """What became of one note: ``noteid`` is -1 if it was not written."""

    noteid: Whole


class CourseNote(Payload):
    """One note: about whom, by whom."""

    userid: Id
    usermodified: Id


class CourseNotes(Payload):
    """Answer of ``course_notes``."""

    coursenotes: tuple[CourseNote, ...] = ()


class CalendarEvent(Payload):
    """One event as it was entered."""

    id: Id


class EventsAnswer(Payload):
    """Answer of ``create_calendar_events``: what may not be entered is missing."""

    events: tuple[CalendarEvent, ...]


class CalendarAccess(Payload):
    """Answer of ``get_calendar_access_information``."""

    canmanageentries: Flag


BATCH = Shape(TypeAdapter(BatchAnswer))
EXCEPTION = Shape(TypeAdapter(dict[str, object]))
NOTHING = Shape(TypeAdapter(None))
NOTES = Shape(TypeAdapter(list[NoteAnswer]))
EVENTS = Shape(TypeAdapter(EventsAnswer))
CALENDAR_ACCESS = Shape(TypeAdapter(CalendarAccess))
COURSE_NOTES = Shape(TypeAdapter(CourseNotes))
