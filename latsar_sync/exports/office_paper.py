"""A sheet of an office: its letterhead, a place to sign, and texts in lines that fit, measured in our letters."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from fpdf import FPDF

from latsar_sync.domain import figures
from latsar_sync.domain.nip import format_nip
from latsar_sync.exports.document import SIZES
from latsar_sync.exports.fonts import FAMILY, Letters
from latsar_sync.exports.logo import logo_of
from latsar_sync.settings.office import OfficeSettings

SIGNATURE_WIDTH, SIGNATURE_HEIGHT = 78.0, 44.0
"""Millimetres."""


class OfficePaper(FPDF):
    """Sheets of one size, in millimetres. ``letters`` are those in which everything on them is written."""

    def __init__(self, size: str) -> None:
        super().__init__(unit="mm", format=SIZES[size])
        self.letters = Letters(self)
        # a table measures the same words thousands of times
        self.width_of = lru_cache(maxsize=50_000)(self._measure)

    def close_fonts(self) -> None:
        """Give back what the fonts keep open."""
        self.letters.close()

    def print_letterhead(self, office: OfficeSettings) -> None:
        """Print who sends this: logo, letterhead, address, and the lines below them."""
        top, logo_width = self.y, 0.0
        logo = logo_of(office)
        if logo is not None:
            self.image(logo, self.l_margin, top, 22, 20, keep_aspect_ratio=True)
            logo_width = 24.0
        self.set_y(top)
        for number, line in enumerate(office.letterhead, start=1):
            last = number == len(office.letterhead)
            self.print_middle(line, "B", 15 if last and number > 1 else 12, logo_width)
        for line in office.address:
            self.print_middle(line, "", 8.5, logo_width)
        if office.letterhead or office.address or logo_width:
            self.set_y(max(self.y, top + (20 if logo_width else 0)) + 1.5)
            for thick, down in ((0.8, 0.0), (0.2, 1.0)):
                self.set_line_width(thick)
                self.line(self.l_margin, self.y + down, self.w - self.r_margin, self.y + down)
            self.set_y(self.y + 5)

    def print_middle(self, text: str, style: str, size: float, aside: float) -> None:
        """Print lines in the middle of what the logo leaves."""
        self.set_font(FAMILY, style, size)
        for line in self.wrapped(text, self.epw - 2 * aside, style, size):
            self.set_x(self.l_margin + aside)
            self.cell(self.epw - 2 * aside, size * 0.46, line, align="C", new_x="LMARGIN", new_y="NEXT")

    def print_signature(self, office: OfficeSettings, made_on: date) -> None:
        """Print where and when this was made, and the place for whoever signs it."""
        day = figures.long_day(made_on)
        self._sign(f"{office.place}, {day}" if office.place else day)
        if office.signer_position:
            self._sign(f"{office.signer_position},")
        self.set_y(self.y + 18)
        self._sign(office.signer_name or "…………………………………………", "B" if office.signer_name else "")
        if office.signer_nip or not office.signer_name:
            self._sign(f"NIP {format_nip(office.signer_nip) if office.signer_nip else '…………………………………'}")

    def _sign(self, text: str, style: str = "") -> None:
        for line in self.wrapped(text, SIGNATURE_WIDTH, style, 9):
            self.set_font(FAMILY, style, 9)
            self.set_x(self.w - self.r_margin - SIGNATURE_WIDTH)
            self.cell(SIGNATURE_WIDTH, 4.4, line, new_x="LMARGIN", new_y="NEXT")

    def _measure(self, text: str, style: str, size: float) -> float:
        self.set_font(FAMILY, style, size)
        return float(self.get_string_width(text))

    def wrapped(self, text: str, width: float, style: str, size: float) -> list[str]:
        """Return a text in lines that fit; fpdf2's own table takes ten times as long for a roster of thousands."""
        lines, line, filled = [], "", 0.0
        space = self.width_of(" ", style, size)
        for word in self.letters.legible(text).split(" "):
            wide = self.width_of(word, style, size)
            if line and filled + space + wide <= width:
                line, filled = f"{line} {word}", filled + space + wide
                continue
            if line:
                lines.append(line)
            line, filled = word, wide
            if wide > width:
                *pieces, line = self._pieces(word, width, style, size)
                lines += pieces
                filled = self.width_of(line, style, size)
        return [*lines, line]

    def _pieces(self, word: str, width: float, style: str, size: float) -> Iterator[str]:
        """Yield a word that is too long for a line in pieces that fit."""
        piece = ""
        for letter in word:
            if piece and self.width_of(piece + letter, style, size) > width:
                yield piece
                piece = ""
            piece += letter
        yield piece
