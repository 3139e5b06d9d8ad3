"""What a cell says of a date, with or without a time, day before month; what a person typed is read as one. Pure."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from latsar_sync.domain.spelling import without_weekday
from latsar_sync.files.cells import BLANK, Cell, CellRefused, shown, text_of

_ZONES = {"wib": 7, "wita": 8, "wit": 9}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari january jan",
            "februari pebruari february feb peb",
            "maret march mar",
            "april apr",
            "mei may",
            "juni june jun",
            "juli july jul",
            "agustus august agu agt ags aug",
            "september sep sept",
            "oktober october okt oct",
            "november nopember nov nop",
            "desember december des dec",
        ),
        start=1,
    )
    for name in names.split()
}
_CLOCK = (
    r"(?:[\sT,]+(?:pukul\s+)?([0-9]{1,2})[:.]([0-9]{2})(?:[:.]([0-9]{2})(?:\.[0-9]+)?)?"
    r"\s*(wib|wita|wit|am|pm|z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_HAS_A_TIME = re.compile(r"[0-9][\sT,]+(?:pukul\s+)?[0-9]{1,2}[:.][0-9]{2}", re.IGNORECASE)
_YEAR_FIRST = re.compile(rf"([0-9]{{4}})\s?[/.-]\s?([0-9]{{1,2}})\s?[/.-]\s?([0-9]{{1,2}}){_CLOCK}", re.IGNORECASE)
_DAY_FIRST = re.compile(rf"([0-9]{{1,2}})\s?[/.-]\s?([0-9]{{1,2}})\s?[/.-]\s?([0-9]{{4}}){_CLOCK}", re.IGNORECASE)
_IN_WORDS = re.compile(rf"([0-9]{{1,2}})[\s-]+([a-z]+)\.?[\s-]+([0-9]{{4}}){_CLOCK}", re.IGNORECASE)


def read_moment(cell: Cell, zone: tzinfo, now: datetime, earliest: date = date.min) -> datetime | None:
    """Return a date with or without time as an aware moment, None where the cell is empty.

    Day comes before month; a date alone is its first moment in ``zone``. Nothing lies in the future, or before
    ``earliest``: spreadsheets and databases write 1900, 1904, 1970 or the year 1 where they know no date.
    """
    moment = _written_moment(cell, zone)
    if moment is None:
        return None
    if moment.date() < earliest:
        raise CellRefused("date_implausible", shown=_day(moment.date()), minimum=_day(earliest))
    # whole days first: at the ends of the calendar no zone can be reckoned with
    if moment.date() > now.date() + timedelta(days=1) or moment > now:
        raise CellRefused("date_in_future", shown=_day(moment.date()))
    return moment.astimezone(UTC)


def read_day(cell: Cell) -> date | None:
    """Return a date, None where the cell is empty; day comes before month. A time beside it makes no difference."""
    moment = _written_moment(cell, UTC)
    return None if moment is None else moment.date()


def day_of(text: str) -> date | None:
    """Return the date that a person typed, as an office writes it, day before month; None for anything else.

    A time beside it is none of ours: who types one means that it counts, and it would not.
    """
    try:
        return None if _HAS_A_TIME.search(text) else read_day(text)
    except CellRefused:
        return None


def moment_of(text: str, zone: tzinfo) -> datetime | None:
    """Return the date, with or without a time in ``zone``, that a person typed; None for anything else."""
    try:
        return _written_moment(text, zone)
    except CellRefused:
        return None


def _written_moment(cell: Cell, zone: tzinfo) -> datetime | None:
    if isinstance(cell, datetime):
        return cell if cell.tzinfo else cell.replace(tzinfo=zone)
    if isinstance(cell, date):
        return datetime.combine(cell, time(), zone)
    text = text_of(cell).removeprefix("'")
    return None if text in BLANK else _moment_in(text, zone)


def _day(day: date) -> str:
    return f"{day.year:04}-{day.month:02}-{day.day:02}"


def _moment_in(text: str, zone: tzinfo) -> datetime:
    bare = without_weekday(text)
    if match := _YEAR_FIRST.fullmatch(bare):
        year, month, day = match[1], match[2], match[3]
    elif match := _DAY_FIRST.fullmatch(bare):
        day, month, year = match[1], match[2], match[3]
    elif (match := _IN_WORDS.fullmatch(bare)) and match[2].casefold() in _MONTHS:
        day, month, year = match[1], str(_MONTHS[match[2].casefold()]), match[3]
    else:
        raise CellRefused("date_unreadable", shown=shown(text))
    mark = (match[7] or "").casefold()
    try:
        hour, minute, second = (int(part or 0) for part in match.group(4, 5, 6))
        if mark in ("am", "pm"):
            hour = {**{each: each for each in range(1, 12)}, 12: 0}[hour] + (12 if mark == "pm" else 0)
        return datetime(int(year), int(month), int(day), hour, minute, second, tzinfo=_offset(mark) or zone)
    except (ValueError, OverflowError, KeyError):
        raise CellRefused("date_unreadable", shown=shown(text)) from None


def _offset(mark: str) -> tzinfo | None:
    """Return the zone that stands beside a time: WIB, WITA, WIT, Z or +07:00; None if there is none."""
    if mark in _ZONES:
        return timezone(timedelta(hours=_ZONES[mark]))
    if mark[:1] in ("+", "-") and mark:
        ahead = timedelta(hours=int(mark[1:3]), minutes=int(mark[-2:]))
        return timezone(ahead if mark[0] == "+" else -ahead)
    return UTC if mark == "z" else None
