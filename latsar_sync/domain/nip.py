"""Check, mask and print a NIP, the 18-digit number of an Indonesian civil servant.

The layout is ``YYYYMMDD`` birth date, ``YYYYMM`` start of appointment as a candidate (TMT CPNS), ``1|2``
sex, ``NNN`` sequence from 001, after Perka BKN 22/2007 and 43/2007. There is no check digit. Pure: no
clock, no files. What may stand between the digits is ``SEPARATOR``.
"""

import re
from datetime import date
from typing import Literal, NamedTuple

from latsar_sync.domain.spelling import APOSTROPHES, DASHES, IGNORABLE, ordinary, plain, without_apostrophes

NipReason = Literal["nip_missing", "nip_invalid"]

_DOTS = ".\u00b7\u2024\u2027\u2219\u22c5\uff0e"
SEPARATOR = f"[\\s{_DOTS}{DASHES}{APOSTROPHES}{IGNORABLE}]"
"""One character, as a part of a regular expression, that says nothing within a number however often it stands there."""
_SEPARATORS = re.compile(f"{SEPARATOR}+")

# 18 digits, also behind an encoded character as in %20; and in the four parts that letters print
_BEGINS, _ENDS = r"(?:(?<![0-9])|(?<=%[0-9A-Fa-f]{2}))", r"(?![0-9])"
_IN_PARTS = f"(?:19|20)[0-9]{{6}}{SEPARATOR}{{1,3}}[0-9]{{6}}{SEPARATOR}{{0,3}}[12]{SEPARATOR}{{0,3}}[0-9]{{3}}"
_NIP_IN_A_TEXT = re.compile(f"{_BEGINS}(?:[0-9]{{18}}|{_IN_PARTS}){_ENDS}")
BORN = 8
"""So many digits of a NIP are the birth date."""
MISTYPED = 2
"""In so many digits two NIPs may differ and be one, typed wrong: a digit is wrong, or two changed places."""

_NIP = re.compile(r"[0-9]{18}")
_NIK = re.compile(r"[0-9]{16}")

# 1,99508E+17 and 199508172025042000,0 are a NIP that a spreadsheet took for a number: 15 digits survive.
_SPREADSHEET_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+|[0-9]{15}000[.,]0+")


class NipCheck(NamedTuple):
    """What one cell said: ``nip`` is 18 digits when valid, else None with ``reason`` and ``detail``.

    ``reason`` is None for a valid NIP. ``detail`` is the stable code of the first part that failed, empty
    when valid or missing: ``length`` (not exactly 18 ASCII digits), ``looks_like_nik`` (16 digits),
    ``birth_date``, ``looks_like_pppk`` (a contract count where the appointment month stands),
    ``appointment_month``, ``sex``, ``sequence`` (000, written as text), ``spreadsheet_lost_digits``. The
    NIP is left out of ``repr``.
    """

    nip: str | None
    reason: NipReason | None = None
    detail: str = ""

    def __repr__(self) -> str:
        """Tell everything but the NIP."""
        return f"NipCheck(reason={self.reason!r}, detail={self.detail!r})"


def check_nip(raw: str | None, today: date) -> NipCheck:
    """Given a cell or profile field as written, return the clean NIP or why it is none.

    It is brought into the form of ``number_form`` first. ``today`` bounds the birth date: nobody is
    born in the future. Age and appointment year are not judged here, they are at most warnings.
    """
    text = raw or ""
    if not (text.isascii() and text.isdigit()):  # bare digits look as they are
        text = plain(without_apostrophes(text))
    digits = number_form(text)
    if not digits:
        return NipCheck(None, "nip_missing")

    detail = _first_broken_part(text, digits, today)
    return NipCheck(None, "nip_invalid", detail) if detail else NipCheck(digits)


def number_form(text: str) -> str:
    """Return the form in which a NIP, idnumber or username is compared: no separators, no capitals, nothing invisible.

    For example ``'19950817 202504.2-003`` becomes ``199508172025042003``.
    """
    if text.isascii() and text.isdigit():
        return text
    return ordinary(_SEPARATORS.sub("", plain(text)).casefold())


def may_be_mistyped(nip: str, other: str) -> bool:
    """Say whether two NIPs, 18 digits each, may be one of which a digit or two were typed wrong."""
    return nip == other or sum(mine != theirs for mine, theirs in zip(nip, other, strict=True)) <= MISTYPED


def mask_nip(nip: str) -> str:
    """Return ``1995**********2003`` for 18 digits; anything else is masked wholly, a star per character."""
    if _NIP.fullmatch(nip):
        return f"{nip[:4]}{'*' * 10}{nip[-4:]}"
    return "*" * len(nip)


def with_masked_nips(text: str) -> str:
    """Return a text, whoever wrote it, with every NIP in it masked."""
    return _NIP_IN_A_TEXT.sub(lambda match: mask_nip(re.sub("[^0-9]", "", match[0])), text)


def format_nip(nip: str) -> str:
    """Return ``19950817 202504 2 003`` for 18 digits, as letters print it; anything else comes back as is."""
    if _NIP.fullmatch(nip):
        return f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}"
    return nip


def usual_spellings(nip: str) -> tuple[str, ...]:
    """Return a NIP of 18 digits as people type it into a profile: bare, and parted by blanks, dots or dashes."""
    parts = _parts(nip)
    return nip, " ".join(parts), ".".join(parts), "-".join(parts)


def rare_spellings(nip: str) -> tuple[str, ...]:
    """Return a NIP as spreadsheets and messengers leave it: with a blank, an apostrophe or a mark beside it."""
    parted = "\u00a0".join(_parts(nip))
    beside = tuple(f"{nip}{mark}" for mark in " \u00a0\u200b\u202c")
    return f" {nip}", f"'{nip}", f"\u2019{nip}", f"\ufeff{nip}", f"\u200b{nip}", f"\u202a{nip}\u202c", parted, *beside


def spellings_in_a_username(nip: str) -> tuple[str, ...]:
    """Return a NIP as it can stand in a username: Moodle refuses to be asked for one with blanks in it."""
    return nip, *(mark.join(_parts(nip)) for mark in ".-_")


def _parts(nip: str) -> tuple[str, str, str, str]:
    return nip[:8], nip[8:14], nip[14:15], nip[15:]


def _first_broken_part(text: str, digits: str, today: date) -> str:
    """Return the detail code of the first failing check, in the order of the digits; empty when all hold."""
    if not _NIP.fullmatch(digits):
        if _SPREADSHEET_NUMBER.fullmatch(text):
            return "spreadsheet_lost_digits"
        return "looks_like_nik" if _NIK.fullmatch(digits) else "length"
    if not _is_past_date(digits[:8], today):
        return "birth_date"

    month = int(digits[12:14])
    if not 1 <= month <= 12:
        return "looks_like_pppk" if 21 <= month <= 29 else "appointment_month"
    if digits[14] not in "12":
        return "sex"
    if digits[15:] == "000":
        # Bare digits may have passed through a number cell; with spaces or dots in them they cannot have.
        return "spreadsheet_lost_digits" if text == digits else "sequence"
    return ""


def _is_past_date(digits: str, today: date) -> bool:
    try:
        return date.fromisoformat(digits) <= today
    except ValueError:
        return False
