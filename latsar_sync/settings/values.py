"""The kinds of value the configuration knows: each refuses what does not fit, with reason and remedy.

Every check is strict: nothing is turned into another type without being asked, so ``true`` is never the
number 1.
"""

import ipaddress
import os
import re
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from latsar_sync.domain.language import _
from latsar_sync.domain.nip import check_nip

DECIMAL_PLACES = 5
"""Moodle keeps grades in five decimal places; a limit with more could never be compared truthfully."""

ENVIRONMENT_NAME = re.compile(r"(?![0-9A-F]{32}\Z)[A-Z][A-Z0-9_]*")
"""Capitals, digits, underscores. A pasted Moodle token (32 hexadecimal digits) must not pass for a name."""

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WEEKDAY_NUMBERS = re.compile(r"(?:(\*)|([0-7])(?:-([0-7]))?)(?:/([1-7]))?")
PAGES = frozenset(
    ["api", "assets", "classes", "healthz", "look", "metrics", "people", "programmes", "readyz", "sign-in", "sign-out"]
)
"""What the first part of a path of the dashboard can be; a test holds it to the routes."""
PNG_BEGINNING = b"\x89PNG\r\n\x1a\n"
SQLITE = "sqlite:///"
_ANY_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def refusal(reason: str, remedy: str = "") -> PydanticCustomError:
    """Return the error to raise for a value that does not fit; no text may repeat what can be secret."""
    return PydanticCustomError("refused", "{reason}", {"reason": reason, "remedy": remedy})


def _not_blank(text: str) -> str:
    if not text.strip():
        raise refusal(_("must not be empty"), _("Write it out, or remove the line if it is not needed."))
    return text


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
    if path == Path():
        raise refusal(_("must not be empty"), _("Write the path, or remove the line."))
    return info.context["folder"] / path if info.context else path


def _existing_file(path: Path) -> Path:
    if not path.is_file():
        remedy = _("Create it or correct the path; a relative one starts from the configuration file's folder.")
        raise refusal(_("names a file that does not exist"), remedy)
    return path


def _kind_of_clearance(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]+(/[a-z0-9_]+)*", text):
        raise refusal(
            "is not a kind of clearance",
            'Use small letters, digits and underscores, as in "surat_sehat"; "antigen/pcr" takes one of the two.',
        )
    return text


def cron_expression(expression: str) -> str:
    """Return a five-field cron expression as APScheduler must be given it; refuse what never fires.

    Numbered weekdays become names: cron counts from Sunday (0 or 7), APScheduler from Monday, so that
    ``1-5`` would silently run Tuesday to Saturday.
    """
    fields = expression.split()
    if len(fields) != 5:
        raise refusal(
            _("has {number} fields instead of 5").format(number=len(fields)),
            _("The order is: minute, hour, day, month, weekday."),
        )
    fields[4] = ",".join(_named_weekdays(item) for item in fields[4].split(","))
    normalised = " ".join(fields)
    try:
        trigger = cron_trigger(normalised, UTC)
    except ValueError as error:
        remedy = _('Every quarter of an hour from 6 to 21 is "*/15 6-21 * * *".')
        raise refusal(_("is not a cron expression ({error})").format(error=error), remedy) from None
    if trigger.get_next_fire_time(None, _ANY_MOMENT) is None:
        raise refusal(_("names a day that never comes"), _("Correct day and month."))
    return normalised


def cron_trigger(expression: str, zone: tzinfo) -> BaseTrigger:
    """Return what fires at an expression that ``cron_expression`` has returned; raise ValueError for another.

    As in crontab(5), a day of the month and a weekday that are both restricted mean either of them; a field that
    begins with a star restricts nothing. APScheduler alone would want both at once.
    """
    minute, hour, day, month, weekday = expression.split()
    if day.startswith("*") or weekday.startswith("*"):
        return CronTrigger.from_crontab(expression, timezone=zone)
    either = (f"{minute} {hour} {day} {month} *", f"{minute} {hour} * {month} {weekday}")
    return OrTrigger([CronTrigger.from_crontab(each, timezone=zone) for each in either])


def _named_weekdays(item: str) -> str:
    """Given one item of the weekday field, return it in names: ``1-5`` is ``mon,tue,wed,thu,fri``."""
    if not re.search("[0-9]", item):
        return item
    match = _WEEKDAY_NUMBERS.fullmatch(item)
    if match is None:
        raise refusal(_("has a weekday that cannot be read"), _("Use names, as in mon-fri or sat,sun."))
    star, first, last, step = match.groups()
    start, stop = (0, 6) if star else (int(first), int(last or first))
    if start > stop:
        raise refusal(_("has weekdays in the wrong order"), _("Use names in a list, as in fri,sat,sun,mon."))
    return ",".join(dict.fromkeys(_WEEKDAYS[day % 7] for day in range(start, stop + 1, int(step or 1))))


def site_address(url: str) -> str:
    """Return the address of a Moodle without a closing slash; refuse what could leak a token or miss it."""
    parts = _split_address(url)
    if parts.username is not None or parts.password is not None:
        raise refusal(_("holds a user name or password"), _("Write the address alone; the token comes from token_env."))
    if "?" in url or "#" in url:
        raise refusal(_("holds a query or fragment"), _("Write the address alone, without what follows ? or #."))
    if parts.path.endswith(".php"):
        raise refusal(_("is the address of one page"), _("Write the site's own address, as Moodle's wwwroot has it."))
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise refusal(
            _("sends the token unencrypted"), _("Use https://; http:// is taken only for this machine (127.0.0.1).")
        )
    return url.rstrip("/")


def _public_address(url: str) -> str:
    """Return the address of the dashboard; its path must be none that the dashboard itself has."""
    url = site_address(url)
    path = urlsplit(url).path
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", path) or {".", ".."} & {*path.split("/")}:
        raise refusal(_("has a path that cannot be used"), _("Use letters, digits and dashes, as in /latsar."))
    if path.split("/")[1:2] and path.split("/")[1] in PAGES:
        raise refusal(_("has a path that the dashboard itself has"), _("Choose another, as in /latsar."))
    return url


def _issuer_address(url: str) -> str:
    """Return an issuer as it is written: it is compared letter by letter, a closing slash included."""
    site_address(url)
    return url


def _proxy_address(url: str) -> str:
    _split_address(url)
    return url


def _split_address(url: str) -> SplitResult:
    remedy = _("Write it as in https://lms.example.go.id.")
    if any(character <= " " or character == "\\" for character in url):
        raise refusal(_("holds a space or a character that no address has"), remedy)
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        has_host = False
    if not has_host or parts.scheme not in {"http", "https"}:
        raise refusal(_("is not a web address"), remedy)
    return parts


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine itself, by its number or by the name localhost."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _png_file(path: Path) -> Path:
    try:
        with path.open("rb") as file:
            is_png = file.read(len(PNG_BEGINNING)) == PNG_BEGINNING
    except OSError as error:
        raise refusal(f"cannot be read ({error.strerror})", "Check the rights on the file.") from None
    if not is_png:
        raise refusal("is not a PNG file", "Save the logo as PNG; changing the file's ending is not enough.")
    return path


def _signer_nip(text: str) -> str:
    """Return the 18 digits of a NIP however they are spaced; the birth date is only held to be one."""
    nip = check_nip(text, date.max).nip
    if nip is None:
        raise refusal("is no valid NIP", "Give its 18 digits; leave the line out for a signer without a NIP.")
    return nip


def default_database_url(folder: Path) -> str:
    """Return where the database lies unless the configuration in this folder says so: in ``data`` beside the file.

    For a file in a folder ``config`` it is beside that folder.
    """
    return f"{SQLITE}../data/latsar.db" if folder.name == "config" else f"{SQLITE}data/latsar.db"


def default_mark_file(folder: Path, database_url: object) -> str | None:
    """Return where the mark of the database lies unless the configuration in this folder says so.

    That of a SQLite file lies beside it, that of a server where the file of ``default_database_url`` would be.
    """
    url = str(database_url)
    if url.startswith("postgresql"):
        url = default_database_url(folder)
    file = url.removeprefix(SQLITE).partition("?")[0]
    return f"{file}.mark" if url.startswith(SQLITE) and file not in ("", ":memory:") else None


def _database_url(url: str, info: ValidationInfo) -> str:
    """Make the relative path of a SQLite file start from the folder of the configuration file, when that is known."""
    if not any(url.startswith(scheme) and url != scheme for scheme in ("sqlite:///", "postgresql+psycopg://")):
        raise refusal(
            _("is not a database address that can be used"),
            _('Use "sqlite:///data/latsar.db" or "postgresql+psycopg://user@host/database".'),
        )
    file = url.removeprefix(SQLITE).partition("?")[0]
    if not url.startswith(SQLITE) or file == ":memory:" or Path(file).is_absolute() or not info.context:
        return url
    place = Path(os.path.normpath(info.context["folder"] / file))
    if not place.exists() and Path(file).is_file():
        raise refusal(
            _("names a file that is not there, beside the configuration: {place}").format(place=place),
            _(
                "Earlier versions looked from the working directory, where there is one: {old}. Move it there, or "
                "write its whole path."
            ).format(old=Path(file).resolve()),
        )
    return f"{SQLITE}{place}{url.removeprefix(SQLITE + file)}"


Text = Annotated[str, AfterValidator(_not_blank)]

# Together they stay below the 100 characters that Moodle keeps of a group's idnumber.
ProgrammeId = Annotated[str, Field(max_length=40), AfterValidator(_id_text)]
AngkatanId = Annotated[str, Field(max_length=40), AfterValidator(_angkatan_id)]

GroupName = Annotated[Text, Field(max_length=254)]
GroupIdnumber = Annotated[Text, Field(max_length=100)]
SiteName = Annotated[str, AfterValidator(_site_name)]
EnvironmentName = Annotated[str, AfterValidator(_environment_name)]
TimeZoneName = Annotated[str, AfterValidator(_time_zone)]
CronExpression = Annotated[str, AfterValidator(cron_expression)]
PublicAddress = Annotated[str, AfterValidator(_public_address)]
SiteAddress = Annotated[str, AfterValidator(site_address)]
IssuerAddress = Annotated[str, AfterValidator(_issuer_address)]
ProxyAddress = Annotated[str, AfterValidator(_proxy_address)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
GradeLimit = Annotated[Decimal, BeforeValidator(_exact_decimal), Field(gt=0), AfterValidator(_moodle_precision)]
Number = Annotated[float, BeforeValidator(_plain_float)]
Seconds = Annotated[Number, Field(gt=0)]
Share = Annotated[Number, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Hour = Annotated[int, Field(ge=0, le=23)]
FilePath = Annotated[Path, Field(strict=False), AfterValidator(_beside_the_config_file)]
ClearanceKind = Annotated[str, Field(max_length=64), AfterValidator(_kind_of_clearance)]
ExistingFile = Annotated[FilePath, AfterValidator(_existing_file)]
PngFile = Annotated[ExistingFile, AfterValidator(_png_file)]
SignerNip = Annotated[str, AfterValidator(_signer_nip)]
