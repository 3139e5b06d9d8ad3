"""What all tables of the configuration have in common."""

import re
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """A table of the file: frozen, strict, without keys that nobody knows."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        defer_build=True,  # only what a command asks for is built, the tables within others once instead of twice
    )

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy, without what was worked out of the values before (``cached_property``)."""
        copied = super().model_copy(update=update, deep=deep)
        for name in vars(copied).keys() - type(self).model_fields.keys():
            del vars(copied)[name]
        return copied


def without_password(address: str | None) -> str | None:
    """Return an address with its password, before the host or in the query, replaced by stars."""
    hidden = address and re.sub(r"(://[^:/@]*):.*@", r"\1:***@", address)
    return hidden and re.sub(r"([?&]password=)[^&]*", r"\1***", hidden)
