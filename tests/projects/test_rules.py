"""What a card may say."""

import pytest

from hackathon.projects.rules import FIELDS, LINKS, LONGEST, LONGEST_TEXT, check_card
from hackathon.shared.errors import Invalid

TEXTS = sorted(set(FIELDS) - set(LINKS) - {"data_class"})


@pytest.mark.parametrize("field", TEXTS)
def test_a_text_as_long_as_allowed_is_taken_and_one_longer_is_refused_by_its_name(field):
    longest = LONGEST.get(field, LONGEST_TEXT)
    assert getattr(check_card({field: "x" * longest}), field) == "x" * longest
    with pytest.raises(Invalid, match=f"at most {longest} characters") as refused:
        check_card({field: "x" * (longest + 1)})
    assert refused.value.field == field


@pytest.mark.parametrize("field", LINKS)
def test_a_link_is_http(field):
    assert getattr(check_card({field: "https://example.com/a"}), field)
    with pytest.raises(Invalid) as refused:
        check_card({field: "javascript:alert(1)"})
    assert refused.value.field == field


def test_an_unknown_data_class_is_refused():
    with pytest.raises(Invalid, match="one of the classes"):
        check_card({"data_class": "secret"})
