"""People come, get roles, sign in and out. Each change is a fact on `access:<person>`."""

from hackathon.people.service.accounts import (
    add_person,
    correct_person,
    count_people,
    disable_person,
    names_of,
    person_for,
)
from hackathon.people.service.own import (
    change_password,
    change_profile,
    choose_ways,
    hash_password,
    set_password,
)
from hackathon.people.service.roles import (
    add_event_role,
    drop_event_roles,
    give_event_role,
    give_site_role,
    take_event_role,
    take_site_role,
)
from hackathon.people.service.signing_in import (
    begin_session,
    check_password,
    end_other_sessions,
    end_session,
    find_link,
    mail_link,
    make_link,
    make_own_link,
    use_link,
)

__all__ = [
    "add_event_role",
    "add_person",
    "begin_session",
    "change_password",
    "change_profile",
    "check_password",
    "choose_ways",
    "correct_person",
    "count_people",
    "disable_person",
    "drop_event_roles",
    "end_other_sessions",
    "end_session",
    "find_link",
    "give_event_role",
    "give_site_role",
    "hash_password",
    "mail_link",
    "make_link",
    "make_own_link",
    "names_of",
    "person_for",
    "set_password",
    "take_event_role",
    "take_site_role",
    "use_link",
]
