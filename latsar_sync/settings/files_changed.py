"""Which files of the configuration were changed since they were read: a service goes by what it read at its start."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from latsar_sync.domain.language import _, mark

if TYPE_CHECKING:
    from latsar_sync.settings.whole import Settings

REMEDY = mark("Let doctor examine it, then restart the service: systemctl restart latsar-sync.")
"""What is to be done about a file that was changed."""


def digests(files: Iterable[Path]) -> dict[Path, str]:
    """Return what tells the content of each file from another; of one that cannot be read it is empty."""
    return {each: _digest(each) for each in files}


def changed_since_read(settings: "Settings") -> list[Path]:
    """Return the files of the configuration, with those of its secrets, that do not hold now what was read of them."""
    return [file for file, before in settings.as_read.items() if _digest(file) != before]


def said_of(file: str) -> str:
    """Say that a file was changed, and what goes by what then."""
    return _("{file} was changed since it was read: what runs goes by what it read when it began.").format(file=file)


def _digest(file: Path) -> str:
    try:
        return sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""
