"""Which required clearances somebody lacks: what was recorded in, reasons out. Pure (rule 12).

A clearance is valid when a not revoked one runs to the first day in class, or longer: one that ends before people
meet is worth nothing. Where that day is not configured it must be valid today.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from latsar_sync.domain.actions import Clearance
from latsar_sync.domain.decision import Reason
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.domain.participant import Participant
from latsar_sync.rules.which_angkatan import admission_closed

ANY_OF = "/"
"""Joins kinds of which one suffices: ``antigen/pcr``."""


@dataclass(frozen=True, slots=True)
class ClearanceRules:
    """What a programme requires of every participant and of every angkatan, and what is on record.

    ``home`` tells the angkatan that a participant belongs to: none, one, or all that they may be seated in.
    """

    of_participant: tuple[str, ...]
    of_angkatan: tuple[str, ...]
    recorded: Sequence[Clearance]
    today: date
    home: Callable[[Participant], Sequence[Angkatan]]

    def unmet(self, participants: Iterable[Participant]) -> Mapping[str, tuple[Reason, ...]]:
        """Return the reasons of everybody who lacks a required clearance, by internal id."""
        if not self.of_participant and not self.of_angkatan:
            return {}
        owned: dict[str, list[Clearance]] = {}
        for each in self.recorded:
            owned.setdefault(each.participant_id or "", []).append(each)
        of_courses: dict[str, tuple[Reason, ...]] = {}
        reasons = {each.id: self._of_one(each, owned.get(each.id, ()), of_courses) for each in participants}
        return {who: lacking for who, lacking in reasons.items() if lacking}

    def angkatan_reasons(self, angkatan: Angkatan) -> tuple[Reason, ...]:
        """Return what a whole angkatan lacks; an angkatan without an in-class phase lacks nothing."""
        if angkatan.course is None:
            return ()
        papers = [each for each in self.recorded if each.angkatan == angkatan.id]
        day = angkatan.starts or self.today
        lacking = _lacking(self.of_angkatan, papers, day, "angkatan_clearance")
        return tuple(Reason(each.code, {**each.values, "angkatan": angkatan.id}) for each in lacking)

    def _of_one(
        self, participant: Participant, papers: Sequence[Clearance], known: dict[str, tuple[Reason, ...]]
    ) -> tuple[Reason, ...]:
        """Whoever may still come into several courses needs papers that are good for each, and one that may be held.

        ``known`` keeps what an angkatan lacks, which is the same for everybody in it.
        """
        all_angkatan = self.home(participant)
        with_course = [angkatan for angkatan in all_angkatan if angkatan.course is not None]
        if all_angkatan and not with_course:
            return ()
        with_course = [each for each in with_course if not admission_closed(each, self.today)] or with_course
        day = max((angkatan.starts or self.today for angkatan in with_course), default=self.today)
        for angkatan in with_course:
            if angkatan.id not in known:
                known[angkatan.id] = self.angkatan_reasons(angkatan)
        of_courses = [known[angkatan.id] for angkatan in with_course]
        of_course = of_courses[0] if of_courses and all(of_courses) else ()
        return (*_lacking(self.of_participant, papers, day, "clearance"), *of_course)


@dataclass(frozen=True, slots=True)
class PaperStanding:
    """How one required kind stands: valid, expired (before the day it is needed), revoked or missing.

    ``until`` is the last valid day of the best one that is not revoked, None where there is none.
    """

    state: str
    until: date | None = None


def standing_of_paper(kinds: str, papers: Sequence[Clearance], day: date) -> PaperStanding:
    """Return how a required kind stands (``antigen/pcr``: one of them) among ``papers``, needed valid on ``day``."""
    shown = [each for each in papers if each.kind in kinds.split(ANY_OF)]
    until = max((each.valid_until for each in shown if not each.revoked), default=None)
    if until is None:
        return PaperStanding("revoked" if shown else "missing")
    return PaperStanding("valid" if until >= day else "expired", until)


def _lacking(required: Iterable[str], papers: Sequence[Clearance], day: date, code: str) -> list[Reason]:
    reasons = []
    for kinds in required:
        standing = standing_of_paper(kinds, papers, day)
        if standing.state == "valid":
            continue
        until = {"until": standing.until.isoformat()} if standing.until else {}
        reasons.append(Reason(f"{code}_{standing.state}", {"kind": kinds, **until}))
    return reasons
