"""Words around names and values."""

import pytest

from hackathon.shared.show import before


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        ("the team", "Owls", "the team Owls"),
        ("Team", "Owls", "Team Owls"),
        ("the team", "Team 01", "Team 01"),
        ("Team", "team-7", "team-7"),
        ("Team", "TEAM42", "TEAM42"),
        ("Team", " The Team of Five", " The Team of Five"),
        ("Team", "Team", "Team"),
        ("Team", "Teamwork", "Team Teamwork"),
        ("Team", "Dream Team", "Dream Team"),
        ("Team", "Steam", "Team Steam"),
        ("Team", "", "Team "),
    ],
)
def test_the_word_before_a_name_never_doubles(kind, name, sentence):
    assert before(kind, name) + name == sentence
