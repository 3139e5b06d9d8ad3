"""The language of every text that a person meets: English in the code, Indonesian in the catalogues of ``locale/``.

``_`` says a text in the language in use; ``mark`` only tells the catalogue that a text exists. The language is chosen
once by the configuration or ``LANG``, and for one web request with ``speaking``.
"""

import gettext
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("id", "en")
INDONESIAN, ENGLISH = LANGUAGES

_chosen = {"language": INDONESIAN}
_spoken: ContextVar[str | None] = ContextVar("language", default=None)


def _(text: str) -> str:
    """Return an English text in the language in use; its placeholders are filled in afterwards, with ``format``."""
    return translate(text, in_use())


def mark(text: str) -> str:
    """Return the text as it is; it stands in the catalogue and is said later, with ``translate``."""
    return text


def translate(text: str, language: str) -> str:
    """Return an English text in ``language`` ("id" or "en")."""
    return _catalogue(language).gettext(text) if text else text


def decimal(number: str, language: str) -> str:
    """Return a plain decimal, "70.00000", as ``language`` ("id" or "en") writes it."""
    return number.replace(".", ",") if language == INDONESIAN else number


def counted(one: str, many: str, number: int) -> str:
    """Return the text for ``number`` things in the language in use; Indonesian does not tell one from many."""
    return _catalogue(in_use()).ngettext(one, many, number)


def in_use() -> str:
    """Return the language in use, "id" or "en"."""
    return _spoken.get() or _chosen["language"]


def choose(language: str) -> None:
    """Use this language from now on, in all threads."""
    _chosen["language"] = language


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Use another language in this thread or task until the block ends."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def language_of(environ: Mapping[str, str]) -> str:
    """Return the language that an environment asks for, in gettext's order; Indonesian if it asks for none."""
    wanted = next((environ[name] for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return ENGLISH if wanted.lower().startswith("en") else INDONESIAN


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == ENGLISH:
        return gettext.NullTranslations()
    whole = Catalog(locale=language)
    # Babel's own rule for Indonesian tells one from many, as Indonesian does not
    whole.mime_headers = [("Plural-Forms", "nplurals=1; plural=0;")]
    for file in sorted(files("latsar_sync").joinpath("locale", language).iterdir(), key=lambda file: file.name):
        with file.open("rb") as content:
            for message in read_po(content, locale=language, abort_invalid=True):
                if message.id:
                    whole[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
