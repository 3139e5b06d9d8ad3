"""How files come in by themselves: the tables ``[programmes.intake]`` and ``[programmes.intake.mailbox]``."""

from typing import Annotated

from pydantic import Field, SecretStr

from latsar_sync.settings.tables import Table
from latsar_sync.settings.values import Count, EnvironmentName, FilePath, HostName, Text


class MailboxSettings(Table):
    """A mailbox that is read by IMAP over TLS. ``password`` comes as the tokens of sites do, never from the file."""

    host: HostName
    port: Annotated[int, Field(ge=1, le=65535)] = 993
    user: Text
    password_env: EnvironmentName | None = None
    password_file: FilePath | None = None
    password: SecretStr
    folder: Text = "INBOX"
    senders: Annotated[tuple[Text, ...], Field(strict=False, min_length=1)]
    """Addresses whose attachments are taken; ``@bkd.example.go.id`` is everybody of that domain."""
    ca_bundle: FilePath | None = None


class IntakeSettings(Table):
    """Where files are looked for. What comes waits for a named person, but for lists where ``apply_participants``."""

    folder: FilePath | None = None
    mailbox: MailboxSettings | None = None
    every: Count = 60
    """Seconds between two looks."""
    settled: Count = 10
    """Seconds for which a file in the folder must stay as it is."""
    apply_participants: bool = False
    """Whether a list of participants from the folder, in which no line is wrong, is taken without a person."""
