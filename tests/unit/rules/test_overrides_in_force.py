"""Until when a person's override binds (rule 15)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOW, day

from latsar_sync.domain.actions import Actions, Override, OverrideKind

HOLD = Override("ani", 1, OverrideKind.HOLD, "menunggu klarifikasi", "Siti", day(9))
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("kind", [OverrideKind.HOLD, OverrideKind.ADMIT])
def test_an_override_binds_without_end_or_until_its_end_and_no_longer(kind: OverrideKind) -> None:
    assert replace(HOLD, kind=kind).in_force(NOW)
    assert replace(HOLD, kind=kind, until=NOW + SECOND).in_force(NOW)
    assert not replace(HOLD, kind=kind, until=NOW).in_force(NOW)


def test_a_release_binds_nothing() -> None:
    assert not replace(HOLD, kind=OverrideKind.RELEASE).in_force(NOW)
    assert not replace(HOLD, kind=OverrideKind.RELEASE, until=NOW + SECOND).in_force(NOW)


def test_who_is_held_is_not_admitted_and_the_other_way_round() -> None:
    actions = Actions({"ani": HOLD, "budi": replace(HOLD, participant_id="budi", kind=OverrideKind.ADMIT)})

    assert (actions.held, actions.admitted) == ({"ani"}, {"budi"})
