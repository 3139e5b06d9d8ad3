"""What a page shows of a person, a roster, a threshold or a held run, as values that a fingerprint can be made of.

Both ask here: the page, before it reads what it shows, and the action, in the transaction in which it is recorded.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from latsar_sync.actions.action_transaction import Action
from latsar_sync.actions.what_is_new import News
from latsar_sync.domain.actions import Override
from latsar_sync.rules.threshold import threshold_in_force
from latsar_sync.store import clearances, identities, moves, overrides, queue, runs, thresholds, versions
from latsar_sync.store import finalisations as decrees

NOBODY = "nobody"


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
    documents = clearances.clearances_of_person(connection, programme, participant_id)
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


def require_person_unchanged(action: Action, participant_id: str) -> None:
    """Raise SeenChanged with what is new of one person, unless everything is as it was shown."""
    if action.sent.seen is None:
        return
    news = News(action.connection, action.programme, action.now)
    now = of_person(action.connection, action.programme, participant_id, action.now)
    action.require_unchanged(now, lambda part: news.of_part(participant_id, part))


def require_people_unchanged(
    action: Action, now: Mapping[str, str], chosen: Sequence[str] | None = None, angkatan: str | None = None
) -> None:
    """Raise SeenChanged with of whom in a list something is new, or who is gone; of those chosen alone, if any were.

    ``angkatan`` is the one whose roster was shown.
    """
    if action.sent.seen is None:
        return
    if chosen is not None:
        now = dict.fromkeys(chosen, NOBODY) | dict(now)
    news = News(action.connection, action.programme, action.now, angkatan)
    everybody = partial(versions.everybody, action.connection, action.programme)
    action.require_unchanged(now, news.of_listed, chosen, everybody)
