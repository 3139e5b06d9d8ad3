"""What accounts may see and do, and what errors carry besides their sentence."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from latsar_sync.domain.account import Account, Role
from latsar_sync.domain.errors import AlreadyDone, NotReady, SeenChanged

AT = datetime(2026, 12, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("role", "programmes", "sees", "acts", "everywhere"),
    [
        (Role.ADMIN, (), True, True, True),
        (Role.PANITIA, None, True, True, True),
        (Role.PANITIA, ("latsar",), True, True, False),
        (Role.PANITIA, ("another",), False, False, False),
        (Role.VIEWER, None, True, False, False),
        (Role.VIEWER, ("another",), False, False, False),
    ],
)
def test_an_account_sees_its_programmes_and_decides_there_unless_it_only_looks(
    role: Role, programmes: tuple[str, ...] | None, sees: bool, acts: bool, everywhere: bool
) -> None:
    account = Account("rina", role, programmes, None, "admin", AT, has_password=True, has_token=False)

    assert (account.may_see("latsar"), account.may_act("latsar")) == (sees, acts)
    assert account.decides_everywhere is everywhere
    assert account.names == ("rina",)
    assert replace(account, by_token_of="wati").names == ("rina", "wati")


def test_errors_carry_what_the_answer_to_them_needs() -> None:
    changed = SeenChanged(("Somebody was moved.",))

    assert changed.changes == ("Somebody was moved.",)
    assert str(changed).startswith("Nothing was recorded")
    assert changed.remedy
    assert "already" in str(AlreadyDone())
    assert str(NotReady("A run is under way.", "Try again.")) == "A run is under way. Try again."
    assert not NotReady("A run is under way.").guarded
    assert NotReady("A guard holds it.", guarded=True).guarded
