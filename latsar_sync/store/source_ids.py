"""The ids of each programme's MOOC course as its last good run found them; the next one guesses by them what to ask."""

from sqlalchemy import Connection, delete, insert, select

from latsar_sync.domain.records import SourceIds
from latsar_sync.store.tables.columns import OF_PROGRAMME
from latsar_sync.store.tables.reading import source_ids

FOUND_LAST = select(source_ids).where(source_ids.c.programme == OF_PROGRAMME)


def load_ids(connection: Connection, programme: str) -> SourceIds | None:
    """Return the ids that were found last; None before the first good run."""
    row = connection.execute(FOUND_LAST, {"of_programme": programme}).first()
    if row is None:
        return None
    modules, groups, strangers = map(tuple, (row.modules, row.groups, row.strangers))
    unanswered = tuple((user_id, at) for user_id, at in row.unanswered)
    ids = row.course, row.course_id, row.cmid, row.quiz_id
    return SourceIds(*ids, modules, groups, strangers, row.by_report, unanswered, row.newest_first, row.report_at)


def save_ids(connection: Connection, programme: str, ids: SourceIds | None) -> None:
    """Keep the ids that a run found; None forgets those of before."""
    if ids == load_ids(connection, programme):
        return
    connection.execute(delete(source_ids).where(source_ids.c.programme == programme))
    if ids is not None:
        connection.execute(
            insert(source_ids).values(
                programme=programme,
                course=ids.course,
                course_id=ids.course_id,
                cmid=ids.cmid,
                quiz_id=ids.quiz_id,
                modules=list(ids.modules),
                groups=list(ids.groups),
                strangers=list(ids.strangers),
                by_report=ids.by_report,
                unanswered=[list(each) for each in ids.unanswered],
                newest_first=ids.newest_first,
                report_at=ids.report_at,
            )
        )
