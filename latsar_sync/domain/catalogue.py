"""The Indonesian catalogue: the .po files of ``locale/``, read as they stand, for Babel takes ten times as long.

What gettext may hold and these files do not (contexts, fuzzy texts, several forms of a number) is not read; a test
holds the answer against what Babel reads.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_ENTRY = re.compile(
    r'^msgid ((?:".*"\n)+)(?:msgid_plural (?:".*"\n)+)?msgstr(?:\[0\])? ((?:".*"(?:\n|\Z))+)', re.MULTILINE
)
_ESCAPED = re.compile(r"\\(.)")
_MEANING = {"n": "\n", "t": "\t", "r": "\r"}


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return the text of a language for each English one; for one of several things it is that of the singular."""
    texts: dict[str, str] = {}
    for file in sorted(files("latsar_sync").joinpath("locale", language).iterdir(), key=lambda file: file.name):
        for english, said in _ENTRY.findall(file.read_text(encoding="utf-8")):
            texts[_text(english)] = _text(said)
    del texts[""]  # the head of each file
    return texts


def _text(lines: str) -> str:
    """Return what quoted lines, one below the other, say."""
    joined = "".join(line[1:-1] for line in lines.splitlines())
    return _ESCAPED.sub(lambda found: _MEANING.get(found[1], found[1]), joined) if "\\" in joined else joined
