"""What the page of one person tells of them: how far each step is, what must be done, which activities are open."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import Admission
from latsar_sync.domain.evidence import Materials, OpenTo
from latsar_sync.domain.reason_remedies import PAGES, PLACES
from latsar_sync.domain.records import RequiredSet
from latsar_sync.exports.places import place_of
from latsar_sync.shapes import with_actions
from latsar_sync.shapes.not_placed import why_not_placed
from latsar_sync.store import histories, listings, overrides, queue
from latsar_sync.store.baselines import load_baseline
from latsar_sync.store.checkpoints import load_checkpoint
from latsar_sync.store.identities import identity_history
from latsar_sync.store.moves import move_history
from latsar_sync.store.thresholds import find_required_set
from latsar_sync.web import moodle_places, words
from latsar_sync.web.context import PageContext
from latsar_sync.web.person_history import history_of

ADMITTED = "admitted_by_override"
"""The reason that says of somebody that a named person admits them against the rule."""


def known_of(context: PageContext, person: listings.Row) -> dict[str, Any]:
    """Return what the page of one person tells beside the row itself."""
    programme, participant_id = person["programme"], person["participant_id"]
    now = context.clock()
    today = context.settings.today(now, programme)
    with context.database.reading() as connection:
        decided = overrides.override_history(connection, programme, participant_id)
        decisions = histories.decision_history(connection, participant_id)
        events = histories.roster_history(connection, participant_id)
        moved = move_history(connection, programme, participant_id)
        identity_actions = identity_history(connection, programme, participant_id)
        evidence = histories.current_evidence(connection, participant_id)
        checkpoint = load_checkpoint(connection, programme)
        places = moodle_places.places_of(context.settings, person, checkpoint.course_id if checkpoint else None)
        return {
            "evidence": evidence,
            "places": places,
            "place": place_of(context.settings.programme(programme), person),
            "todo": _todo(person, places),
            "materials": _materials_of(connection, programme, evidence, decisions),
            "pushes": histories.push_history(connection, participant_id),
            "not_placed": why_not_placed(connection, person),
            "actions": with_actions.explained(connection, person, today, context.settings.zone),
            "asked": queue.open_requests(connection, programme),
            "binding": overrides.in_force_of(connection, participant_id, now),
            "decisions": decisions,
            "history": history_of(decisions, events, decided, moved, identity_actions),
        }


def steps(person: listings.Row) -> list[str]:
    """Return how each of the five steps is: done, stopped (here it stopped), waiting, or still.

    Whoever has a seat and only waits for a run to send or see them is stopped by nothing.
    Somebody on hold who sits in the course already is ``still`` there: that is no success.
    """
    reached = [
        bool(person["nip"]),
        person["outcome"] is not None,
        person["outcome"] == Outcome.QUALIFIED or _is_let_in(person),
        person["state"] in ("planned", "pushed", "confirmed"),
        person["state"] == "confirmed",
    ]
    if all(reached[:-1]):
        return ["done"] * 4 + ["done" if reached[-1] else "waiting"]
    found, stopped = [], False
    for done in reached:
        if not stopped:
            found.append("done" if done else "stopped")
            stopped = not done
        else:
            found.append("still" if done else "waiting")
    return found


def _is_let_in(person: listings.Row) -> bool:
    """Say whether somebody who does not qualify may be in class: a named person admits them, or they fill a seat."""
    if person["outcome"] == Outcome.HELD:
        return False
    admitted = any(code == ADMITTED for code, _values in person["reasons"] or ())
    return admitted or person["admission"] not in (None, Admission.RULE)


def _todo(person: listings.Row, places: dict[str, str]) -> list[dict[str, str]]:
    """Return what must be done, a line for each reason, with the page or the place in Moodle where it is done.

    Whoever is admitted by a named person need not do what the rule would want.
    """
    codes = [(code, values) for code, values in person["reasons"] or ()]
    codes = [each for each in codes if each[0] == ADMITTED] or codes
    codes += [(person["roster_reason"], {})] if person["roster_reason"] else []
    lines = []
    for code, values in codes:
        place, page = PLACES.get(code, ""), PAGES.get(code, "")
        asked = f"?{urlencode({'angkatan': person['angkatan']})}" if page == "roster" else ""
        lines.append(
            {
                "label": words.label(code),
                "why": words.reason(code, values),
                "what": words.remedy(code),
                "address": places.get(place, ""),
                "page": page,
                "path": f"/programmes/{person['programme']}/{page}{asked}",
            }
        )
    return lines


def _materials_of(
    connection: Connection, programme: str, evidence: listings.Row | None, decisions: Sequence[listings.Row]
) -> list[tuple[str, str]]:
    """Return each activity that was required when somebody was judged last, by name with its state."""
    version = decisions[-1]["required_version"] if decisions else None
    required = find_required_set(connection, programme, version) if version is not None else None
    baseline = load_baseline(connection, programme)
    seen = evidence["evidence"].materials if evidence else None
    return materials_by_name(seen, required, baseline.open_to if baseline else None)


def materials_by_name(
    seen: Materials | None, required: RequiredSet | None, open_to: Mapping[int, OpenTo] | None
) -> list[tuple[str, str]]:
    """Return each required activity by name with its state: done, open, failed, unknown; others or perhaps.

    Some are open to some groups only, and were not required of whoever is in none of them: ``others`` where that is
    sure, ``perhaps`` where it is one of several.
    """
    if seen is None or required is None:
        return []
    states = dict.fromkeys(seen.open, "open")
    states |= dict.fromkeys(seen.failed, "failed")
    states |= dict.fromkeys(seen.unknown, "unknown")
    missing = len(required.activities) - seen.total
    if missing > 0:
        some = {each.cmid for each in required.activities if open_to is None or each.cmid in open_to} - states.keys()
        states |= dict.fromkeys(some, "others" if len(some) == missing else "perhaps")
    return [(each.name, states.get(each.cmid, "done")) for each in required.activities]
