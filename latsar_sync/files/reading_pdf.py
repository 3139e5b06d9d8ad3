"""The tables of a PDF that holds text, read in a process of its own: a bad file costs its own time and memory only.

Run as a program it reads a PDF from standard input and writes what was asked for as JSON. A scan has no text and is
refused where text is needed.
"""

import json
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from latsar_sync.domain.language import mark
from latsar_sync.files.bare_environment import bare_environment
from latsar_sync.files.file_kinds import COPIED_AGAIN

if TYPE_CHECKING:
    from latsar_sync.files.unseen_letters import SeenLetters

MOST_PAGES = 300
MOST_SECONDS = 120
MOST_MEMORY = 300_000_000
AT_ONCE = 2
"""Together they stay far below what the service may take: else a bad file would end the service, not its reading."""
MOST_TOLD = 30_000_000
"""Characters of what was read; more is no list."""
MOST_DOTS = 1600
"""Width or height of a picture of a page."""
END, FAR_FROM_THE_END = b"%%EOF", 1024
"""The mark with which a PDF ends, and so many bytes from the end at most it stands."""
THICKEST_LINE = 3
"""Points by which a cell may reach into the row below it and not be beside it."""
LEAST_TEXT = 20
"""Signs of text on the pages below which it is taken for a scan."""
THE_TABLE = mark("Ask for the table itself, as .xlsx or CSV.")

Page = list[list[str]]


@dataclass(frozen=True, slots=True)
class PrintedTexts:
    """What stands on the pages: the text that people see, and what a program recognised in a scan and laid over it.

    Nobody sees that one, so that it may be wrong in any digit, and may have been written to mislead.
    """

    seen: str
    recognised: str = ""


class Unprinted(Exception):
    """A PDF out of which no table can be read: the reason, and the ``remedy``; both to be translated."""

    def __init__(self, reason: str, remedy: str = THE_TABLE) -> None:
        super().__init__(reason)
        self.remedy = remedy


REASONS = {
    "scan": mark("it is a scan: a PDF of pictures without text"),
    "password": mark("it has a password"),
    "pages": mark("it has too many pages"),
    "turned": mark("it is a PDF whose pages are turned"),
    "no_table": mark("it is a PDF without a table"),
    "damaged": mark("it is a PDF that cannot be read"),
    "hidden": mark("its table holds letters that nobody sees, or that lie upon each other"),
    "cut_off": mark("it is a PDF that breaks off"),
    "too_long": mark("it is a PDF that takes too long to read"),
    "too_much": mark("it is a PDF that holds too much"),
}
_READING = BoundedSemaphore(AT_ONCE)


def read_pages(content: bytes) -> list[Page]:
    """Return the rows of the tables of every page. Raise Unprinted if there are none, or it cannot be read."""
    pages: list[Page] = _ask(content, "pages")
    return pages


def read_texts(content: bytes) -> PrintedTexts:
    """Return the text of a PDF. Raise Unprinted if there is none, or it cannot be read."""
    found = _ask(content, "texts")
    return PrintedTexts(found["seen"], found["recognised"])


def pictures_of(content: bytes, most: int) -> tuple[list[bytes], int]:
    """Return up to ``most`` pages as JPEG, and how many there are. Raise Unprinted if they cannot be drawn."""
    found = _ask(content, "pictures", str(most))
    return [b64decode(each) for each in found["pages"]], int(found["total"])


def _ask(content: bytes, what: str, *more: str) -> Any:
    """Let a process of its own read a PDF, and return what it found."""
    command = [sys.executable, "-I", "-m", "latsar_sync.files.reading_pdf", what, *more]
    try:
        with _READING:
            done = subprocess.run(  # noqa: S603 - this very program
                command,
                input=content,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # a library may warn of each of a million things
                timeout=MOST_SECONDS,
                check=False,
                env=bare_environment(),
            )
        found: Any = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise Unprinted(REASONS["too_long"]) from None
    except ValueError:
        raise Unprinted(REASONS["damaged"]) from None
    if "problem" in found:
        raise Unprinted(REASONS[found["problem"]], COPIED_AGAIN if found["problem"] == "cut_off" else THE_TABLE)
    return found[what]


def main() -> None:
    """Read standard input and write what stands in it."""
    _bound_memory()
    content, what = sys.stdin.buffer.read(), sys.argv[1:]
    found = _drawn(content, int(what[1])) if what[0] == "pictures" else _read(content, texts="texts" in what)
    told = json.dumps(found)
    sys.stdout.write(told if len(told) <= MOST_TOLD else json.dumps({"problem": "too_much"}))


def _drawn(content: bytes, most: int) -> dict[str, Any]:
    import pdfplumber
    from pdfplumber.utils.exceptions import PdfminerException

    drawn = []
    try:
        with pdfplumber.open(BytesIO(content)) as document:
            for page in document.pages[:most]:
                made, dots = BytesIO(), min(110.0, MOST_DOTS * 72 / max(page.width, page.height, 1))
                page.to_image(resolution=dots).original.convert("RGB").save(made, "JPEG", quality=70)
                drawn.append(b64encode(made.getvalue()).decode())
            return {"pictures": {"pages": drawn, "total": len(document.pages)}}
    except PdfminerException as error:
        return {"problem": "password" if "Password" in repr(error) else "damaged"}


def _read(content: bytes, texts: bool) -> dict[str, Any]:
    import pdfplumber
    from pdfplumber.utils.exceptions import PdfminerException
    from pypdfium2 import PdfiumError

    from latsar_sync.files.unseen_letters import SeenLetters, notice_what_is_not_drawn

    notice_what_is_not_drawn()
    try:
        with pdfplumber.open(BytesIO(content)) as document:
            if _breaks_off(content, document.doc.catalog, len(document.pages)):
                return {"problem": "cut_off"}
            if len(document.pages) > MOST_PAGES:
                return {"problem": "pages"}
            return (_texts_of if texts else _tables_of)(document.pages, SeenLetters(content))
    except PdfminerException as error:
        return {"problem": "password" if "Password" in repr(error) else "damaged"}
    except PdfiumError:
        return {"problem": "damaged"}


def _texts_of(pages: Sequence[Any], letters: "SeenLetters") -> dict[str, Any]:
    signs, seen, recognised = 0, [], []
    for page in pages:
        signs += len(page.chars)
        seen.append(_text_of(page, letters.unseen_on(page, page.chars)))
        recognised.append(_text_of(page, letters.drawn_on(page)))
        page.close()
    if signs < LEAST_TEXT:
        return {"problem": "scan"}
    return {"texts": {"seen": "\n".join(seen), "recognised": "\n".join(recognised)}}


def _tables_of(pages: Sequence[Any], letters: "SeenLetters") -> dict[str, Any]:
    signs, turned, found = 0, 0, []
    for page in pages:
        drawn = letters.drawn_on(page)
        signs += len(drawn)
        turned += sum(char["matrix"][0] <= 0 for char in drawn)
        tables = page.find_tables() if turned <= signs / 2 else []
        within = [char for char in page.chars if any(_lies_in(char, table.bbox) for table in tables)]
        if letters.unseen_on(page, within):
            return {"problem": "hidden"}
        found.append([row for table in tables for row in _rows_of(table)])
        page.close()
    if signs < LEAST_TEXT:
        return {"problem": "scan"}
    if turned > signs / 2:
        return {"problem": "turned"}
    return {"pages": found} if any(found) else {"problem": "no_table"}


def _text_of(page: Any, without: Sequence[Any]) -> str:
    """Return the text of a page but for these letters."""
    left_out = {(each["x0"], each["top"], each["text"]) for each in without}
    kept = page.filter(
        lambda each: each["object_type"] != "char" or (each["x0"], each["top"], each["text"]) not in left_out
    )
    return kept.extract_text() or ""


def _lies_in(letter: Any, place: tuple[float, float, float, float]) -> bool:
    across, down = (letter["x0"] + letter["x1"]) / 2, (letter["top"] + letter["bottom"]) / 2
    return bool(place[0] <= across <= place[2] and place[1] <= down <= place[3])


def _rows_of(table: Any) -> Iterator[list[str]]:
    """Yield the rows of a table; what stands in a cell beside several rows stands in each of them."""
    above: dict[int, tuple[float, str]] = {}
    for row, texts in zip(table.rows, table.extract(), strict=True):
        for column, (place, text) in enumerate(zip(row.cells, texts, strict=True)):
            if place is not None:
                above[column] = place[3], text or ""
            elif above.get(column, (0, ""))[0] < row.bbox[1] + THICKEST_LINE:
                above.pop(column, None)
        yield [above.get(column, (0, ""))[1] for column in range(len(texts))]


def _breaks_off(content: bytes, catalog: Any, pages: int) -> bool:
    """Say whether a PDF has no end, or fewer pages than it says: of one whose beginning tells it the rest may lack."""
    from pdfminer.pdftypes import dict_value, int_value

    return END not in content[-FAR_FROM_THE_END:] or pages < int_value(dict_value(catalog.get("Pages")).get("Count"))


def _bound_memory() -> None:
    try:
        import resource
    except ImportError:  # where there is no such bound, the time is one
        return
    _at_first, at_most = resource.getrlimit(resource.RLIMIT_AS)
    most = MOST_MEMORY if at_most == resource.RLIM_INFINITY else min(MOST_MEMORY, at_most)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main()
