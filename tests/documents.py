"""The pages of the documentation as tests read them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the code blocks of a page: language and content."""
    return re.findall(r"^```(\w*)\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def words(text: str) -> str:
    """Return a text without its rules and line breaks."""
    return " ".join(text.replace("─", " ").split())
