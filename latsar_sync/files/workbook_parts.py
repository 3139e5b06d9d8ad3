"""What the sheets of an XLSX workbook share: how a part of it is read, its texts, and what its styles say."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from latsar_sync.files.cells import Cell, Untold

PLAIN_FORMATS = frozenset({"general", "standard", "standar", "umum"})
"""No format at all, as some programs call it in their own language; the letters are none of a date."""
DEEPEST, MOST_ELEMENTS = 50, 5_000_000
"""How far elements of a part stand within each other, and how many there are; more take memory and minutes alone."""
LARGEST_PIECE = 1_000_000
"""Bytes of a text that are handed over at once: one of many megabytes comes in few pieces, each put behind the last."""
SHOWS_NOTHING = ";;;"
"""A format that hides whatever stands in a cell."""
_CONDITION = re.compile(r"\[[^\]]*\]")
_AS_WRITTEN = re.compile(r'"[^"]*"|[\\_*].')
"""What a format shows as it stands there."""
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")

Attributes = Mapping[str, str]


class Damaged(Exception):
    """A workbook is not what it says: no data can be trusted to be complete."""


@dataclass(frozen=True, slots=True)
class Styles:
    """What the styles of cells say, by their number: how each shows a number, and why what stands there is not told.

    A format is "date", "duration", "percent", or nothing of these; "sign" stands where a per cent sign is only written
    behind the number, which is not a share, "hidden" where words or nothing stand in place of it. ``untold`` has the
    styles that strike out or hide, with the rejection.
    """

    formats: list[str] = field(default_factory=list)
    untold: dict[str, str] = field(default_factory=dict)


def read_part(
    content: bytes,
    begin: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Hand over what stands in an XML part, by local names.

    Raise Damaged for XML that is none, that defines anything, or that is built as no spreadsheet builds it.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = LARGEST_PIECE

    depth = elements = 0

    def local(name: str) -> str:
        return name.rpartition(":")[2] if ":" in name else name

    def started(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if depth > DEEPEST or elements > MOST_ELEMENTS:
            raise Damaged
        begin(local(name), {local(key): value for key, value in attributes.items()} if attributes else attributes)

    def ended(name: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(local(name))

    def refused(*_told: Any) -> None:
        raise Damaged

    parser.StartElementHandler = started
    parser.StartDoctypeDeclHandler = refused
    parser.EndElementHandler = ended
    if text is not None:
        parser.CharacterDataHandler = text
    for first in range(0, len(content), LARGEST_PIECE):
        parser.Parse(content[first : first + LARGEST_PIECE])
        if first + LARGEST_PIECE - parser.CurrentByteIndex > 2 * LARGEST_PIECE:
            raise Damaged  # an element of megabytes: its attributes would be held many times over
    parser.Parse(b"", True)


@dataclass(slots=True)
class _Text:
    """A shared text while it comes by; how a name is read aloud (rPh) is no part of it."""

    written: str = ""
    struck_out: bool = False
    _taking: bool = False
    _aloud: bool = False
    _striking: bool = False

    def begin(self, name: str, attributes: Attributes) -> None:
        match name:
            case "t":
                self._taking = not self._aloud
            case "rPh":
                self._aloud = True
            case "r":
                self._striking = False
            case "strike":
                self._striking = is_on(attributes)

    def end(self, name: str) -> None:
        if name == "rPh":
            self._aloud = False
        elif name == "t":
            self._taking = False

    def add(self, letters: str) -> None:
        if self._taking:
            self.written += letters
            self.struck_out |= self._striking and bool(letters.strip())

    def cell(self) -> Cell:
        text = unescaped(self.written)
        return Untold("struck_out", text) if self.struck_out else text


def shared_texts(content: bytes) -> list[Cell]:
    """Return the texts that cells refer to by number.

    Where a part of one is struck out it says nothing: 65 struck out beside 75 is no 6575, and may be either.
    """
    found: list[Cell] = []
    text = _Text()

    def begin(name: str, attributes: Attributes) -> None:
        nonlocal text
        if name == "si":
            text = _Text()
        text.begin(name, attributes)

    def end(name: str) -> None:
        text.end(name)
        if name == "si":
            found.append(text.cell())

    read_part(content, begin, end, lambda letters: text.add(letters))
    return found


def unescaped(text: str) -> str:
    """Undo the escapes of ECMA-376 (ST_Xstring): ``_x000D_`` is a line break, ``_x005F_`` an underscore."""
    if "_x" not in text:
        return text
    plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def styles_of(content: bytes) -> Styles:
    """Return what the styles of a workbook say."""
    own: dict[str, str] = {}
    fonts: list[bool] = []
    found: list[tuple[str, str]] = []
    inside = {"cellXfs": False, "fonts": False}

    def begin(name: str, attributes: Attributes) -> None:
        if name == "numFmt":
            own[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name in inside:
            inside[name] = True
        elif name == "font" and inside["fonts"]:
            fonts.append(False)
        elif name == "strike" and inside["fonts"]:
            fonts[-1] = is_on(attributes)
        elif name == "xf" and inside["cellXfs"]:
            found.append((attributes.get("numFmtId", "0"), attributes.get("fontId", "0")))

    def end(name: str) -> None:
        if name in inside:
            inside[name] = False

    read_part(content, begin, end)
    kinds = {number: _kind_of_format(number, own) for number in {number for number, _font in found}}
    struck = {str(number) for number, is_struck in enumerate(fonts) if is_struck}
    untold = {
        str(style): "struck_out" if font in struck else "not_shown"
        for style, (number, font) in enumerate(found)
        if font in struck or own.get(number) == SHOWS_NOTHING
    }
    return Styles([kinds[number] for number, _font in found], untold)


def is_on(attributes: Attributes) -> bool:
    """Say whether a property of a font that stands there is on."""
    return attributes.get("val", "1") not in ("0", "false")


def _kind_of_format(number: str, own: Mapping[str, str]) -> str:
    from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

    form = own.get(number) or BUILTIN_FORMATS.get(int(number) if number.isdecimal() else 0, "General")
    if form.casefold() in PLAIN_FORMATS:
        return ""
    if is_timedelta_format(form):
        return "duration"
    if is_date_format(form):
        return "date"
    reckoned = _AS_WRITTEN.sub("", form)
    shown = _CONDITION.sub("", reckoned).casefold()
    if not any(each in shown for each in ("0", "#", "?", "@", *PLAIN_FORMATS)):
        return "hidden"
    return "" if "%" not in form else "percent" if "%" in reckoned else "sign"
