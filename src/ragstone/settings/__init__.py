"""All settings: one frozen model per concern, read once at start and handed down in parts."""

from ragstone.settings.edge import TlsSettings
from ragstone.settings.load import SettingsInvalid, explain, load
from ragstone.settings.models import (
    AuditSettings,
    AuthSettings,
    BlobSettings,
    CacheSettings,
    ChatSettings,
    DatabaseSettings,
    DocumentSettings,
    EmbeddingSettings,
    HttpSettings,
    IndexSettings,
    IngestionSettings,
    JobSettings,
    LimitSettings,
    LogSettings,
    MailSettings,
    QueueSettings,
    ServiceTokenSettings,
    Settings,
)

__all__ = [
    "AuditSettings",
    "AuthSettings",
    "BlobSettings",
    "CacheSettings",
    "ChatSettings",
    "DatabaseSettings",
    "DocumentSettings",
    "EmbeddingSettings",
    "HttpSettings",
    "IndexSettings",
    "IngestionSettings",
    "JobSettings",
    "LimitSettings",
    "LogSettings",
    "MailSettings",
    "QueueSettings",
    "ServiceTokenSettings",
    "Settings",
    "SettingsInvalid",
    "TlsSettings",
    "explain",
    "load",
]
