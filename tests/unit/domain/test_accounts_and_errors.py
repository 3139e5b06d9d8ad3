"""What accounts may see and do, and what errors carry besides their sentence."""

from datetime import UTC, datetime

import pytest

from latsar_sync.domain.account import Account, Role
from latsar_sync.domain.errors import AlreadyDone, NotReady, SeenChanged

AT = datetime(2026, 12, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("role", "programmes", "sees", "acts"),
    [
        (Role.ADMIN, (), True, True),
        (Role.PANITIA, None, True, True),
        (Role.PANITIA, ("latsar",), True, True),
        (Role.PANITIA, ("another",), False, False),
        (Role.VIEWER, None, True, False),
        (Role.VIEWER, ("another",), False, False),
    ],
)
def test_an_account_sees_its_programmes_and_decides_there_unless_it_only_looks(
    role: Role, programmes: tuple[str, ...] | None, sees: bool, acts: bool
) -> None:
    account = Account("rina", role, programmes, None, "admin", AT, has_password=True, has_token=False)

    assert (account.may_see("latsar"), account.may_act("latsar")) == (sees, acts)


def test_errors_carry_what_the_answer_to_them_needs() -> None:
    changed = SeenChanged(("Somebody was moved.",))

    assert changed.changes == ("Somebody was moved.",)
    assert str(changed).startswith("Nothing was recorded")
    assert changed.remedy
    assert "already" in str(AlreadyDone())
    assert str(NotReady("A run is under way.", "Try again.")) == "A run is under way. Try again."
    assert not NotReady("A run is under way.").guarded
    assert NotReady("A guard holds it.", guarded=True).guarded
