"""What the title of a column says of the scores below it: their range, or that they are per cent. Pure."""

import re
from decimal import Decimal

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, for_admins

_IN_PARENTHESES = re.compile(r"\(([^)]*)\)")
_RANGE = re.compile(r"[0-9]+\s*(?:[-–—]|s\s*[./]?\s*d\.?|sampai|hingga|to)\s*([0-9]+)")
_SCALE = re.compile(r"(?:skala|scale)\W*([0-9]+)")
_PERCENT = re.compile(r"%|\bper\s?(?:sen|cent)\b")


def require_its_range(title: str, maximum: Decimal, percent: bool) -> None:
    """Raise UsageError where a title tells of another range than that up to ``maximum``: 8 of 10 is no 8 of 100.

    ``percent`` says that the scores are read as per cent.
    """
    text = title.casefold()
    inside = " ".join(_IN_PARENTHESES.findall(text))
    told = _RANGE.search(inside) or _SCALE.search(inside)
    top = Decimal(told[1]) if told else Decimal(100) if _PERCENT.search(text) else None
    if top is not None and top != (100 if percent else maximum):
        raise UsageError(
            _('The title "{title}" tells of scores up to {top}, the evaluation goes up to {maximum}.').format(
                title=title, top=top, maximum=maximum.normalize()
            ),
            for_admins(
                _("Write them in points of the evaluation, and say so in the title; or read per cent with --percent."),
                _("Write them in points of the evaluation, and say so in the title."),
            ),
        )
