"""Everything an operator can set: by environment variable (`FUNDTRAIL_...`), in a file `.env`, in files of secrets."""

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict
from sqlalchemy import make_url
from typing_extensions import override

from domain.access_log import LEAST_DAYS

SECRETS_FOLDER_VARIABLE: Final = "FUNDTRAIL_SECRETS_FOLDER"
SECRETS_FOLDER: Final = "/run/secrets"
"""Where container engines lay secrets; a file in it has the name of a setting and holds its value."""


class Settings(BaseSettings):
    """Settings of one process; each is documented where it stands."""

    model_config = SettingsConfigDict(env_prefix="FUNDTRAIL_", env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field(
        default="sqlite:///fundtrail.db",
        description="Where the log and its views are: sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME.",
    )
    host: str = Field(
        default="127.0.0.1",
        description="Address to listen on; only loopback while nobody could be identified.",
    )
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    trusted_proxy: str = Field(
        default="",
        description="Address or network of the reverse proxy in front: of it alone the end of X-Forwarded-For is taken "
        "as the caller's address. Empty: of nobody.",
    )
    workers: int = Field(default=1, ge=1, le=64, description="Processes that answer requests.")
    auth: Literal["on", "off"] = Field(
        default="on",
        description="on: callers are identified by keys, or by tokens of an issuer. off: everyone is `local`, with "
        "every right, on loopback only, and only for requests whose `Host` is a loopback name or address.",
    )
    oidc_issuer: str = Field(
        default="", description="`iss` of the bearer tokens that are accepted; with it the next three are required."
    )
    oidc_audience: str = Field(default="", description="`aud` that a bearer token must name.")
    oidc_keys: str = Field(default="", description="The issuer's public keys (RFC 7517): an https address, or a file.")
    oidc_grants: str = Field(default="", description="File that says which roles the groups of tokens have (TOML).")
    oidc_group_claim: str = Field(default="groups", description="The claim of a token that names its groups.")
    oidc_leeway_s: int = Field(
        default=30, ge=0, le=60, description="How far the issuer's clock and this machine's may differ."
    )
    projector: bool = Field(
        default=True, description="Keep the views up to date inside the server; else run `project`."
    )
    projection_wait_ms: int = Field(
        default=5_000, ge=0, le=60_000, description="How long a read waits for the views before it answers 503."
    )
    queue_limit: int = Field(
        default=20_000,
        ge=1,
        le=1_000_000,
        description="Commands that may wait for one ledger before writes answer 503.",
    )
    deployment: str = Field(
        default="fundtrail.local",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$",
        description="Name of this deployment: every log's name, in its checkpoints and keys, begins with it.",
    )
    keys_folder: str = Field(
        default="",
        description="Folder of the keys that sign checkpoints, never inside the database. Default: beside a SQLite "
        "file, with `-keys` after its name; else `fundtrail-keys`.",
    )
    checkpoints: bool = Field(
        default=True, description="Sign checkpoints in this process; the folder of keys must then be here."
    )
    checkpoint_interval_ms: int = Field(
        default=1_000, ge=10, le=3_600_000, description="Least time between two checkpoints of a log."
    )
    witness_policy: str = Field(
        default="",
        description="File of the witnesses that checkpoints are sent to (C2SP tlog-policy, with their URLs).",
    )
    daily_digest: bool = Field(
        default=True, description="Record a digest of every log once a day, so that evidence can be shown complete."
    )
    uploads_folder: str = Field(
        default="",
        description="Folder of files that are looked at before they are recorded, and of column mappings; the workers "
        "of all servers of a database need the same one. Default: beside a SQLite file, with `-uploads` after its "
        "name; else `fundtrail-uploads`.",
    )
    upload_days: int = Field(
        default=7, ge=1, le=365, description="How many days an uploaded file is kept after it was last sent."
    )
    uploads_limit_mb: int = Field(
        default=1_024,
        ge=16,
        le=1_048_576,
        description="Most megabytes that all uploaded files together may take; each counts as 0.064 or more.",
    )
    uploads_ledger_limit_mb: int = Field(
        default=256, ge=17, le=1_048_576, description="Most megabytes of those of one ledger."
    )
    uploads_caller_limit_mb: int = Field(
        default=128,
        ge=17,
        le=1_048_576,
        description="Most megabytes of those of one caller, in all ledgers; beyond it the caller's oldest give way.",
    )
    access_log_days: int = Field(
        default=1_096,
        ge=LEAST_DAYS,
        le=36_525,
        description="How many days the access log's records are kept: three years, and never less than six months.",
    )
    self_check_interval_s: int = Field(
        default=60,
        ge=0,
        le=86_400,
        description="How often a random part of a log is read again and compared with its hashes; 0: never.",
    )
    client_timeout_s: int = Field(
        default=30,
        ge=1,
        le=600,
        description="How long a client may keep the server waiting: for the head of a request, for its body, for the "
        "next request, or for the answer to be taken; then the connection is closed.",
    )
    connection_limit: int = Field(
        default=1_000,
        ge=10,
        le=100_000,
        description="Most connections of one process; beyond it the one that waits longest for its client gives way.",
    )
    stop_timeout_s: int = Field(
        default=10, ge=1, le=600, description="How long requests under way may take to finish when the server stops."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe messages that are logged, to standard error."
    )

    @field_validator("access_log_days", mode="before")
    @classmethod
    def _no_shorter_than_the_law_asks(cls, days: object) -> object:
        """Says why, where the limit of the field would only say what."""
        if str(days).isdecimal() and int(str(days)) < LEAST_DAYS:
            message = f"who was turned away is kept for six months, {LEAST_DAYS} days, at least: the law asks for it"
            raise ValueError(message)
        return days

    @field_validator("trusted_proxy")
    @classmethod
    def _a_proxy_and_not_everybody(cls, text: str) -> str:
        """Refuses what would let callers choose their address."""
        try:
            is_everybody = bool(text) and ip_network(text).prefixlen == 0
        except ValueError:
            message = "must be an address or a network, as 127.0.0.1 or 10.1.2.0/24"
            raise ValueError(message) from None
        if is_everybody:
            message = "would trust everybody: whoever calls could choose his address"
            raise ValueError(message)
        return text

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is asked for a value, the first that has one wins; files of secrets come last, where there are any."""
        folder = Path(os.environ.get(SECRETS_FOLDER_VARIABLE) or SECRETS_FOLDER)
        secrets = SecretsSettingsSource(settings_cls, secrets_dir=folder) if folder.is_dir() else file_secret_settings
        return init_settings, env_settings, dotenv_settings, secrets

    def keys_path(self) -> Path:
        """The folder of the keys."""
        return Path(self.keys_folder) if self.keys_folder else self._beside_database("keys")

    def uploads_path(self) -> Path:
        """The folder of uploaded files."""
        return Path(self.uploads_folder) if self.uploads_folder else self._beside_database("uploads")

    def _beside_database(self, name: str) -> Path:
        url = make_url(self.database_url)
        if url.get_backend_name() == "sqlite" and url.database:
            return Path(url.database).with_name(f"{Path(url.database).stem}-{name}")
        return Path(f"fundtrail-{name}")

    def as_environment(self) -> dict[str, str]:
        """The variables that give another process the same settings."""
        return {f"FUNDTRAIL_{name.upper()}": str(value) for name, value in self.model_dump().items()}
