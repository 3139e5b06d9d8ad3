"""The log of the service: JSON or console lines, with every secret and NIP taken out in one place."""

import json
import logging
import logging.handlers
import os
import re
import sys
import threading
from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO
from urllib.parse import quote, quote_plus

import structlog
from typing_extensions import override

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.language import _
from latsar_sync.domain.nip import with_masked_nips
from latsar_sync.domain.system_errors import reason_of

_COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What a terminal would obey; a text of a fault may hold it."""
_QUIET = ("apscheduler", "uvicorn", "alembic")


class Redaction:
    """A step of the log's chain: secrets become ``[secret]`` and NIPs are masked, in every value and at any depth.

    ``secrets`` are the texts that no line may hold: tokens, passwords; other spellings of them are known.
    """

    def __init__(self, secrets: Collection[str]) -> None:
        spellings = {each for secret in secrets if secret for each in _spellings(secret)}
        longest_first = sorted(spellings, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Return the event with nothing in it that must not be written."""
        return {self._text(str(key)): self._clean(value) for key, value in event.items()}

    def _clean(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {self._text(str(key)): self._clean(item) for key, item in value.items()}
        if isinstance(value, Sequence | AbstractSet) and not isinstance(value, str | bytes):
            return [self._clean(item) for item in value]
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int) and len(str(abs(value))) < 18:
            return value
        return self._text(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))

    def _text(self, text: str) -> str:
        hidden = self._secrets.sub("[secret]", text) if self._secrets else text
        return _COMMANDS.sub("?", with_masked_nips(hidden))


def _in_one_line(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Let what is said begin no line of its own, which people would take for another event."""
    return {**event, "event": " ".join(str(event.get("event", "")).split("\n"))}


def _spellings(secret: str) -> Iterator[str]:
    """Yield a text as it stands in a web address, in a form, in JSON, and in the representation of an object."""
    yield from (secret, quote(secret), quote(secret, safe=""), quote_plus(secret))
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
    yield repr(secret + "'\"")[1:-4]  # both quotes beside it: the single ones are escaped


class _Careful(logging.Handler):
    """Says of a line that cannot be written only that; Python's own words would repeat it unredacted."""

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(f"a log line could not be written ({type(sys.exc_info()[1]).__name__})\n")


class _Stream(_Careful, logging.StreamHandler[TextIO]):
    pass


class _File(_Careful, logging.handlers.RotatingFileHandler):
    """Makes every file, the next ones too, for its owner alone, whatever the process may allow others.

    One that somebody moves or deletes, as logrotate does, is begun anew.
    """

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if self.stream is not None and not self._is_at_its_name(self.stream):
            with suppress(OSError, ValueError):
                self.stream.close()
            self.stream = None  # logging opens it then
        super().emit(record)

    def _is_at_its_name(self, stream: TextIOWrapper) -> bool:
        with suppress(OSError):
            return os.path.samestat(os.stat(self.baseFilename), os.fstat(stream.fileno()))
        return False

    @override
    def _open(self) -> TextIOWrapper:
        os.close(os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT, 0o600))
        return super()._open()


def set_up_log(
    form: str,
    secrets: Collection[str],
    file: Path | None = None,
    megabytes: int = 10,
    kept: int = 5,
    stream: TextIO | None = None,
) -> None:
    """Send every log line, our own and those of the libraries, through one chain; warnings and uncaught errors too.

    ``form`` is "json" or "console"; lines go to ``stream`` (standard error) or to a rotating ``file`` of at most
    ``megabytes``, with ``kept`` old ones beside it. Raise ConfigurationError if the file cannot be written.
    """
    handler = _Stream(stream or sys.stderr) if file is None else _open(file, megabytes, kept)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    for_people: list[Any] = []
    if form == "console":
        for_people = [_in_one_line]
        colours = file is None and stream is None and sys.stderr.isatty()
        renderer = structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                Redaction(secrets),
                *for_people,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda args: _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _open(file: Path, megabytes: int, kept: int) -> logging.Handler:
    try:
        make_private_folder(file.parent)
        return _File(file, maxBytes=megabytes * 1_000_000, backupCount=kept, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            _("service.log_file {file} cannot be written: {strerror}.").format(file=file, strerror=reason_of(error)),
            _("Choose a folder that this account owns."),
        ) from None


def make_private_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, each for its owner alone; raise OSError if it cannot be."""
    for each in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        each.mkdir(mode=0o700, exist_ok=True)


def _log_uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """Log what nobody has caught, in the main thread or another; Python itself would print it unredacted."""
    if issubclass(kind, KeyboardInterrupt | SystemExit) or error is None:
        return
    structlog.get_logger("latsar_sync").critical(
        "a fault of the program that nothing caught; please report it", exc_info=(kind, error, trace)
    )
