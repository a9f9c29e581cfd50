"""Once: the second click is the same request."""

import pytest

from hackathon.shared.db import transaction
from hackathon.shared.errors import Conflict
from hackathon.shared.once import once


def _ask(key="k1", person=1, amount=500, made=7):
    with transaction() as session:
        return once(
            session,
            key=key,
            person_id=person,
            request={"amount": amount},
            make=lambda: made,
        )


@pytest.mark.usefixtures("database")
def test_line_41_a_double_click_does_one_thing_and_answers_alike():
    assert _ask(made=7) == (7, False)
    assert _ask(made=8) == (7, True)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("change", [{"person": 2}, {"amount": 501}])
def test_a_key_of_somebody_else_or_for_something_else_is_refused(change):
    _ask()
    with pytest.raises(Conflict) as refused:
        _ask(**change)
    assert refused.value.word == "key_reused"


@pytest.mark.usefixtures("database")
def test_without_a_key_every_request_counts():
    assert _ask(key="", made=1) == (1, False)
    assert _ask(key="", made=2) == (2, False)
