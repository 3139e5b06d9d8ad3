"""Mistakes in the configuration, each with its place, reason and remedy. No text here shows a secret."""

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from latsar_sync.domain.language import _, counted, joined, mark

Location = tuple[str | int, ...]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_VALUE_SHOWN = 60

# A pasted token ends up in these keys sooner or later, so their values are never repeated; nor is a NIP.
_WITHHELD = frozenset(
    {
        *("token", "token_env", "token_file", "urls", "urls_env", "urls_file", "database_url", "signer_nip"),
        *(
            "url_env",
            "url_file",
            "secret",
            "secret_env",
            "secret_file",
            "client_secret",
            "client_secret_env",
            "client_secret_file",
        ),
    }
)
_ADDRESSES = frozenset({"url", "proxy", "issuer"})

_REASONS = {
    "bool_type": (mark("must be true or false"), mark("Write it without quotes.")),
    "date_type": (mark("must be a date"), mark("Write it without quotes and without a time, as in 2026-12-07.")),
    "dict_type": (mark("must be a table"), mark("config/latsar.example.toml shows how.")),
    "finite_number": (mark("must be a finite number"), mark("Write it in digits.")),
    "float_type": (mark("must be a number"), mark("Write it without quotes, with a point for decimals.")),
    "int_type": (mark("must be a whole number"), mark("Write it without quotes and without a decimal point.")),
    "is_instance_of": (mark("must be a number"), mark("Write it without quotes, with a point for decimals.")),
    "missing": (mark("is missing"), mark("Add it; config/latsar.example.toml shows how.")),
    "model_type": (mark("must be a table"), mark("config/latsar.example.toml shows which keys belong there.")),
    "path_type": (mark("must be a path"), mark("Write it in quotes.")),
    "string_type": (mark("must be a text"), mark("Write it in quotes.")),
    "tuple_type": (mark("must be a list"), mark("config/latsar.example.toml shows how.")),
}


@dataclass(frozen=True)
class Problem:
    """One mistake. ``location`` is the way to the key, ``value`` what is shown of what stands there."""

    location: Location
    reason: str
    remedy: str = ""
    value: str = ""

    @property
    def line(self) -> str:
        """One line for a person, as in ``programmes[0].angkatan[1].capacity = 0: must be at least 1.``"""
        place = key_path(self.location) + (f" = {self.value}" if self.value else "")
        return f"{place}: {self.reason}. {self.remedy}".strip()


def key_path(location: Location) -> str:
    """Return the way to a key as a person writes it: ``programmes[0].angkatan[1].capacity``."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            name = step if _BARE_KEY.fullmatch(step) else json.dumps(step, ensure_ascii=False)
            path += f".{name}" if path else name
    return path


def did_you_mean(written: object, known: Iterable[str]) -> str:
    """Return ``Did you mean "x"?`` where something is near, and all that is known; empty if nothing is."""
    names = sorted(set(known))
    if not names:
        return ""
    near = difflib.get_close_matches(str(written), names, n=1)
    told = _('Did you mean "{name}"? Known: {names}.') if near else _("Known: {names}.")
    return told.format(name="".join(near), names=", ".join(names))


def shown_value(location: Location, value: object) -> str:
    """Return a value as the file writes it, short; empty where it may hold a secret or says nothing."""
    key = next((step for step in reversed(location) if isinstance(step, str)), "")
    if key in _WITHHELD:
        return ""
    if key in _ADDRESSES:
        return _address_without_secrets(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        written = json.dumps(value, ensure_ascii=False)
        return written if len(written) <= _LONGEST_VALUE_SHOWN else f'{written[:_LONGEST_VALUE_SHOWN]}…"'
    if isinstance(value, int) and abs(value) >= 10**_LONGEST_VALUE_SHOWN:
        return ""
    return str(value) if isinstance(value, int | float | Decimal | date) else ""


def from_validation_error(error: ValidationError, root: type[BaseModel]) -> list[Problem]:
    """Given what pydantic found wrong with ``root``, return our problems, without its echoes.

    A list whose items were refused is also called too short by pydantic; only the items' own mistakes are
    kept.
    """
    details = error.errors(include_url=False)
    locations = [location_of(detail) for detail in details]

    def is_echo(detail: ErrorDetails) -> bool:
        own = location_of(detail)
        return detail["type"] == "too_short" and any(
            len(other) > len(own) and other[: len(own)] == own for other in locations
        )

    return [_problem(detail, root) for detail in details if not is_echo(detail)]


def location_of(detail: ErrorDetails) -> Location:
    """Return the way to the refused key; pydantic's marker for the name of a table is dropped."""
    return tuple(step for step in detail["loc"] if step != "[key]")


def _problem(detail: ErrorDetails, root: type[BaseModel]) -> Problem:
    location, kind = location_of(detail), detail["type"]
    if kind == "extra_forbidden":
        return Problem(location, _("is not a known key"), _remedy_for_unknown_key(location, root))

    reason, remedy = _reason_and_remedy(detail)
    is_shown = kind != "missing" and "[key]" not in detail["loc"]
    return Problem(location, reason, remedy, shown_value(location, detail["input"]) if is_shown else "")


def _reason_and_remedy(detail: ErrorDetails) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in _REASONS:
        reason, remedy = _REASONS[kind]
        return _(reason), _(remedy)
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", context["expected"])
        return _("is not one of the choices"), did_you_mean(detail["input"], choices)
    bounds = {
        "greater_than_equal": (mark("must be at least {bound}"), "ge"),
        "greater_than": (mark("must be more than {bound}"), "gt"),
        "less_than_equal": (mark("must be at most {bound}"), "le"),
    }
    if kind in bounds:
        words, bound = bounds[kind]
        return _(words).format(bound=f"{Decimal(str(context[bound])).normalize():f}"), _("Correct the number.")
    if kind == "too_short":
        return (
            counted("must have at least 1 entry", "must have at least {number} entries", context["min_length"]).format(
                number=context["min_length"]
            ),
            _("Add one; config/latsar.example.toml shows how."),
        )
    if kind == "string_too_long":
        return _("must have at most {number} characters").format(number=context["max_length"]), _("Shorten it.")
    return str(context.get("reason", detail["msg"])), str(context.get("remedy", ""))


def _remedy_for_unknown_key(location: Location, root: type[BaseModel]) -> str:
    key = location[-1]
    if key == "token":
        return _("A token never stands in this file: use token_env or token_file.")
    own = _model_at(location[:-1], root)
    remedy = did_you_mean(key, set(own.model_fields) - {"token", "client_secret", "secret"})
    if own is not root and key in root.model_fields:
        return joined(remedy, _("At the top of the file, before the first [table], this key is known."))
    return remedy


def _model_at(location: Location, root: type[BaseModel]) -> type[BaseModel]:
    """Follow the way to a table and return the model of that table."""
    model = root
    for step in location:
        if isinstance(step, str) and step in model.model_fields:
            model = _model_within(model.model_fields[step].annotation) or model
    return model


def _model_within(annotation: object) -> type[BaseModel] | None:
    """Return the model that an annotation such as ``tuple[Model, ...]`` or ``Model | None`` speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_within(part))), None)


def _address_without_secrets(value: object) -> str:
    """Return scheme and host of an address: path, query and credentials may hold a token or a password."""
    if not isinstance(value, str) or "@" in value:
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return json.dumps(f"{parts.scheme}://{parts.hostname}") if parts.scheme and parts.hostname else ""
