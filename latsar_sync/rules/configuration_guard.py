"""Whom another configuration than before would let in, or send elsewhere: named before anybody is placed by it.

Pure (rules 11, 14, 17 and 22). The decisions stay what they are, so that no other guard sees such a change. What judges
people is compared by ``loss_guard``; what a change of each key does stands in docs/configuration.md.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from latsar_sync.domain.actions import Actions
from latsar_sync.domain.decision import Gate, Standing
from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.domain.records import Baseline, Effects, Finding
from latsar_sync.rules.order_of_seats import may_come_by_effect
from latsar_sync.rules.placement import Placement
from latsar_sync.rules.which_angkatan import Belonging

STAYS = frozenset({EntryState.PUSHED, EntryState.CONFIRMED, EntryState.WITHDRAWN})


def configuration_findings(
    baseline: Baseline | None,
    programme: str,
    now: Effects,
    placement: Placement,
    all_angkatan: Sequence[Angkatan],
    standings: Mapping[str, Standing],
    entries: Mapping[str, Entry],
    expected: Mapping[str, Entry],
    actions: Actions,
) -> list[Finding]:
    """Return the findings that people are let in, approved or placed by something else than the ``baseline`` says.

    ``now`` is how it is configured. ``standings`` and ``entries`` (the roster as it stands) are of whom the run is
    about, ``expected`` is what placing changes of it, all by internal id.
    """
    if baseline is None:
        return []
    before = baseline.effects or now
    return [
        *_effect(before, now, programme, placement, standings, entries, expected, actions.admitted),
        *_approval(before, now, programme, entries),
        *_placement(baseline, programme, placement.kind, all_angkatan, standings, entries, expected, actions.moves),
    ]


def roles_findings(
    baseline: Baseline | None, programme: str, now: Effects, newcomers: Iterable[object]
) -> list[Finding]:
    """Return the finding that holders of more roles than before count as participants, where that shows ``newcomers``.

    They are gone through only then. It names nobody: they are no participants before it is released.
    """
    before = baseline.effects.roles if baseline is not None and baseline.effects is not None else ""
    more = before and set(now.roles.split(", ")) - set(before.split(", "))
    return [Finding("roles_changed", programme, before, now.roles)] if more and any(True for _ in newcomers) else []


def _effect(
    before: Effects,
    now: Effects,
    programme: str,
    placement: Placement,
    standings: Mapping[str, Standing],
    entries: Mapping[str, Entry],
    expected: Collection[str],
    decided: Collection[str],
) -> list[Finding]:
    """Unmet gates have another effect: who would be placed on another ground, today or once ``fill_from`` has come.

    Who is in class already is named only if placing changes it, whom a person admitted (``decided``) never.
    """
    if before[:3] == now[:3]:
        return []
    was = replace(
        placement,
        effect=before.effect,
        clearance_effect=before.of_clearances or None,
        fill_from=date.fromisoformat(before.fill_from) if before.fill_from else None,
    )

    def otherwise(unmet: Collection[Gate]) -> bool:
        days = (placement.today, date.max)
        return any(was.ground_by_effect(unmet, day) != placement.ground_by_effect(unmet, day) for day in days)

    concerned = (
        each.participant_id
        for each in standings.values()
        if may_come_by_effect(each, entries.get(each.participant_id))
        and not each.merged
        and each.participant_id not in decided
        and otherwise(each.unmet)
        and (each.participant_id in expected or not _stays(entries.get(each.participant_id)))
    )
    return _named("effect_changed", programme, _told(before), _told(now), concerned)


def _approval(before: Effects, now: Effects, programme: str, entries: Mapping[str, Entry]) -> list[Finding]:
    """Nobody is asked to approve any more: who has a seat, nobody's approval, and is planned or was never in class."""
    if (before.push, now.push) != ("confirmed", "auto"):
        return []
    concerned = (
        each.participant_id
        for each in entries.values()
        if each.seat_in is not None
        and (each.state is EntryState.PLANNED or each.origin is None)
        and each.approved_by is None
    )
    return _named("push_changed", programme, before.push, now.push, concerned)


def _placement(
    baseline: Baseline,
    programme: str,
    kind: str,
    all_angkatan: Sequence[Angkatan],
    standings: Mapping[str, Standing],
    entries: Mapping[str, Entry],
    expected: Mapping[str, Entry],
    moves: Collection[str],
) -> list[Finding]:
    """People are placed by something else, or the MOOC's groups stand for other angkatan: who would sit elsewhere.

    A group in which nobody is any more was renamed, and stands for no other angkatan.
    """

    def elsewhere() -> list[str]:
        angkatan = {who: entry.angkatan for who, entry in entries.items() if who in expected}
        return [who for who, entry in expected.items() if entry.angkatan != angkatan.get(who)]

    def as_it_was(now: Angkatan) -> Angkatan:
        group = baseline.source_groups.get(now.id, now.source_group)
        return now if group == now.source_group else replace(now, source_group=group)

    if baseline.placement not in ("", kind):
        return _named("placement_changed", programme, baseline.placement, kind, elsewhere())
    was = [as_it_was(each) for each in all_angkatan]
    other = [(one, each) for one, each in zip(was, all_angkatan, strict=True) if one is not each and kind == "group"]
    there = {group for each in standings.values() for group in each.groups} if other else set()
    other = [(one, each) for one, each in other if one.source_group in there]
    if not other:
        return []
    were, are = Belonging(kind, was), Belonging(kind, all_angkatan)

    def goes_elsewhere(who: str) -> bool:
        before, now = (each.of(standings[who].groups, None, None) for each in (were, are))
        return [each.id for each in before] != [each.id for each in now]

    concerned = (who for who in elsewhere() if who not in moves and goes_elsewhere(who))
    old, new = (f"{kind} ({_groups_told(some)})" for some in zip(*other, strict=True))
    return _named("placement_changed", programme, old, new, concerned)


def _named(code: str, programme: str, before: str, now: str, people: Iterable[str]) -> list[Finding]:
    concerned = tuple(sorted(people))
    return [Finding(code, programme, before, now, concerned)] if concerned else []


def _stays(entry: Entry | None) -> bool:
    return entry is not None and entry.state in STAYS


def _told(effects: Effects) -> str:
    """Return effects in the configuration's words."""
    own = f", clearances.effect {effects.of_clearances}" if effects.of_clearances else ""
    since = f", fill_from {effects.fill_from}" if effects.fill_from else ""
    return f"{effects.effect}{own}{since}"


def _groups_told(all_angkatan: Iterable[Angkatan]) -> str:
    return ", ".join(f"{each.id}: {each.source_group or '–'}" for each in all_angkatan)
