"""How long each data class is kept: ``[retention]``."""

from latsar_sync.settings.tables import Table
from latsar_sync.settings.values import Count, Text


class RetentionSettings(Table):
    """How many months after a programme's end each data class is kept; None is without end."""

    identities: Count | None = None
    ledger: Count | None = None
    access_log: Count | None = None
    legal_basis: Text | None = None
