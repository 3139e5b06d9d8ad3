"""The two streams of a command: consoles that nobody's name commands, JSON and texts, on the screen or in a file."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from latsar_sync.domain import figures
from latsar_sync.domain.language import _

NARROWEST, USUAL = 10, 80
"""Columns of a terminal."""
PIECE = 1_000_000
"""So many characters of a long list are held at once."""


class SafeConsole(Console):
    """A console on which nobody's name or message commands the terminal: what is not printable is left out.

    One that says it is narrower than a word does not know how wide it is (COLUMNS=0): else nothing would stand there.
    """

    def __init__(self, **options: Any) -> None:
        """Take what rich takes."""
        super().__init__(**options)
        if self.width < NARROWEST:
            self.width = USUAL

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as ever; only rich's own colours and movements stay."""
        for segment in super().render(renderable, options):
            is_safe = segment.control or segment.text.isprintable()
            yield segment if is_safe else segment._replace(text=without_commands(segment.text))


def without_commands(text: str) -> str:
    """Return a text of lines without control characters, directions of writing and halves of characters."""
    if text.isprintable():
        return text
    return "".join(sign for sign in text if sign.isprintable() or sign in "\n\r\t\u00a0\u3000\u2007\u202f")


output, errors = SafeConsole(), SafeConsole(stderr=True)


def as_text(value: Any, ascii_only: bool = False) -> str:
    """Return JSON in which characters stand as they are, but for those that a terminal or a file cannot take."""
    text = json.dumps(value, ensure_ascii=ascii_only, indent=2) + "\n"
    return re.sub(r"[\x7f-\x9f\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def print_json(value: Any) -> None:
    sys.stdout.write(_for_the_screen(value))
    sys.stdout.flush()


def print_json_list(values: Iterable[Any]) -> None:
    """Print a list as ``print_json`` does, whole or not at all: what breaks off half way leaves its error alone.

    Each value goes aside as it comes, a long list into a file: no more of it is held in memory.
    """
    with SpooledTemporaryFile(PIECE, "w+", encoding="utf-8", newline="") as whole:
        for part in _parts(values, _for_the_screen):
            whole.write(part)
        whole.seek(0)
        sys.stdout.writelines(iter(partial(whole.read, PIECE), ""))
    sys.stdout.flush()


def _parts(values: Iterable[Any], as_text: Callable[[Any], str]) -> Iterator[str]:
    """Yield the text of a list, a value at a time."""
    before = "["
    for value in values:
        text = as_text([value])
        yield before + text[1 : text.rindex("]") - 1]
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def _for_the_screen(value: Any) -> str:
    text = as_text(value)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return as_text(value, ascii_only=True)  # what the encoding lacks comes escaped, not as another letter
    return text


def is_json(file: Path | None) -> bool:
    """Say whether a file's ending asks for JSON."""
    return file is not None and file.suffix.lower() == ".json"


def write_text(file: Path | None, text: str, overwrite: bool = False) -> None:
    """Print a text, or write it to a file that only its owner may read."""
    if file is None:
        sys.stdout.write(without_commands(text))
    else:
        _write(file, lambda made: made.write(text.encode()), overwrite)


def write_document(file: Path | None, text: str, overwrite: bool = False) -> None:
    """Print a document within the width of the screen, or write it to a file that only its owner may read, as it is."""
    if file is None:
        from latsar_sync.cli.screens.frames import within

        text = "".join(f"{within(line, output.width)}\n" for line in text.splitlines())
    write_text(file, text, overwrite)


def write_lines(file: Path | None, lines: Iterable[str], overwrite: bool = False) -> None:
    """Print the lines of a text, or write them to a file that only its owner may read, each as it comes."""
    if file is None:
        sys.stdout.writelines(map(without_commands, lines))
    else:
        _write(file, lambda made: made.writelines(line.encode() for line in lines), overwrite)


def write_json_list(file: Path | None, values: Iterable[Any], overwrite: bool = False) -> None:
    """Print a list as JSON, or write it to a file that only its owner may read, each value as it comes."""
    if file is None:
        print_json_list(values)
    else:
        parts = _parts(values, as_text)
        _write(file, lambda made: made.writelines(part.encode() for part in parts), overwrite)


def write_json(file: Path | None, value: Any, overwrite: bool = False) -> None:
    """Print a value as JSON, or write it to a file that only its owner may read."""
    if file is None:
        print_json(value)
    else:
        write_text(file, as_text(value), overwrite)


def _write(file: Path, fill: Callable[[IO[bytes]], object], overwrite: bool) -> None:
    """Write a file and say so beside the output, which stays that of the command."""
    from latsar_sync.exports import write_file

    size = write_file(file, fill, overwrite)
    said = _("{file}: {size} bytes.").format(file=file, size=figures.count(size))
    errors.print(said, markup=False, highlight=False, soft_wrap=True)
