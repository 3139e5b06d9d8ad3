"""The log: valid lines with what they are about, and no secret or NIP in them by whatever way it came."""

import json
import logging
import os
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from service import TOKENS
from unattended import programme, write_config

from latsar_sync.cli.unattended import secrets_of
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.service.logs import set_up_log
from latsar_sync.settings import load_settings

TOKEN = "0123456789abcdef0123456789abcdef"
PASSWORD = "p@ss/w'rd\\ 100%"
NIP = "199508172025042003"
PRINTED_NIP = "19950817 202504 2 003"
MASKED = "1995**********2003"
SECRETS = {"token": TOKEN, "password": PASSWORD, "nip": NIP, "printed nip": PRINTED_NIP}


@pytest.fixture(autouse=True)
def _restore_the_logging_of_the_tests() -> Iterator[None]:
    """Take the place of pytest's own handlers for one test, and give it back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook
    root.handlers = []
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(False)
    structlog.reset_defaults()


@contextmanager
def log_into(form: str = "json") -> Iterator[StringIO]:
    """Set the log up and give what it writes."""
    stream = StringIO()
    set_up_log(form, [TOKEN, PASSWORD], stream=stream)
    yield stream


def lines(stream: StringIO) -> list[dict[str, Any]]:
    """Return the JSON lines that were written."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


log = structlog.get_logger("latsar_sync")
library = logging.getLogger("some.library")


# What a line holds


def test_every_line_is_one_json_object_with_time_level_and_what_is_bound() -> None:
    with log_into() as stream:
        with structlog.contextvars.bound_contextvars(programme="latsar-2026-iii", request=7):
            log.info("run begins", scope="full", names=["Ayu", "Budi"], nothing=None, share=0.5, count=3, yes=True)
            library.warning("came from %s", "a library")
        log.info("two\nlines — né")

    first, second, third = lines(stream)
    assert first | {"timestamp": ""} == {
        "event": "run begins",
        "level": "info",
        "timestamp": "",
        "programme": "latsar-2026-iii",
        "request": 7,
        "scope": "full",
        "names": ["Ayu", "Budi"],
        "nothing": None,
        "share": 0.5,
        "count": 3,
        "yes": True,
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", first["timestamp"])
    assert (second["event"], second["level"], second["programme"]) == (
        "came from a library",
        "warning",
        "latsar-2026-iii",
    )
    assert third["event"] == "two\nlines — né"
    assert "programme" not in third


def test_a_line_for_people_names_level_event_and_what_is_bound() -> None:
    with log_into("console") as stream, structlog.contextvars.bound_contextvars(programme="latsar-2026-iii"):
        log.warning("site is left alone for a while", site="mooc")

    [line] = stream.getvalue().splitlines()
    assert "warning" in line
    assert "site is left alone for a while" in line
    assert "programme=latsar-2026-iii" in line
    assert "site=mooc" in line


def test_what_is_said_of_a_fault_neither_commands_a_terminal_nor_begins_a_line_of_its_own() -> None:
    with log_into("console") as stream:
        library.warning("no answer\n2026-11-30T00:00:00Z [info] signed in account=rina")
        log.error("a page broke off", exc_info=ValueError("Siti\x1b[2J\x9b2J\x07"))

    said = stream.getvalue()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", said)
    assert [each for each in said.splitlines() if each.startswith("2026-11-30T00:00:00Z")] == []
    assert "Siti" in said


def test_libraries_are_quiet_about_what_goes_well_and_heard_when_something_does_not() -> None:
    with log_into() as stream:
        for name in ("apscheduler.scheduler", "alembic.runtime.migration"):
            logging.getLogger(name).info("routine")
            logging.getLogger(name).warning("trouble")
        library.debug("detail")

    assert [line["event"] for line in lines(stream)] == ["trouble"] * 2


# Secrets and NIPs


@dataclass
class Box:
    """Something with a secret inside that is no text."""

    inside: str


class WrappedError(Exception):
    """An error of some library."""


def raise_with(secret: str) -> None:
    """Fail with the secret in the error and in the error that led to it."""
    try:
        int(secret + " is no number")
    except ValueError as cause:
        raise WrappedError(f"refused: {secret}") from cause


def by_exception(write: Callable[[str], None]) -> Callable[[str], None]:
    """Return a way that logs from where an exception is handled."""

    def way(secret: str) -> None:
        try:
            raise_with(secret)
        except WrappedError:
            write(secret)

    return way


def in_a_thread_that_dies(secret: str) -> None:
    """Let a thread end by an exception that nobody catches."""
    thread = threading.Thread(target=raise_with, args=(secret,))
    thread.start()
    thread.join()


def at_the_end_of_the_program(secret: str) -> None:
    """Do what Python does with an exception that nobody has caught."""
    try:
        raise_with(secret)
    except WrappedError as error:
        sys.excepthook(type(error), error, error.__traceback__)


def by_a_warning(secret: str) -> None:
    """Let a library warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"deprecated: {secret}", UserWarning, stacklevel=1)


def bound(secret: str) -> None:
    """Bind the secret to everything that is said."""
    with structlog.contextvars.bound_contextvars(programme=secret):
        log.info("said")


WAYS: dict[str, Callable[[str], object]] = {
    "event": lambda secret: log.info(f"with {secret} in it"),
    "value": lambda secret: log.info("said", value=secret),
    "nested": lambda secret: log.info("said", value={"a": [{"b": (secret, {"c": secret})}]}),
    "set": lambda secret: log.info("said", value={secret}, frozen=frozenset({secret})),
    "key": lambda secret: log.info("said", value={secret: 1}),
    "bytes": lambda secret: log.info("said", value=secret.encode()),
    "object": lambda secret: log.info("said", value=Box(secret), error=ValueError(secret)),
    "argument": lambda secret: log.info("said %s", secret),
    "bound": bound,
    "exception": by_exception(lambda secret: log.exception(f"broke off at {secret}")),
    "exc_info": by_exception(lambda secret: log.warning("broke off", exc_info=True)),
    "stack": lambda secret: log.info("said", stack_info=True, value=secret),
    "library": lambda secret: library.warning(f"with {secret} in it"),
    "library argument": lambda secret: library.warning("with %s in it and %r", secret, {"a": secret}),
    "library extra": lambda secret: library.warning("said", extra={"address": secret}),
    "library exception": by_exception(lambda secret: library.exception("broke off at %s", secret)),
    "library error": lambda secret: library.error("said", exc_info=ValueError(secret)),
    "library wrong arguments": lambda secret: library.warning("%s and %s", secret),
    "web server": by_exception(lambda secret: logging.getLogger("uvicorn.error").exception("at /%s", secret)),
    "scheduler": by_exception(lambda secret: logging.getLogger("apscheduler.executors").exception(secret)),
    "warning": by_a_warning,
    "thread": in_a_thread_that_dies,
    "end of the program": at_the_end_of_the_program,
}


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("way", WAYS)
def test_no_secret_and_no_nip_comes_to_light_by_whatever_way(
    way: str, secret: str, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with log_into(form) as stream:
        WAYS[way](SECRETS[secret])

    written = stream.getvalue()
    said_elsewhere = "".join(capsys.readouterr())
    assert written or said_elsewhere
    for text in (written, said_elsewhere):
        for shown in (SECRETS[secret], repr(SECRETS[secret])[1:-1], json.dumps(SECRETS[secret])[1:-1]):
            assert shown not in text
    if form == "json":
        lines(stream)
    if way != "library wrong arguments":
        mark = MASKED if secret == "nip" else "1995" if secret == "printed nip" else "[secret]"
        assert mark in written


def test_a_nip_as_a_number_is_masked_and_other_numbers_are_left_alone() -> None:
    with log_into() as stream:
        log.info("said", nip=int(NIP), nik=3171234567890123, phone="081234567890", account=12345678901234567890)

    [line] = lines(stream)
    assert line["nip"] == MASKED
    assert line["nik"] == 3171234567890123
    assert line["phone"] == "081234567890"
    assert line["account"] == "12345678901234567890"


@pytest.mark.parametrize(
    "written",
    [
        f"nip={NIP}.",
        f"NIP{NIP}x",
        f"/peserta?q=%20{NIP}&a=1",
        f"'{NIP}'",
        f"a{NIP}b{NIP}c",
        PRINTED_NIP,
        "19950817-202504-2-003",
        "19950817.202504.2.003",
    ],
)
def test_a_nip_is_masked_however_it_is_written_and_whatever_stands_beside_it(written: str) -> None:
    with log_into() as stream:
        log.info(written)

    [line] = lines(stream)
    assert MASKED in line["event"]
    assert not re.search(r"0817|2025", line["event"])


@pytest.mark.parametrize(
    "text", ["2026-08-17T05:00:00.123456Z", "127.0.0.1:8750", "0x7f4c68802b50", "1" * 17, "1" * 19]
)
def test_what_is_no_nip_stays_readable(text: str) -> None:
    with log_into() as stream:
        log.info("said", value=text)

    assert lines(stream)[0]["value"] == text


def test_a_secret_that_is_part_of_another_hides_all_of_it() -> None:
    stream = StringIO()
    set_up_log("json", ["abc", "abcdef", ""], stream=stream)

    log.info("abcdef and abc")

    assert lines(stream)[0]["event"] == "[secret] and [secret]"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("postgresql+psycopg://latsar:p%40ss%2Fword@db/latsar", ("p@ss/word", "p%40ss%2Fword")),
        ("postgresql+psycopg://latsar@db/latsar?password=topsecret1", ("topsecret1",)),
        ("postgresql+psycopg://latsar:pa+ss%20word@db/latsar", ("pa+ss word", "pa+ss%20word")),
        ("postgresql+psycopg://latsar:p[ass]1@db/latsar", ("p[ass]1",)),
    ],
)
def test_the_password_of_the_database_is_a_secret_in_every_spelling(
    tmp_path: Path, written: str, shown: tuple[str, ...]
) -> None:
    config = write_config(tmp_path / "latsar.toml", programme("p"), database_url=written)
    secrets = secrets_of(load_settings(config, TOKENS))

    stream = StringIO()
    set_up_log("json", secrets, stream=stream)
    log.info(written, others=list(shown))

    for each in shown:
        assert each not in stream.getvalue()


def test_tokens_and_proxy_passwords_are_secrets(tmp_path: Path) -> None:
    config = write_config(
        tmp_path / "latsar.toml", programme("p"), site='proxy = "http://latsar:hunt%65r2@proxy.example:3128"'
    )

    secrets = secrets_of(load_settings(config, TOKENS))

    assert {*TOKENS.values(), "hunter2", "hunt%65r2"} <= set(secrets)
    assert not {"latsar", "proxy.example", ""} & set(secrets)


# The file


def test_the_file_is_turned_over_when_it_is_full_and_only_so_many_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "log" / "latsar.log"
    set_up_log("json", [TOKEN], file, megabytes=1, kept=2)

    for number in range(4500):
        log.info("run ended", number=number, text="x" * 900)

    files = sorted(file.parent.iterdir())
    assert [each.name for each in files] == ["latsar.log", "latsar.log.1", "latsar.log.2"]
    assert all(each.stat().st_size <= 1_000_000 for each in files)
    numbers = [json.loads(line)["number"] for each in reversed(files) for line in each.read_text("utf-8").splitlines()]
    assert numbers == list(range(numbers[0], 4500))


def test_a_file_that_somebody_moves_or_deletes_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "latsar.log"
    set_up_log("json", [], file)
    log = structlog.get_logger()

    log.info("first")
    file.rename(tmp_path / "moved.log")
    log.info("second")
    file.unlink()
    log.info("third")

    assert [json.loads(line)["event"] for line in file.read_text().splitlines()] == ["third"]
    assert "first" in (tmp_path / "moved.log").read_text()
    assert "second" not in (tmp_path / "moved.log").read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_a_file_that_cannot_be_written_is_told_in_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigurationError, match=r"service\.log_file .*latsar\.log cannot be written"):
        set_up_log("json", [], tmp_path / "file" / "latsar.log")


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Full(StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, f"No space left on device {text}")

    set_up_log("json", [TOKEN], stream=Full())

    log.info("said", value=TOKEN)

    said = capsys.readouterr().err
    assert "OSError" in said
    assert TOKEN not in said


def test_setting_the_log_up_again_leaves_one_line_for_each_event() -> None:
    with log_into(), log_into() as stream:
        log.info("said")

    assert len(lines(stream)) == 1


def test_whatever_the_process_may_allow_others_the_log_is_its_owners_alone_before_and_after_it_turns(
    tmp_path: Path,
) -> None:
    before = os.umask(0)
    try:
        set_up_log("json", [], tmp_path / "var" / "log" / "latsar.log", megabytes=1, kept=2)
        for _ in range(3):
            logging.getLogger("latsar_sync").info("x" * 600_000)
    finally:
        os.umask(before)

    modes = {each.name: each.stat().st_mode & 0o777 for each in (tmp_path / "var").rglob("*")}
    assert modes == {"log": 0o700, "latsar.log": 0o600, "latsar.log.1": 0o600, "latsar.log.2": 0o600}
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700
