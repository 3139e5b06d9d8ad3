"""Everybody whom a programme knows, by as much as a run needs of them."""

from sqlalchemy import Connection

from latsar_sync.domain.actions import Actions
from latsar_sync.domain.known_people import JudgedBy, KnownPeople
from latsar_sync.domain.packed import MANY
from latsar_sync.rules.order_of_seats import has_courses
from latsar_sync.run.configured import source_course_of
from latsar_sync.run.context import RunContext
from latsar_sync.settings.rule_values import angkatan_of, terms_of
from latsar_sync.store import imports
from latsar_sync.store.briefly_known import BrieflyKnown
from latsar_sync.store.known_people import count_known, load_known

FEW = 1_000
"""Up to here a run looks at everybody: that costs less than to choose."""


def load_people(
    connection: Connection, context: RunContext, quick: bool, judged_by: JudgedBy, actions: Actions
) -> KnownPeople:
    """Return everybody known: by a line each where a ``quick`` run may leave most of them as they are (rule 10).

    That is where a report or the short list tells who changed, and nothing else than what was read of somebody decides
    about them.
    """
    programme = context.programme
    wanted = source_course_of(programme)
    of_everybody = context.of_one or not context.writes or context.request.angkatan is not None
    by_readings = wanted.gated and not wanted.groups and programme.placement_file is None
    judged = judged_by.threshold is not None and (judged_by.required is not None or wanted.mode == "none")
    if of_everybody or not (by_readings and judged and quick) or terms_of(programme).clearances:
        return load_known(connection, context.name)
    if not FEW <= count_known(connection, context.name) < MANY or imports.scores_by_participant(
        connection, context.name
    ):
        return load_known(connection, context.name)
    whole = has_courses(angkatan_of(programme))  # then it is looked where everybody stands
    return BrieflyKnown(context.tools.database, context.name, connection, judged_by, actions.overrides, whole)
