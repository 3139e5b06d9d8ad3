"""What accounts may see and do, and what errors carry besides their sentence."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from latsar_sync.domain.account import Account, Doer, Role
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
    assert [each.doer for each in (account, replace(account, by_token_of="wati"))] == [("rina", None), ("rina", "wati")]


@pytest.mark.parametrize(
    ("one", "other", "may_be"),
    [
        (Doer("Rina"), Doer("rina "), True),
        (Doer("rina"), Doer("wati"), False),
        (Doer("rina", "wati"), Doer("Wati"), True),
        (Doer("rina", "wati"), Doer("wati", "joko"), True),
        (Doer("rina", "joko"), Doer("wati", "joko"), False),
        (Doer("rina", "rina"), Doer("wati"), False),
    ],
)
def test_two_accounts_are_no_two_people_where_one_made_the_token_by_which_the_other_acted(
    one: Doer, other: Doer, may_be: bool
) -> None:
    assert (one.may_be(other), other.may_be(one)) == (may_be, may_be)


def test_errors_carry_what_the_answer_to_them_needs() -> None:
    changed = SeenChanged(("Somebody was moved.",))

    assert changed.details == ("Somebody was moved.",)
    assert str(changed).startswith("Nothing was recorded")
    assert changed.remedy
    assert "already" in str(AlreadyDone())
    assert str(NotReady("A run is under way.", "Try again.")) == "A run is under way. Try again."
