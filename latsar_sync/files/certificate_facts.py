"""What stands in a certificate: NIP, name, course, score, date and number, as far as its text tells. Pure.

Only a proposal: no form of certificate is known for certain, so a person looks at the document and at this.
"""

import re

DECIDING = frozenset({"score", "date"})
"""The facts that decide by themselves: about the person, and about their place in line."""

_NIP = re.compile(r"(?<!\d)(?:19|20)\d{6}[ .-]?\d{6}[ .-]?[12][ .-]?\d{3}(?!\d)")
_SCORE = re.compile(
    r"(?:nilai(?:\s+akhir|\s+evaluasi)?|skor|score|grade)\s*[:=]?\s*(\d{1,4}(?:[.,]\d{1,5})?)(?![.,]?\d)", re.IGNORECASE
)
_NUMBER = re.compile(r"(?:nomor|no\.?|number)\s*(?:sertifikat|certificate)?\s*[:.]\s*([\w./-]{3,60})", re.IGNORECASE)
_DATE = re.compile(
    r"(?<!\d)(\d{1,2}\s+(?:januari|februari|maret|april|mei|juni|juli|agustus|september|oktober|november|desember)"
    r"\s+\d{4}|\d{1,2}[/-]\d{1,2}[/-]\d{4}|\d{4}-\d{2}-\d{2})(?!\d)",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?:diberikan kepada|nama(?: peserta| lengkap)?|awarded to)\s*[:\n]\s*(?!\s*nip)([^\n:]{3,120})", re.IGNORECASE
)
_COURSE = re.compile(
    r"(?:telah (?:mengikuti|menyelesaikan)|pelatihan|kursus|course)\s*[:\n]?\s*([^\n]{3,160})", re.IGNORECASE
)


def facts_in(text: str) -> dict[str, str]:
    """Return what was found in the text of a certificate, by field; what was not found is left out."""
    found = {
        "nip": _first(_NIP, text, 0),
        "name": _first(_NAME, text),
        "course": _first(_COURSE, text),
        "score": _first(_SCORE, text),
        "date": _first(_DATE, text),
        "number": _first(_NUMBER, text),
    }
    if found.get("nip"):
        found["nip"] = re.sub(r"\D", "", found["nip"])
    return {field: " ".join(value.split()) for field, value in found.items() if value}


def facts_proposed(seen: str, recognised: str) -> dict[str, str]:
    """Return what is proposed of a certificate by what people see in it, and by what a program laid over a scan.

    A score or date that nobody sees may be misread or forged: whoever looks at the document says it.
    """
    unseen = {field: value for field, value in facts_in(recognised).items() if field not in DECIDING}
    return {**unseen, **facts_in(seen)}


def is_certificate(text: str) -> bool:
    """Say whether a text calls itself a certificate."""
    return re.search(r"sertifikat|certificate|piagam|s t t p|sttp", text, re.IGNORECASE) is not None


def _first(pattern: re.Pattern[str], text: str, group: int = 1) -> str:
    match = pattern.search(text)
    return match[group] if match else ""
