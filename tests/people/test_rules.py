"""Roles, addresses and names."""

import pytest
from make import actor

from hackathon.people.rules import COMMAND_LINE, check_organizes, fold_email, fold_name
from hackathon.shared.errors import Invalid, NotAllowed


class Somebody:
    id, name, email = 1, "Olga", "olga@example.com"


def test_an_organizer_organizes_only_the_own_event():
    olga = actor(Somebody, event_id=3, roles=["organizer"])
    check_organizes(olga, 3)
    with pytest.raises(NotAllowed):
        check_organizes(olga, 4)


@pytest.mark.parametrize("role", ["admin", "program_lead"])
def test_site_roles_organize_every_event(role):
    check_organizes(actor(Somebody, site=[role]), 99)


def test_the_command_line_organizes_everything():
    check_organizes(COMMAND_LINE, 99)


def test_a_participant_or_mentor_does_not_organize():
    with pytest.raises(NotAllowed):
        check_organizes(actor(Somebody, event_id=3, roles=["participant", "mentor"]), 3)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        (" Olga@Example.COM ", "olga@example.com"),
        ("\uff4flga@example.com", "olga@example.com"),
        ("جودي@example.com", "جودي@example.com"),
    ],
)
def test_addresses_are_compared_folded(typed, folded):
    assert fold_email(typed) == folded


@pytest.mark.parametrize(
    "typed", ["", "olga", "@example.com", "a@", "a b@example.com", "a@b@c", "a\n@x"]
)
def test_what_is_not_an_address_is_refused(typed):
    with pytest.raises(Invalid):
        fold_email(typed)


def test_names_are_compared_without_case_and_extra_spaces():
    assert fold_name("  The   OWLS ") == fold_name("the owls")
