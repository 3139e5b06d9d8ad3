"""Which letters of a page of a PDF nobody sees: whoever wrote them may tell the program something else than people.

Used by ``reading_pdf`` alone, in its process: what is imported here is loaded there.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import pdfplumber.page
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_raw
from PIL import Image, ImageChops
from typing_extensions import override

from latsar_sync.domain.spelling import seen

LEAST_SIZE = 2
"""Points below which a letter is a dot."""
DOTS, MOST_DOTS = 2.0, 4000
"""Dots of a point, in the picture in which letters are looked for; and of a page's longer side at most."""
LEAST_TRACE = 24
"""By so much, of 255, the letter must change the picture; what is lighter on white nobody reads."""
WIDE = 6
"""Dots from which on a letter is looked for in its middle; of narrower ones it may be thin there."""
CLOSE_BY, UPON = 4, 0.4
"""Points within which letters are compared, and the part of their size by which their middles are apart at most."""
DEEPEST = 15
"""How far parts of a page may stand within each other."""
NOT_DRAWN = frozenset({3, 7})
"""Ways of drawing a letter that draw nothing: programs lay the text that they recognised over a scan by the first."""
_UNDRAWN = "not drawn"

Letter = dict[str, Any]
Place = tuple[float, float, float, float]


class Device(pdfplumber.page.PDFPageAggregatorWithMarkedContent):
    """Notes of each letter whether it is drawn at all."""

    _draws = True

    @override
    def render_string(self, textstate: Any, *more: Any) -> None:
        self._draws = textstate.render not in NOT_DRAWN
        super().render_string(textstate, *more)

    @override
    def tag_cur_item(self) -> None:
        super().tag_cur_item()
        if self.cur_item._objs:
            setattr(self.cur_item._objs[-1], "tag", None if self._draws else _UNDRAWN)  # noqa: B010


def notice_what_is_not_drawn() -> None:
    """Let pages that are read from now on tell which letters are not drawn."""
    setattr(pdfplumber.page, "PDFPageAggregatorWithMarkedContent", Device)  # noqa: B010


class SeenLetters:
    """The letters that whoever looks at a page sees: the picture of it is another one without them."""

    def __init__(self, content: bytes) -> None:
        self._document = pdfium.PdfDocument(content)

    def drawn_on(self, page: Any) -> list[Letter]:
        """Return the letters of a page that are drawn, whether anybody sees them or not."""
        return [each for each in page.chars if _is_drawn(each)]

    def unseen_on(self, page: Any, letters: Iterable[Letter]) -> list[Letter]:
        """Return those of the ``letters`` of a page that nobody sees."""
        looked_at = [each for each in letters if seen(each["text"])]
        found = [each for each in looked_at if each["size"] < LEAST_SIZE or not _is_drawn(each)]
        known = {id(each) for each in found}
        rest = [each for each in looked_at if id(each) not in known]
        if not rest:
            return found
        scale = min(DOTS, MOST_DOTS / max(page.width, page.height, 1))
        traces = self._traces(page.page_number - 1, scale)
        known |= {id(each) for each in _upon_each_other(rest)}
        return found + [each for each in rest if id(each) in known or not _leaves_a_trace(each, page, traces, scale)]

    def _traces(self, number: int, scale: float) -> Image.Image:
        """Return in which dots the picture of a page changes where its letters are taken out."""
        page = self._document[number]
        with_letters = page.render(scale=scale, grayscale=True).to_pil().convert("L")
        for each in page.get_objects(filter=[pdfium_raw.FPDF_PAGEOBJ_TEXT], max_depth=DEEPEST):
            pdfium_raw.FPDFTextObj_SetTextRenderMode(each, pdfium_raw.FPDF_TEXTRENDERMODE_INVISIBLE)
        without = page.render(scale=scale, grayscale=True).to_pil().convert("L")
        page.close()
        return ImageChops.difference(with_letters, without)


def _is_drawn(letter: Letter) -> bool:
    return bool(letter.get("tag") != _UNDRAWN)


def _leaves_a_trace(letter: Letter, page: Any, traces: Image.Image, scale: float) -> bool:
    """Say whether a letter changes the picture; a wide one in its middle, where the ones beside it do not reach."""
    left, top = page.cropbox[0], page.cropbox[1]
    width = (letter["x1"] - letter["x0"]) * scale
    aside = width / 4 / scale if width >= WIDE else 0.0
    place = (
        int((letter["x0"] + aside - left) * scale),
        int((letter["top"] - top) * scale),
        int((letter["x1"] - aside - left) * scale) + 1,
        int((letter["bottom"] - top) * scale) + 1,
    )
    strongest: Any = traces.crop(place).getextrema()[1]
    return bool(strongest > LEAST_TRACE)


def _upon_each_other(letters: Iterable[Letter]) -> Iterator[Letter]:
    """Yield letters and digits of which one lies upon another: which of them people see, the picture does not tell."""
    places: dict[tuple[int, int], list[tuple[float, float, Letter]]] = {}
    for letter in letters:
        if not letter["text"].isalnum():
            continue  # an accent that is drawn by itself
        across, down = (letter["x0"] + letter["x1"]) / 2, (letter["top"] + letter["bottom"]) / 2
        column, row = int(across / CLOSE_BY), int(down / CLOSE_BY)
        for beside in ((x, y) for x in (column - 1, column, column + 1) for y in (row - 1, row, row + 1)):
            for there, at, other in places.get(beside, ()):
                apart = abs(there - across) / min(letter["width"], other["width"]), abs(at - down) / letter["height"]
                if other["text"] != letter["text"] and max(apart) < UPON:
                    yield from (letter, other)
        places.setdefault((column, row), []).append((across, down, letter))
