"""The gradebook.

An absent ``graderaw`` means that the course hides grades from its user report (trap 14), a null one that there is no
grade: ``model_fields_set`` tells them apart.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError

from latsar_sync.moodle.fields import Flag, Id, Name, Number, Seconds, Text, Whole
from latsar_sync.moodle.parsing import Payload, Shape, loaded, read_row


class GradeItem(Payload):
    """One grade of one person; ``graderaw`` is the gradebook's final grade. Times in Unix seconds.

    ``rangeformatted`` is the range as a page shows it: of a scale in its words. Moodle's ``scaleid`` is no scale's.
    """

    id: Id
    itemtype: Text
    itemmodule: Text | None = None
    iteminstance: Id | None = None
    itemnumber: Whole | None = None
    idnumber: Text | None = None
    cmid: Id | None = None
    itemname: Name | None = None
    graderaw: Number | None = None
    gradedategraded: Seconds = None
    gradeisoverridden: Flag | None = None
    gradeishidden: Flag | None = None
    gradeneedsupdate: Flag | None = None
    grademin: Number | None = None
    grademax: Number | None = None
    rangeformatted: Any = None


class UserGrades(Payload):
    """The gradebook of one person; ``spoiled`` says by course-module id which items could not be read, and why; None
    stands for an item of which not even that is known.
    """

    userid: Id
    gradeitems: tuple[GradeItem, ...]
    spoiled: Mapping[int | None, str] | None = Field(None, validation_alias="\0spoiled")

    def having_lost(self, what: str) -> "UserGrades":
        """Return the gradebook of somebody of whom nothing could be read."""
        return self.model_copy(update={"spoiled": {None: what}})


class GradeReport(Payload):
    """Answer of ``grade_items``; an empty list can also be a gradebook in trouble (trap 16)."""

    usergrades: tuple[UserGrades, ...]


class _GradeReports(Shape[GradeReport]):
    """Reads grade reports so that an item that cannot be read spoils itself and not everybody's."""

    def parse(self, body: bytes | str) -> GradeReport:
        answer = loaded(body)
        try:
            return GradeReport.model_validate(answer)
        except ValidationError:
            if not isinstance(answer, dict) or not isinstance(answer.get("usergrades"), list):
                raise
        read = (_user_grades(fields) for fields in answer["usergrades"])
        # whose report cannot be told is asked for singly, as everybody whom the answer left out
        return GradeReport(usergrades=tuple(report for report in read if report is not None))


def _user_grades(fields: object) -> UserGrades | None:
    report, what = read_row(UserGrades, fields, {"gradeitems": ()})
    if report is None or not what or not isinstance(fields, dict):
        return report
    items, spoiled = [], {}
    listed = fields.get("gradeitems")
    for each in listed if isinstance(listed, list) else [None]:
        item, why = read_row(GradeItem, each, {"id": 0, "itemtype": "mod"})
        if why:
            spoiled[item.cmid if item else None] = why
        if item is not None:
            items.append(item)
    return report.model_copy(update={"gradeitems": tuple(items), "spoiled": spoiled})


GRADE_REPORT = _GradeReports(TypeAdapter(GradeReport), exact_numbers=True)
