"""The mailbox: attachments of unread mails from known senders, by IMAP over TLS; nothing is sent and nothing deleted.

A mail is marked as read after its attachments are written down; killed in between, it is read again and its content
known. Mails of others stay unread, for whoever keeps the mailbox. Whom a mail is from can be forged: what comes by mail
always waits for a person.
"""

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path
from typing import Any, NamedTuple

from latsar_sync.domain.errors import SiteUnavailable
from latsar_sync.domain.language import _, for_admins
from latsar_sync.domain.system_errors import reason_of
from latsar_sync.files.receiving import GoesOn

MOST_MAILS = 50
"""Mails of known senders that one look takes, the oldest first."""
MOST_HEADS = 5_000
"""Unread mails whose senders one look reads, the newest: what strangers send stays unread, and must hide nothing."""
HEADS_AT_ONCE = 100
MOST_BYTES = 30_000_000
MOST_PARTS = 2_000
LONGEST_HEAD = 4_000
"""Lines of a mail that may begin a part of it, and characters of a line of its heads: Python takes minutes for more."""
TIMEOUT_SECONDS = 30.0
READ = (".csv", ".xlsx", ".pdf", ".zip", ".xlsm", ".tsv")
REFUSED = (".xls", ".xlsb", ".ods", ".numbers", ".doc", ".docx", ".odt", ".rtf", ".rar", ".7z")
"""Endings of what a list may come as, too: it is taken in and refused with the way to save it, not passed over."""
UNNAMED = "file"
"""What an attachment is called whose name cannot be read; what it is, its content tells."""


class Address(NamedTuple):
    """Where a mailbox is, and how it is entered."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    ca_bundle: Path | None = None


class Mail(NamedTuple):
    """One mail of a known sender with its attachments: name and content."""

    sender: str
    attachments: Sequence[tuple[str, bytes]]


class Left(NamedTuple):
    """Of whom mails stay unread, because they are too large, or cannot be read."""

    too_large: list[str]
    unreadable: list[str]


class UnreadableMail(Exception):
    """A mail is not what a program for mails writes."""


class _Bounded(policy.EmailPolicy):
    """Reads no head that is longer than any that says something."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value if len(value) <= LONGEST_HEAD else ""


_BOUNDED: Any = _Bounded()  # what types it has is said otherwise in each version


def read_mails(address: Address, senders: Sequence[str], take: Callable[[Mail], None]) -> Left:
    """Hand every unread mail of the ``senders`` to ``take`` and mark it as read, unless that raises GoesOn; return of
    whom others stay unread.

    Raise SiteUnavailable if the mailbox cannot be read, whatever the reason; what was marked until then stays so.
    """
    known = frozenset(sender.casefold() for sender in senders)
    try:
        context = ssl.create_default_context(cafile=str(address.ca_bundle) if address.ca_bundle else None)
        server = imaplib.IMAP4_SSL(address.host, address.port, ssl_context=context, timeout=TIMEOUT_SECONDS)
        try:
            server.login(address.user, address.password)
            _expect(server.select(_quoted(address.folder)))
            left, taken = Left([], []), 0
            for number, sender in _unread(server, known, left.too_large):
                try:
                    _take(server, number, sender, take)
                    taken += 1
                except UnreadableMail:  # it keeps none behind it from being read
                    left.unreadable.append(sender)
                except GoesOn:  # it stays unread
                    continue
                if taken == MOST_MAILS:
                    break
            return left
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                server.logout()
            with suppress(OSError):
                server.shutdown()
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else _("the mail server refused")
        raise SiteUnavailable(
            _("The mailbox {user} on {host} cannot be read: {reason}.").format(
                user=address.user, host=address.host, reason=reason
            ),
            for_admins(_("Check host, user, password and folder in [programmes.intake.mailbox].")),
        ) from None


def is_known(sender: str, known: frozenset[str]) -> bool:
    """Say whether an address is one of those listed, or of a domain that is (``@bkd.example.go.id``)."""
    _name, at, domain = sender.casefold().rpartition("@")
    return sender.casefold() in known or (at == "@" and f"@{domain}" in known)


def _unread(server: imaplib.IMAP4_SSL, known: frozenset[str], too_large: list[str]) -> Iterator[tuple[str, str]]:
    """Yield number and sender of the unread mails of known senders; only heads are read.

    Of whom one is too large is added to ``too_large``; it stays unread.
    """
    found = _expect(server.uid("SEARCH", "UNSEEN"))
    for number, size, head in _heads(server, (found[0] or b"").decode().split()[-MOST_HEADS:]):
        sender = _sender_in(head)
        if is_known(sender, known):
            if size > MOST_BYTES:
                too_large.append(sender)
                continue
            yield number, sender


def _heads(server: imaplib.IMAP4_SSL, numbers: Sequence[str]) -> Iterator[tuple[str, int, bytes]]:
    """Yield number, size and sender line of mails; a server may tell the first two before or behind the line."""
    for first in range(0, len(numbers), HEADS_AT_ONCE):
        some = ",".join(numbers[first : first + HEADS_AT_ONCE])
        told = _expect(server.uid("FETCH", some, "(RFC822.SIZE BODY.PEEK[HEADER.FIELDS (FROM)])"))
        for part, behind in zip(told, [*told[1:], b""], strict=True):
            if isinstance(part, tuple):
                beside = part[0] + (behind if isinstance(behind, bytes) else b"")
                number, size = re.search(rb"\bUID (\d+)", beside), re.search(rb"RFC822\.SIZE (\d+)", beside)
                if number and size:
                    yield number[1].decode(), int(size[1]), part[1]


def _sender_in(head: bytes) -> str:
    """Return the one address that a mail is from; empty where it is not one, or cannot be read."""
    try:
        addresses = getaddresses([str(message_from_bytes(head, policy=policy.default).get("From", ""))])
    except Exception:  # noqa: BLE001 over a malformed line Python's parser stumbles in any way
        return ""
    return addresses[0][1].casefold() if len(addresses) == 1 else ""


def _take(server: imaplib.IMAP4_SSL, number: str, sender: str, take: Callable[[Mail], None]) -> None:
    body = _expect(server.uid("FETCH", number, "(BODY.PEEK[])"))
    told = next((part for part in body if isinstance(part, tuple)), None)
    if told is not None:
        take(Mail(sender, attachments(told[1])))
        _expect(server.uid("STORE", number, "+FLAGS", r"(\Seen)"))


def attachments(content: bytes) -> list[tuple[str, bytes]]:
    """Return the attachments of a mail that may be tables. Raise UnreadableMail if it cannot be read."""
    if content.count(b"\n--") + content.count(b"\r--") > MOST_PARTS:
        raise UnreadableMail
    try:
        return list(_attached(message_from_bytes(content, policy=_BOUNDED)))
    except Exception:  # noqa: BLE001 over a malformed mail Python's parser stumbles in any way
        raise UnreadableMail from None


def _attached(mail: EmailMessage) -> Iterator[tuple[str, bytes]]:
    """Yield the attachments that may be tables, by the endings of their names."""
    for part in mail.walk():
        name = _name_of(part)
        if (name == UNNAMED or name.casefold().endswith(READ + REFUSED)) and not part.is_multipart():
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                yield name, content


def _name_of(part: EmailMessage) -> str:
    try:
        return part.get_filename() or ""
    except Exception:  # noqa: BLE001 over a malformed line Python's parser stumbles in any way
        return UNNAMED


def _expect(answer: tuple[str, Any]) -> list[Any]:
    status, found = answer
    if status != "OK":
        raise imaplib.IMAP4.error
    return list(found)


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
