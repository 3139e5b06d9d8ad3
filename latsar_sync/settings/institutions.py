"""The offices that send participants: the tables ``[[institutions]]``, and ``[mail]`` by which they are written to."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from latsar_sync.settings.tables import Table
from latsar_sync.settings.values import EmailAddress, EnvironmentName, FilePath, HostName, Text


class InstitutionSettings(Table):
    """One institution: how letters address it, and who gets its chase list; ``aliases`` are its other spellings."""

    name: Text
    aliases: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    head: Text | None = None
    """To whom letters go, as in "Kepala BKPSDM Kota Kudus"; None: the head of the institution."""
    address: Annotated[tuple[Text, ...], Field(strict=False, max_length=3)] = ()
    email: EmailAddress | None = None
    """The contact to whom its chase list is mailed; None: nobody."""


class MailSettings(Table):
    """The mail server by which chase lists go out. ``password`` comes as the tokens of sites do."""

    host: HostName
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls"] = "starttls"
    user: Text | None = None
    password_env: EnvironmentName | None = None
    password_file: FilePath | None = None
    password: SecretStr | None = None
    sender: EmailAddress
    ca_bundle: FilePath | None = None


class LetterSettings(Table):
    """The office's own letters: DOCX templates with named fields; None: the program's plain letter."""

    call_up: FilePath | None = None
    duty: FilePath | None = None
