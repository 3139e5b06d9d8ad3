"""The words and figures of the pages, in the language in use; what templates call."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from latsar_sync.domain import figures, language
from latsar_sync.domain.decision import Reason
from latsar_sync.domain.finding_remedies import finding_remedy
from latsar_sync.domain.finding_sentences import FINDING_TEXTS, finding_sentence
from latsar_sync.domain.language import _, mark
from latsar_sync.domain.nip import format_nip
from latsar_sync.domain.reason_labels import LABELS
from latsar_sync.domain.reason_remedies import REMEDIES
from latsar_sync.domain.reason_sentences import clearance_name, sentence
from latsar_sync.domain.records import Finding
from latsar_sync.domain.spelling import decree_number
from latsar_sync.domain.stages import WITHOUT
from latsar_sync.domain.state_words import (
    ADMISSION_TEXTS,
    OUTCOME_TEXTS,
    PUSH_KIND_TEXTS,
    PUSH_STATE_TEXTS,
    STATE_TEXTS,
    check_word,
    word,
)
from latsar_sync.shapes.funnel import Funnel
from latsar_sync.web.access_log_words import access_text
from latsar_sync.web.pages_for_commands import told_to_a_committee, told_to_an_admin

FIELDS = {
    "angkatan": mark("Angkatan"),
    "at": mark("Place"),
    "certificate": mark("Number"),
    "courses": mark("In-class courses"),
    "date": mark("Date"),
    "dated": mark("Date of the decree"),
    "issued": mark("Dated"),
    "issuer": mark("Issued by"),
    "layout": mark("Name of the layout"),
    "legal_basis": mark("Legal basis"),
    "name": mark("Name"),
    "nip": "NIP",
    "nips": "NIP",
    "number": mark("Number"),
    "occasion": mark("Occasion"),
    "reason": mark("Reason"),
    "score": mark("Score"),
    "since": mark("In force from"),
    "sk": mark("Number of the decree (SK)"),
    "text": mark("Name or NIP"),
    "to": mark("Angkatan"),
    "until": mark("Last day"),
    "user": mark("Number of the account"),
    "valid_until": mark("Valid until"),
    "value": mark("Value"),
    "why": mark("Reason"),
}
"""What the fields of forms are called by which people type something, by their names."""


def field(name: str) -> str:
    """Return what a field of a form is called."""
    return language._(FIELDS[name]) if name in FIELDS else language._("The form")


def outcome(code: str | None) -> str:
    """Return the word for a decision."""
    return word(OUTCOME_TEXTS, code, language.in_use()) if code else "–"


def state(code: str | None) -> str:
    """Return the word for a roster state."""
    return word(STATE_TEXTS, code, language.in_use()) if code else "–"


def reason(code: str, values: Mapping[str, str] | None = None) -> str:
    """Return the sentence of a reason."""
    return sentence(Reason(code, dict(values or {})), language.in_use())


def label(code: str) -> str:
    """Return the short label of a reason, for filters, chips and bars."""
    return word(LABELS, code, language.in_use()) if code in LABELS else word(FINDING_TEXTS, code, language.in_use())


def remedy(code: str) -> str:
    """Return what is to be done about a reason; empty where nothing is."""
    return word(REMEDIES, code, language.in_use()) if code in REMEDIES else ""


def finding(found: Finding) -> str:
    """Return the sentence of a guard's finding, as a committee reads it."""
    return finding_sentence(found, language.in_use())


def for_the_admin(found: Finding) -> str:
    """Return what whoever runs the service may do about a finding; empty where its sentence says all."""
    return finding_remedy(found, language.in_use())


def date_of(value: Any) -> str:
    """Return a day, given as such or as an ISO text."""
    return figures.day(date.fromisoformat(value[:10]) if isinstance(value, str) else value)


def nip(number: str | None) -> str:
    """Return a NIP in its groups."""
    return format_nip(number) if number else "–"


def angkatan(name: str | None) -> str:
    """Return how an angkatan is called, or that there is none."""
    return _("Without an angkatan") if name in (None, WITHOUT) else _("Angkatan {name}").format(name=name)


def names_of_angkatan(parts: Sequence[Funnel]) -> dict[str, str]:
    """Return angkatan in words by id, whoever belongs to none by ``WITHOUT``; there may be thousands."""
    text = str(_("Angkatan {name}"))  # said once
    return {
        name: angkatan(None) if name == WITHOUT else text.format(name=name)
        for name in (each.angkatan or WITHOUT for each in parts)
    }


def counted_angkatan(parts: Sequence[Funnel]) -> dict[str, str]:
    """Return angkatan in words, each with how many belong to it, by id; whoever belongs to none by ``WITHOUT``."""
    people = {each.angkatan or WITHOUT: figures.count(each.people["enrolled"]) for each in parts}
    return {name: f"{said} ({people[name]})" for name, said in names_of_angkatan(parts).items()}


def run_outcome(code: str) -> str:
    """Return the word for what came of a run."""
    return word(RUN_OUTCOME_WORDS, code, language.in_use())


def clearance(kind: str) -> str:
    """Return the name of a kind of checked document."""
    return clearance_name(kind, language.in_use())


def push_kind(kind: str) -> str:
    """Return what was written into the LMS."""
    return word(PUSH_KIND_TEXTS, kind, language.in_use())


def push_state(state: str) -> str:
    """Return what is known of a write into the LMS."""
    return word(PUSH_STATE_TEXTS, state, language.in_use())


def browser_name(told: str) -> str:
    """Return what a browser says it is, in words that its owner knows: Chrome, Android."""
    browser = next((name for sign, name in BROWSERS if sign in told), None)
    system = next((name for sign, name in SYSTEMS if sign in told), None)
    return ", ".join(filter(None, (browser, system))) or _("not known")


BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
"""By what browsers tell of themselves; the first that fits, because most claim to be the others too."""
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
GLOBALS: Mapping[str, Callable[..., str]] = {
    "outcome": outcome,
    "state": state,
    "reason": reason,
    "reason_label": label,
    "remedy": remedy,
    "run_outcome": run_outcome,
    "angkatan_name": angkatan,
    "for_the_admin": for_the_admin,
    "finding": finding,
    "nip": nip,
    "clearance": clearance,
    "push_kind": push_kind,
    "push_state": push_state,
    "browser_name": browser_name,
    "access_text": access_text,
}
FILTERS: Mapping[str, Callable[..., str]] = {
    "check_word": lambda status: check_word(status, language.in_use()),
    "admission": lambda code: word(ADMISSION_TEXTS, code, language.in_use()),
    "score": figures.number,
    "thousands": figures.count,
    "seconds": figures.seconds,
    "day": date_of,
    "decree_number": decree_number,
    "committee": told_to_a_committee,
    "admin": told_to_an_admin,
}
RUN_OUTCOME_WORDS: Mapping[str, str] = {
    "ok": mark("done"),
    "partial": mark("done in part"),
    "guarded": mark("held by a guard"),
    "failed": mark("broken off"),
}
