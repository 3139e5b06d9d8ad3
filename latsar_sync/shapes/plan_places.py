"""Where the people of a plan would come together in class, where there are several places."""

from sqlalchemy import Connection

from latsar_sync.run.pipeline import RunResult
from latsar_sync.settings import Settings
from latsar_sync.store import searches


def places_of_plan(settings: Settings, connection: Connection, result: RunResult) -> dict[str, str]:
    """Return where each person of a plan would come together in class, by internal id, as far as anybody says."""
    plans = [each for each in result.programmes if each.plan]
    if not plans:
        return {}
    from latsar_sync.exports.places import place_of  # with all that makes documents: no other run needs it

    found: dict[str, str] = {}
    for each in plans:
        programmes = [programme for programme in settings.programmes if programme.id == each.run.programme]
        homes = {line.participant_id: line.angkatan for line in each.plan}
        for programme in programmes:
            for row in searches.people_of(connection, programme.id, list(homes)):
                who = row["participant_id"]
                found[who] = place_of(programme, {**row, "angkatan": homes[who]})
    return {who: place for who, place in found.items() if place}
