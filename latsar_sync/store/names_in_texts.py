"""Finding a person's name or NIP wherever texts are stored, and taking it out where a row may be changed."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Column, Connection, Table, Text, cast, select, type_coerce, update
from sqlalchemy.engine import Dialect

from latsar_sync.domain.nip import SEPARATOR
from latsar_sync.domain.spelling import without_titles
from latsar_sync.store.bulk import batches
from latsar_sync.store.tables import APPEND_ONLY, identities, metadata
from latsar_sync.store.tables.columns import SaidText

TAKEN_OUT = "[erased]"
_CAPITAL = "(?-i:(?<=[a-z])(?=[A-Z]))"
"""Where a word begins in AniWijaya.xlsx."""
_BEGINS, _ENDS = rf"(?:(?<![^\W\d_])|{_CAPITAL})", rf"(?:(?![^\W\d_])|{_CAPITAL})"
BETWEEN_WORDS = rf"(?:(?:%20|[\W_]){{1,5}}|{_CAPITAL})"
RUN_TOGETHER = r"(?:%20|[\W_]){0,5}"
FEWEST_LETTERS, FEWEST_RUN_TOGETHER = 4, 8
"""Letters of a name of several words that is found within a text, and also where all its letters are of one size;
shorter ones are the letters of anything: Ani Ta is no Anita.
"""


@dataclass(frozen=True, slots=True)
class Trace:
    """A stored text that names somebody: which table and column, and the key of the row."""

    table: str
    column: str
    key: str


def pattern_of(names: Sequence[str], numbers: Sequence[str]) -> re.Pattern[str] | None:
    """Return what finds these people in a text; None if there is nothing to look for.

    A number is found however it is spaced, a name with its titles and without, also in other spellings and as names of
    files join words. A name of one word is found where it is all of a line, or of the name of a file: too many hold it.
    """
    told = {each for name in names for each in (name, without_titles(name)) if _words(each)}
    within = {each for each in told if len(_words(each)) > 1 and _letters(each) >= FEWEST_LETTERS}
    found = (
        _any_of("", (f"{SEPARATOR}{{0,3}}".join(map(re.escape, number)) for number in numbers if len(number) >= 8)),
        _any_of(_BEGINS, map(_spelt_within, within)),
        _any_of(r"^\s*", map(_spelt, told - within), r"(?=\s*$|\.[a-z]{3,4}$)"),
    )
    pattern = "|".join(filter(None, found))
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE) if pattern else None


def _any_of(before: str, some: Iterable[str], behind: str = "") -> str:
    """Return what finds any of some between what stands around all of them; nothing where there are none."""
    each = "|".join(sorted(some, key=len, reverse=True))
    return f"{before}(?:{each}){behind}" if each else ""


def _spelt_within(name: str) -> str:
    """Return what finds a name where it ends and goes no further."""
    point = r"\.?" if name.rstrip().endswith(".") else ""  # that of a degree
    return f"{_spelt(name)}{_ENDS}{point}"


def _spelt(name: str) -> str:
    """Return what finds a name, with or without its accents and apostrophes, whatever parts its words."""
    words = [r"[\W_]{0,2}".join("".join(map(_letter, part)) for part in word) for word in _words(name)]
    return (RUN_TOGETHER if _letters(name) >= FEWEST_RUN_TOGETHER else BETWEEN_WORDS).join(words)


def _letters(name: str) -> int:
    return sum(map(str.isalpha, name))


def _words(name: str) -> list[list[str]]:
    """Return the words of a name, each in the parts between its apostrophes and other signs."""
    return [parts for word in name.split() if (parts := re.findall(r"[^\W_]+", word))]


def _letter(letter: str) -> str:
    bare = unicodedata.normalize("NFKD", letter)[0]
    return letter if bare == letter else f"(?:{letter}|{bare}[\u0300-\u036f]*)"


def take_out(connection: Connection, pattern: re.Pattern[str]) -> list[str]:
    """Take what the pattern finds out of every text that may be changed; return the tables that held it.

    Who did something stays on record by name, though the person may be called alike.
    """
    changed = set()
    for table, column in _texts():
        if table.name in APPEND_ONLY:
            continue
        for key, value in list(_found(connection, table, column, pattern)):
            mine = (each == part for each, part in zip(table.primary_key.columns, key, strict=True))
            if _is_of_staff(column, value):
                continue
            said = _without(value, pattern)
            if "typed" in column.info:  # there may be one of the same name already
                said = f"{said} {key[0]}"[-(getattr(column.type, "length", None) or len(said)) :]
            connection.execute(update(table).where(*mine).values({column.name: said}))
            changed.add(table.name)
    return sorted(changed)


def _is_of_staff(column: Column[Any], value: Any) -> bool:
    """Say whether a text is the name of who did something; an address or a number there may be a participant's."""
    is_who = column.name == "by" or column.name.endswith("_by")
    return is_who and isinstance(value, str) and not re.search("[@0-9]", value)


def traces_left(connection: Connection, pattern: re.Pattern[str]) -> list[Trace]:
    """Return every text that holds what the pattern finds in the tables that nobody can change."""
    return [
        Trace(table.name, column.name, " ".join(map(str, key)))
        for table, column in _texts()
        if table.name in APPEND_ONLY
        for key, _ in _found(connection, table, column, pattern)
    ]


def _texts() -> Iterator[tuple[Table, Column[Any]]]:
    """Yield every column that holds text of no fixed kind, or that persons type, except the identities themselves."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            is_free = isinstance(column.type, Text | JSON | SaidText) or "typed" in column.info
            if table is not identities and is_free:
                yield table, column


def _found(
    connection: Connection, table: Table, column: Column[Any], pattern: re.Pattern[str]
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    # most rows say what many others say, so each text is looked at once
    raw = cast(column, Text) if isinstance(column.type, JSON) else type_coerce(column, Text)
    stored = connection.execute(select(raw).where(column.is_not(None)).distinct()).scalars()
    holding = [each for each in stored if pattern.search(_read(column, each, connection.dialect))]
    statement = select(*table.primary_key.columns, column.label("the_text"))
    for batch in batches(holding):
        for row in connection.execute(statement.where(raw.in_(batch))):
            yield tuple(row)[:-1], row.the_text


def _read(column: Column[Any], stored: str, dialect: Dialect) -> str:
    """Return a text as it is read: what is kept as JSON with its letters written out."""
    if isinstance(column.type, JSON):
        return "\n".join(_parts(json.loads(stored)))
    return column.type.process_result_value(stored, dialect) or "" if isinstance(column.type, SaidText) else stored


def _parts(value: Any) -> Iterator[str]:
    """Yield every text and number of what is kept as JSON."""
    if isinstance(value, dict):
        yield from value
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _parts(each)
    else:
        yield str(value)


def _without(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(TAKEN_OUT, value)
    if isinstance(value, dict):
        return {_without(key, pattern): _without(item, pattern) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, pattern) for item in value]
    if isinstance(value, int) and pattern.fullmatch(str(value)):
        return TAKEN_OUT
    return value
