"""What named persons decided, as plain frozen values: overrides, identity, clearances, moves, decrees, erasures."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum


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
class Override:
    """A person's decision about one participant; the newest counts, until ``until`` (None: without end).

    ``token_of`` is who made the token by which it came, if it came by one.
    """

    participant_id: str
    version: int
    kind: OverrideKind
    reason: str
    by: str
    at: datetime
    until: datetime | None = None
    token_of: str | None = None

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
    (site and user id) was chosen by hand, the number of the newest imported list of participants, and into which
    account others are merged. ``scores`` is which of their imported scores counts, by its version; a run alone asks it.
    """

    overrides: Mapping[str, Override] = field(default_factory=dict)
    moves: Mapping[str, str] = field(default_factory=dict)
    clearances: tuple[Clearance, ...] = ()
    finalised: Mapping[str, frozenset[str]] = field(default_factory=dict)
    left_behind: tuple[LeftBehind, ...] = ()
    accounts: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    newest_list: int = 0
    merges: Mapping[str, str] = field(default_factory=dict)
    scores: Mapping[str, int] = field(default_factory=dict)

    @property
    def admitted(self) -> frozenset[str]:
        """Those whom a named person admits against the rule."""
        return frozenset(who for who, override in self.overrides.items() if override.kind is OverrideKind.ADMIT)

    def without(self, people: Collection[str]) -> "Actions":
        """Return the same without what lets in, places or seats these people, by internal id: who they were is not who
        has their accounts now.
        """
        if not people:
            return self
        theirs = self.admitted.intersection(people)
        return replace(
            self,
            overrides={who: each for who, each in self.overrides.items() if who not in theirs},
            moves={who: each for who, each in self.moves.items() if who not in people},
            accounts={who: each for who, each in self.accounts.items() if who not in people},
            finalised={angkatan: listed.difference(people) for angkatan, listed in self.finalised.items()},
        )

    @property
    def held(self) -> frozenset[str]:
        """Those whom a named person holds back."""
        return frozenset(who for who, override in self.overrides.items() if override.kind is OverrideKind.HOLD)


def stands(at: datetime, who: str, handed_over: Mapping[str, datetime]) -> bool:
    """Say whether what was decided of an account ``at`` a moment is about whoever has it: it was not another's then.

    ``handed_over`` is when accounts became somebody else's, by internal id.
    """
    return who not in handed_over or at >= handed_over[who]


def on_the_list(history: Iterable[Finalisation], handed_over: Mapping[str, datetime]) -> dict[str, frozenset[str]]:
    """Given the finalisations oldest first, return who is on the roster of each angkatan that was finalised."""
    return {angkatan: frozenset(members) for angkatan, members in taken_in(history, handed_over).items()}


def taken_in(
    history: Iterable[Finalisation], handed_over: Mapping[str, datetime]
) -> dict[str, dict[str, tuple[int, Finalisation]]]:
    """Given the finalisations oldest first, return by angkatan who is on its roster, and the decree that took them in.

    The number beside a decree counts within its angkatan: 0 is the list itself, later ones are amendments. No decree
    from before an account was ``handed_over`` (``stands``) takes in who has it now.
    """
    listed: dict[str, dict[str, tuple[int, Finalisation]]] = {}
    decrees = Counter[str]()
    for each in history:
        members = listed.setdefault(each.angkatan, {})
        for who in each.left:
            members.pop(who, None)
        theirs = (who for who in each.members if stands(each.at, who, handed_over))
        members |= dict.fromkeys(theirs, (decrees[each.angkatan], each))
        decrees[each.angkatan] += 1
    return listed


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
