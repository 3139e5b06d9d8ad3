"""What the record checker finds."""

from dataclasses import dataclass

from latsar_sync.domain.language import mark

RUN_FULL = mark("Run latsar-sync sync --full; if it stays, restore the last backup and report it.")

BY_HAND = mark("Somebody changed the table by hand: restore the newest backup (latsar-sync db restore).")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Something that cannot be: a stable code, what was found, and what to do. It names people by internal id."""

    code: str
    found: str
    remedy: str
