"""Parameter checking as Moodle's external API does it (lib/external/classes/external_api.php, validate_parameters)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from latsar_sync.demo.failures import invalid_parameter

_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_MESSAGES = re.compile(r"[a-zA-Z]*")
_MARK = re.compile(r"[a-zA-Z0-9_-]*")
_TAG = re.compile(r"<[a-zA-Z/!]")


class Missing:
    """Marks a parameter without a default: Moodle's VALUE_REQUIRED."""


@dataclass(frozen=True)
class Scalar:
    """One value. `kind` is int, bool, alpha, alphanumext, text or raw (Moodle's PARAM_*)."""

    kind: str
    default: object = Missing

    def checked(self, value: object) -> object:
        """The value as the function receives it; a value its cleaning would alter is refused, not repaired."""
        if isinstance(value, (dict, list)) or value is None:
            raise invalid_parameter()
        if self.kind == "bool":
            return _checked_flag(value)
        text = _as_php_text(value)
        if self.kind == "int":
            if not _INTEGER.fullmatch(text) or len(text) > 18:
                raise invalid_parameter()
            return int(text)
        if self.kind == "alpha" and not _MESSAGES.fullmatch(text):
            raise invalid_parameter()
        if self.kind == "alphanumext" and not _MARK.fullmatch(text):
            raise invalid_parameter()
        if self.kind == "text" and _TAG.search(text):
            raise invalid_parameter()
        return text


@dataclass(frozen=True)
class Items:
    """A list of one kind of value (external_multiple_structure)."""

    content: Scalar | Fields
    default: object = Missing

    def checked(self, value: object) -> object:
        """The list renumbered from 0: PHP indexes only give the order."""
        if isinstance(value, Mapping):
            value = list(value.values())
        if not isinstance(value, list):
            raise invalid_parameter()
        return [self.content.checked(item) for item in value]


@dataclass(frozen=True)
class Fields:
    """A structure with named keys (external_single_structure, external_function_parameters)."""

    keys: Mapping[str, Scalar | Items | Fields] = field(default_factory=dict)
    default: object = Missing

    def checked(self, value: object) -> dict[str, object]:
        """The structure with defaults filled in. A missing required key or an unexpected key is refused."""
        if not isinstance(value, Mapping):
            raise invalid_parameter()
        if not value.keys() <= self.keys.keys():
            raise invalid_parameter()
        result: dict[str, object] = {}
        for name, description in self.keys.items():
            if name in value:
                result[name] = description.checked(value[name])
            elif description.default is Missing:
                raise invalid_parameter()
            else:
                result[name] = description.default
        return result


def integer(default: object = Missing) -> Scalar:
    """PARAM_INT."""
    return Scalar("int", default)


def text(default: object = Missing) -> Scalar:
    """PARAM_TEXT: refuses tags."""
    return Scalar("text", default)


def raw(default: object = Missing) -> Scalar:
    """PARAM_RAW."""
    return Scalar("raw", default)


def flag(default: object = Missing) -> Scalar:
    """PARAM_BOOL: 0 and 1, in JSON arguments also true and false."""
    return Scalar("bool", default)


def _checked_flag(value: object) -> bool:
    if value in (0, 1, "0", "1"):
        return bool(int(str(int(value)) if isinstance(value, bool) else str(value)))
    raise invalid_parameter()


def _as_php_text(value: object) -> str:
    if value is True:
        return "1"
    if value is False:
        return ""
    return str(value)
