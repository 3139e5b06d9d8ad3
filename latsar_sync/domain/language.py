"""The language of every text that a person meets: English in the code, Indonesian in the catalogues of ``locale/``.

``_`` says a text in the language in use; ``mark`` only tells the catalogue that a text exists. The language is chosen
once by the configuration or ``LANG``, and for one web request with ``speaking``. What ``_`` and ``counted`` say knows
what it was made of (``Told``): it is kept as text and values, and told again in the language of whoever reads it.

Who runs the service and who works on its pages read different things of it: ``for_admins`` holds back from a committee
what is nothing to it, ``command`` names the place for one, which the pages know. ``told_to_a_committee`` says it so.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any, Self

from babel.dates import format_date
from babel.numbers import format_decimal

from latsar_sync.domain.catalogue import catalogue

LANGUAGES = ("id", "en")
INDONESIAN, ENGLISH = LANGUAGES

_chosen = {"language": INDONESIAN}
_zone: dict[str, tzinfo | None] = {}
_spoken: ContextVar[str | None] = ContextVar("language", default=None)
_to_a_committee: ContextVar[bool] = ContextVar("to_a_committee", default=False)
_instead_of_commands: ContextVar[Callable[[str], str] | None] = ContextVar("instead_of_commands", default=None)
"""What somebody before a page reads in place of a command, while they are told something."""


class Told(str):
    """A text as it was said, and what it was made of: ``source``, of plain JSON values (see ``packed``)."""

    __slots__ = ("source",)
    source: Any

    @classmethod
    def of(cls, source: Any) -> Self:
        """Return what a source says in the language in use."""
        told = cls(_say(source))
        told.source = source
        return told

    def format(self, *args: Any, **values: Any) -> str:
        """Fill in the values, which the source keeps."""
        if args or not isinstance(self.source, dict) or not self.source.keys() & {"text", "one"}:
            return str(self).format(*args, **values)
        return Told.of({**self.source, "values": {name: _packed_value(each) for name, each in values.items()}})


def packed(text: str) -> Any:
    """Return a text as it is kept: a plain one as it is, of a ``Told`` what it was made of."""
    return text.source if isinstance(text, Told) else text


def unpacked(source: Any) -> str:
    """Return a kept text in the language in use."""
    return source if isinstance(source, str) else Told.of(source)


def joined(*texts: str) -> str:
    """Return texts one after another, each of which can still be told in another language."""
    return Told.of({"parts": [packed(each) for each in texts if each]})


def for_admins(text: str, others: str | None = None) -> str:
    """Return a text for whoever runs the service; a committee reads ``others``, or else that an admin sees more."""
    if isinstance(text, Told) and isinstance(text.source, dict) and "admin" in text.source:
        return text
    return Told.of({"admin": packed(text), "others": packed(_(ADMIN_SEES_MORE) if others is None else others)})


def command(words: str) -> str:
    """Return a command with its options, "import list"; to a committee it is the place where that is done."""
    return Told.of({"command": words})


def see(words: str) -> str:
    """Return the sentence that leads to a command, or to the place where that is done."""
    return _("See {where}.").format(where=command(words))


def told_to_a_committee(text: str | None, instead_of: Callable[[str], str]) -> str:
    """Return a text as a committee reads it; one of which nothing is known but its words stays as it is.

    ``instead_of`` says what it reads in place of a command.
    """
    if not isinstance(text, Told):
        return text or ""
    before = _to_a_committee.set(True)
    try:
        return told_on_a_page(text, instead_of)
    finally:
        _to_a_committee.reset(before)


def told_on_a_page(text: str | None, instead_of: Callable[[str], str]) -> str:
    """Return a text as an admin reads it who sits before a page: ``instead_of`` says what is said of a command."""
    if not isinstance(text, Told):
        return text or ""
    before = _instead_of_commands.set(instead_of)
    try:
        return str(Told.of(text.source))  # as words alone: within another text it would be told to an admin again
    finally:
        _instead_of_commands.reset(before)


def _packed_value(value: Any) -> Any:
    if isinstance(value, Told):
        return value.source
    if isinstance(value, Decimal):
        return {"number": f"{value:f}"}
    if isinstance(value, datetime):
        return {"moment": value.isoformat(), "zone": value.tzname() or ""}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return value if isinstance(value, int | float) else str(value)


def _say(source: Any) -> Any:
    """Say a source in the language in use; a value that is no text stays what it is, for the text's own format."""
    if not isinstance(source, dict):
        return source
    if "admin" in source:
        return _say(source["others" if _to_a_committee.get() else "admin"])
    if "command" in source:
        return _say_command(source["command"])
    if "parts" in source:
        said = filter(None, _sentences(source))
        return " ".join(dict.fromkeys(said) if _to_a_committee.get() else said)  # that an admin sees more: once
    if "number" in source and "one" not in source:
        return decimal(source["number"], in_use())
    if "moment" in source:
        return moment(datetime.fromisoformat(source["moment"]), source["zone"])
    if "day" in source:
        return day(source["day"], in_use())
    if "one" in source:
        text = _of_a_number(source["one"], source["many"], source["number"])
    else:
        text = translate(source["text"], in_use())
    return text.format(**{name: _say(each) for name, each in source["values"].items()}) if "values" in source else text


def _sentences(source: Any) -> Iterator[str]:
    """Yield what a source is put together of, however deep its parts lie within others."""
    while isinstance(source, dict) and "admin" in source:
        source = source["others" if _to_a_committee.get() else "admin"]
    if isinstance(source, dict) and "parts" in source:
        for each in source["parts"]:
            yield from _sentences(each)
    else:
        yield _say(source)


def _say_command(words: str) -> str:
    instead_of = _instead_of_commands.get()
    return f"latsar-sync {words}" if instead_of is None else instead_of(words)


def _(text: str) -> str:
    """Return an English text in the language in use; its placeholders are filled in afterwards, with ``format``."""
    return Told.of({"text": text})


def mark(text: str) -> str:
    """Return the text as it is; it stands in the catalogue and is said later, with ``translate``."""
    return text


def translate(text: str, language: str) -> str:
    """Return an English text in ``language`` ("id" or "en")."""
    return text if language == ENGLISH else catalogue(language).get(text) or text


def _of_a_number(one: str, many: str, number: int) -> str:
    english = one if number == 1 else many
    return english if in_use() == ENGLISH else catalogue(in_use()).get(one) or english


@lru_cache(4096)
def decimal(number: str | Decimal, language: str) -> str:
    """Return a plain decimal, "69.50000", as ``language`` ("id" or "en") writes it: 69,5. Five places at most."""
    return format_decimal(Decimal(number), "#,##0.#####", locale=language)


@lru_cache(4096)
def day(stamp: str, language: str) -> str:
    """Return a day, "2026-12-07", as a table in ``language`` has it: 7 Des 2026; anything else as it is."""
    try:
        return format_date(date.fromisoformat(stamp), "d MMM y", locale=language)
    except ValueError:
        return stamp


def moment(at: datetime, zone: str = "") -> str:
    """Return a moment in the language in use, 28 Nov 2026 22.58 WIB; one of UTC as the clocks of the office show it."""
    ours = _zone.get("zone")
    if ours is not None and (zone or at.tzname()) == "UTC":
        at, zone = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(ours), ""
    clock = f"{at:%H.%M}" if in_use() == INDONESIAN else f"{at:%H:%M}"
    return f"{format_date(at, 'd MMM y', locale=in_use())} {clock} {zone or at.tzname() or ''}".strip()


def counted(one: str, many: str, number: int) -> str:
    """Return the text for ``number`` things in the language in use; Indonesian does not tell one from many."""
    return Told.of({"one": one, "many": many, "number": number})


def in_use() -> str:
    """Return the language in use, "id" or "en"."""
    return _spoken.get() or _chosen["language"]


def choose(language: str) -> None:
    """Use this language from now on, in all threads."""
    _chosen["language"] = language


def zone_in_use() -> tzinfo | None:
    """Return the zone in which moments are said, None as long as none was chosen."""
    return _zone.get("zone")


def choose_zone(zone: tzinfo | None) -> None:
    """Say moments in this zone from now on, in all threads."""
    _zone["zone"] = zone


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


ADMIN_SEES_MORE = mark("The admin of this service sees the details.")
