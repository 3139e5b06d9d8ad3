"""Everything that stands in a file of an office, to see whether it names somebody."""

from latsar_sync.domain.errors import UsageError
from latsar_sync.files.opening import read_office_bytes


def whole_text(name: str, content: bytes) -> str:
    """Return what stands in a workbook, a PDF or a text, a cell a line; as text where no table can be read."""
    try:
        tables = read_office_bytes(name, content).tables
    except UsageError:
        return content.decode("utf-8", errors="replace")
    return "\n".join(str(cell) for table in tables for row in table.rows for cell in row.cells)
