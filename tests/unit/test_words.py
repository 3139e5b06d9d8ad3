"""One word for one thing: what the glossary of docs/architecture.md gave up comes back nowhere."""

import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
GIVEN_UP = {
    # a cohort is something of Moodle's, which its page Upload users knows
    "cohort": r"(?<!Moodle )(?<!--)cohorts?(?! of the site)",
    # Python's and PHP's, and data classes, are classes
    "class": r"(?<!in[- ])(?<!data )(?<!exception )(?<!PHP )(?<!payload )(?<!/)class(?:es)?(?![=/-])(?! names?\b)",
    "correspondence": r"correspondence",
    # the key of the configuration by which files come in by themselves
    "intake": r"(?<!programmes\.)(?<!``)intakes?(?!\[)",
    "seating": r"seating|(?:an|the) offers?",
    "act": r"(?:an|the|this|that|each|every|their|of|by|such|no) acts?|acts(?! on| at| as)",
    "desk": r"desks?",
    "wish": r"wish(?:es|ed)?",
    "pass limit": r"pass[ -]limits?",
    # a run that moves nobody may be one, of whatever depth
    "quiet run": r"quiet (?:runs?|rounds?)",
    "walk": r"(?<!os\.)(?<!\.)walk(?:s|ed|ing)?",
    "the line": r"(?:in|into|leaves?|of) the line(?! of code)|waits? in line|line of (?:run )?requests",
    "hold of a lease": r"run's hold",
    "agency": r"agenc(?:y|ies)",
    "cursor": r"cursors?",
    "door": r"doors?",
    "corridor": r"corridors?",
    "room": r"(?<!no )(?<!is )(?<!have )(?<!has )(?<!with )(?<!to a )rooms?",
    "cupboard": r"cupboards?",
}
"""The words of before, as they stood in texts; each allows for what else the word means."""
IN_MESSAGES = re.compile(r"\bletters?\b(?! box|, digits)", re.IGNORECASE)
"""Elsewhere a letter is one of the alphabet, or of an office."""
NAMES = re.compile(
    r"(?<![a-z])(?:cohorts?|class|classes|correspondence|intakes?|seating|offers?|acts?|desks?|wish(?:es|ed)?"
    r"|pass_?limit|walk(?:s|ed|ing)?|agency|agencies|cursors?|doors?|corridors?|rooms?|cupboards?"
    # hold back, admit_until, not on the finalised roster, which angkatan, a course with entrants, seats taken besides,
    # to be read back, held after judging, accounts by NIP, their followed account, must have been active, seat is sure
    r"|why_not_sent|admission_closes|is_newcomer|opening_to|openings|filling|taken_by_others|sent_something|held_later"
    r"|nip_accounts|account_followed|was_active|keeping_their_seat)(?![a-z])"
)
PLAIN_NAMES = re.compile(
    # Python's, mutmut's, keys of JSON, data classes; in_class as in in-class; to act; a driver's cursor; room left
    r"class|__class__|.*data_class.*|.*in_class.*|(?:no|error|wrapper|formatter|route|exception|response)_class|pool_classes_by_scheme"
    r"|intake|intake_settings|in_intake"
    r"|class_(?:url|token_env|token_file|def|var)|may_act|act_on_.*|.*to_act_on|acts|classes"
    r"|test_.*_(?:that_acts|room_.*|no_room_.*|offers_no_.*)"
    r"|walk|walk_mutatable_files|cursor|room"
)
HISTORY = {
    "CHANGELOG.md",
    "docs/adr/0001-cupboards-for-cli-and-settings.md",
    "docs/adr/0008-a-folder-for-each-reason-to-change.md",
}
"""What tells of how it was before, in its words."""
ANY = re.compile("|".join(rf"\b(?:{pattern})\b" for pattern in GIVEN_UP.values()), re.IGNORECASE)
NAME = re.compile(r"[^\W\d]\w*")
CLASS_STATEMENT = re.compile(r"^ *class (?=\w)", re.MULTILINE)
EXPRESSIONS = {word: re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE) for word, pattern in GIVEN_UP.items()}


def python_texts(text: str) -> Iterator[tuple[int, str]]:
    """Yield comments and strings of a module, with their lines, and its names, as words in snake case."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            yield token.start[0], token.string
        elif token.type == tokenize.NAME and is_given_up(token.string):
            yield token.start[0], f"<{token.string}>"


@cache
def is_given_up(name: str) -> bool:
    """Say whether a name of Python's has such a word in it; most names stand in many places."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return bool(NAMES.search(words)) and not PLAIN_NAMES.fullmatch(words.strip("_"))


def may_hold_a_word(text: str) -> bool:
    """Say whether a module must be taken apart, which takes long: in most of them nothing is found anywhere."""
    return bool(ANY.search(CLASS_STATEMENT.sub("", text)) or any(is_given_up(name) for name in set(NAME.findall(text))))


def found_in(path: Path) -> Iterator[str]:
    """Yield where a file holds a word that was given up."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        pieces = list(python_texts(text)) if IN_MESSAGES.search(text) or may_hold_a_word(text) else []
    elif path.suffix == ".po":
        pieces = [(number, line) for number, line in enumerate(text.splitlines(), 1) if not line.startswith("msgstr")]
    else:
        plain = re.sub(r"\bclass=\"[^\"]*\"", "", text)
        if path.name == "architecture.md":
            plain = plain.split("## Glossary")[0]
        pieces = list(enumerate(plain.splitlines(), 1))
    for number, piece in pieces:
        if piece.startswith("<") and path.suffix == ".py":
            yield f"{path.relative_to(ROOT)}:{number}: {piece}"
            continue
        if not ANY.search(piece) and not IN_MESSAGES.search(piece):
            continue
        # a code in quotes or backticks is a name that others rely on
        spoken = re.sub(r"`[^`]*`|\b\w+_\w+\b|\{[^}]*\}|^[\"']\w+[\"']$", "", piece)
        if re.search("messages|notices", path.stem) and IN_MESSAGES.search(spoken):
            yield f"{path.relative_to(ROOT)}:{number}: letter"
        for word, expression in EXPRESSIONS.items():
            if match := expression.search(spoken):
                around = spoken[max(0, match.start() - 30) : match.end() + 30]
                yield f"{path.relative_to(ROOT)}:{number}: {word}: …{around}…"


def files() -> Iterator[Path]:
    """Yield what holds words of ours."""
    yield from ROOT.glob("*.md")
    for folder, suffixes in {
        "latsar_sync": {".py", ".po", ".html"},
        "tests": {".py"},
        "docs": {".md"},
        "config": {".toml"},
    }.items():
        yield from (path for path in (ROOT / folder).rglob("*") if path.suffix in suffixes)


INDONESIAN = re.compile(
    # a run is a putaran: a proses is one of the machine
    r"\b(?:kursus klasikal|ambang\w*|grup(?:nya)?|bita|perlu ditinjau|pengelola kursus"
    r"|(?:setiap|catatan) proses|proses (?:berikutnya|biasa))\b",
    re.IGNORECASE,
)
"""The same on Indonesian screens: kelas klasikal, batas kelulusan, kelompok, byte, perlu tindak lanjut, putaran."""


def test_one_indonesian_word_stands_for_one_thing() -> None:
    catalogues = (read_po(path.read_bytes().splitlines()) for path in sorted(ROOT.glob("latsar_sync/locale/id/*.po")))
    said = [text for each in catalogues for message in each for text in [message.string] if message.id]
    texts = [each for text in said for each in (text if isinstance(text, tuple) else (text,))]
    texts += [line for name in ("README.md", "README.id.md") for line in (ROOT / name).read_text("utf-8").splitlines()]

    assert [each for each in texts if INDONESIAN.search(each)] == []


def test_no_word_that_was_given_up_comes_back() -> None:
    found = [
        each
        for path in sorted(files())
        if str(path.relative_to(ROOT)) not in HISTORY and "versions" not in path.parts and path != Path(__file__)
        for each in found_in(path)
    ]

    assert found == []


def test_what_is_stored_and_shown_is_called_in_the_code_by_the_same_word() -> None:
    """A reader who meets a value in the database or on the screen finds its member by it, and the other way round."""
    members = re.compile(r'^    ([A-Z][A-Z_]*) = "([^"]+)"', re.MULTILINE)
    kinds = re.compile(r"^class (\w+)\(StrEnum\):\n((?:    .*\n|\n)+)", re.MULTILINE)
    # Moodle's functions have Moodle's names
    sources = [path for path in (ROOT / "latsar_sync").rglob("*.py") if path.name != "functions.py"]
    found = [
        (kind, name, value)
        for path in sources
        for kind, body in kinds.findall(path.read_text(encoding="utf-8"))
        for name, value in members.findall(body)
    ]

    assert len(found) > 80
    assert [each for each in found if each[1] != re.sub("[ -]", "_", each[2]).upper()] == []
