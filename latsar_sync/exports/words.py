"""What documents say of a person: name, what they lack, how old that is; and cells that a spreadsheet must not run."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from latsar_sync.domain import language
from latsar_sync.domain.decision import Reason
from latsar_sync.domain.language import _
from latsar_sync.domain.reason_sentences import sentence
from latsar_sync.domain.records import oldest

FORMULA_SIGNS, FORMULA_BLANKS = "=+-@", "\t\r\n"
"""What a formula begins with, and blanks before which a spreadsheet breaks off a cell, or passes over, as others."""


def sentences(reasons: list[tuple[str, Mapping[str, str]]], roster_reason: str | None) -> list[str]:
    """Return what stands between a participant and the seat as sentences in the language in use."""
    told = [Reason(code, {name: str(value) for name, value in each.items()}) for code, each in reasons]
    if roster_reason:
        told.append(Reason(roster_reason))
    return [sentence(reason, language.in_use()) for reason in told]


def name_of(row: Mapping[str, Any]) -> str:
    """Return a person's name; whoever was erased has none any more."""
    return row["name"] or _("(erased)")


def sex_of(nip: str | None) -> str:
    """Return what the 15th digit of a NIP says, in the letter that lists use; empty without a NIP."""
    return {"1": _("M"), "2": _("F")}[nip[14]] if nip else ""


def as_of(row: Mapping[str, Any]) -> datetime | None:
    """Return how old a participant's evidence is at its oldest part that was read at all."""
    return oldest(row["grade_as_of"], row["materials_as_of"], row["attempts_as_of"])


def is_formula(text: str) -> bool:
    """Say whether a spreadsheet that reads this text from a file would run it."""
    begins = text.lstrip()[:1]
    return text[:1] in {*FORMULA_BLANKS} or begins in {*FORMULA_SIGNS}


def without_formula(text: str) -> str:
    """Return a text that no spreadsheet runs, for a program that would take the apostrophe of one for a letter."""
    return text.lstrip(f"{FORMULA_SIGNS}{FORMULA_BLANKS} \u00a0") if is_formula(text) else text
