"""What persons decided while a run was under way, and of whom it speaks against sending them. Pure (rules 9 and 15)."""

from collections.abc import Mapping

from latsar_sync.domain.actions import Actions, OverrideKind


def speaks_against(angkatan_ids: Mapping[str, str], before: Actions, newest: Actions) -> set[str]:
    """Return who of those to be sent is not to be, given into which angkatan each is to go, by internal id.

    ``before`` is what bound when the run read it, ``newest`` what binds now: who is held or no longer admitted, moved,
    given another account or other accounts to count with, without a clearance that counted (their own, or that of the
    angkatan), or left out by a decree.
    """
    counted = {each.version for each in before.clearances if not each.revoked}
    revoked = (each for each in newest.clearances if each.revoked and each.version in counted)
    lacking = {each.participant_id or each.angkatan for each in revoked}
    with_others = {into for _account, into in before.merges.items() ^ newest.merges.items()}
    return {
        who
        for who, angkatan in angkatan_ids.items()
        if not lacking.isdisjoint({who, angkatan}) or who in with_others or _differs(who, angkatan, before, newest)
    }


def _differs(who: str, angkatan: str, before: Actions, newest: Actions) -> bool:
    binding, fixed = newest.overrides.get(who), newest.finalised.get(angkatan)
    admitted = binding is not None and binding.kind is OverrideKind.ADMIT
    return (
        (before.overrides.get(who) != binding and not admitted)
        or before.moves.get(who) != newest.moves.get(who)
        or before.accounts.get(who) != newest.accounts.get(who)
        or (fixed is not None and fixed != before.finalised.get(angkatan) and who not in fixed)
    )
