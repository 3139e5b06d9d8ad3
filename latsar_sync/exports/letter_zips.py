"""Letters in ZIP files, one for each institution: written beside each other, or given out together."""

import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, count
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, NamedTuple

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.exports.files import UnnamedFile, require_writable, write_file
from latsar_sync.exports.one_letter import Letter, file_name, kind_in_a_name
from latsar_sync.exports.set_aside import SetAside

Parts = Iterator[tuple[str, bytes | IO[bytes]]]
"""What is put into a ZIP, by its name: each is made as it is put there."""


class Zipped(NamedTuple):
    """ZIPs by the names of their files, each with what is put into it, and why they hold no PDF where they do not."""

    files: Iterator[tuple[str, Parts]]
    problem: str | None


class Written(NamedTuple):
    """Written files with their sizes in bytes, and why they hold no PDF, where they hold none."""

    files: Sequence[tuple[Path, int]]
    problem: str | None


def write_zips(letters: Mapping[str, Sequence[Letter]], folder: Path, overwrite: bool = False) -> Written:
    """Write one ZIP for each institution; each holds its letters as DOCX and PDF, as ``zips`` makes them.

    Raise UsageError if the folder is none, a file exists already, or a template of the office cannot be filled in.
    """
    if not os.path.isdir(folder):
        raise UsageError(_("{folder} is no folder.").format(folder=folder), _("Make it, or name another with -o."))
    for name in _called(letters):
        require_writable(folder / name, overwrite)  # each, before any is written
    made = zips(letters)
    files = []
    for name, parts in made.files:
        path = folder / name
        files.append((path, write_file(path, partial(write_zip, parts), overwrite)))
    return Written(files, made.problem)


def zips(letters: Mapping[str, Sequence[Letter]]) -> Zipped:
    """Return a ZIP for each institution with its letters, each as DOCX and PDF.

    The PDF of a template of the office is that very DOCX as LibreOffice prints it. Where that is not to be had, the
    DOCX stands alone: a PDF with other words would be another letter. Raise UsageError if a template cannot be filled
    in.
    """
    from latsar_sync.exports.conversion import NotConverted, pdfs_of
    from latsar_sync.exports.letter_docx import letter_as_docx, template_of
    from latsar_sync.exports.letter_pdf import letter_as_pdf

    # letters of the office's own are filled in and printed all together, which tells what is wrong with any of them
    # and stand in a file without a name until each is put into its ZIP
    aside = SetAside()
    by_name = {name: _by_file(mine) for name, mine in letters.items()}
    own = {
        (name, called): aside.put([letter_as_docx(each)])
        for name, mine in by_name.items()
        for called, each in mine.items()
        if template_of(each) is not None
    }
    problem, printed = None, dict[tuple[str, str], int]()

    def held(where: int) -> bytes:
        [content] = aside.read(where)
        return bytes(content)

    if own:
        try:
            made = zip(own, pdfs_of(map(held, own.values())), strict=True)
            printed = {key: aside.put([pdf]) for key, pdf in made}
        except NotConverted as error:
            problem = str(error)

    def parts(name: str) -> Parts:
        for called, each in sorted(by_name[name].items(), key=lambda item: f"{item[0]}."):
            key = name, called
            yield f"{called}.docx", held(own[key]) if key in own else letter_as_docx(each)
            if not problem:
                yield f"{called}.pdf", held(printed[key]) if key in printed else letter_as_pdf(each)

    return Zipped(((called, parts(name)) for called, name in sorted(_called(letters).items())), problem)


def _called(letters: Mapping[str, Sequence[Letter]]) -> dict[str, str]:
    """Return the institutions by the names of their files."""
    names = (f"{kind_in_a_name(mine[0].kind)}-{file_name(name)}" for name, mine in letters.items())
    return {f"{name}.zip": institution for name, institution in zip(_told_apart(names), letters, strict=True)}


def _by_file(letters: Sequence[Letter]) -> dict[str, Letter]:
    """Return the letters to one institution by the names of their files, without the ending."""
    return dict(zip(_told_apart(each.file_name for each in letters), letters, strict=True))


def _told_apart(names: Iterable[str]) -> list[str]:
    """Return names in their order: of those that are alike each after the first has a number besides."""
    found = dict[str, None]()
    for name in names:
        numbered = (f"{name}-{number}" for number in count(2))
        found[next(each for each in chain([name], numbered) if each not in found)] = None
    return list(found)


def together(made: Zipped) -> UnnamedFile:
    """Return one ZIP that holds the ZIP of each institution."""
    return UnnamedFile(partial(write_zip, _each_whole(made)))


def _each_whole(made: Zipped) -> Parts:
    for name, parts in made.files:
        with TemporaryFile() as whole:
            write_zip(parts, whole)
            yield name, whole


def write_zip(parts: Parts, made: IO[bytes]) -> None:
    """Write a ZIP into a file, part by part."""
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            if isinstance(content, bytes):
                archive.writestr(info, content)
                continue
            info.file_size = content.seek(0, os.SEEK_END)
            content.seek(0)
            with archive.open(info, "w") as part:
                copyfileobj(content, part)
