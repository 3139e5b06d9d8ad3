"""The office's logo, looked at before a document carries it."""

from pathlib import Path

from PIL import Image

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.language import _
from latsar_sync.settings import OfficeSettings


def logo_of(office: OfficeSettings) -> Path | None:
    """Return the file of the logo, None where there is none. Raise ConfigurationError if it cannot be read."""
    if office.logo is None:
        return None
    try:
        with Image.open(office.logo) as image:
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ConfigurationError(
            _("The logo {file} cannot be read ({reason}).").format(file=office.logo, reason=type(error).__name__),
            _("Save it as PNG again, or remove logo from [office]."),
        ) from None
    return office.logo
