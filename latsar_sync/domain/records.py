"""What the service remembers between runs, as plain frozen values: records, overrides, findings, the baseline."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from latsar_sync.domain.decision import Decision
from latsar_sync.domain.evidence import Activity, Evaluation, Evidence
from latsar_sync.domain.participant import Participant


class OverrideKind(StrEnum):
    """What a named person decides about one participant against the rule (rule 15)."""

    ADMIT = "admit"
    HOLD = "hold"
    RELEASE = "release"


class IdentityKind(StrEnum):
    """What a named person says about who is who (rule 19)."""

    CORRECT = "correct"
    MERGE = "merge"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class IdentityAction:
    """A person's word about who a participant is; of each kind the newest counts, ``undo`` takes the one before back.

    CORRECT: the participant has another NIP than the MOOC account says (it stands with the identity, not here). MERGE:
    the account ``other`` counts for this person. ACCOUNT: the account ``target_user_id`` of ``site`` is theirs.
    """

    participant_id: str
    version: int
    kind: IdentityKind
    reason: str
    by: str
    at: datetime
    undo: bool = False
    other: str | None = None
    site: str | None = None
    target_user_id: int | None = None


@dataclass(frozen=True, slots=True)
class CourseRead:
    """A course that a run read to its end: ``whole`` says that everything of everybody in it was read."""

    site: str
    course: str
    people: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a guard stopped for: a code, what it is about, and the values before and now.

    ``people`` are the internal ids of those whom releasing it would move, sorted; empty where it is about no persons.
    """

    code: str
    subject: str
    before: str
    now: str
    people: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The finding in one line that is equal only for the same finding; ``--accept`` compares it."""
        line = f"{self.code}|{self.subject}|{self.before}|{self.now}"
        if not self.people:
            return line
        return f"{line}|{sha256(' '.join(self.people).encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the last complete, unguarded run over everybody saw; guards compare with it (rule 6).

    ``target_people`` maps ``site/course`` to the number of people active in that in-class course, ``target_methods`` to
    its enrolment methods that were on; ``unseen`` are the course-module ids that only other answers than the contents
    named; ``released`` the findings that a person accepted and that stay true (``guards.standing``);
    ``source_groups`` where the people of each angkatan came from in the MOOC, None where no group tells it.
    """

    people: int
    evaluation: Evaluation | None
    required: tuple[Activity, ...]
    target_people: Mapping[str, int]
    unseen: frozenset[int] = frozenset()
    target_methods: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    released: frozenset[str] = frozenset()
    source_groups: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far the MOOC course was read: ``site_time`` is by the site's own clock; with the evaluation quiz of then.

    ``full_at`` is when everything of everybody was last read, by ours; ``night_at`` when everybody who waits was last,
    with some in turn, None before the first such night.
    """

    course_id: int
    cmid: int
    quiz_id: int
    site_time: datetime
    full_at: datetime
    night_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceIds:
    """Ids in a MOOC course, named ``course``, by which a run guesses what to ask; ``groups`` are ours, ``strangers``
    fingerprints of others' keys in a report that could be used if ``by_report``; ``unanswered`` are user ids of those
    about whom the site refused to answer, and when (seconds since 1970). ``newest_first`` are the rows of the report if
    whoever was in the course last stands first in it, 0 if not; ``report_at`` is when all of them were last read."""

    course: str
    course_id: int
    cmid: int | None = None
    quiz_id: int | None = None
    modules: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    strangers: tuple[str, ...] = ()
    by_report: bool = True
    unanswered: tuple[tuple[int, int], ...] = ()
    newest_first: int = 0
    report_at: int = 0


class Terms(NamedTuple):
    """What decisions are made by beside threshold and required set, in the configuration's words (rule 22).

    ``clearances`` are the kinds that are required; a gate that the programme does not have is told by method and mode.
    """

    method: str
    basis: str
    materials_mode: str
    participant_key: str
    clearances: tuple[str, ...] = ()


class RecordedTerms(NamedTuple):
    """Terms as recorded; ``version`` counts up within a programme."""

    version: int
    terms: Terms


class Record(NamedTuple):
    """Everything that is known of one participant, and by which rows they were judged.

    ``evidence_version`` and ``decision_version`` are 0 before the first row; ``grade_as_of``, ``materials_as_of`` and
    ``attempts_as_of`` say when each was last read exactly, None if never or if nobody is judged by it; ``report_row``
    is the fingerprint of the row that a report showed then.
    """

    participant: Participant
    evidence: Evidence
    decision: Decision | None
    last_seen_at: datetime
    grade_as_of: datetime | None = None
    materials_as_of: datetime | None = None
    attempts_as_of: datetime | None = None
    report_row: str | None = None
    evidence_version: int = 0
    decision_version: int = 0
    threshold_version: int | None = None
    required_version: int | None = None
    terms_version: int | None = None

    @property
    def evidence_as_of(self) -> datetime | None:
        """How old the evidence is at its oldest part that was read at all."""
        return oldest(self.grade_as_of, self.materials_as_of, self.attempts_as_of)


def oldest(*moments: datetime | None) -> datetime | None:
    """Return the earliest of the moments that there are."""
    return min((each for each in moments if each is not None), default=None)


@dataclass(frozen=True, slots=True)
class Override:
    """A person's decision about one participant; the newest counts, until ``until`` (None: without end)."""

    participant_id: str
    version: int
    kind: OverrideKind
    reason: str
    by: str
    at: datetime
    until: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        """Say whether it still binds: a release binds nothing, and an end that has passed neither."""
        return self.kind is not OverrideKind.RELEASE and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Clearance:
    """A checked admission document: of one participant, or of a whole ``angkatan``; the paper itself is not stored.

    ``version`` counts up within a programme. It is valid to the end of the day ``valid_until``, unless ``revoked``.
    """

    version: int
    participant_id: str | None
    angkatan: str | None
    kind: str
    number: str
    issuer: str
    issued: date
    valid_until: date
    by: str
    at: datetime
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class AngkatanMove:
    """A person's decision that a participant belongs to ``angkatan`` and no more to ``before``; the newest counts."""

    participant_id: str
    version: int
    angkatan: str
    before: str | None
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """The in-class course in which a move left somebody enrolled. ``still_there``: as it was last read.

    ``wrong_account``: the person was in it by an account that is not, or no longer, theirs.
    """

    participant_id: str
    version: int
    angkatan: str | None
    site: str
    course_id: int
    course: str
    group: str | None
    group_id: int | None
    target_user_id: int
    still_there: bool
    seen_at: datetime
    wrong_account: bool = False


@dataclass(frozen=True, slots=True)
class Finalisation:
    """One decree that fixed an angkatan's roster: the first row of an angkatan the list itself, later ones amendments.

    ``members`` are the participants whom it takes in, ``left`` those on the list before it who hold no seat any more.
    """

    version: int
    angkatan: str
    number: str
    dated: date
    by: str
    at: datetime
    members: tuple[str, ...]
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Actions:
    """What named persons decided in one programme, as it binds now: the overrides and the angkatan moved to by internal
    id, every clearance, who is on the finalised roster of which angkatan, whom moves left behind, whose course account
    (site and user id) was chosen by hand, and the number of the newest imported list of participants.
    """

    overrides: Mapping[str, Override] = field(default_factory=dict)
    moves: Mapping[str, str] = field(default_factory=dict)
    clearances: tuple[Clearance, ...] = ()
    finalised: Mapping[str, frozenset[str]] = field(default_factory=dict)
    left_behind: tuple[LeftBehind, ...] = ()
    accounts: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    newest_list: int = 0

    @property
    def admitted(self) -> frozenset[str]:
        """Those whom a named person admits against the rule."""
        return frozenset(who for who, override in self.overrides.items() if override.kind is OverrideKind.ADMIT)


def on_the_list(history: Iterable[Finalisation]) -> dict[str, frozenset[str]]:
    """Given the finalisations oldest first, return who is on the roster of each angkatan that was finalised."""
    return {angkatan: frozenset(members) for angkatan, members in taken_in(history).items()}


def taken_in(history: Iterable[Finalisation]) -> dict[str, dict[str, tuple[int, Finalisation]]]:
    """Given the finalisations oldest first, return by angkatan who is on its roster, and the decree that took them in.

    The number beside a decree counts within its angkatan: 0 is the list itself, later ones are amendments.
    """
    listed: dict[str, dict[str, tuple[int, Finalisation]]] = {}
    decrees = Counter[str]()
    for each in history:
        members = listed.setdefault(each.angkatan, {})
        for who in each.left:
            members.pop(who, None)
        members |= dict.fromkeys(each.members, (decrees[each.angkatan], each))
        decrees[each.angkatan] += 1
    return listed


@dataclass(frozen=True, slots=True)
class RequiredSet:
    """The required activities as recorded; a new version is a new row."""

    version: int
    activities: tuple[Activity, ...]


class ErasureKind(StrEnum):
    """What a line of the register of erasures says."""

    ERASED = "erased"
    RESUMED = "resumed"


@dataclass(frozen=True, slots=True)
class Erasure:
    """A participant's identity was destroyed, or is collected again; the newest line of a participant counts."""

    participant_id: str
    version: int
    kind: ErasureKind
    reason: str
    by: str
    at: datetime
