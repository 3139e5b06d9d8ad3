"""Check, mask and print a NIP, the 18-digit number of an Indonesian civil servant.

The layout is ``YYYYMMDD`` birth date, ``YYYYMM`` start of appointment as a candidate (TMT CPNS), ``1|2``
sex, ``NNN`` sequence from 001, after Perka BKN 22/2007 and 43/2007. There is no check digit. Pure: no
clock, no files.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

NipReason = Literal["nip_missing", "nip_invalid"]

_NIP = re.compile(r"[0-9]{18}")
_NIK = re.compile(r"[0-9]{16}")
_DASHES = r"\-\u2010\u2011\u2012\u2013\u2014\u2212"
_SEPARATORS = re.compile(rf"[\s.{_DASHES}]")
_LEADING_APOSTROPHES = re.compile(r"^['\u2018\u2019]+")

# 1,99508E+17 and 199508172025042000,0 are a NIP that a spreadsheet took for a number: 15 digits survive.
_SPREADSHEET_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+|[0-9]{15}000[.,]0+")


@dataclass(frozen=True)
class NipCheck:
    """What one cell said: ``nip`` is 18 digits when valid, else None with ``reason`` and ``detail``.

    ``reason`` is None for a valid NIP. ``detail`` is the stable code of the first part that failed, empty
    when valid or missing: ``length`` (not exactly 18 ASCII digits), ``looks_like_nik`` (16 digits),
    ``birth_date``, ``looks_like_pppk`` (a contract count where the appointment month stands),
    ``appointment_month``, ``sex``, ``sequence`` (000, written as text), ``spreadsheet_lost_digits``. The
    NIP is left out of ``repr``.
    """

    nip: str | None = field(repr=False)
    reason: NipReason | None = None
    detail: str = ""


def check_nip(raw: str | None, today: date) -> NipCheck:
    """Given a cell or profile field as written, return the clean NIP or why it is none.

    Spaces (also no-break ones), dots, dashes and a leading apostrophe are removed first. ``today`` bounds
    the birth date: nobody is born in the future. Age and appointment year are not judged here, they are at
    most warnings.
    """
    text = _LEADING_APOSTROPHES.sub("", (raw or "").strip())
    digits = _SEPARATORS.sub("", text)
    if not digits:
        return NipCheck(None, "nip_missing")

    detail = _first_broken_part(text, digits, today)
    return NipCheck(None, "nip_invalid", detail) if detail else NipCheck(digits)


def mask_nip(nip: str) -> str:
    """Return ``1995**********2003`` for 18 digits; anything else is masked wholly, a star per character."""
    if _NIP.fullmatch(nip):
        return f"{nip[:4]}{'*' * 10}{nip[-4:]}"
    return "*" * len(nip)


def format_nip(nip: str) -> str:
    """Return ``19950817 202504 2 003`` for 18 digits, as letters print it; anything else comes back as is."""
    if _NIP.fullmatch(nip):
        return f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}"
    return nip


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
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])) <= today
    except ValueError:
        return False
