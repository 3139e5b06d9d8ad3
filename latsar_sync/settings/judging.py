"""By what a programme judges: its tables ``source``, ``evaluation``, ``materials`` and ``clearances``."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from latsar_sync.settings.tables import Table
from latsar_sync.settings.values import (
    ClearanceKind,
    Count,
    GradeLimit,
    Hours,
    PersonKey,
    Said,
    Text,
    WholeNumber,
)

COVID = (("surat_sehat", "antigen/pcr"), ("rekomendasi_satgas",))
"""The documents of 2021, of each participant and of each angkatan (as Probolinggo announced them)."""


class SourceSettings(Table):
    """Where people and evidence come from: a MOOC course (``course``: shortname or idnumber), or imported files."""

    kind: Literal["moodle", "import"]
    site: Text | None = None
    course: Text | None = None
    participant_key: PersonKey = "idnumber"
    stale_after: Hours | None = None
    """Hours after which the newest imported file is too old to finalise a roster by; None is never."""
    exact_up_to: WholeNumber = 200
    """People not confirmed up to whom every run reads each one's grade, where nobody but ours is read."""
    report: Count | None = None
    """The number of a custom report of the MOOC that shows whose results changed; None is without."""


class ThresholdSeed(Table):
    """The threshold that seeds the first row of the threshold history; later the database rules."""

    value: GradeLimit
    scale: Literal["points", "percent"]
    legal_basis: Said


class EvaluationSettings(Table):
    """The MOOC evaluation, named by exactly one of ``item`` (course-module idnumber) and ``cmid``."""

    item: Text | None = None
    cmid: Count | None = None
    basis: Literal["gradebook", "best_attempt"] = "gradebook"
    maximum: GradeLimit = Decimal(100)
    """The greatest score that an imported file may hold; a MOOC course tells its own."""
    threshold: ThresholdSeed | None = None


class MaterialsSettings(Table):
    """What must be studied; ``include`` and ``exclude`` are course-module ids (cmid)."""

    mode: Literal["activities", "course", "none"] = "activities"
    include: Annotated[tuple[Count, ...], Field(strict=False)] = ()
    exclude: Annotated[tuple[Count, ...], Field(strict=False)] = ()


class ClearanceSettings(Table):
    """Documents without which nobody enters; "antigen/pcr" takes one of the two. All off by default (rule 12)."""

    preset: Literal["none", "covid"] = "none"
    participant: Annotated[tuple[ClearanceKind, ...], Field(strict=False)] = ()
    angkatan: Annotated[tuple[ClearanceKind, ...], Field(strict=False)] = ()
    effect: Literal["block", "prioritise", "warn"] | None = None
    """What happens to those who lack one; None: the programme's own ``effect``."""

    @property
    def of_participant(self) -> tuple[str, ...]:
        """What every participant must have, the preset's first."""
        return tuple(dict.fromkeys((*self._preset[0], *self.participant)))

    @property
    def of_angkatan(self) -> tuple[str, ...]:
        """What every angkatan with an in-class phase must have, the preset's first."""
        return tuple(dict.fromkeys((*self._preset[1], *self.angkatan)))

    @property
    def _preset(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return COVID if self.preset == "covid" else ((), ())
