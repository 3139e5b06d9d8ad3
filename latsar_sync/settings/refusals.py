"""How a value is refused."""

from pydantic_core import PydanticCustomError


def refusal(reason: str, remedy: str = "") -> PydanticCustomError:
    """Return the error to raise for a value that does not fit; no text may repeat what can be secret."""
    return PydanticCustomError("refused", "{reason}", {"reason": reason, "remedy": remedy})
