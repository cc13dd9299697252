"""Everything an operator can set, by environment variable (`FUNDTRAIL_...`) or in a file `.env`."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of one process; each is documented where it stands."""

    model_config = SettingsConfigDict(env_prefix="FUNDTRAIL_", env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field(
        default="sqlite:///fundtrail.db",
        description="Where the log and its views are: sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME.",
    )
    host: str = Field(
        default="127.0.0.1", description="Address to listen on. Without authentication only loopback is accepted."
    )
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(default=1, ge=1, le=64, description="Processes that answer requests.")
    auth: Literal["off"] = Field(
        default="off",
        description="How callers are identified. off: everyone is `local`, with every right, on loopback only.",
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
    stop_timeout_s: int = Field(
        default=10, ge=1, le=600, description="How long requests under way may take to finish when the server stops."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe messages that are logged, to standard error."
    )

    def as_environment(self) -> dict[str, str]:
        """The variables that give another process the same settings."""
        return {f"FUNDTRAIL_{name.upper()}": str(value) for name, value in self.model_dump().items()}
