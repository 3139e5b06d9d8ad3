"""An account of the web pages: who somebody is there, and what they may see and do. Plain frozen values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What an account may do: everything, a committee's work on its programmes, or only look."""

    ADMIN = "admin"
    PANITIA = "panitia"
    VIEWER = "viewer"


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
    def names(self) -> tuple[str, ...]:
        """Who may be acting: the account, and whoever made the token that it is known by (rule 21)."""
        return (self.name,) if self.by_token_of is None else (self.name, self.by_token_of)

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
