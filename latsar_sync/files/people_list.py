"""Read a list of people from an office's file: their NIPs, for whoever decides about all of them at once."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, in_use
from latsar_sync.domain.nip import check_nip
from latsar_sync.domain.reason_sentences import NIP_DETAILS
from latsar_sync.domain.state_words import word
from latsar_sync.files.checking import Reader, Sheet
from latsar_sync.files.opening import read_office_file
from latsar_sync.files.tables import Wanted, find_table

WANTED = Wanted(required=("nip",))
LARGEST_TEXT = 200_000
"""Characters; 2,000 NIPs with their line ends are 40,000."""


def read_people(path: Path, today: date) -> list[str]:
    """Return the NIPs (18 digits) of a CSV or XLSX file with such a column, or of a text with one a line, each once.

    Raise UsageError with every bad line in ``problems`` if there is any; nothing of the file is taken then. No NIP is
    in a message.
    """
    plain = _one_a_line(path, today)
    if plain:
        return plain
    found = find_table(read_office_file(path), WANTED)
    reader = Reader(
        datetime.combine(today, time(12), UTC), UTC, {}, exact_width=found.exact_width, open_cell=found.open_cell
    )
    sheet = Sheet(found.header, reader)
    nips = [nip for _line, _cells, nip in sheet.people(found.rows, ("nip",)) if nip is not None]
    if sheet.rejected:
        lines = sorted(sheet.rejected, key=lambda remark: remark.line)
        raise _wrong_lines(path, [(each.line, each.said(in_use())) for each in lines])
    if not nips:
        raise UsageError(_("no line holds a participant"), _("It needs a column NIP."))
    return list(dict.fromkeys(nips))


def _one_a_line(path: Path, today: date) -> list[str]:
    """Return the NIPs of a text that holds one a line and nothing else but a title; none for any other file.

    Raise UsageError if its first line is a NIP and others are none.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            written = enumerate(file.read(LARGEST_TEXT).splitlines(), start=1)
    except (OSError, UnicodeDecodeError):
        return []
    lines = [(number, line) for number, line in written if line.strip()]
    numbers = lines[1:] if lines and not any(letter.isdigit() for letter in lines[0][1]) else lines
    checked = [(number, check_nip(line, today)) for number, line in numbers]
    wrong = [(number, word(NIP_DETAILS, check.detail, in_use())) for number, check in checked if check.nip is None]
    if wrong and wrong[0][0] != numbers[0][0]:  # a first line that is none may be a title of a table
        raise _wrong_lines(path, wrong)
    return [] if wrong else list(dict.fromkeys(check.nip for _number, check in checked if check.nip is not None))


def _wrong_lines(path: Path, wrong: Sequence[tuple[int, str]]) -> UsageError:
    return UsageError(
        _("{path} was not taken: {number} of its lines are wrong.").format(path=path, number=len(wrong)),
        _("Correct the lines listed; nothing of the file is used until then."),
        tuple(_("line {line}: {problem}").format(line=line, problem=problem) for line, problem in wrong),
    )
