"""One form for what is written in several ways: texts of cells, names of people, days. Pure (rule 19).

What is compared is brought into its form first, wherever it comes in; what is shown keeps its own spelling. Names of
groups in class are not: Moodle's are compared exactly (``moodle.groups_in_class``).
"""

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache

# what Unicode calls "default ignorable", the blank letters, control characters that are no white space, and the two
# signs that no XML may hold: over them a letter in DOCX could not be made
IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f"
)
APOSTROPHES = "'\"`\u00b4\u02b9-\u02bf\u02c8\u0384\u05f3\u2018-\u201f\u2032-\u2036\ua78c\uff07\uff02\uff40"
DASHES = "\\-_\u02d7\u058a\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d"

_INVISIBLE = re.compile(f"[{IGNORABLE}]")
_APOSTROPHE = re.compile(f"[{APOSTROPHES}]")
_JOINED = re.compile(f"[{APOSTROPHES}{DASHES}]")
_WORD = re.compile(r"[^\W\d_]+\.?")
_LETTERS_AND_DIGITS = re.compile(r"[^\W_]+")
_FIRST_WORD = re.compile(r"(?P<word>[^\W\d_]+)(?:\s*(?P<comma>,)\s*|\.?\s+)")

_SMALL_DIGIT = re.compile("([\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089\u2460-\u249b])")
"""What marks a footnote: as an ordinary digit it would make another number of the one that it stands beside."""

_SOUNDS = (("oe", "u"), ("dj", "j"), ("tj", "c"), ("ch", "h"), ("kh", "h"), ("j", "i"), ("y", "i"), ("ph", "f"))
_TWICE = re.compile(r"(.)\1+")
_TITLES = frozenset({"drs", "dra", "prof"})
_WEEK = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu", "ahad")
_WEEK_IN_ENGLISH = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS_OF_THE_WEEK = frozenset((*_WEEK, *_WEEK_IN_ENGLISH))
FORMS_KEPT = 1024
"""So many forms of texts are kept for the next: institutions come again and again, a name twice at once."""
CLOSE = 0.85
"""How much of two names' letters must agree, from 0 to 1, where no word does: ABDURRAHMAN and Abdul Rahman."""


def seen(text: str) -> str:
    """Return a text as it looks: without invisible characters, each run of white space one blank, none at the ends."""
    bare = text if text.isascii() and text.isprintable() else _INVISIBLE.sub("", text)
    return " ".join(bare.split())


def plain(text: str) -> str:
    """Return a text as it looks, in ordinary letters and digits: full-width ones and ligatures become theirs."""
    bare = seen(text)
    return bare if bare.isascii() else " ".join(ordinary(bare.replace("\u00b4", "'")).split())


def ordinary(text: str) -> str:
    """Return a text in ordinary letters and digits; marks of footnotes stay what they are."""
    if text.isascii():
        return text
    parts = _SMALL_DIGIT.split(text)
    return "".join(part if _SMALL_DIGIT.fullmatch(part) else unicodedata.normalize("NFKC", part) for part in parts)


def name_form(name: str) -> str:
    """Return the form in which a person's name is compared: letters and digits alone, no capitals, no accents."""
    return "".join(filter(str.isalnum, _unmarked(name)))


_BEFORE_A_NUMBER = re.compile(r"(?:(?:SK|S\.K|nomor|no)[\s.:]+)+(?=\S)", re.IGNORECASE)


def decree_number(typed: str) -> str:
    """Return the number of a decree as it is told behind the word SK, which many type before it, and "Nomor"."""
    before = _BEFORE_A_NUMBER.match(typed)
    return typed[before.end() :] if before else typed


def without_apostrophes(text: str) -> str:
    """Return a text in which Jum'at and Jumat are one word."""
    return _APOSTROPHE.sub("", text)


def may_be_one_person(one: str, other: str) -> bool:
    """Say whether two spellings may be of one name: a word in common, or nearly the same letters; titles do not count.

    Where a name holds no word to compare, nothing speaks against it.
    """
    words, others = _words(one), _words(other)
    if not words or not others:
        return True
    telling = {word for word in words if len(word) > 2}
    if telling & set(others) or not telling or all(len(word) < 3 for word in others):
        return True
    return _alike(_letters(one), _letters(other))


def names_differ(one: str, other: str) -> bool:
    """Say whether each of two names has a word that the other lacks, as Muhammad Rizki and Muhammad Fajar.

    Words that are nearly alike, or sound so, are one, and so are names of nearly the same letters; initials and titles
    do not count.
    """
    words, others = ([word for word in _words(name) if len(word) > 2] for name in (one, other))
    return _lacks(words, others) and _lacks(others, words) and not _alike(_letters(one), _letters(other))


def _lacks(words: list[str], others: list[str]) -> bool:
    """Say whether one of the others is none of these words."""
    return any(not any(_alike(word, each) for word in words) for each in others)


def _alike(one: str, other: str) -> bool:
    """Say whether two words are one, or nearly; also as they sound, since the spelling of Indonesian names changed."""
    return any(
        mine == theirs or SequenceMatcher(None, mine, theirs, autojunk=False).ratio() >= CLOSE
        for mine, theirs in ((one, other), (_as_it_sounds(one), _as_it_sounds(other)))
    )


def _as_it_sounds(word: str) -> str:
    """Return a word in one spelling for what sounds alike: Soekarno and Achmad are Sukarno and Ahmad."""
    for written, sound in _SOUNDS:
        word = word.replace(written, sound)
    return _TWICE.sub(r"\1", word)


def without_weekday(text: str) -> str:
    """Return a date without the day of the week, or the place, before it: ``Jum'at, 12 April 2026``."""
    bare = without_apostrophes(text)
    first = _FIRST_WORD.match(bare)
    if first and (first["comma"] or first["word"].casefold() in _DAYS_OF_THE_WEEK):
        return bare[first.end() :]
    return text


def _words(name: str) -> list[str]:
    """Return a name's words in order: nothing after a comma, no titles, no initials with a point."""
    return [word for word in _written_words(name) if not word.endswith(".") and word not in _TITLES]


def _letters(name: str) -> str:
    """Return the letters of a name's words, those that are cut short too: Abd. Rahman is nearly Abdurrahman."""
    return "".join(word for word in (each.rstrip(".") for each in _written_words(name)) if word not in _BEFORE_A_NAME)


def _written_words(name: str) -> list[str]:
    return _WORD.findall(_JOINED.sub("", _unmarked(name.split(",", maxsplit=1)[0])))


def _unmarked(name: str) -> str:
    """Return a name without capitals, accents and apostrophes."""
    bare = without_apostrophes(plain(name))
    if bare.isascii():  # no accents: most names, of very many people
        return bare.casefold()
    letters = unicodedata.normalize("NFKD", bare)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


_BEFORE_A_NAME = frozenset(
    {"apt", "dr", "drg", "drh", "drs", "dra", "ir", "prof", "h", "hj", "kh", "ns", "r", "rr", "ust"}
)


def without_titles(name: str) -> str:
    """Return a name as it is written, without what stands before it (dr., Hj.) and after a comma."""
    words = name.split(",", maxsplit=1)[0].split()
    while len(words) > 1 and words[0].rstrip(".").casefold() in _BEFORE_A_NAME:
        words.pop(0)
    return " ".join(words)


def bare_name(name: str) -> str:
    """Return the form in which a name is compared with another that may have other titles."""
    return name_form(without_titles(name))


@lru_cache(FORMS_KEPT)
def search_form(text: str) -> str:
    """Return the form in which words are looked for: no capitals, accents or apostrophes, words kept apart.

    That of two texts with a blank between them is that of the one and that of the other, likewise.
    """
    return " ".join(_LETTERS_AND_DIGITS.findall(_unmarked(text)))


def sort_form(name: str) -> str:
    """Return the form by which names stand in order: titles before (apt., dr.) and after a name do not count."""
    words = (search_form(name.split(",", maxsplit=1)[0]) or search_form(name)).split()
    while len(words) > 1 and words[0] in _BEFORE_A_NAME:
        words.pop(0)
    return " ".join(words)
