"""The words and figures of the pages, in the language in use; what templates call."""

from collections.abc import Callable, Mapping
from typing import Any

from latsar_sync.domain import language
from latsar_sync.domain.nip import format_nip
from latsar_sync.domain.reasons import (
    OUTCOME_TEXTS,
    PUSH_KIND_TEXTS,
    PUSH_STATE_TEXTS,
    STATE_TEXTS,
    Reason,
    clearance_name,
    sentence,
    word,
)
from latsar_sync.domain.records import Finding
from latsar_sync.rules.guards import finding_text


def outcome(code: str | None) -> str:
    """Return the word for a decision."""
    return word(OUTCOME_TEXTS, code, language.in_use()) if code else "–"


def state(code: str | None) -> str:
    """Return the word for a roster state."""
    return word(STATE_TEXTS, code, language.in_use()) if code else "–"


def reason(code: str, values: Mapping[str, str] | None = None) -> str:
    """Return the sentence of a reason."""
    return sentence(Reason(code, dict(values or {})), language.in_use())


def finding(found: Finding) -> str:
    """Return the sentence of a guard's finding."""
    return finding_text(found, language.in_use())


def nip(number: str | None) -> str:
    """Return a NIP in its groups."""
    return format_nip(number) if number else "–"


def score(value: Any) -> str:
    """Return a grade or limit with its 5 places; a comma in Indonesian."""
    return "–" if value is None else f"{value:.5f}".replace(".", "," if language.in_use() == "id" else ".")


def thousands(number: int) -> str:
    """Return a count with its thousands told apart."""
    grouped = f"{number:,}"
    return grouped.replace(",", ".") if language.in_use() == "id" else grouped


def clearance(kind: str) -> str:
    """Return the name of a kind of checked document."""
    return clearance_name(kind, language.in_use())


def push_kind(kind: str) -> str:
    """Return what was written into the LMS."""
    return word(PUSH_KIND_TEXTS, kind, language.in_use())


def push_state(state: str) -> str:
    """Return what is known of a write into the LMS."""
    return word(PUSH_STATE_TEXTS, state, language.in_use())


GLOBALS: Mapping[str, Callable[..., str]] = {
    "outcome": outcome,
    "state": state,
    "reason": reason,
    "finding": finding,
    "nip": nip,
    "clearance": clearance,
    "push_kind": push_kind,
    "push_state": push_state,
}
FILTERS: Mapping[str, Callable[..., str]] = {"score": score, "thousands": thousands}
