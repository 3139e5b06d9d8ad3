"""The tables of the store. Natural keys are constraints, so that a repeated run cannot write a thing twice (rule 8).

Their names and constraints are what migrations make.
"""

from latsar_sync.store.tables.accounts import accounts, web_keys, web_sessions
from latsar_sync.store.tables.actions import (
    action_keys,
    angkatan_moves,
    clearance_revocations,
    clearances,
    finalisations,
    identity_actions,
    left_behind,
    overrides,
    place_choices,
    waiting_changes,
)
from latsar_sync.store.tables.certificates import certificates
from latsar_sync.store.tables.column_profiles import column_profiles
from latsar_sync.store.tables.columns import metadata
from latsar_sync.store.tables.filled_courses import (
    angkatan_actions,
    course_places,
    restoration_releases,
    restorations,
    site_addresses,
)
from latsar_sync.store.tables.imports import imported_scores, imports, score_confirmations
from latsar_sync.store.tables.judging import decisions, evidence, required_sets, thresholds
from latsar_sync.store.tables.notices import messages, notices
from latsar_sync.store.tables.owed_rewriting import owed_rewriting
from latsar_sync.store.tables.people import identities, participants
from latsar_sync.store.tables.privacy import access_log, destruction_permits, destructions, erasures
from latsar_sync.store.tables.reading import site_infos, source_ids
from latsar_sync.store.tables.received_files import received_files
from latsar_sync.store.tables.roster import pushes, roster_entries, roster_events
from latsar_sync.store.tables.runs import baselines, checkpoints, run_programmes, runs
from latsar_sync.store.tables.sent_mails import sent_mails
from latsar_sync.store.tables.service import daemons, leases, run_requests, site_health
from latsar_sync.store.tables.terms import terms
from latsar_sync.store.tables.waiting_orders import waiting_orders
from latsar_sync.store.tables.webhooks import webhook_deliveries, webhook_events

__all__ = [
    "APPEND_ONLY",
    "access_log",
    "accounts",
    "action_keys",
    "angkatan_actions",
    "angkatan_moves",
    "baselines",
    "certificates",
    "checkpoints",
    "clearance_revocations",
    "clearances",
    "column_profiles",
    "course_places",
    "daemons",
    "decisions",
    "destruction_permits",
    "destructions",
    "erasures",
    "evidence",
    "finalisations",
    "identities",
    "identity_actions",
    "imported_scores",
    "imports",
    "leases",
    "left_behind",
    "messages",
    "metadata",
    "notices",
    "overrides",
    "owed_rewriting",
    "participants",
    "place_choices",
    "pushes",
    "received_files",
    "required_sets",
    "restoration_releases",
    "restorations",
    "roster_entries",
    "roster_events",
    "run_programmes",
    "run_requests",
    "runs",
    "score_confirmations",
    "sent_mails",
    "site_addresses",
    "site_health",
    "site_infos",
    "source_ids",
    "terms",
    "thresholds",
    "waiting_changes",
    "waiting_orders",
    "web_keys",
    "web_sessions",
    "webhook_deliveries",
    "webhook_events",
]

APPEND_ONLY = (
    "thresholds",
    "evidence",
    "decisions",
    "required_sets",
    "terms",
    "roster_events",
    "overrides",
    "clearances",
    "clearance_revocations",
    "angkatan_moves",
    "angkatan_actions",
    "place_choices",
    "identity_actions",
    "finalisations",
    "imports",
    "imported_scores",
    "score_confirmations",
    "erasures",
    "access_log",
    "destructions",
)
"""Tables in which the database itself refuses UPDATE, and any DELETE but a destruction that it holds a report of."""
