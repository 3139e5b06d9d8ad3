"""The kinds of value the configuration knows: each refuses what does not fit, with reason and remedy.

Every check is strict: nothing is turned into another type without being asked, so ``true`` is never the
number 1.
"""

import os
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from latsar_sync.domain.language import _
from latsar_sync.domain.nip import check_nip
from latsar_sync.settings.addresses import (
    host_name,
    host_or_network,
    issuer_address,
    proxy_address,
    public_address,
    site_address,
    webhook_address,
)
from latsar_sync.settings.cron import cron_expression
from latsar_sync.settings.database_address import checked_database_url
from latsar_sync.settings.refusals import refusal

DECIMAL_PLACES = 5
"""Moodle keeps grades in five decimal places; a limit with more could never be compared truthfully."""

ENVIRONMENT_NAME = re.compile(r"(?![0-9A-F]{32}\Z)[A-Z][A-Z0-9_]*")
"""Capitals, digits, underscores. A pasted Moodle token (32 hexadecimal digits) must not pass for a name."""

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)
"""What a date may be; beyond it is a slip of typing, and calendars end where one reckons with it."""
GREATEST_NUMBER = 2**31 - 1
"""What a whole number may be: Moodle's numbers and both databases hold it."""
A_YEAR = 366 * 24 * 3600.0
"""The longest time in seconds that anything waits for."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

PNG_BEGINNING = b"\x89PNG\r\n\x1a\n"


def _not_blank(text: str) -> str:
    if not text.strip():
        raise refusal(_("must not be empty"), _("Write it out, or remove the line if it is not needed."))
    return text


def _printable(text: str) -> str:
    if _UNPRINTABLE.search(text):
        raise refusal(_("holds characters that cannot be printed"), _("Type it anew, as plain text."))
    return text


def _in_one_line(text: str) -> str:
    """Return a text without line breaks: one would end the subject of a mail."""
    return " ".join(text.split())


def _sensible(day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise refusal(_("cannot be meant"), _("Give a day between 1970-01-01 and 2999-12-31."))
    return day


def _id_text(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", text):
        raise refusal(
            _("is not a usable id"), _("Use small letters, digits and dashes, beginning with a letter or digit.")
        )
    return text


def _site_name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", text):
        raise refusal(_("is not a usable site name"), _("Use small letters, digits, dashes and underscores."))
    return text


def _angkatan_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text):
        raise refusal(
            _("is not a usable id"),
            _("Use letters, digits, dots, dashes and underscores, beginning with a letter or digit."),
        )
    return text


def _environment_name(text: str) -> str:
    if not ENVIRONMENT_NAME.fullmatch(text):
        raise refusal(
            _("is not the name of an environment variable"),
            _("Write the variable's name in capitals, as in LATSAR_MOOC_TOKEN, never the token itself."),
        )
    return text


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        remedy = _("Use Asia/Jakarta (WIB), Asia/Makassar (WITA), Asia/Jayapura (WIT) or another IANA name.")
        raise refusal(_("is not a known time zone"), remedy) from None
    return name


def _exact_decimal(value: object) -> object:
    """Take whole numbers too; Decimal comes from the file, where every fraction was read exactly."""
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _moodle_precision(value: Decimal) -> Decimal:
    if value != round(value, DECIMAL_PLACES):
        raise refusal(
            _("has more than {number} decimal places").format(number=DECIMAL_PLACES),
            _("Moodle keeps no more than that."),
        )
    return value


def _plain_float(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value


def _beside_the_config_file(path: Path, info: ValidationInfo) -> Path:
    """Make a relative path start from the folder of the configuration file, when that is known."""
    if path == Path() or not str(path).strip():
        raise refusal(_("must not be empty"), _("Write the path, or remove the line."))
    return Path(os.path.normpath(info.context["folder"] / path)) if info.context else path


def _kind_of_clearance(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]+(/[a-z0-9_]+)*", text):
        raise refusal(
            "is not a kind of clearance",
            'Use small letters, digits and underscores, as in "surat_sehat"; "antigen/pcr" takes one of the two.',
        )
    return text


def _email_address(text: str) -> str:
    if not re.fullmatch(r"[^@\s,;<>\"()]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", text):
        raise refusal(_("is no e-mail address"), _("Write it like diklat@kudus.go.id, without a name."))
    return text


def _png_file(path: Path) -> Path:
    """Refuse what is no PNG file; where none can be read now the documents and ``doctor`` say so, and nothing stops."""
    try:
        with path.open("rb") as file:
            is_png = file.read(len(PNG_BEGINNING)) == PNG_BEGINNING
    except OSError:
        return path
    if not is_png:
        raise refusal("is not a PNG file", "Save the logo as PNG; changing the file's ending is not enough.")
    return path


def _signer_nip(text: str) -> str:
    """Return the 18 digits of a NIP however they are spaced; the birth date is only held to be one."""
    nip = check_nip(text, date.max).nip
    if nip is None:
        raise refusal("is no valid NIP", "Give its 18 digits; leave the queue out for a signer without a NIP.")
    return nip


Text = Annotated[str, Field(max_length=1000), AfterValidator(_not_blank)]
"""What may be a name of Moodle's, which must be written as it stands there, whatever it holds."""
Said = Annotated[Text, AfterValidator(_printable)]
Title = Annotated[Said, AfterValidator(_in_one_line)]
Day = Annotated[date, AfterValidator(_sensible)]

# Together they stay below the 100 characters that Moodle keeps of a group's idnumber.
ProgrammeId = Annotated[str, Field(max_length=40), AfterValidator(_id_text)]
AngkatanId = Annotated[str, Field(max_length=40), AfterValidator(_angkatan_id)]

GroupName = Annotated[Text, Field(max_length=254)]
GroupIdnumber = Annotated[Text, Field(max_length=100)]
SiteName = Annotated[str, AfterValidator(_site_name)]
EnvironmentName = Annotated[str, AfterValidator(_environment_name)]
TimeZoneName = Annotated[str, AfterValidator(_time_zone)]
CronExpression = Annotated[str, AfterValidator(cron_expression)]
PublicAddress = Annotated[str, AfterValidator(public_address)]
HostName = Annotated[str, AfterValidator(host_name)]
HostOrNetwork = Annotated[str, AfterValidator(host_or_network)]
SiteAddress = Annotated[str, AfterValidator(site_address)]
IssuerAddress = Annotated[str, AfterValidator(issuer_address)]
WebhookAddress = Annotated[str, AfterValidator(webhook_address)]
WebhookName = Annotated[str, Field(max_length=64), AfterValidator(_id_text)]
ProxyAddress = Annotated[str, AfterValidator(proxy_address)]
DatabaseUrl = Annotated[str, AfterValidator(checked_database_url)]
GradeLimit = Annotated[
    Decimal, BeforeValidator(_exact_decimal), Field(gt=0, le=1_000_000), AfterValidator(_moodle_precision)
]
Number = Annotated[float, BeforeValidator(_plain_float)]
Seconds = Annotated[Number, Field(gt=0, le=A_YEAR)]
Hours = Annotated[Number, Field(gt=0, le=10 * 366 * 24)]
Share = Annotated[Number, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1, le=GREATEST_NUMBER)]
WholeNumber = Annotated[int, Field(ge=0, le=GREATEST_NUMBER)]
Period = Annotated[int, Field(ge=1, le=36_500)]
"""Days or months; more of them than a calendar holds could not be reckoned with."""
Hour = Annotated[int, Field(ge=0, le=23)]
FilePath = Annotated[Path, Field(strict=False), AfterValidator(_beside_the_config_file)]
ClearanceKind = Annotated[str, Field(max_length=64), AfterValidator(_kind_of_clearance)]
EmailAddress = Annotated[str, AfterValidator(_email_address)]
PngFile = Annotated[FilePath, AfterValidator(_png_file)]
SignerNip = Annotated[str, AfterValidator(_signer_nip)]
PersonKey = Literal["idnumber", "username"]
"""In which field of an account the NIP is looked for."""
