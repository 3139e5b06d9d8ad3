"""Whom another ``effect`` of unmet gates than before would let in, or no longer: named before anybody is placed by it.

Pure (rules 14 and 22). The decisions stay what they are, so that no other guard sees such a change.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date

from latsar_sync.domain.decision import Gate, Outcome, Standing
from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.records import Effects, Finding
from latsar_sync.rules.placement import Placement

STAYS = frozenset({EntryState.PUSHED, EntryState.CONFIRMED, EntryState.WITHDRAWN})


def effect_findings(
    before: Effects | None,
    now: Effects,
    programme: str,
    placement: Placement,
    people: Iterable[Standing],
    entries: Mapping[str, Entry],
    changed: Collection[str],
) -> list[Finding]:
    """Return the finding that unmet gates have another effect than ``before``, with those who are concerned.

    That is who would be placed on another ground, today or once ``fill_from`` has come. Who is in class already is
    named only if placing changes it: ``entries`` is the roster as it stands, ``changed`` are the internal ids of
    whom it changes. None ``before`` is what an older version did not record.
    """
    if before is None or before == now:
        return []
    was = replace(
        placement,
        effect=before.effect,
        clearance_effect=before.of_clearances or None,
        fill_from=date.fromisoformat(before.fill_from) if before.fill_from else None,
    )

    def otherwise(lacks: Collection[Gate]) -> bool:
        return any(was.ground_of(lacks, day) != placement.ground_of(lacks, day) for day in (placement.today, date.max))

    concerned = sorted(
        each.participant_id
        for each in people
        if each.outcome is Outcome.NOT_YET
        and not each.merged
        and otherwise(each.lacks)
        and (each.participant_id in changed or not _stays(entries.get(each.participant_id)))
    )
    return [Finding("effect_changed", programme, _told(before), _told(now), tuple(concerned))] if concerned else []


def _stays(entry: Entry | None) -> bool:
    return entry is not None and entry.state in STAYS


def _told(effects: Effects) -> str:
    """Return effects in the configuration's words."""
    own = f", clearances.effect {effects.of_clearances}" if effects.of_clearances else ""
    since = f", fill_from {effects.fill_from}" if effects.fill_from else ""
    return f"{effects.effect}{own}{since}"
