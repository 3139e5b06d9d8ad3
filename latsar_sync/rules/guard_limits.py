"""How many are too many at once: people who are missing, who lose what they had, or for whom is sent. Pure (rule 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from latsar_sync.domain.records import Finding

PUSHES = "too_many_pushes"


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """A programme's guard limits, as they are unless configured: shares are 0..1, the others count people."""

    max_drop_share: float = 0.2
    max_lost: int = 5
    max_lost_share: float = 0.05
    max_push: int = 200
    max_push_share: float = 0.5


def push_findings(
    programme: str, pushes: Sequence[str], participants: int, first_push: bool, limits: GuardLimits
) -> list[Finding]:
    """Stop when more would be sent at once than the limits allow; the share not on the first push.

    ``pushes`` are the internal ids of those for whom something would be sent, once each, whatever it is.
    """
    allowed = limits.max_push
    if not first_push:
        allowed = min(allowed, int(participants * Decimal(str(limits.max_push_share))))
    if len(pushes) <= allowed:
        return []
    return [Finding(PUSHES, programme, str(allowed), str(len(pushes)), tuple(sorted(set(pushes))))]


def too_many_lost(before: int, lost: int, limits: GuardLimits) -> bool:
    """Say whether ``lost`` of ``before`` people are more than may lose at once what they had: by number and share."""
    return lost > limits.max_lost and lost > before * Decimal(str(limits.max_lost_share))


def too_many_missing(before: int, missing: int, limits: GuardLimits) -> bool:
    """Say whether more of those who took part are missing than ``max_drop_share`` allows."""
    return missing > before * Decimal(str(limits.max_drop_share))


def people_findings(
    side: str, course: str, before: int, now: int, limits: GuardLimits, who: tuple[str, ...] = ()
) -> list[Finding]:
    """Return a finding where everybody, or too many, of a side ("source", "target") are gone; ``who`` names them."""
    if before and not now:
        return [Finding(f"{side}_emptied", course, str(before), "0", who)]
    if too_many_missing(before, before - now, limits):
        return [Finding(f"{side}_dropped", course, str(before), str(now), who)]
    return []
