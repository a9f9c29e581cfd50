"""Settings: one frozen object from the environment, every problem reported at once."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PACKAGE = Path(__file__).parent.parent
CHECKOUT = PACKAGE.parent
KEPT = ("public_url", "mail_server", "mail_port", "mail_user", "mail_password", "mail_from")
"""What the program itself may be told on a page; the environment wins."""
SECRET_NAMES = frozenset({"secret_key", "mail_password", "metrics_token"})


class BadSettings(Exception):  # noqa: N818 - reads as what it is
    """One or more settings are wrong; the text lists each."""


def _default_instance() -> Path:
    """The checkout's `instance/`; from a wheel the user's data folder."""
    if (CHECKOUT / "templates").is_dir() and (CHECKOUT / "pyproject.toml").is_file():
        return CHECKOUT / "instance"
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "hackathon"


class Settings(BaseSettings):
    """Everything that can be set, each by `HACKATHON_<NAME>` in the environment."""

    model_config = SettingsConfigDict(env_prefix="HACKATHON_", frozen=True, extra="ignore")

    instance: Path = Field(default_factory=_default_instance)
    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    secret_key: str = ""
    public_url: str = ""
    origins: str = ""
    proxies: int = Field(default=0, ge=0, le=5)
    demo: bool = False
    mail_server: str = ""
    mail_port: int = Field(default=587, ge=1, le=65535)
    mail_user: str = ""
    mail_password: str = ""
    mail_from: str = "Hackathon <hackathon@localhost>"
    jobs: bool = True
    backups: Path | None = None
    two_people_above: int = Field(default=500, ge=0, le=10_000_000)
    log_level: str = "INFO"
    log_format: Literal["", "text", "json"] = ""
    metrics_token: str = ""

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.netloc or parts.query):
            message = "must look like https://hackathon.example.com"
            raise ValueError(message)
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: str) -> str:
        if value.startswith(("postgres://", "postgresql://")):
            return "postgresql+psycopg://" + value.split("://", 1)[1]
        if value and not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            message = "must begin with sqlite:/// or postgresql://"
            raise ValueError(message)
        return value

    @field_validator("secret_key", "metrics_token")
    @classmethod
    def _check_secret(cls, value: str) -> str:
        if value and len(value) < 32:  # noqa: PLR2004
            message = "must have at least 32 characters"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _check_demo(self) -> Settings:
        if self.demo and self.database_url and not self.database_url.startswith("sqlite"):
            message = "the demo is always SQLite; unset DATABASE_URL"
            raise ValueError(message)
        return self

    @property
    def folder(self) -> Path:
        """Where this database's files lie: the instance, or `demo/` within it."""
        return self.instance / "demo" if self.demo else self.instance

    @property
    def database(self) -> str:
        """The SQLAlchemy address in use."""
        if self.database_url and not self.demo:
            return self.database_url
        return f"sqlite:///{self.folder / 'hackathon.db'}"

    @property
    def backup_folder(self) -> Path:
        """Where the backups made by themselves go; another disk is better."""
        return self.backups or self.folder / "backups"

    @property
    def secure(self) -> bool:
        """Whether people reach us by https (decides cookies and HSTS)."""
        return self.public_url.startswith("https://")

    def shown(self) -> dict[str, str]:
        """Every setting with its value as text, secrets masked."""
        return {
            name: "***" if name in SECRET_NAMES and value else str(value)
            for name, value in self.model_dump().items()
        }


def read_settings(**overrides: object) -> Settings:
    """Read the environment, then what the instance keeps; `overrides` win.

    Raises:
        BadSettings: naming every setting that is wrong.
    """
    try:
        aliases = {"database_url": "DATABASE_URL"}
        given = {aliases.get(k, k): v for k, v in overrides.items()}
        settings = Settings(**given)  # type: ignore[arg-type]
        kept = {} if settings.demo else kept_settings(settings.instance)
        more = {name: kept[name] for name in kept.keys() - settings.model_fields_set}
        return Settings(**given, **more) if more else settings  # type: ignore[arg-type]
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            place = str(problem["loc"][0]) if problem["loc"] else "settings"
            name = place if place.isupper() else f"HACKATHON_{place.upper()}"
            lines.append(f"{name}: {problem['msg'].removeprefix('Value error, ')}")
        raise BadSettings("\n".join(lines)) from error


def kept_settings(instance: Path) -> dict[str, object]:
    """What was told on a page and is kept in the instance; secrets too, so mode 0600."""
    try:
        kept = json.loads((instance / "settings.json").read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BadSettings(f"{instance / 'settings.json'} cannot be read: {error}") from error
    return {name: kept[name] for name in KEPT if name in kept} if isinstance(kept, dict) else {}


def keep_settings(instance: Path, values: dict[str, object]) -> None:
    """Keep some of `KEPT`, beside those kept before; whole or not at all.

    Raises:
        BadSettings: naming each that is wrong; nothing was kept.
    """
    kept = {**kept_settings(instance), **{k: v for k, v in values.items() if k in KEPT}}
    read_settings(instance=instance, **kept)
    path = instance / "settings.json"
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(kept, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def prepare_folder(settings: Settings) -> str:
    """Make the instance folder (0700) and the secret (0600); return the secret key."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    if settings.folder != CHECKOUT / "instance":
        settings.folder.chmod(0o700)
    if settings.secret_key:
        return settings.secret_key
    path = settings.folder / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()
