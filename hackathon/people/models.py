"""People, their roles, their one-time sign-in links."""

from __future__ import annotations

from datetime import datetime

from flask_login import UserMixin
from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.people.rules import Role, SiteRole
from hackathon.shared.clock import now
from hackathon.shared.db import Base


def _one_of(column: str, words: type[Role | SiteRole]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class Person(UserMixin, Base):
    """One person; the address is stored folded (`rules.fold_email`)."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    department: Mapped[str] = mapped_column(default="")
    zone: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    by_mail: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    disabled_at: Mapped[datetime | None]


class SiteRoleGrant(Base):
    """A role for the whole site."""

    __tablename__ = "site_roles"
    __table_args__ = (UniqueConstraint("person_id", "role"), _one_of("role", SiteRole))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    role: Mapped[str]
    given_at: Mapped[datetime] = mapped_column(default=now)


class EventRoleGrant(Base):
    """A role in one event; one row each, a person may have several."""

    __tablename__ = "event_roles"
    __table_args__ = (UniqueConstraint("event_id", "person_id", "role"), _one_of("role", Role))

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[str]
    given_at: Mapped[datetime] = mapped_column(default=now)


class SignInLink(Base):
    """A one-time link, stored as the SHA-256 of its token; `mailed`, or else printed."""

    __tablename__ = "sign_in_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    mailed: Mapped[bool] = mapped_column(default=False, server_default=false())
    made_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
