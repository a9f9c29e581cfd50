"""Teams form: create, invite, ask, accept, leave. Each change is a fact on `event:<id>`."""

from hackathon.teams.service.invitations import (
    accept_invitation,
    accept_shown,
    find_invitation,
    invite,
    revoke,
)
from hackathon.teams.service.members import (
    add_member,
    add_members,
    hand_over,
    leave,
    place_person,
)
from hackathon.teams.service.requests import (
    answer_request,
    ask_to_join,
)
from hackathon.teams.service.teams import (
    add_team,
    change_team,
    close_place,
    create_team,
    open_place,
    set_lock,
)

__all__ = [
    "accept_invitation",
    "accept_shown",
    "add_member",
    "add_members",
    "add_team",
    "answer_request",
    "ask_to_join",
    "change_team",
    "close_place",
    "create_team",
    "find_invitation",
    "hand_over",
    "invite",
    "leave",
    "open_place",
    "place_person",
    "revoke",
    "set_lock",
]
