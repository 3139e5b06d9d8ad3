"""The two ways out of a command: what cannot be written, or not in their encoding, ends nothing and is said once."""

import codecs
import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from typing_extensions import override

from latsar_sync.domain.language import _
from latsar_sync.domain.system_errors import reason_of

STAND_INS = "latsar_sync_stand_ins"
"""The error handler that writes what an encoding lacks in letters that it has."""


class Outlet(io.RawIOBase):
    """A way out that takes everything: from the first piece on that ``raw`` refuses, the rest goes nowhere.

    ``refused`` is that error, None while all is well; ``raw`` None is a way out that was closed from the beginning.
    """

    def __init__(self, raw: Any) -> None:
        super().__init__()
        self._raw = raw
        self.refused: OSError | None = OSError(errno.EBADF, os.strerror(errno.EBADF)) if raw is None else None

    @override
    def writable(self) -> bool:
        return True

    @override
    def fileno(self) -> int:
        if self._raw is None:
            raise io.UnsupportedOperation
        return int(self._raw.fileno())

    @override
    def isatty(self) -> bool:
        return self._raw is not None and bool(self._raw.isatty())

    @override
    def write(self, piece: Any, /) -> int | None:
        if self.refused is None:
            try:
                return self._raw.write(piece)  # type: ignore[no-any-return] # whatever stream it wraps
            except OSError as error:
                self.refused = error
        return len(piece)


@contextmanager
def ways_out() -> Iterator[None]:
    """Let standard output and error take whatever is written within the block; say at its end what was lost."""
    codecs.register_error(STAND_INS, _stand_ins)
    _keep_numbers_taken()
    before = sys.stdin, sys.stdout, sys.stderr
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, closefd=False)
    out, sys.stdout = _careful(sys.stdout)
    _err, sys.stderr = _careful(sys.stderr)
    try:
        yield
    finally:
        sys.stdout.flush()
        if out is not None and out.refused is not None:
            told = _("Not everything could be shown: standard output cannot be written ({reason}).")
            sys.stderr.write(told.format(reason=reason_of(out.refused)) + "\n")
        sys.stderr.flush()
        sys.stdin, sys.stdout, sys.stderr = before


def _careful(stream: Any) -> tuple[Outlet | None, Any]:
    """Return a careful stream in place of a process's own; one that only a test has stays as it is."""
    if stream is None:
        outlet = Outlet(None)
        return outlet, io.TextIOWrapper(io.BufferedWriter(outlet), encoding="utf-8", errors=STAND_INS)
    try:
        stream.fileno()
        stream.flush()
    except (OSError, ValueError):
        return None, stream
    outlet = Outlet(getattr(stream.buffer, "raw", stream.buffer))
    careful = io.TextIOWrapper(
        io.BufferedWriter(outlet),
        encoding=stream.encoding,
        errors=STAND_INS,
        line_buffering=outlet.isatty() or stream is sys.stderr,
    )
    return outlet, careful


def _keep_numbers_taken() -> None:
    """Open nothing in the place of a closed standard stream: else a database would get its number, and its text."""
    for number in (0, 1, 2):
        with suppress(OSError):
            os.fstat(number)
            continue
        os.open(os.devnull, os.O_RDWR)


def _stand_ins(error: UnicodeError) -> tuple[str, int]:
    """Give what an encoding lacks in plain letters, a question mark where there are none."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    from anyascii import anyascii  # its tables are read when first asked, and hardly anybody needs them

    piece = error.object[error.start : error.end]
    return "".join(anyascii(character) or "?" for character in piece), error.end
