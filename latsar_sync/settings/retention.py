"""The table ``[retention]`` of the configuration: how long each data class is kept.

How long runs that changed nothing are kept is ``keep_runs`` of ``settings.service``; ``store.housekeeping`` deletes
those.
"""

from latsar_sync.settings.tables import Table
from latsar_sync.settings.values import Period, Said


class RetentionSettings(Table):
    """How many months after a programme's end each data class is kept; None is without end."""

    identities: Period | None = None
    ledger: Period | None = None
    access_log: Period | None = None
    legal_basis: Said | None = None
