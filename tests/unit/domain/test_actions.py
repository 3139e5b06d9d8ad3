"""What named persons decided, told of some and not of others."""

from datetime import UTC, datetime

from latsar_sync.domain.actions import Actions, Override, OverrideKind

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)


def override(who: str, kind: OverrideKind) -> Override:
    return Override(who, 1, kind, "Surat 7", "Rina", AT)


def test_of_others_nothing_counts_that_lets_in_places_or_seats_and_a_hold_stays() -> None:
    admitted, held = override("ani", OverrideKind.ADMIT), override("budi", OverrideKind.HOLD)
    moves = dict.fromkeys(("ani", "citra"), "II")
    actions = Actions(
        overrides={"ani": admitted, "budi": held, "citra": override("citra", OverrideKind.ADMIT)},
        moves=moves,
        accounts={"ani": ("kelas", 7), "citra": ("kelas", 9)},
        finalised={"I": frozenset({"ani", "citra"})},
    )

    left = actions.without(["ani", "budi"])

    assert (left.admitted, left.held) == ({"citra"}, {"budi"})
    assert (left.moves, left.accounts) == ({"citra": "II"}, {"citra": ("kelas", 9)})
    assert left.finalised == {"I": {"citra"}}
    assert actions.without([]) is actions
