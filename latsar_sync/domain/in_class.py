"""The in-class phase: angkatan, courses as they are on their site, the writes into them. Plain frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

CourseKey = tuple[str, str]
"""Site and course as configured: one in-class course."""


@dataclass(frozen=True, slots=True)
class Angkatan:
    """One angkatan: its place in the MOOC and in the in-class phase. ``course`` None: no in-class phase.

    ``starts`` is its first day in class, ``admit_until`` the last on which anybody new is sent by the rule.
    """

    id: str
    group: str
    group_idnumber: str
    source_group: str | None = None
    site: str | None = None
    course: str | None = None
    target_key: str = "idnumber"
    role_id: int | None = None
    capacity: int | None = None
    admit_until: date | None = None
    starts: date | None = None


@dataclass(frozen=True, slots=True)
class AccountInClass:
    """An account on the target site that carries a participant's NIP, or that a person said is theirs.

    ``tells_suspended`` is False where the site hides whether it is suspended: then nothing is known against it.
    """

    user_id: int
    suspended: bool = False
    account_confirmed: bool = True
    tells_suspended: bool = True

    @property
    def trouble(self) -> str | None:
        """The reason why the account cannot be used, None if nothing is known against it."""
        if self.suspended:
            return "target_account_suspended"
        return None if self.account_confirmed else "target_account_unconfirmed"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Somebody found in an in-class course: active or not, with role ids and group ids."""

    user_id: int
    active: bool
    role_ids: frozenset[int] = frozenset()
    group_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class CourseAsRead:
    """An in-class course as read: who is there, and which group belongs to which angkatan.

    ``accounts`` are by account key (``rules.whose_account_in_class``); ``groups``, the group of each angkatan, and
    ``idnumbers``, its mark, by angkatan id; ``groups_of_others`` are those of other programmes,
    ``nip_by_account`` is by profile field. ``methods`` are on. ``whole``: nobody lacks; ``unread`` cannot be told of.
    """

    site: str
    course_id: int
    shortname: str
    enrolled: Mapping[int, Enrolled]
    methods: frozenset[str] = frozenset({"manual"})
    accounts: Mapping[str, tuple[AccountInClass, ...]] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)
    groups_of_others: frozenset[int] = frozenset()
    nip_by_account: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    whole: bool = True
    unread: frozenset[int] = frozenset()
    unread_keys: frozenset[str] = frozenset()
    idnumbers: Mapping[str, str] = field(default_factory=dict)


class PushKind(StrEnum):
    """The writes that the service makes in an LMS."""

    ENROL = "enrol"
    MEMBERSHIP = "membership"
    GROUP = "group"
    ACCOUNT = "account"


class PushState(StrEnum):
    """What is known of one attempted write.

    A write is confirmed when the course shows what it sent; that of a group by its answer, which gives the group's id.
    Whether a person is confirmed only their entry tells.
    """

    SENDING = "sending"
    ACKNOWLEDGED = "acknowledged"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    NOT_SENT = "not_sent"
    CONFIRMED = "confirmed"
    ABSENT = "absent"
