"""What changed in a course since a moment."""

from pydantic import TypeAdapter

from latsar_sync.moodle.fields import Id, Text
from latsar_sync.moodle.parsing import Payload, Shape
from latsar_sync.moodle.payloads.quizzes import MoodleWarning


class Update(Payload):
    """One kind of change in an activity; ``itemids`` of attempts and grades carry no user ids."""

    name: Text
    itemids: tuple[Id, ...] = ()


class UpdatedInstance(Payload):
    """An activity in which something changed; ``id`` is its course-module id where ``contextlevel`` is "module"."""

    contextlevel: Text
    id: Id
    updates: tuple[Update, ...]


class Updates(Payload):
    """Answer of ``updates_since``; an activity without any change is left out."""

    instances: tuple[UpdatedInstance, ...]
    warnings: tuple[MoodleWarning, ...] = ()


UPDATES = Shape(TypeAdapter(Updates))
