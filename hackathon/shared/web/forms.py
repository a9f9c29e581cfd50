"""Forms: text in, values out; what is refused lands on its field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import wtforms
from flask import request
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from hackathon.shared.errors import NotFound, Refusal
from hackathon.shared.web.writing import act

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.orm import Session

T = TypeVar("T")


class Form(wtforms.Form):
    """Parent of every form: text in, values out; a refusal lands on its field."""

    general: list[str]
    status: int = 422

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - WTForms' own signature
        super().__init__(*args, **kwargs)
        self.general = []

    def values(self) -> dict[str, Any]:
        """The validated values by field name; a text that was not sent is empty."""
        return {
            name: ""
            if value is None and isinstance(self._fields[name], wtforms.StringField)
            else value
            for name, value in self.data.items()
        }

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal where it belongs; typed text stays."""
        self.status = refusal.code
        field = self._fields.get(refusal.field or "")
        if field is None:
            self.general.append(refusal.message)
        else:
            field.errors = [*field.errors, refusal.message]


def choices(pairs: Iterable[tuple[str, str]]) -> list[Any]:
    """(value, label) pairs as a SelectField takes them."""
    return [SelectChoice(value, label) for value, label in pairs]


def form_key() -> str:
    """The hidden key by which a second click is the same request."""
    return str(request.form.get("once", ""))[:64]


def submit(form: Form, work: Callable[[Session], T]) -> T | None:
    """Validate a form and run `work`; None when something was refused, shown on the form."""
    if not form.validate():
        form.status = 422
        return None
    try:
        return act(work)
    except NotFound:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return None
