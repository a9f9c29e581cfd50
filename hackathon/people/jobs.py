"""What follows an account: what touches its safety is mailed always, whatever was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hackathon.people.models import Person
from hackathon.shared import mail
from hackathon.shared.jobs import on_fact
from hackathon.shared.show import isolated, mail_time

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.shared.facts import FactRow


@on_fact("access:", "password.changed")
def mail_of_passwords(session: Session, fact: FactRow) -> None:
    """The person reads that the password was changed, and when."""
    person = session.get_one(Person, int(fact.stream.split(":")[1]))
    if person.disabled_at is not None or mail.is_demo():
        return
    at = mail_time(fact.at, person.zone)
    mail.send(
        session,
        to=person.email,
        subject="Your password was changed",
        body=(
            f"Hello {isolated(person.name)},\n\nyour password was changed on {at}; your other "
            f"devices are signed out.\n\nIf that was not you, ask an administrator at once, and "
            f"get a sign-in link at {mail.address()}/sign-in\n"
        ),
        key=f"password:{fact.position}",
    )
