"""A Word document as PDF, by LibreOffice where it is installed: only a word processor prints one as it was laid out."""

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.files.bare_environment import bare_environment

PROGRAMS = ("soffice", "libreoffice")
SECONDS_TO_START, SECONDS_EACH = 60, 5
"""Bounds of a conversion that does not come to an end."""


class NotConverted(UsageError):
    """There is no LibreOffice, or it made no PDF."""


def converter() -> str | None:
    """Return the path of LibreOffice, None if it is not on this system's PATH."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def pdfs_of(documents: Iterable[bytes]) -> Iterator[bytes]:
    """Yield Word documents as PDFs, in their order. Raise NotConverted, before the first, if that cannot be done."""
    program = converter()
    if program is None:
        raise NotConverted(
            _("The ZIPs hold Word documents alone: to print the office's own letters as PDF, LibreOffice is needed."),
            _("Install it (soffice on the PATH), or save them as PDF in Word."),
        )
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = []
        for number, content in enumerate(documents):
            files.append(folder / f"{number}.docx")
            files[-1].write_bytes(content)
        # a profile of its own: one that is open already would take the work over and say nothing of its end
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        order = [program, profile, "--headless", "--norestore", "--convert-to", "pdf", "--outdir", name]
        try:
            subprocess.run(  # noqa: S603 - the program that PATH names, and files that were just written here
                [*order, *map(str, files)],
                check=True,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                env=bare_environment(),
                timeout=SECONDS_TO_START + SECONDS_EACH * len(files),
            )
            made = [file.with_suffix(".pdf").resolve(strict=True) for file in files]
        except (OSError, subprocess.SubprocessError) as error:
            raise NotConverted(
                _("The ZIPs hold Word documents alone: LibreOffice made no PDF of them ({reason}).").format(
                    reason=type(error).__name__
                ),
                _("Open one in LibreOffice to see why, or save them as PDF in Word."),
            ) from None
        for file in made:
            yield file.read_bytes()
