"""What a page and the API say when the database refuses: it is full, only to be read, or away; the log says why."""

from typing import cast

import structlog
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from latsar_sync.domain.language import _
from latsar_sync.run.unexpected_errors import first_line
from latsar_sync.store.database_errors import is_full, says_only_reading

log = structlog.get_logger(__name__)


def why_refused(refusal: Exception) -> tuple[str, str]:
    """Return the sentence and what to do, and say in the log what the database said.

    Whose data are shown is noted first: where nothing can be written, nobody's are shown.
    """
    error = cast(SQLAlchemyError, refusal)  # FastAPI hands over no other: both handlers are registered for it
    log.warning("the database refused a page or a call", error=type(error).__name__, reason=first_line(error))
    if is_full(error):
        return (
            _("The disk of the database is full: nothing can be recorded, and no people can be shown."),
            _("Tell the administrator, who must free space on it."),
        )
    if isinstance(error, DatabaseError) and says_only_reading(error):
        return (
            _("The database can only be read: nothing can be recorded, and no people can be shown."),
            _("Tell the administrator, who must let the service write to it."),
        )
    return _("The database does not answer."), _("Try again in a moment.")
