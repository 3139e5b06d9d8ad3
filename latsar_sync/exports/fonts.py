"""The font of the PDFs: Noto Sans, from a package, and what becomes of letters that it does not have."""

import logging
import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory

import pymupdf_fonts
from anyascii import anyascii
from fpdf import FPDF
from fpdf.fonts import TTFFont

FAMILY = "noto"
STYLES = {"": "notos", "B": "notosbo"}
"""Style of fpdf2 to the name of the font in the package."""
MARK = " *"
"""Stands after a text of which letters were written in Latin ones."""


class Letters:
    """The letters that a PDF can show, and whether any text had others."""

    def __init__(self, pdf: FPDF) -> None:
        # it tells of every table of a font that it does not know
        logging.getLogger("fontTools").setLevel(logging.ERROR)
        with TemporaryDirectory() as folder:
            for style, name in STYLES.items():
                file = Path(folder) / f"{name}.ttf"  # fpdf2 takes a font from nowhere but a file
                file.write_bytes(pymupdf_fonts.myfont(name))
                pdf.add_font(FAMILY, style, file)
        self._known = frozenset(getattr(pdf.fonts[FAMILY], "cmap", ()))
        self._pdf = pdf
        self.any_written_otherwise = False

    def close(self) -> None:
        """Give back the font files, which fpdf2 keeps open."""
        for font in self._pdf.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    def legible(self, text: str) -> str:
        """Return a text with nothing in it that the font lacks; a mark tells that letters were written in Latin ones.

        For example ``김 Siti`` is ``Gim Siti *``. A letter that nothing is known for is a question mark, so that
        nobody's name vanishes. Control characters and those that turn the direction of writing are left out.
        """
        composed = unicodedata.normalize("NFC", " ".join(text.split()))
        written = "".join(map(self._shown, composed))
        if written == composed:
            return composed
        lost = any(ord(letter) not in self._known and not _is_invisible(letter) for letter in composed)
        self.any_written_otherwise |= lost
        return written + MARK if lost else written

    def _shown(self, letter: str) -> str:
        if _is_invisible(letter):
            return ""
        if ord(letter) in self._known:
            return letter
        return anyascii(letter) or "?"


def _is_invisible(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf")
