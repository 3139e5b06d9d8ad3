"""The numbers that the rules name: whoever changes one changes a rule, and says so here (docs/rules.md)."""

from dataclasses import asdict
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from latsar_sync.domain.errors import SiteRefuses
from latsar_sync.domain.in_class import PushKind
from latsar_sync.domain.rounding import FIVE_PLACES
from latsar_sync.moodle import accounts_by_nip, payloads
from latsar_sync.moodle.parsing import Listing
from latsar_sync.rules import finalisation
from latsar_sync.rules.guard_limits import GuardLimits, push_findings, too_many_lost
from latsar_sync.run import push, sending_messages
from latsar_sync.settings import GuardSettings

RULE_6 = {"max_drop_share": 0.2, "max_lost": 5, "max_lost_share": 0.05, "max_push": 200, "max_push_share": 0.5}


def test_the_limits_of_the_guards_are_those_of_the_rule_in_the_settings_and_without_them() -> None:
    assert asdict(GuardLimits()) == RULE_6
    assert GuardSettings().model_dump() == RULE_6


@pytest.mark.parametrize(
    ("before", "lost", "many"), [(40, 5, False), (40, 6, True), (120, 6, False), (119, 6, True), (200, 11, True)]
)
def test_many_are_lost_by_number_and_by_share(before: int, lost: int, many: bool) -> None:
    assert too_many_lost(before, lost, GuardLimits()) is many


@pytest.mark.parametrize(
    ("pushes", "people", "first", "held"),
    [(200, 300, True, False), (201, 300, True, True), (50, 100, False, False), (51, 100, False, True)],
)
def test_as_many_are_pushed_as_the_limits_say(pushes: int, people: int, first: bool, held: bool) -> None:
    assert bool(push_findings("p", [str(each) for each in range(pushes)], people, first, GuardLimits())) is held


def test_a_roster_is_finalised_on_evidence_of_a_day() -> None:
    assert finalisation.FRESH_HOURS == 24


def test_grades_have_five_places_and_so_many_people_go_in_one_write() -> None:
    assert Decimal("0.00001") == FIVE_PLACES
    assert push.WRITES_A_CALL == {PushKind.GROUP: 100, PushKind.ENROL: 130, PushKind.MEMBERSHIP: 150}
    assert sending_messages.ENOUGH_REJECTED == 5


@pytest.mark.parametrize(
    ("asked", "others_show", "were_there", "refused"),
    [(4, False, False, False), (5, False, False, True), (5, True, False, False), (5, True, True, True)],
)
def test_five_people_of_whom_not_one_has_an_account_are_a_right_that_lacks_unless_others_show(
    asked: int, others_show: bool, were_there: bool, refused: bool
) -> None:
    class Empty:
        name = "kelas"

        def site_info(self) -> SimpleNamespace:
            return SimpleNamespace(userid=3)

        def read(self, _function: object, _shape: object, arguments: Any, **_how: object) -> Listing[payloads.User]:
            ours = payloads.User(id=3, fullname="Layanan", username="svc")
            guest = payloads.User(id=1, fullname="Tamu", username="guest")
            return Listing([ours, *([guest] if others_show else [])] if arguments["field"] == "id" else [])

    nips = {f"19950817202504{n:04}" for n in range(asked)}

    def look() -> object:
        return accounts_by_nip.read_accounts(Empty(), "idnumber", nips, some_were_there=were_there)  # type: ignore[arg-type]

    if refused:
        with pytest.raises(SiteRefuses):
            look()
    else:
        assert look() == {}
