"""Whoever is to be sent is not, where a person decided something meanwhile that speaks against it (rules 9 and 15)."""

from dataclasses import replace
from datetime import date

import pytest
from builders import NOW

from latsar_sync.domain.actions import Actions, Clearance, Override, OverrideKind
from latsar_sync.rules.decided_meanwhile import speaks_against

TO_BE_SENT = {"ani": "I", "budi": "II"}
NOBODY = Actions()


def override(kind: OverrideKind, version: int = 1) -> Actions:
    return Actions({"ani": Override("ani", version, kind, "BA 1", "Ratna", NOW)})


def paper(whose: str | None, angkatan: str | None, revoked: bool = False, version: int = 1) -> Actions:
    day = date(2026, 11, 20)
    return Actions(
        clearances=(
            Clearance(version, whose, angkatan, "surat_sehat", "1", "RSUD", day, day, "Ratna", NOW, revoked=revoked),
        )
    )


ADMITTED, HELD = override(OverrideKind.ADMIT), override(OverrideKind.HOLD)
LISTED = Actions(finalised={"I": frozenset({"ani"})})


@pytest.mark.parametrize(
    ("before", "newest", "stopped"),
    [
        (NOBODY, NOBODY, set()),
        (NOBODY, HELD, {"ani"}),
        (NOBODY, ADMITTED, set()),
        (ADMITTED, override(OverrideKind.ADMIT, 2), set()),
        (ADMITTED, NOBODY, {"ani"}),
        (NOBODY, Actions(moves={"ani": "II"}), {"ani"}),
        (Actions(moves={"ani": "I"}), Actions(moves={"ani": "I"}), set()),
        (NOBODY, Actions(accounts={"ani": ("kelas", 7)}), {"ani"}),
        (NOBODY, Actions(merges={"other": "ani"}), {"ani"}),
        (Actions(merges={"other": "ani"}), NOBODY, {"ani"}),
        (Actions(merges={"other": "ani"}), Actions(merges={"other": "budi"}), {"ani", "budi"}),
        (Actions(merges={"other": "ani"}), Actions(merges={"other": "ani"}), set()),
        (paper("ani", None), paper("ani", None, revoked=True), {"ani"}),
        (paper(None, "II"), paper(None, "II", revoked=True), {"budi"}),
        (paper("ani", None, revoked=True), paper("ani", None, revoked=True), set()),
        (NOBODY, paper("ani", None, revoked=True), set()),
        (NOBODY, Actions(finalised={"I": frozenset({"citra"})}), {"ani"}),
        (NOBODY, LISTED, set()),
        (Actions(finalised={"I": frozenset({"citra"})}), Actions(finalised={"I": frozenset({"citra"})}), set()),
        (NOBODY, replace(HELD, overrides={"citra": HELD.overrides["ani"]}), set()),
    ],
)
def test_who_is_not_sent_because_of_what_was_decided_meanwhile(
    before: Actions, newest: Actions, stopped: set[str]
) -> None:
    assert speaks_against(TO_BE_SENT, before, newest) == stopped
