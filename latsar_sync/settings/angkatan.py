"""One angkatan of a programme, and its place: the tables ``[[programmes.angkatan]]`` and ``[[programmes.places]]``."""

from datetime import date

from latsar_sync.rules.filled_courses import OWN_MARK
from latsar_sync.settings.tables import Table
from latsar_sync.settings.values import (
    AngkatanId,
    Count,
    Day,
    GroupIdnumber,
    GroupName,
    PersonKey,
    Text,
)


class AngkatanSettings(Table):
    """One angkatan. Without ``site`` and ``course`` it has no in-class phase, which is legal."""

    id: AngkatanId
    source_group: Text | None = None
    site: Text | None = None
    course: Text | None = None
    target_key: PersonKey = "idnumber"
    group: GroupName | None = None
    group_idnumber: GroupIdnumber | None = None
    role_id: Count | None = None
    capacity: Count | None = None
    """Seats in the course; None is without limit."""
    starts: Day | None = None
    ends: Day | None = None
    admit_until: Day | None = None
    venue: Text | None = None
    """Where the course meets, for documents."""
    place: Text | None = None
    """Which of several places it is, as in "Timur"; an imported list may name another for somebody."""
    mooc_deadline: Day | None = None

    @property
    def has_course(self) -> bool:
        """Whether there is an in-class (or virtual) course that people are enrolled in."""
        return self.course is not None

    @property
    def group_name(self) -> str:
        """The group's exact name in the in-class course: as configured, else that of the source group."""
        return self.group or self.source_group or usual_group(self.id)

    @property
    def admit_until_or_starts(self) -> date | None:
        """The last day on which anybody new is pushed; None is never."""
        return self.admit_until or self.starts

    def group_key(self, programme_id: str) -> str:
        """Return the group's idnumber in Moodle, by which it is found again after somebody renamed it."""
        return self.group_idnumber or own_idnumber(programme_id, self.id)


def usual_group(angkatan: str) -> str:
    """Return the name of an angkatan's group where none is configured."""
    return f"Angkatan {angkatan}"


def own_idnumber(programme_id: str, angkatan: str) -> str:
    """Return the idnumber of an angkatan's group where none is configured: the service's own mark (rule 7)."""
    return f"{OWN_MARK}{programme_id}:{angkatan}"


class PlaceSettings(Table):
    """One of several places at which a programme's people come together in class."""

    name: Text
    """As lists and angkatan call it, as in "Timur"."""
    venue: Text | None = None
    """Where that is, for letters and lists; None: the venue of the angkatan."""
