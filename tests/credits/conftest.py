"""A quarter, a pool and two teams."""

import pytest
from make import cents, make_team
from treasury import do

from hackathon.credits.service import budgets
from hackathon.shared.db import transaction


@pytest.fixture
def teams(cast):
    """Two teams of the event."""
    with transaction() as session:
        return [make_team(session, cast.event_id, name).id for name in ("Owls", "Bees")]


@pytest.fixture
def funded(cast, teams):
    """A pool of $1,000 out of a quarter of $3,000, and two teams."""
    do(budgets.set_budget, cast.olga, event_id=cast.event_id, amount=cents(3000))
    do(budgets.fund, cast.olga, event_id=cast.event_id, amount=cents(1000))
    return teams
