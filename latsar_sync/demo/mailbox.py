"""The mailbox of the campus: a small IMAP server over TLS, as much of RFC 3501 as reading unread mails needs."""

import os
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "latsar@bpsdm.example.go.id", "rahasia-uji"  # made up


@dataclass
class Mailbox:
    """What stands in the mailbox: mails by number, and which of them were read. ``fail_on`` breaks one command off."""

    port: int = 0
    certificate: Path = Path()
    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    fail_on: str = ""

    def put(
        self, sender: str, *attachments: tuple[str, bytes], subject: str = "Nilai MOOC", text: str = "Terlampir."
    ) -> int:
        """Put an unread mail into it and return its number."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, USER, subject
        mail.set_content(text)
        for name, content in attachments:
            mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        number = len(self.mails) + 1
        self.mails[number] = mail.as_bytes()
        return number


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    box: Mailbox


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        box = cast(_Server, self.server).box
        self.wfile.write(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        for line in self.rfile:
            tag, _blank, command = line.decode().strip().partition(" ")
            if box.fail_on and box.fail_on in command:
                return  # the connection breaks
            answer = self._answer(box, command)
            self.wfile.write(b"".join(answer) + f"{tag} {self._status(box, command)} done\r\n".encode())
            if command.upper().startswith("LOGOUT"):
                return

    def _status(self, box: Mailbox, command: str) -> str:
        wrong = command.upper().startswith("LOGIN") and f'"{PASSWORD}"' not in command
        return "NO" if wrong else "OK"

    def _answer(self, box: Mailbox, command: str) -> Iterator[bytes]:
        upper = command.upper()
        if upper.startswith("CAPABILITY"):
            yield b"* CAPABILITY IMAP4rev1\r\n"
        elif upper.startswith("SELECT"):
            yield f"* {len(box.mails)} EXISTS\r\n".encode()
        elif upper.startswith("LOGOUT"):
            yield b"* BYE\r\n"
        elif upper.startswith("UID SEARCH"):
            unread = " ".join(str(each) for each in sorted(box.mails) if each not in box.seen)
            yield f"* SEARCH {unread}\r\n".encode()
        elif found := re.match(r"UID FETCH ([\d,]+) ", upper):
            yield from (self._fetched(box.mails[int(each)], int(each), upper) for each in found[1].split(","))
        elif found := re.match(r"UID STORE (\d+) ", upper):
            box.seen.add(int(found[1]))

    def _fetched(self, mail: bytes, number: int, asked: str) -> bytes:
        part, size = mail, ""
        if "HEADER.FIELDS" in asked:
            head = re.search(rb"^From:.*?\r?\n(?=\S)", mail, re.MULTILINE | re.DOTALL)
            part, size = (head[0] if head else b"") + b"\r\n", f"RFC822.SIZE {len(mail)} "
        return f"* {number} FETCH (UID {number} {size}BODY[] {{{len(part)}}}\r\n".encode() + part + b")\r\n"


@contextmanager
def serving(folder: Path) -> Iterator[Mailbox]:
    """Serve a mailbox on loopback, by a certificate of its own that is written into ``folder``, its key beside it."""
    box = Mailbox(certificate=folder / "mailbox.pem")
    key = folder / "mailbox-key.pem"
    _write_certificate(box.certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(box.certificate, key)
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.box = box
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()


def _write_certificate(file: Path, key_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        written.write(private)
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
