"""What counts as a whole number in a call: digits alone in an address, a number of JSON in a body."""

import re
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

DIGITS = re.compile("[0-9]+")
"""Python takes 1_0 for 10, and figures of other scripts, too."""


def _no_word(value: object) -> object:
    """Refuse true and text, which pydantic would read as a number; 5.0 is one of JSON's."""
    if isinstance(value, bool | str):
        raise _no_number()
    return value


def _digits_alone(value: object) -> object:
    if isinstance(value, str) and not DIGITS.fullmatch(value):
        raise _no_number()
    return value


def _no_number() -> PydanticCustomError:
    return PydanticCustomError("int_type", "Input should be a valid integer")


WholeNumber = Annotated[int, BeforeValidator(_no_word)]
"""A whole number in a body."""
TypedNumber = Annotated[int, BeforeValidator(_digits_alone)]
"""A whole number in an address."""
