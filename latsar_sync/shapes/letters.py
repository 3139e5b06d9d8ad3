"""The shape of what goes out to institutions as letters."""

from typing_extensions import TypedDict


class LetterShape(TypedDict):
    """How many letters go to an institution, and about how many people."""

    institution: str
    letters: int
    people: int
