"""Read the configuration as written, mistakes included, so that one pass finds contradictions as well."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from latsar_sync.settings.problems import Location


@dataclass(frozen=True)
class WrittenTable:
    """One table of the file. ``location`` is the way to it, ``model`` knows its defaults.

    ``refused`` holds the ways to all values that were refused already: they read as None here, so that one
    mistake is told once.
    """

    location: Location
    written: Mapping[str, object]
    model: type[BaseModel]
    refused: frozenset[Location]

    def has(self, key: str) -> bool:
        """Whether the key was written at all, well or badly."""
        return key in self.written

    def at(self, key: str) -> Location:
        """Return the way to a key of this table."""
        return (*self.location, key)

    def text(self, key: str) -> str | None:
        """Return a text, the default where none was written; None if there is none or it was refused."""
        value = self._value(key)
        return value if isinstance(value, str) else None

    def day(self, key: str) -> date | None:
        """Return a date; None if there is none or it was refused."""
        value = self._value(key)
        return value if isinstance(value, date) else None

    def number(self, key: str) -> Decimal | None:
        """Return a number; None if there is none or it was refused."""
        value = self._value(key)
        return Decimal(value) if isinstance(value, int | Decimal) else None

    def entries(self, key: str) -> tuple[object, ...]:
        """Return the entries of a list; empty if there is none or one of them was refused."""
        value = self._value(key)
        return tuple(value) if isinstance(value, list | tuple) else ()

    def table(self, key: str, model: type[BaseModel]) -> "WrittenTable | None":
        """Return the table below a key; None if there is none."""
        below = self.written.get(key)
        return WrittenTable(self.at(key), below, model, self.refused) if isinstance(below, dict) else None

    def tables(self, key: str, model: type[BaseModel]) -> Iterator["WrittenTable"]:
        """Yield the tables of a list of tables; entries that are none are passed over."""
        entries = self.written.get(key)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict):
                yield WrittenTable((*self.at(key), index), entry, model, self.refused)

    def _value(self, key: str) -> object:
        if self.refused:
            way = self.at(key)
            if any(refused[: len(way)] == way for refused in self.refused):
                return None
        if key in self.written:
            return self.written[key]
        field = self.model.model_fields[key]
        return None if field.is_required() else field.default
