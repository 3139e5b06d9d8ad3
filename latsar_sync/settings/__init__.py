"""The way to the configuration: ``load_settings`` (``loading``) reads and checks it, the models are importable here.

A program asks this once, at its start; nothing else reads the file or the environment.
"""

from latsar_sync.settings.angkatan import AngkatanSettings
from latsar_sync.settings.committee import CommitteeSettings, PingSettings
from latsar_sync.settings.database_address import default_database_url
from latsar_sync.settings.judging import (
    ClearanceSettings,
    EvaluationSettings,
    MaterialsSettings,
    SourceSettings,
    ThresholdSeed,
)
from latsar_sync.settings.loading import load_settings
from latsar_sync.settings.notices import NoticeEvent, NoticeSettings
from latsar_sync.settings.office import OfficeSettings
from latsar_sync.settings.programmes import GuardSettings, MarkSettings, MessageSettings, ProgrammeSettings
from latsar_sync.settings.retention import RetentionSettings
from latsar_sync.settings.service import OidcSettings, ServiceSettings
from latsar_sync.settings.sites import SiteSettings
from latsar_sync.settings.tokens import environment_folders, find_variable
from latsar_sync.settings.values import PersonKey
from latsar_sync.settings.webhooks import WebhookEvent, WebhookSettings
from latsar_sync.settings.whole import Settings

__all__ = [
    "AngkatanSettings",
    "ClearanceSettings",
    "CommitteeSettings",
    "EvaluationSettings",
    "GuardSettings",
    "MarkSettings",
    "MaterialsSettings",
    "MessageSettings",
    "NoticeEvent",
    "NoticeSettings",
    "OfficeSettings",
    "OidcSettings",
    "PersonKey",
    "PingSettings",
    "ProgrammeSettings",
    "RetentionSettings",
    "ServiceSettings",
    "Settings",
    "SiteSettings",
    "SourceSettings",
    "ThresholdSeed",
    "WebhookEvent",
    "WebhookSettings",
    "default_database_url",
    "environment_folders",
    "find_variable",
    "load_settings",
]
