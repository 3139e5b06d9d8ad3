"""Whose documents the exports are: ``[office]`` and ``[office.letters]``."""

from typing import Annotated, Literal

from pydantic import Field

from latsar_sync.settings.institutions import LetterSettings
from latsar_sync.settings.tables import Table
from latsar_sync.settings.values import PngFile, SignerNip, Text


class OfficeSettings(Table):
    """Whose documents the exports are: their letterhead, and who signs them. All of it can be left out."""

    letterhead: Annotated[tuple[Text, ...], Field(strict=False, max_length=4)] = ()
    """The lines of the office's name, the last one printed largest."""
    address: Annotated[tuple[Text, ...], Field(strict=False, max_length=3)] = ()
    logo: PngFile | None = None
    paper: Literal["A4", "F4"] = "A4"
    """The paper of all documents; F4 (folio) is 21.5 by 33 centimetres."""
    place: Text | None = None
    """Where documents are signed, before the date."""
    signer_position: Text | None = None
    signer_name: Text | None = None
    signer_nip: SignerNip | None = None
    letters: LetterSettings = Field(default_factory=LetterSettings)
    recap: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    """The columns of the recap, in this order; none: all of them."""
