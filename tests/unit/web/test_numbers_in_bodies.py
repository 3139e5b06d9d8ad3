"""What counts as a whole number in the body of a call, as JSON Schema has it."""

import pytest
from pydantic import TypeAdapter, ValidationError

from latsar_sync.web.whole_numbers import WholeNumber

NUMBERS: TypeAdapter[int] = TypeAdapter(WholeNumber)


@pytest.mark.parametrize("told", [5, 5.0])
def test_a_whole_number_may_be_written_with_a_point(told: float) -> None:
    assert NUMBERS.validate_python(told) == 5


@pytest.mark.parametrize("told", [True, "5", 5.5, None])
def test_what_is_no_whole_number_is_never_taken_for_one(told: object) -> None:
    with pytest.raises(ValidationError):
        NUMBERS.validate_python(told)
