"""One person end to end, as one value: what ``explain --json`` prints and the API answers."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from latsar_sync.shapes.actions import explained
from latsar_sync.shapes.imports import score_json
from latsar_sync.shapes.listings import explanation_json
from latsar_sync.store import imports, overrides, reports


def explain(connection: Connection, row: reports.Row, today: date, zone: ZoneInfo, language: str) -> dict[str, Any]:
    """Return what is known of a participant, a ``row`` of a listing: matched, seen, judged, placed, confirmed."""
    who = row["participant_id"]
    found = explanation_json(
        row,
        reports.current_evidence(connection, who),
        reports.decision_history(connection, who),
        reports.roster_history(connection, who),
        reports.push_history(connection, who),
        overrides.override_history(connection, row["programme"], who),
        zone,
        language,
        [score_json(each, zone) for each in imports.scores_of(connection, None, who)],
    )
    return found | explained(connection, row, today, zone)
