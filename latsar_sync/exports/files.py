"""Files with personal data: written whole or not at all, readable for their owner only."""

import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO, Any, cast
from weakref import finalize

from typing_extensions import override

from latsar_sync.domain.errors import NotWritten, UsageError
from latsar_sync.domain.language import _, for_admins
from latsar_sync.domain.system_errors import reason_of


class _Steady(io.RawIOBase):
    """A file that may be written on when it is ``lost``, as ZipFile does while it is cleared away: into nowhere."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._at = 0
        self.lost = False

    @override
    def writable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def write(self, piece: Any, /) -> int:
        written = len(piece) if self.lost else self._file.write(piece)
        self._at += written
        return written

    @override
    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._at = offset if self.lost else self._file.seek(offset, whence)
        return self._at

    @override
    def tell(self) -> int:
        return self._at

    @override
    def flush(self) -> None:
        if not self.lost:
            self._file.flush()


PIECE = 1_000_000


class UnnamedFile:
    """A file without a name, filled once and read piece by piece; it is gone with the last who holds it."""

    def __init__(self, fill: Callable[[IO[bytes]], Any]) -> None:
        """Let ``fill`` write it."""
        self._file = TemporaryFile()  # noqa: SIM115  closed with this
        finalize(self, self._file.close)
        fill(self._file)
        self._file.flush()
        self.size = os.fstat(self._file.fileno()).st_size

    def __iter__(self) -> Iterator[bytes]:
        for begin in range(0, self.size, PIECE):
            yield os.pread(self._file.fileno(), PIECE, begin)


def require_writable(file: Path, overwrite: bool = False) -> None:
    """Raise UsageError if the file exists and is not to be replaced, is none, or lies where none can be made."""
    if os.path.isdir(file) or not file.name.strip():
        raise UsageError(_("{file} is a folder, not a file.").format(file=file), _("Give the name of a file in it."))
    if os.path.exists(file) and not os.path.isfile(file):
        raise UsageError(
            _("{file} is a device or a pipe, not a file.").format(file=file), _("Give the name of a file.")
        )
    if os.path.lexists(file) and not overwrite:
        raise UsageError(
            _("{file} exists already.").format(file=file),
            for_admins(_("Choose another name, or add --overwrite to replace it.")),
        )
    try:
        with suppress(FileNotFoundError):
            os.lstat(file)
        os.scandir(file.parent).close()
        if not os.access(file.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise UsageError(*_refusal(file, error)) from None


def write_file(file: Path, fill: Callable[[IO[bytes]], Any], overwrite: bool = False) -> int:
    """Let ``fill`` write a new file and return its size in bytes; readers see the old one or the whole new one.

    Raise UsageError as ``require_writable`` does, and NotWritten if it cannot be written to its end.
    """
    require_writable(file, overwrite)
    unfinished = None
    whole = Path(os.path.realpath(file))  # what a link leads to is written anew, the link stays
    try:
        # made by mkstemp: mode 600 from its first byte
        with NamedTemporaryFile(dir=whole.parent, prefix=f".{whole.name[:100]}.", delete=False) as made:
            unfinished = Path(made.name)
            steady = _Steady(made.file)
            try:
                fill(cast("IO[bytes]", steady))
                made.flush()
            finally:
                steady.lost = True
            os.fsync(made.fileno())
        size = unfinished.stat().st_size
        if overwrite:
            os.replace(unfinished, whole)
        else:
            _put(unfinished, file)
    except OSError as error:
        raise NotWritten(*_refusal(file, error)) from None
    finally:
        if unfinished is not None:
            with suppress(FileNotFoundError):
                unfinished.unlink()
    return size


def _refusal(file: Path, error: OSError) -> tuple[str, str]:
    return (
        _("{file} cannot be written: {reason}.").format(file=file, reason=reason_of(error)),
        _("Choose another file, or check the folder and its space."),
    )


def _put(unfinished: Path, file: Path) -> None:
    """Give a finished file its name. Raise FileExistsError if somebody took that meanwhile, be it by a link."""
    try:
        os.link(unfinished, file)
    except FileExistsError:
        raise
    except OSError:  # a file system that knows no second name
        os.replace(unfinished, file)
