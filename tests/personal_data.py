"""What the tests of personal data share: commands typed in process, and every byte that a database holds."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from service import TOKENS, Service
from sqlalchemy import select

from latsar_sync.cli import main
from latsar_sync.store.check import check_records
from latsar_sync.store.database import Database
from latsar_sync.store.tables import metadata


@dataclass
class Shell:
    """Somebody who types commands for a service."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def type(self, service: Service, *words: str) -> tuple[int, str, str]:
        """Run one command and return exit code, output and errors."""
        for name, token in TOKENS.items():
            self.monkeypatch.setenv(name, token)
        self.monkeypatch.setenv("LC_ALL", "en")
        self.monkeypatch.setattr(sys, "argv", ["latsar-sync", "--config", str(service.config), *words])
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        told = self.capsys.readouterr()
        return int(str(left.value.code)), told.out, told.err

    def json(self, service: Service, *words: str) -> Any:
        """Run one command that must end well and return its JSON."""
        code, out, errors = self.type(service, *words, "--json")
        assert code == 0, errors + out
        return json.loads(out)


def content(database: Database, *without: str) -> dict[str, list[str]]:
    """Return every row of every table but those ``without``, as text; the count that every action moves is left out."""
    with database.reading() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in metadata.sorted_tables
            if table.name not in (*without, "database_mark")
        }


def where_found(database: Database, *texts: str) -> set[str]:
    """Return the tables, and for SQLite the files, that hold one of these texts anywhere."""
    rows = content(database)
    found = {name for name, lines in rows.items() if any(text in line for line in lines for text in texts)}
    if database.engine.dialect.name == "sqlite":
        path = Path(database.engine.url.database or "")
        for file in path.parent.glob(f"{path.name}*"):
            if any(text.encode() in file.read_bytes() for text in texts):
                found.add(file.name)
    return found


def files_hold(database: Database, *texts: str) -> bool:
    """Say whether the files in which a database keeps its identities hold one of these texts, deleted or not."""
    if database.engine.dialect.name == "sqlite":
        path = Path(database.engine.url.database or "")
        files = [file.read_bytes() for file in path.parent.glob(f"{path.name}*")]
    else:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("CHECKPOINT")
            where = "pg_read_binary_file(pg_relation_filepath('identities'))"
            files = [bytes(connection.exec_driver_sql(f"SELECT {where}").scalar_one())]
    return any(text.encode() in file for file in files for text in texts)


def contradictions(service: Service) -> list[str]:
    """Return the codes of what ``db check`` finds."""
    capacities = {
        (programme.id, angkatan.id): angkatan.capacity
        for programme in service.settings.programmes
        for angkatan in programme.angkatan
        if angkatan.capacity is not None
    }
    with service.database.reading() as connection:
        return [each.code for each in check_records(connection, capacities)]
