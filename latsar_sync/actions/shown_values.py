"""What a page shows of a person, a roster, a threshold or a held run, as values that a fingerprint can be made of.

Both ask here: the page, before it reads what it shows, and the action, in the transaction in which it is recorded.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from latsar_sync.actions.action_transaction import Action
from latsar_sync.domain.actions import Override
from latsar_sync.domain.language import _, in_use, mark
from latsar_sync.domain.state_words import OUTCOME_TEXTS, OVERRIDE_TEXTS, STATE_TEXTS, word
from latsar_sync.rules.threshold import threshold_in_force
from latsar_sync.store import clearances, identities, listings, moves, overrides, queue, runs, thresholds, versions
from latsar_sync.store import finalisations as decrees

NOBODY = "nobody"
OTHER_PARTS = {
    "identity": mark("Who this person is was corrected meanwhile."),
    "move": mark("This person was moved meanwhile."),
    "clearance": mark("The papers of this person are others now."),
    "threshold": mark("Another threshold is recorded now."),
    "decrees": mark("A decree was recorded meanwhile."),
    "findings": mark("The guard found something else meanwhile."),
    "plan": mark("The list of whom it would send is another one now."),
    "entry": mark("The place on the roster is another one now."),
}
"""What is said of a part of a page that is another one now, where its value says nothing to people."""


def of_people(connection: Connection, programme: str, people: Collection[str], now: datetime) -> dict[str, str]:
    """Return what is shown of each of these people in a list, by internal id: decision, place, what binds."""
    found = versions.of_people(connection, programme, people)
    binding = overrides.overrides_in_force(connection, programme, now)
    return {who: f"{value} {_version_of(binding.get(who))}" for who, value in found.items()}


def of_chosen(connection: Connection, programme: str, people: Collection[str], now: datetime) -> dict[str, str]:
    """Return what is shown of people who were chosen; of whoever is not there, or was erased, that nobody is."""
    return dict.fromkeys(people, NOBODY) | of_people(connection, programme, people, now)


def _version_of(binding: Override | None) -> int:
    return 0 if binding is None else binding.version


def of_person(connection: Connection, programme: str, participant_id: str, now: datetime) -> dict[str, str]:
    """Return what is shown of one person: each part by its name."""
    history = overrides.override_history(connection, programme, participant_id)
    newest = history[-1] if history else None
    words = identities.identity_history(connection, programme, participant_id)
    documents = [each for each in clearances.clearance_rows(connection, programme) if _concerns(each, participant_id)]
    decision, entry = versions.of_person(connection, participant_id)
    return {
        "decision": decision,
        "entry": entry,
        "override": f"{len(history)} {newest is not None and newest.in_force(now)}",
        "identity": str(len(words)),
        "move": str(len(moves.move_history(connection, programme, participant_id))),
        "clearance": f"{len(documents)} {sum(each.revoked_at is not None for each in documents)}",
        **of_threshold(connection, programme, now),
    }


def _concerns(clearance: Any, participant_id: str) -> bool:
    return bool(clearance.participant_id == participant_id)


def of_threshold(connection: Connection, programme: str, now: datetime) -> dict[str, str]:
    """Return what is shown of a programme's thresholds: how many are recorded, and which judges now."""
    history = thresholds.threshold_history(connection, programme)
    judges = threshold_in_force(history, now)
    return {"threshold": f"{len(history)} {judges.version if judges else 0}"}


def of_roster(connection: Connection, programme: str, angkatan: str, now: datetime) -> dict[str, str]:
    """Return what is shown of an angkatan's roster: each person by internal id, and the decrees."""
    people = versions.on_roster(connection, programme, angkatan)
    history = [each for each in decrees.finalisation_history(connection, programme) if each.angkatan == angkatan]
    return {**of_people(connection, programme, people, now), "decrees": str(len(history))}


def of_waiting(connection: Connection, programme: str, angkatan: str, now: datetime) -> dict[str, str]:
    """Return what is shown of those of an angkatan who wait for approval."""
    return of_people(connection, programme, versions.awaiting_approval(connection, programme, angkatan), now)


def of_held_run(connection: Connection, programme: str, run: int) -> dict[str, str]:
    """Return what is shown of a run that a guard held: what it found, whom it would send, who has accepted it."""
    found, plan = runs.find_run(connection, programme, run), queue.last_plan(connection, programme)
    findings = sorted(each.key for each in found.findings) if found else []
    return {
        "findings": repr(findings),
        "plan": repr(sorted(plan.items())) if plan else "",
        "accepted": queue.accepted_by(connection, programme, run) or "",
    }


def told_of_held_run(part: str, shown: Mapping[str, str]) -> str:
    """Say what is new of a part of what is shown of a held run."""
    if part == "accepted" and shown[part]:
        return _("{name} has accepted it meanwhile; the service runs again in a moment.").format(name=shown[part])
    return _(OTHER_PARTS.get(part, OTHER_PARTS["plan"]))


def require_person_unchanged(action: Action, participant_id: str) -> None:
    """Raise SeenChanged with what is new of one person, unless everything is as it was shown."""
    if action.sent.seen is None:
        return
    connection, programme = action.connection, action.programme
    row = _row(connection, programme, participant_id)
    history = overrides.override_history(connection, programme, participant_id)

    def tell(part: str) -> str:
        if part == "override" and history:
            return decided(history[-1], action.now)
        if part == "decision" and row:
            return _("The decision is now: {decision}.").format(decision=_word(OUTCOME_TEXTS, row["outcome"]))
        if part == "entry" and versions.waits(connection, participant_id):
            return _("What somebody decided meanwhile changes the place on the roster when the run has ended.")
        if part == "entry" and row:
            return standing(row["state"], row["angkatan"])
        return _(OTHER_PARTS.get(part, OTHER_PARTS["entry"]))

    action.require_unchanged(of_person(connection, programme, participant_id, action.now), tell)


def require_people_unchanged(action: Action, now: Mapping[str, str], chosen: Sequence[str] | None = None) -> None:
    """Raise SeenChanged with whom of a list something is new of; of those chosen alone, where some were."""
    if action.sent.seen is None:
        return
    if chosen is not None:
        now = dict.fromkeys(chosen, NOBODY) | dict(now)

    def tell(who: str) -> str:
        row = _row(action.connection, action.programme, who)
        if row is None:
            return _(OTHER_PARTS.get(who, OTHER_PARTS["entry"]))
        return f"{row['name']}: {standing(row['state'], row['angkatan'])}"

    action.require_unchanged(now, tell, chosen)


def _row(connection: Connection, programme: str, participant_id: str) -> listings.Row | None:
    return next(iter(listings.participant_rows(connection, [programme], participant_id=participant_id)), None)


def decided(override: Override, now: datetime) -> str:
    """Say what somebody decided about a person meanwhile."""
    if not override.in_force(now) and override.kind != "release":
        return _("The decision of {name} that was shown has ended.").format(name=override.by)
    text = _("{name} decided meanwhile: {kind}, {reason}")
    return text.format(name=override.by, kind=_word(OVERRIDE_TEXTS, override.kind), reason=override.reason)


def standing(state: str | None, angkatan: str | None) -> str:
    """Say where somebody stands on the roster now."""
    if state is None:
        return _("Not on the roster now.")
    return _("On the roster now: {state}, angkatan {angkatan}.").format(
        state=_word(STATE_TEXTS, state), angkatan=angkatan or "–"
    )


def _word(texts: Mapping[str, str], code: str | None) -> str:
    return word(texts, code, in_use()) if code else "–"
