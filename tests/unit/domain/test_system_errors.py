"""What the operating system refuses is told in the reader's language."""

import errno
import os

import pytest

from latsar_sync.domain import language
from latsar_sync.domain.system_errors import KNOWN, KNOWN_OF_SQLITE, reason_of, told_by_database


def test_every_reason_that_is_known_is_one_that_the_system_gives_and_has_indonesian_words() -> None:
    given = {os.strerror(number) for number in errno.errorcode}
    of_the_resolver = {"Name or service not known", "Temporary failure in name resolution"}

    assert set(KNOWN) - given == of_the_resolver
    assert all(language.translate(text, "id") != text for text in KNOWN + KNOWN_OF_SQLITE)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "peserta.csv"), "berkas atau folder itu tidak ada"),
        (OSError(errno.EPROTO, os.strerror(errno.EPROTO)), "Protocol error"),
        (OSError("tanpa nomor"), "OSError"),
        (TimeoutError("timed out"), "tidak ada jawaban dalam waktunya"),
    ],
)
def test_a_reason_is_told_without_the_path_and_one_that_is_not_known_as_it_is_said(error: OSError, told: str) -> None:
    with language.speaking("id"):
        assert reason_of(error) == told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("attempt to write a readonly database", "basis data itu hanya boleh dibaca"),
        ("unable to open database file", "berkasnya tidak dapat dibuka"),
        ("galat: basis data tidak ada\nLINE 1: ...", "galat: basis data tidak ada"),
    ],
)
def test_what_sqlite_refuses_is_told_in_the_readers_language(said: str, told: str) -> None:
    with language.speaking("id"):
        assert told_by_database(said) == told
