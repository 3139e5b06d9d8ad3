"""Files with personal data are written whole or not at all, and nobody else reads them."""

import gc
import os
import resource
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
import xlsxwriter
from papers import paper

from latsar_sync.cli.exit_codes import EXIT_FAILED, code_of_error
from latsar_sync.domain.errors import NotWritten, UsageError
from latsar_sync.exports.files import write_file
from latsar_sync.exports.xlsx import write_xlsx


def fill(made: IO[bytes]) -> None:
    made.write(b"new")


def workbook(made: IO[bytes]) -> None:
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        book.add_worksheet().write_string(0, 0, "Siti")


def document(made: IO[bytes]) -> None:
    write_xlsx(paper("Siti"), made)


def fail(made: IO[bytes]) -> None:
    made.write(b"half")
    raise OSError(28, "No space left on device")


def test_a_file_is_readable_for_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        size = write_file(tmp_path / "list.xlsx", fill)
    finally:
        os.umask(before)

    assert size == 3
    assert stat.S_IMODE((tmp_path / "list.xlsx").stat().st_mode) == 0o600


def test_an_existing_file_is_left_alone_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    file = tmp_path / "list.xlsx"
    file.write_bytes(b"old")
    file.chmod(0o644)

    with pytest.raises(UsageError, match="exists already"):
        write_file(file, fill)
    assert file.read_bytes() == b"old"

    write_file(file, fill, overwrite=True)
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_name_that_somebody_takes_meanwhile_is_left_to_them(tmp_path: Path) -> None:
    elsewhere = tmp_path / "milik-orang.txt"
    elsewhere.write_text("theirs", encoding="utf-8")
    file = tmp_path / "daftar.csv"

    def fill(made: IO[bytes]) -> None:
        file.symlink_to(elsewhere)
        made.write(b"ours")

    with pytest.raises(NotWritten, match="cannot be written"):
        write_file(file, fill)

    assert elsewhere.read_text(encoding="utf-8") == "theirs"
    assert {each.name for each in tmp_path.iterdir()} == {"daftar.csv", "milik-orang.txt"}


def test_a_device_or_a_pipe_is_never_put_out_of_its_place_by_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises(UsageError, match="is a device or a pipe"):
        write_file(pipe, fill, overwrite=True)

    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_where_a_link_leads_the_file_is_written_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "share").mkdir()
    real, link = tmp_path / "share" / "list.xlsx", tmp_path / "list.xlsx"
    real.write_bytes(b"old")
    link.symlink_to(real)

    write_file(link, fill, overwrite=True)

    assert (link.is_symlink(), real.read_bytes()) == (True, b"new")


def test_a_file_that_cannot_be_finished_leaves_the_old_one_and_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "list.xlsx"
    file.write_bytes(b"old")

    with pytest.raises(NotWritten, match="No space left") as error:
        write_file(file, fail, overwrite=True)

    assert [each.name for each in tmp_path.iterdir()] == ["list.xlsx"]
    assert file.read_bytes() == b"old"
    assert code_of_error(error.value) == EXIT_FAILED  # 2 is for what is found before anything runs


@pytest.mark.parametrize(("fill", "room"), [(workbook, 1_000), (document, 5_000)])
def test_a_workbook_that_a_full_disk_refuses_is_told_in_one_sentence_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fill: Callable[[IO[bytes]], None], room: int
) -> None:
    """The latter has room for the parts and none for the whole: once XlsxWriter's own error was a fault to report."""
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with pytest.raises(NotWritten, match="cannot be written"):
            write_file(tmp_path / "list.xlsx", fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    gc.collect()

    assert told == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_folder_is_no_file(tmp_path: Path, overwrite: bool) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        write_file(tmp_path, fill, overwrite)


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        write_file(tmp_path / "no" / "list.xlsx", fill)


def test_a_place_at_which_nobody_may_look_is_told_as_what_cannot_be_written(tmp_path: Path) -> None:
    """As a folder that the account may not enter: to ask whether a file is there raises an error, too."""
    with pytest.raises(UsageError, match="cannot be written"):
        write_file(tmp_path / ("x" * 300), fill)
