"""What kind of thing an answer is that is no success: said in our words, never in its own (rule 20).

An answer holds names and groups, so nothing of it is quoted from the first sign of content on. A short plain
sentence, as a firewall or an IP blocker says it, is kept.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from latsar_sync.domain.language import _, mark

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MARKS_OF_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
LONGEST_QUOTE = 120
"""Characters of a plain sentence that are shown: more is no sentence."""
_LOOKED_AT = 20_000
"""Bytes in which a PHP message or a form is looked for: pages begin with pictures and scripts."""

_PHP_MESSAGE = re.compile(
    rb"(?:<b>)?\b(?P<kind>Deprecated|Notice|Warning|Strict Standards|Fatal error|Recoverable fatal error|Parse error)"
    rb"\b(?:</b>)?: .{0,2000}? in (?:<b>)?(?P<file>[^<>\n]{1,300}?\.(?:php|inc|phar|html|mustache))(?:</b>)?"
    rb"(?:\(\d+\)[^<>\n]{0,80})? ?(?:on line|:\d)",
    re.DOTALL,
)
_BARE_PHP_MESSAGE = re.compile(rb"<b>(?P<kind>Deprecated|Notice|Warning|Fatal error|Parse error)</b>: ")
_SIGN_IN = re.compile(
    rb"""type\s*=\s*["']?password|name\s*=\s*["']?(?:logintoken|password)|/login/index\.php|SAMLRequest|openid""",
    re.IGNORECASE,
)
_CLOSED = re.compile(
    rb"under(?:going)? (?:\w+ )?maintenance|maintenance mode"
    rb"|(?:dalam|sedang) (?:\w+ )?(?:pemeliharaan|perbaikan|perawatan)",
    re.IGNORECASE,
)
_PORTAL = re.compile(
    rb"captive|hotspot|wi-?fi|network ?access|http-equiv\s*=\s*[\"']?refresh|(?:window|document)\.location",
    re.IGNORECASE,
)
_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
"""How gzip and Zstandard begin; Brotli has no sign of its own."""
_UNPACKED = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
"""Values of Content-Encoding that hide nothing: they were undone, or there was nothing to undo."""
_OF_GATEWAYS = frozenset(
    [
        *("code", "detail", "details", "error", "error_code", "error_description", "errormessage", "errors", "message"),
        *("messages", "msg", "path", "reason", "ref", "request_id", "requestid", "result", "status", "statuscode"),
        *("success", "support_id", "timestamp", "title", "type"),
    ]
)
"""Keys of the JSON in which firewalls and gateways say no; no answer that the service asks for has these alone."""
_TRIES = 20
"""Brackets at which the JSON of an answer is looked for behind what was printed before it."""


@dataclass(frozen=True, slots=True)
class PhpMessage:
    """What PHP printed into an answer: its own word for the kind, and the file that it names, if it does."""

    kind: str
    file: str | None

    def __str__(self) -> str:
        """Say it: kind and file, nothing of the text, which may hold values."""
        if self.file is None:
            return self.kind
        return _("{kind} in the file {file}").format(kind=self.kind, file=self.file)


def without_marks(body: bytes) -> bytes:
    """Return a body in UTF-8, without the byte-order marks and blanks around it, which editors put into PHP files."""
    if body.startswith(_MARKS_OF_UTF_16):
        body = body.decode("utf-16", errors="replace").encode("utf-8", errors="replace")
    body = body.strip()
    while body.startswith(BYTE_ORDER_MARK):
        body = body.removeprefix(BYTE_ORDER_MARK).lstrip()
    while body.endswith(BYTE_ORDER_MARK):
        body = body.removesuffix(BYTE_ORDER_MARK).rstrip()
    return body


def php_message(body: bytes) -> PhpMessage | None:
    """Return what PHP printed before or behind the content of an answer, None if nothing shows."""
    for part in (body[:_LOOKED_AT], body[-_LOOKED_AT:]):
        if found := _PHP_MESSAGE.search(part):
            file = plain(found["file"].decode("utf-8", errors="replace"))
            return PhpMessage(found["kind"].decode(), file)
        if found := _BARE_PHP_MESSAGE.search(part):
            return PhpMessage(found["kind"].decode(), None)
    return None


def has_more_than_json(body: bytes) -> bool:
    """Say whether JSON begins, ends or is most of a body that holds something else too: somebody printed there."""
    text = body.decode("utf-8", errors="replace").strip(" \t\r\n\ufeff")
    if text.startswith(("{", "[")):
        return 0 < _end_of_json(text, 0) < len(text)
    starts = [found.start() for found, _ in zip(re.finditer(r"[\[{]|\bnull\Z", text), range(_TRIES), strict=False)]
    ends = [(start, _end_of_json(text, start)) for start in starts]
    return any(end == len(text) or end - start > len(text) / 2 for start, end in ends)


def _end_of_json(text: str, start: int) -> int:
    """Return where the JSON ends that begins there, 0 if none does."""
    try:
        return json.JSONDecoder().raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return 0


def is_of_a_gateway(fields: object) -> bool:
    """Say whether JSON is that of a firewall or gateway before Moodle, by its keys."""
    return isinstance(fields, dict) and bool(fields) and all(str(key).casefold() in _OF_GATEWAYS for key in fields)


def is_sign_in(body: bytes) -> bool:
    """Say whether a web page asks somebody to sign in."""
    return _SIGN_IN.search(body[:_LOOKED_AT]) is not None


def is_closed(body: bytes) -> bool:
    """Say whether a web page, a small one as these are, says that the site is closed for a while."""
    return len(body) <= _LOOKED_AT and _CLOSED.search(body) is not None


def is_portal(body: bytes) -> bool:
    """Say whether a web page leads elsewhere, as the portal of a network does before it lets anybody through."""
    return _PORTAL.search(body[:_LOOKED_AT]) is not None


_KINDS = {
    "nothing": mark("nothing"),
    "php": mark("a message of PHP"),
    "sign_in": mark("a sign-in page"),
    "closed": mark("a page that says the site is closed"),
    "portal": mark("a page that leads elsewhere"),
    "page": mark("a web page"),
    "xml": "XML",
    "json": "JSON",
    "text": mark("text"),
    "packed": mark("packed data"),
    "bytes": mark("something that is no text"),
}


def kind_of(body: bytes, headers: Mapping[str, str] | None = None) -> str:
    """Return the key of ``kind_words`` for what a body is; ``headers`` may tell that it is packed."""
    start = without_marks(body[:1000])
    if not start:
        return "nothing"
    if start.startswith((b"{", b"[", b"null")):
        return "json"
    if php_message(body):
        return "php"
    if start.startswith(b"<?xml"):
        return "xml"
    if start.startswith(b"<"):
        for kind, is_one in (("sign_in", is_sign_in), ("closed", is_closed), ("portal", is_portal)):
            if is_one(body):
                return kind
        return "page"
    encoding = (headers or {}).get("Content-Encoding", "").strip().lower()
    if start.startswith(_PACKED) or encoding not in _UNPACKED | {"utf-8"}:
        return "packed"
    control = sum(byte < 9 or 13 < byte < 32 for byte in start)
    return "bytes" if control else "text"


def kind_words(kind: str) -> str:
    """Return the words for a kind in the language in use."""
    return _(_KINDS[kind])


def sentence_of(body: bytes) -> str:
    """Return the plain sentence that a body is, empty if it is anything else or too long for one."""
    text = body[: 4 * LONGEST_QUOTE + 1].decode("utf-8", errors="replace")
    if len(text) > LONGEST_QUOTE or re.search(r"""[{\[<"'=;,@\\\ufffd]|\d{5}""", text):
        return ""
    return plain(text)


def plain(text: str) -> str:
    """Return a text as one line of at most 200 characters, without what commands a terminal or a whole NIP."""
    words = re.sub(r"[^\S ]+| +", " ", "".join(sign if sign.isprintable() else " " for sign in text)).split()
    return re.sub(r"(?<!\d)(\d{4})\d{10}(\d{4})(?!\d)", r"\1**********\2", " ".join(words))[:200]
