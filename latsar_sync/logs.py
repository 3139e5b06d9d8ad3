"""The log of the service: JSON or console lines, with every secret and NIP taken out in one place."""

import logging
import logging.handlers
import re
import sys
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import structlog

from latsar_sync.nip import mask_nip

_NIP = re.compile(r"(?<![0-9])[0-9]{18}(?![0-9])")
_QUIET = ("apscheduler", "uvicorn.access", "alembic")


class Redaction:
    """A step of the log's chain: secrets become ``[secret]`` and NIPs are masked, in every value and at any depth.

    ``secrets`` are the texts that no line may hold: tokens, passwords.
    """

    def __init__(self, secrets: Collection[str]) -> None:
        longest_first = sorted((secret for secret in secrets if secret), key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Return the event with nothing in it that must not be written."""
        return {self._text(str(key)): self._clean(value) for key, value in event.items()}

    def _clean(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {self._text(str(key)): self._clean(item) for key, item in value.items()}
        if isinstance(value, Sequence) and not isinstance(value, str | bytes):
            return [self._clean(item) for item in value]
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int) and len(str(abs(value))) < 18:
            return value
        return self._text(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))

    def _text(self, text: str) -> str:
        hidden = self._secrets.sub("[secret]", text) if self._secrets else text
        return _NIP.sub(lambda match: mask_nip(match[0]), hidden)


def set_up_log(
    form: str,
    secrets: Collection[str],
    file: Path | None = None,
    megabytes: int = 10,
    kept: int = 5,
    stream: TextIO | None = None,
) -> None:
    """Send every log line, our own and those of the libraries, through one chain.

    ``form`` is "json" or "console"; lines go to ``stream`` (standard error) or to a rotating ``file`` of at most
    ``megabytes``, with ``kept`` old ones beside it.
    """
    handler: logging.Handler = logging.StreamHandler(stream or sys.stderr)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        size = megabytes * 1_000_000
        handler = logging.handlers.RotatingFileHandler(file, maxBytes=size, backupCount=kept, encoding="utf-8")
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if form == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=file is None and sys.stderr.isatty())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                Redaction(secrets),
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
