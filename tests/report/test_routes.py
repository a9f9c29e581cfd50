"""The pages of a quarter: draft, signed version, CSV; for whom, and with few statements."""

import re
from datetime import timedelta

import pytest
from backlog.scene import counted, promote_first, tell_a_quarter

AT = "/quarters/2026-Q4"


@pytest.fixture
def found(app, won_stage):
    with app.app_context():
        return promote_first(won_stage)


def test_everybody_signed_in_reads_a_program_lead_signs(won_stage, found, sign_in):
    paul, lena = sign_in(won_stage.cast.paul), sign_in(won_stage.cast.lena)
    assert "2026-Q4" in paul.get("/quarters").get_data(as_text=True)
    page = paul.get(AT).get_data(as_text=True)
    assert "Draft from the history as of 23 November 2026" in page
    assert "No budget recorded" in page
    assert "Invoice reader" in page
    assert "Sign off" not in page
    typed = {"as_of": "2026-11-23", "version": "1"}
    assert paul.post(f"{AT}/sign", data=typed).status_code == 403
    assert lena.post(f"{AT}/sign", data=typed).status_code == 303
    page = paul.get(AT).get_data(as_text=True)
    assert "Version 1, as of 23 November 2026, signed by Lena" in page
    assert "SHA-256" in page
    assert "signed" in paul.get("/quarters").get_data(as_text=True)


def test_a_correction_on_the_page_asks_why(won_stage, found, sign_in):
    lena = sign_in(won_stage.cast.lena)
    typed = {"as_of": "2026-11-23", "version": "1"}
    lena.post(f"{AT}/sign", data=typed)
    assert lena.post(f"{AT}/sign", data=typed).status_code == 409
    refused = lena.post(f"{AT}/sign", data={**typed, "version": "2"})
    assert refused.status_code == 422
    assert "Say why" in refused.get_data(as_text=True)
    again = {**typed, "version": "2", "reason": "One project more."}
    assert lena.post(f"{AT}/sign", data=again).status_code == 303
    assert "Corrects: <bdi>One project more.</bdi>" in lena.get(AT).get_data(as_text=True)
    assert "Version 1, as of" in lena.get(f"{AT}?version=1").get_data(as_text=True)
    assert "Draft from" in lena.get(f"{AT}?as_of=2026-11-22").get_data(as_text=True)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/quarters/2026-Q5", 404), ("/quarters/soon", 404), (f"{AT}?version=3", 404),
        (f"{AT}?as_of=soon", 422), (f"{AT}?as_of=2027-01-01", 422), ("/quarters/2026-Q3", 200),
        ("/quarters/2026-Q3/report.csv", 200),
    ],
)  # fmt: skip
def test_addresses_that_lead_nowhere_say_so(won_stage, sign_in, path, status):
    assert sign_in(won_stage.cast.paul).get(path).status_code == status


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 40])
def test_a_version_that_is_none_is_refused(won_stage, sign_in, version):
    answer = sign_in(won_stage.cast.lena).post(f"{AT}/sign", data={"version": version})
    assert answer.status_code == 422


def test_the_csv_has_the_figures_of_the_page(won_stage, found, sign_in):
    text = sign_in(won_stage.cast.paul).get(f"{AT}/report.csv").get_data(as_text=True)
    assert '"outputs","submitted",4' in text
    assert '"promoted","Invoice reader","Owen"' in text


def test_a_full_quarter_shows_money_what_shipped_and_what_was_learned(app, won_stage, sign_in):
    with app.app_context():
        tell_a_quarter(won_stage)
    lena = sign_in(won_stage.cast.lena)
    page = lena.get(AT).get_data(as_text=True)
    assert "promoted by <bdi>Olga</bdi>, 23 November 2026, owner <bdi>Owen</bdi>" in page
    assert re.search(r"Budget of the quarter</th><td[^>]*>\$2,000.00<", page)
    for words in ("Put into pools", "No bill has arrived yet", "Live since 23 November 2026",
                  "Half are photographs.", "1 of 4"):  # fmt: skip
        assert words in page
    text = lena.get(f"{AT}/report.csv").get_data(as_text=True)
    assert '"shipped","Invoice reader","2026-11-23"' in text
    assert '"stopped","Shift planner","Half are photographs."' in text
    assert '"decided 2026-11-23","Invoice reader","Accepted"' in text


def test_a_visitor_signs_in_first(app, stage, sign_in):
    assert sign_in().get(AT).status_code == 302


def test_the_pages_take_at_most_twelve_statements(app, won_stage, found, sign_in, clock):
    clock.forward(timedelta(days=3))
    lena = sign_in(won_stage.cast.lena)
    for path in ("/quarters", AT, f"{AT}/report.csv"):
        with counted(app) as seen:
            assert lena.get(path).status_code == 200
        assert len(seen) <= 12, (path, len(seen))
    lena.post(f"{AT}/sign", data={"as_of": "", "version": "1"})
    with counted(app) as seen:
        assert lena.get(AT).status_code == 200
    assert len(seen) <= 12
