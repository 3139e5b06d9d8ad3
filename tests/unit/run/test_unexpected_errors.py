"""What a person reads of an error that nobody foresaw."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from latsar_sync.run.unexpected_errors import ProgramFault, fault_of


def test_a_database_that_another_program_holds_is_told_so_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "latsar.db"
    engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": 0})
    with closing(sqlite3.connect(file, isolation_level=None)) as viewer:
        viewer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OperationalError) as caught, engine.connect() as connection:
            connection.execute(text("SELECT * FROM sqlite_master"))
    engine.dispose()

    fault = fault_of(caught.value)

    assert "Another program holds the database" in fault.message
    assert "close what has the file open" in fault.remedy
    assert isinstance(fault, ProgramFault)
    assert fault.passes


def test_what_the_operating_system_refuses_is_no_fault_of_the_program() -> None:
    fault = fault_of(OSError(28, "No space left on device", "199508172025042003.xlsx"))

    assert fault.message == "The operating system refused (OSError): No space left on device."
    assert "disk space" in fault.remedy


def test_a_database_that_may_only_be_read_is_told_so_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "latsar.db"
    sqlite3.connect(file).close()
    engine = create_engine(f"sqlite:///file:{file}?mode=ro&uri=true")
    with pytest.raises(OperationalError) as caught, engine.connect() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
    engine.dispose()

    assert "where this account may write" in fault_of(caught.value).remedy
