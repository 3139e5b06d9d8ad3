"""An erasure reaches every text that may be changed, in whichever table it stands: the test finds the tables."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import pytest
from personal_data import where_found
from service import Service, ServiceFactory
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    LargeBinary,
    Numeric,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)

from latsar_sync.actions import erasing
from latsar_sync.demo import CASES
from latsar_sync.store import names_in_texts
from latsar_sync.store.tables import APPEND_ONLY, identities, metadata, participants
from latsar_sync.store.tables.columns import PlainDecimal, SaidText, UtcDateTime

NIP, SOMEBODY_ELSE = (str(each) for each in CASES["passed"][:2])
NAME, BARE, EMAIL = 'dr. Ny\u00e9 "Ani" Sulastri, S.Ked.', 'Ny\u00e9 "Ani" Sulastri', "ny.ani@uji.example.go.id"
SPACED = f"{NIP[:8]} {NIP[8:14]} {NIP[14]} {NIP[15:]}"
IN_FILE_NAMES = ("Nye_Ani_Sulastri", "nye-ani%20sulastri")
PLANTED = (
    f"Menurut {NAME} ({NIP}, {SPACED}), juga {BARE.replace(' ', '  ')} <{EMAIL}>: "
    f"Sertifikat_{IN_FILE_NAMES[0]}.pdf, {IN_FILE_NAMES[1]}_(1).pdf"
)
SHORT = f"{BARE} {NIP}"
CODES = frozenset(
    {"programme", "angkatan", "site", "digest", "key", "account", "holder", "process_started", "identity", "id"}
) | {
    "participant_id",
    "merged_into",
    "message_id",
    "webhook",
    "purpose",
    "token_hash",
    "invitation_hash",
    "id_hash",
    "command",
    "subject",
    "reason",
    "lifted_from",
    "recipient",
    "grade_status",
}
"""Columns of a bounded length that hold what the program makes or the configuration names: no person types there."""
NAMED_BY_US = {
    "accounts.name": "a colleague who signs in",
    "course_sightings.address": "the address of a site",
    "messages.occasion": "a day, or what an action is",
    "sent_mails.institution": "as configured",
}


def is_planted(table: Table, column: Column[Any]) -> bool:
    """Say whether a person's name or NIP could come to stand in a column."""
    kind = column.type
    if isinstance(kind, JSON | Text | SaidText):
        return True
    bounded = isinstance(kind, String) and (kind.length or 99) >= len(NIP) and column.name not in CODES
    return bounded and f"{table.name}.{column.name}" not in NAMED_BY_US


def value_for(connection: Connection, table: Table, column: Column[Any], number: int) -> Any:
    """Return something that fits a column, with the person in it where that could be."""
    kind = column.type
    if column.foreign_keys:
        [key] = column.foreign_keys
        other = select(key.column).limit(1)
        if key.column is participants.c.id:
            other = select(identities.c.participant_id).where(identities.c.nip == SOMEBODY_ELSE)
        return connection.execute(other).scalar()
    if isinstance(kind, JSON):
        return {"said": [PLANTED, {PLANTED: int(NIP)}], "number": int(NIP)}
    if is_planted(table, column):
        return SHORT[: kind.length] if isinstance(kind, String) and not isinstance(kind, Text) else PLANTED
    if isinstance(kind, String):
        return f"x{number}"
    if isinstance(kind, UtcDateTime):
        return datetime(2026, 1, 1, tzinfo=UTC)
    made: Mapping[type, Any] = {
        Date: date(2026, 1, 1),
        Boolean: False,
        LargeBinary: None,
        Numeric: 1,
        PlainDecimal: "1",
    }
    return next((value for each, value in made.items() if isinstance(kind, each)), number)


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    service = make_service(sqlite_url)
    service.first_run()
    return service


def plant(connection: Connection, table: Table, own: Mapping[str, Any]) -> None:
    """Write a row; where there is one of the same key, into that one's texts."""
    keys = [own[each.name] == each for each in table.primary_key.columns]
    if connection.execute(select(table).where(*keys)).first() is None:
        connection.execute(insert(table).values(**own))
    else:
        texts = {each.name: own[each.name] for each in table.columns if is_planted(table, each)}
        connection.execute(update(table).where(*keys).values(**texts))


def tables() -> Iterator[Table]:
    """Give the tables whose rows may be changed, and in which a person could be named."""
    for table in metadata.sorted_tables:
        may = table.name not in APPEND_ONLY and table not in (identities, participants)
        if may and any(is_planted(table, column) for column in table.columns):
            yield table


def test_no_text_in_any_table_names_somebody_who_was_erased(service: Service) -> None:
    """Each table gets a row that names the person in every column of text; a table that is new is among them."""
    numbers = count(1000)
    with service.database.writing() as connection:
        who = connection.execute(select(identities.c.participant_id).where(identities.c.nip == NIP)).scalar_one()
        mine = update(identities).where(identities.c.participant_id == who)
        connection.execute(mine.values(name=NAME, email=EMAIL))
        for table in tables():
            own = {each.name: value_for(connection, table, each, next(numbers)) for each in table.columns}
            plant(connection, table, own)
    before = where_found(service.database, NIP, BARE)
    assert before >= {table.name for table in tables()}

    with service.database.reading() as connection:
        people = erasing.everywhere(connection, who)
    done = erasing.erase(service.database, lambda: datetime.now(UTC), people, "Surat 5/2026", "Ratna")

    assert (done.at_once, done.file_clean) == (1, True)
    spellings = NAME, BARE, BARE.replace(" ", "  "), *IN_FILE_NAMES
    assert where_found(service.database, NIP, SPACED, EMAIL, *spellings) == set()


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("Nur'aini Putri", "Nur\u2019aini Putri, Nuraini  PUTRI; Nur aini Putri", "[erased], [erased]; [erased]"),
        ("Siti Amin", "Siti Aminah, Siti Amin.", "Siti Aminah, [erased]."),
        ("Suharto", "Suharto", "[erased]"),
        ("Suharto", "menurut Suharto Wibowo", "menurut Suharto Wibowo"),
        ("Hj. Sulastri", "Hj Sulastri; Sulastri Dewi", "[erased]; Sulastri Dewi"),
        ("A. B", "kelas a-b", "kelas a-b"),
        ("Ani Wijaya, S.Pd.", "AniWijaya.xlsx ANIWIJAYA2.pdf aniwijaya_2", "[erased].xlsx [erased]2.pdf [erased]_2"),
        ("Ani Wijaya", "SertifikatAniWijayaBaru.pdf aniwijayanti.pdf", "Sertifikat[erased]Baru.pdf aniwijayanti.pdf"),
        ("Ani Ta", "AniTa.pdf Anita.pdf anita", "[erased].pdf Anita.pdf anita"),
        ("Suharto", "suharto.pdf", "[erased].pdf"),
        ("Suharto", "suharto wibowo.pdf", "suharto wibowo.pdf"),
    ],
)
def test_a_name_is_found_as_it_is_spelt_elsewhere_and_no_longer_or_shorter_one(name: str, text: str, left: str) -> None:
    """One word alone is a name only where nothing else stands: else it is part of somebody else's."""
    pattern = names_in_texts.pattern_of([name], [])

    assert pattern is not None
    assert pattern.sub("[erased]", text) == left
