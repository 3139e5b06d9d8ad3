"""What a cell's number format shows of what the cell holds: the number itself, another one, words, or nothing. Pure."""

import re
from dataclasses import dataclass
from functools import lru_cache

PLAIN_FORMATS = frozenset({"general", "standard", "standar", "umum"})
"""No format at all, as some programs call it in their own language; the letters are none of a date."""
_PIECE = re.compile(r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|[_*].|(?P<bracket>\[[^\]]*\])|(?P<code>.)', re.DOTALL)
_CONDITION = re.compile(r"\[[<>=]")
_PLACES = re.compile("[0#?](?:[0#?.,/ ]*[0#?])?" + f"|{'|'.join(PLAIN_FORMATS)}" + "|@", re.IGNORECASE)
_WHOLE_PLACES = re.compile(r"[0#?,]+\.?([0#?]*)")
_BY_THOUSANDS = re.compile("[0#?],+(?![0#?,.])")
_OTHER_DIGITS = re.compile("[0-9][.,]?\x00|\x00[.,]?[0-9]")


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How a format shows a number: as a "date", a "duration", "percent", or as it is ("").

    "sign" is a per cent sign that is only written behind the number, which is then no share. ``tells`` says of what is
    more than zero, less, zero, and text, in this order, whether it is shown as it stands in the cell. ``places`` are
    the decimal places to which a number is rounded where it is shown, None where nothing says so.
    """

    kind: str = ""
    tells: tuple[bool, bool, bool, bool] = (True, True, True, True)
    places: int | None = None

    def tells_of(self, value: object) -> bool:
        """Say whether a number or text is shown as it stands; of anything else nothing is known."""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return True
        if isinstance(value, str):
            return self.tells[3]
        return self.tells[0 if value > 0 else 1 if value < 0 else 2]


@lru_cache(maxsize=4096)
def format_of(form: str) -> NumberFormat:
    """Return what a format does, as a spreadsheet writes it: ``0.0%``, ``dd/mm/yyyy``, ``0;-0;;@``."""
    from openpyxl.styles.numbers import is_date_format, is_timedelta_format

    if not form or form.casefold() in PLAIN_FORMATS:
        return NumberFormat()
    if is_timedelta_format(form):
        return NumberFormat("duration")
    if is_date_format(form):
        return NumberFormat("date")
    sections = _sections(form)
    of_text = sections[3] if len(sections) > 3 else sections[-1] if "@" in _bare(sections[-1]) else None
    of_numbers = sections[:-1] if of_text is sections[-1] and len(sections) > 1 else sections[:3]
    told = [_tells(each) for each in of_numbers]
    if _CONDITION.search(form):
        told = [all(told)]  # which section is meant, only the spreadsheet can say
    positive, negative, zero = (told[0], told[min(1, len(told) - 1)], told[2] if len(told) > 2 else told[0])
    shown = positive, negative, zero, of_text is None or _tells(of_text)
    percent = "percent" if "%" in "".join(map(_bare, sections)) else "sign" if "%" in form else ""
    places = _WHOLE_PLACES.fullmatch(_bare(sections[0]).strip())
    return NumberFormat(percent, shown, len(places[1]) if places and not percent else None)


def _sections(form: str) -> list[str]:
    """Return the parts of a format for what is more than zero, less, zero, and text; a quoted semicolon parts none."""
    parts = [""]
    for piece in _PIECE.finditer(form):
        if piece["code"] == ";":
            parts.append("")
        else:
            parts[-1] += piece[0]
    return parts


def _bare(section: str) -> str:
    """Return what of a section is no text of its own."""
    return "".join(piece["code"] or "" for piece in _PIECE.finditer(section))


def _tells(section: str) -> bool:
    """Say whether a section shows what the cell holds, at its own size, and with no other digit beside its own."""
    bare = _bare(section)
    if not _PLACES.search(bare) or _BY_THOUSANDS.search(bare):
        return False
    pieces = [
        piece["quoted"] or piece["escaped"] or "" if piece["code"] is None else f"\x01{piece['code']}"
        for piece in _PIECE.finditer(section)
    ]
    # code and text are told apart while the places of the number become one sign
    shown = re.sub("(?:\x01[0#?.,/]|\x01@|\x01[a-z])+", "\x00", "".join(pieces), flags=re.IGNORECASE)
    return _OTHER_DIGITS.search(shown.replace("\x01", "")) is None
