"""What the tables are made of: columns and indexes that both databases keep exactly, and the one list of tables."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, DateTime, Index, MetaData, String, Text, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from latsar_sync.domain.language import packed, unpacked

DIFFERENT_VALUES = 16_384
"""So many different values of a kind are kept for the rows to come: whole columns hold the same few, or one."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC; SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _as_stored(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """Return what makes a stored value of a moment: SQLAlchemy's own takes half as long again for text."""
        return moment_on_sqlite if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Return what makes a moment of a stored value: SQLite keeps text, PostgreSQL moments in the server's zone."""
        return moment_of_text if dialect.name == "sqlite" else _moment_in_utc


class PlainDecimal(TypeDecorator[Decimal]):
    """A grade or threshold as text with five places: SQLite would make a float of a number."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else f"{value:.5f}"

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Decimal | None]:
        """Return what makes a number of a stored text."""
        return number_of_text


class SaidText(TypeDecorator[str]):
    """What was said to a person, kept as text and values (JSON) so that it is read in the reader's language; what an
    older version or a site itself said is kept as it is."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or packed(value) is value:
            return value
        return json.dumps(packed(value), ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None or not value.startswith(SAID) else unpacked(json.loads(value))


SAID = ('{"text": ', '{"one": ', '{"parts": ', '{"admin": ')


def _as_stored(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be stored")
    return moment.astimezone(UTC)


def moment_with_zone(moment: datetime | None) -> str | None:
    """Return a moment as PostgreSQL reads it."""
    return None if moment is None else str(_as_stored(moment))


def moment_on_sqlite(moment: datetime | None) -> str | None:
    """Return a moment as SQLAlchemy has SQLite keep it: in UTC, without saying so, to the microsecond."""
    return None if moment is None else _as_stored(moment).isoformat(" ", "microseconds").removesuffix("+00:00")


@lru_cache(DIFFERENT_VALUES)
def moment_of_text(stored: str | None) -> datetime | None:
    """Return the moment that a database writes as text: SQLite in UTC without saying so, PostgreSQL with the offset."""
    if stored is None:
        return None
    moment = datetime.fromisoformat(stored)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@lru_cache(DIFFERENT_VALUES)
def _moment_in_utc(stored: datetime | None) -> datetime | None:
    return None if stored is None else stored.astimezone(UTC)


@lru_cache(DIFFERENT_VALUES)
def number_of_text(stored: str | None) -> Decimal | None:
    """Return the number that a text says."""
    return None if stored is None else Decimal(stored)


OF_PROGRAMME: BindParameter[str] = bindparam("of_programme")
"""Stands for the programme in statements that are made once: to make one costs more than the database takes for it."""

STATEMENTS_KEPT = 16
"""Of so many programmes statements are kept that others build on."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

PARTICIPANT_ID = String(32)

HALF_FILLED = {"fillfactor": 50}
"""Of tables of which every run writes most rows anew: PostgreSQL leaves half of each page for that."""


def unique_where(name: str, *columns: str, where: str) -> Index:
    """Return an index that lets the columns' values come once among the rows that ``where`` (SQL) holds for.

    The migrations make it so. Here it is only told: to say it to SQLAlchemy would load PostgreSQL for every command.
    """
    return Index(name, *columns, unique=True, info={"where": where})


def index_where(name: str, *columns: str, where: str) -> Index:
    """Return an index of the rows that ``where`` holds for; the migrations make it so, as above."""
    return Index(name, *columns, info={"where": where})
