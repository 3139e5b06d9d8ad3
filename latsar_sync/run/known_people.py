"""Everybody whom a programme knows, by as much as a run needs of them."""

from collections.abc import Mapping

from sqlalchemy import Connection

from latsar_sync.domain.actions import Actions
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.known_people import JudgedBy, KnownPeople
from latsar_sync.domain.packed import MANY
from latsar_sync.domain.records import Checkpoint
from latsar_sync.rules.mooc_accounts_of_one_nip import bound_by_persons
from latsar_sync.rules.order_of_seats import has_courses
from latsar_sync.run.ahead_of_reading import AskedAlready, begin_by_report
from latsar_sync.run.configured import source_course_of
from latsar_sync.run.context import RunContext
from latsar_sync.run.whom_to_look_for import WITNESSES
from latsar_sync.settings.for_the_rules import terms_of
from latsar_sync.store.briefly_known import BrieflyKnown
from latsar_sync.store.entries import load_roster, roster_of_one
from latsar_sync.store.known_of_one import KnownOfOne
from latsar_sync.store.known_people import count_known, load_known

FEW = 1_000
"""Up to here a run looks at everybody: that costs less than to choose."""


def load_people(
    connection: Connection,
    context: RunContext,
    since: Checkpoint | None,
    judged_by: JudgedBy,
    actions: Actions,
    scored_by_files: bool,
) -> tuple[KnownPeople, AskedAlready | None]:
    """Return everybody known: by a line each where a quick run may leave most of them as they are (rule 10), and in
    a run about one person those alone who have to do with them. ``since`` is from where a quick run looks, else None;
    ``scored_by_files`` says that a file told a score of somebody.

    The former is where a report or the short list tells who changed, and nothing else than what was read of somebody
    decides about them. Then, so that the MOOC answers meanwhile, it is asked at once what this tells to be asked.
    """
    programme = context.programme
    wanted = source_course_of(programme)
    bound = bound_by_persons(actions.overrides, actions.moves)
    nip, of_everybody = context.request.nip, not context.writes or context.request.angkatan is not None
    if (
        nip is not None
        and not of_everybody
        and not programme.by_files
        and _are_many(connection, context.name, scored_by_files)
    ):
        site = programme.source.site or ""
        return KnownOfOne(context.tools.database, context.name, site, connection, nip, bound, WITNESSES), None
    by_readings = wanted.gated and not wanted.groups and programme.placement_file is None
    judged = judged_by.threshold is not None and (judged_by.required is not None or wanted.mode == "none")
    if nip is not None or of_everybody or not (by_readings and judged and since) or terms_of(programme).clearances:
        return load_known(connection, context.name), None
    if not _are_many(connection, context.name, scored_by_files):
        return load_known(connection, context.name), None
    whole = has_courses(context.all_angkatan)  # then it is looked where everybody stands
    already = begin_by_report(connection, context, since)
    known = BrieflyKnown(context.tools.database, context.name, connection, judged_by, bound, whole)
    return known, already


def load_entries(connection: Connection, context: RunContext, people: KnownPeople) -> Mapping[str, Entry]:
    """Return the roster: in a run about one person as much of it as is asked for, where not everybody's seat may decide
    about theirs.
    """
    if not isinstance(people, KnownOfOne) or context.programme.placement == "first_qualified":
        return load_roster(connection, context.name, people.ids())
    entries = roster_of_one(context.tools.database, context.name)
    entries.preload(people.ids())
    return entries


def _are_many(connection: Connection, programme: str, scored_by_files: bool) -> bool:
    """Say whether it costs less to choose whom to look at, and no file says anything of them."""
    return not scored_by_files and FEW <= count_known(connection, programme) < MANY
