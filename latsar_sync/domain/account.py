"""An account of the web pages: who somebody is there, and what they may see and do. Plain frozen values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from latsar_sync.domain.spelling import name_form


class Role(StrEnum):
    """What an account may do: everything, a committee's work on its programmes, or only look."""

    ADMIN = "admin"
    PANITIA = "panitia"
    VIEWER = "viewer"


class Doer(NamedTuple):
    """Who did something: an account by its ``name``, and who made the token by which it was known (``token_of``).

    None where it was known by its password, or where nothing proves the name.
    """

    name: str
    token_of: str | None = None

    def may_be(self, other: "Doer") -> bool:
        """Say whether two accounts are one, or one made the token of the other and may have acted by it (rule 21)."""
        one, another = name_form(self.name), name_form(other.name)
        return one in (another, name_form(other.token_of or "")) or another == name_form(self.token_of or "")


@dataclass(frozen=True, slots=True)
class Account:
    """One account. ``programmes`` are the ids that it is bound to, ``courses`` the in-class courses ("site/course");
    None means all. ``token`` is who made its API token, and when; ``by_token_of`` is that name where the account was
    known by its token: whoever made that may act by it, too.
    """

    name: str
    role: Role
    programmes: tuple[str, ...] | None
    courses: tuple[str, ...] | None
    added_by: str
    added_at: datetime
    has_password: bool
    has_token: bool
    invited_until: datetime | None = None
    token: tuple[str, datetime] | None = None
    by_token_of: str | None = None

    @property
    def told(self) -> str:
        """Who may do what, in one line for the access log: ``sari: panitia, latsar-2026-iii``."""
        return f"{self.name}: {', '.join((self.role, *(self.courses or self.programmes or ())))}"

    @property
    def doer(self) -> Doer:
        """Who does what this account does."""
        return Doer(self.name, self.by_token_of)

    @property
    def decides_everywhere(self) -> bool:
        """Whether they decide in every programme, and so about what all programmes share."""
        return self.role is Role.ADMIN or (self.role is Role.PANITIA and self.programmes is None)

    def may_see(self, programme: str) -> bool:
        """Say whether a programme is one of theirs."""
        return self.role is Role.ADMIN or self.programmes is None or programme in self.programmes

    def may_act(self, programme: str) -> bool:
        """Say whether they may decide and ask for runs there."""
        return self.role is not Role.VIEWER and self.may_see(programme)
