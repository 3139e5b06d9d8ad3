"""What the sheets of an XLSX workbook share: how a part of it is read, its texts, and what its styles say."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from latsar_sync.files.cells import Cell, Untold
from latsar_sync.files.number_formats import NumberFormat, format_of

DEEPEST, MOST_ELEMENTS = 50, 5_000_000
"""How far elements of a part stand within each other, and how many there are; more take memory and minutes alone."""
LEAST_SIZE = 2
"""Points below which a letter is a dot."""
LARGEST_PIECE = 1_000_000
"""Bytes of a text that are handed over at once: one of many megabytes comes in few pieces, each put behind the last."""
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")

Attributes = Mapping[str, str]


class Damaged(Exception):
    """A workbook is not what it says: no data can be trusted to be complete."""


@dataclass(frozen=True, slots=True)
class Styles:
    """What the styles of cells say, by their number: in which format each shows a number, and why what stands there is
    not told, by the code of the rejection: of those that strike out, or whose letters nobody sees. ``on_colour`` are
    the styles in which white letters are seen.
    """

    formats: list[NumberFormat] = field(default_factory=list)
    untold: dict[str, str] = field(default_factory=dict)
    on_colour: frozenset[str] = frozenset()


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
    untold: str | None = None
    _taking: bool = False
    _aloud: bool = False
    _piece: str | None = None
    """Why the piece at hand is not told, if it is not."""

    def begin(self, name: str, attributes: Attributes) -> None:
        match name:
            case "t":
                self._taking = not self._aloud
            case "rPh":
                self._aloud = True
            case "r":
                self._piece = None
            case "strike" | "color" | "sz":
                self._piece = self._piece or hidden_by(name, attributes)

    def end(self, name: str) -> None:
        if name == "rPh":
            self._aloud = False
        elif name == "t":
            self._taking = False

    def add(self, letters: str) -> None:
        if self._taking:
            self.written += letters
            self.untold = self.untold or (self._piece if letters.strip() else None)

    def cell(self) -> Cell:
        text = unescaped(self.written)
        return text if self.untold is None else Untold(self.untold, text)


def shared_texts(content: bytes) -> list[Cell]:
    """Return the texts that cells refer to by number.

    Where a part of one is struck out, or nobody sees it, it says nothing: 65 struck out beside 75 is no 6575, and may
    be either.
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


@dataclass(slots=True)
class _Looks:
    """Fonts and fills of a workbook, as far as they hide what stands in a cell, while its styles come by."""

    struck: list[bool] = field(default_factory=list)
    unseen: list[bool] = field(default_factory=list)
    """Of each font: its letters are white, or as small as a dot."""
    white: list[bool] = field(default_factory=list)
    """Of each fill: there is none, or it is white."""
    _within: str = ""
    _solid: bool = False

    def begin(self, name: str, attributes: Attributes) -> None:
        match self._within, name:
            case "", "fonts" | "fills":
                self._within = name
            case "fonts", "font":
                self.struck.append(False)
                self.unseen.append(False)
            case "fonts", "strike" | "color" | "sz":
                code = hidden_by(name, attributes)
                self.struck[-1] |= code == "struck_out"
                self.unseen[-1] |= code == "not_shown"
            case "fills", "fill":
                self.white.append(True)
            case "fills", "patternFill":
                self._solid = attributes.get("patternType") == "solid"
                self.white[-1] = self._solid or attributes.get("patternType", "none") == "none"
            case "fills", "fgColor" if self._solid:
                self.white[-1] = _is_white(attributes)
            case "fills", "gradientFill":
                self.white[-1] = False

    def end(self, name: str) -> None:
        if name == self._within:
            self._within = ""

    def untold_by(self, font: int, fill: int) -> str | None:
        if font < len(self.struck) and self.struck[font]:
            return "struck_out"
        is_unseen = font < len(self.unseen) and self.unseen[font] and self.is_white(fill)
        return "not_shown" if is_unseen else None

    def is_white(self, fill: int) -> bool:
        return fill >= len(self.white) or self.white[fill]


def styles_of(content: bytes) -> Styles:
    """Return what the styles of a workbook say."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS

    own: dict[str, str] = {}
    found: list[Attributes] = []
    looks = _Looks()
    in_use = False

    def begin(name: str, attributes: Attributes) -> None:
        nonlocal in_use
        looks.begin(name, attributes)
        if name == "numFmt":
            own[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            in_use = True
        elif name == "xf" and in_use:
            found.append(attributes)

    def end(name: str) -> None:
        nonlocal in_use
        looks.end(name)
        in_use = in_use and name != "cellXfs"

    def form_of(number: str) -> str:
        return own.get(number) or BUILTIN_FORMATS.get(int(number) if number.isdecimal() else 0, "General")

    read_part(content, begin, end)
    untold = {
        str(style): code
        for style, each in enumerate(found)
        if (code := looks.untold_by(_number(each, "fontId"), _number(each, "fillId"))) is not None
    }
    formats = [format_of(form_of(each.get("numFmtId", "0"))) for each in found]
    on_colour = (str(style) for style, each in enumerate(found) if not looks.is_white(_number(each, "fillId")))
    return Styles(formats, untold, frozenset(on_colour))


def _number(attributes: Attributes, name: str) -> int:
    text = attributes.get(name, "0")
    return int(text) if text.isdecimal() else 0


def _measure(attributes: Attributes, name: str, without: float) -> float:
    """Return a measure of looks, ``without`` one if it is none: what a style says of itself spoils nothing."""
    try:
        return float(attributes.get(name, without))
    except ValueError:
        return without


def _is_white(colour: Attributes) -> bool:
    """Say whether a colour is the white of paper, by its parts, by the theme, or by its number in the old palette."""
    if _measure(colour, "tint", 0):
        return False
    by_number = colour.get("theme") == "0" or colour.get("indexed") in ("1", "9")
    return by_number or colour.get("rgb", "")[-6:].upper() == "FFFFFF"


def hidden_by(name: str, attributes: Attributes) -> str | None:
    """Return why letters are not told that have a property of a font: they are struck out, white, or small as a dot."""
    if name == "strike":
        return "struck_out" if is_on(attributes) else None
    if name == "color":
        return "not_shown" if _is_white(attributes) else None
    return "not_shown" if _measure(attributes, "val", LEAST_SIZE) < LEAST_SIZE else None


def is_on(attributes: Attributes) -> bool:
    """Say whether a property of a font that stands there is on."""
    return attributes.get("val", "1") not in ("0", "false")
