"""Which institution was mailed its chase list for which occasion: written down before it is sent, once for each."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from latsar_sync.store.tables import sent_mails

Row = Mapping[str, Any]


class MailState(StrEnum):
    """What is known of one mail. ``sending`` that stays so may have arrived: it is not sent again."""

    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"


def told(connection: Connection, programme: str) -> list[Row]:
    """Return the mails of a programme, oldest first."""
    statement = select(sent_mails).where(sent_mails.c.programme == programme).order_by(sent_mails.c.id)
    return [dict(row._mapping) for row in connection.execute(statement)]


def write_ahead(
    connection: Connection, programme: str, institution: str, occasion: str, people: int, by: str, now: datetime
) -> int | None:
    """Write a mail down before it is sent and return its number; None if it was sent, or may have been.

    One that the server refused may be tried again.
    """
    mine = (
        sent_mails.c.programme == programme,
        sent_mails.c.institution == institution,
        sent_mails.c.occasion == occasion,
    )
    values = {"state": str(MailState.SENDING), "people": people, "by": by, "written_at": now, "error": None}
    known = connection.execute(select(sent_mails.c.id, sent_mails.c.state).where(*mine)).first()
    if known is None:
        key = {"programme": programme, "institution": institution, "occasion": occasion}
        statement = insert(sent_mails).values(**key, **values).returning(sent_mails.c.id)
        return int(connection.execute(statement).scalar_one())
    refused = sent_mails.c.id == known.id, sent_mails.c.state == str(MailState.REFUSED)
    claimed = connection.execute(update(sent_mails).where(*refused).values(**values))
    return int(known.id) if claimed.rowcount else None


def settle(connection: Connection, number: int, state: MailState, now: datetime, error: str | None = None) -> None:
    """Record what became of a mail."""
    values = {"state": str(state), "settled_at": now, "error": error}
    connection.execute(update(sent_mails).where(sent_mails.c.id == number).values(**values))
