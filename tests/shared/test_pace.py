"""Who is too fast is slowed, nobody else."""

import pytest

from hackathon.shared.pace import Pace


@pytest.fixture
def pass_by(monkeypatch):
    """Lets seconds pass."""
    moment = [100.0]
    monkeypatch.setattr("hackathon.shared.pace.time.monotonic", lambda: moment[0])

    def pass_by(seconds):
        moment[0] += seconds

    return pass_by


@pytest.mark.usefixtures("pass_by")
def test_so_many_in_a_second_and_no_more():
    pace = Pace(3)
    assert [pace.allows("judith") for _ in range(5)] == [True, True, True, False, False]
    assert pace.allows("jonas")


def test_any_second_counts_and_what_was_refused_does_not(pass_by):
    pace = Pace(2)
    assert pace.allows("judith")
    pass_by(0.6)
    assert pace.allows("judith")
    assert not pace.allows("judith")
    pass_by(0.5)
    assert pace.allows("judith")
    assert not pace.allows("judith")


@pytest.mark.usefixtures("pass_by")
def test_all_may_begin_anew():
    pace = Pace(1)
    pace.allows("judith")
    pace.forget()
    assert pace.allows("judith")
