"""The import page: look a table over, correct it in place, apply all of it or nothing."""

import io
import re
from html import unescape

import pytest
from panel import set_panel
from sqlalchemy import event, func, select

from hackathon.events.models import Registration
from hackathon.people.models import Person
from hackathon.people.queries import by_email
from hackathon.shared.db import db, reading
from hackathon.shared.workbook import xlsx_bytes
from hackathon.teams.queries import team_named

PAGE = "/events/q4/import"


def text_of(answer):
    return unescape(answer.get_data(as_text=True))


def kept(answer):
    """The rows that the page carries along."""
    return unescape(re.search(r'name="rows" value="([^"]*)"', answer.get_data(as_text=True))[1])


def look(client, pasted="", *, kind="people", **more):
    return client.post(PAGE, data={"kind": kind, "pasted": pasted, "do": "check", **more})


def apply(client, answer, *, kind="people", **more):
    return client.post(PAGE, data={"kind": kind, "rows": kept(answer), "do": "apply", **more})


def address(app, email):
    with app.app_context():
        return by_email(reading(), email)


def everybody(app):
    with app.app_context():
        return reading().scalar(select(func.count()).select_from(Person))


PASTED = "E-mail\tFull name\trole\tteam\nmia@example.com\tMia\tdata scientist\tBees\n"


def test_what_is_pasted_is_looked_over_before_anything_is_written(app, stage, sign_in):
    olga, before = sign_in(stage.olga), everybody(app)
    looked = look(olga, PASTED + "paul@example.com\tPaul\t\t\n")
    assert looked.status_code == 200
    page = text_of(looked)
    assert "Nothing is written until you apply it." in page
    assert re.search(r"New</span><strong>1<", page)
    assert re.search(r"Unchanged</span><strong>1<", page)
    assert everybody(app) == before
    done = apply(olga, looked)
    assert (done.status_code, done.location) == (303, "/events/q4/people")
    assert address(app, "mia@example.com").name == "Mia"
    assert "1 new, 0 changed, 1 unchanged" in text_of(olga.get("/events/q4/people"))
    again = text_of(look(olga, PASTED))
    assert "All of this is here already" in again


def test_what_an_import_makes_on_its_way_is_said_with_links(app, stage, sign_in):
    olga = sign_in(stage.olga)
    rows = PASTED + "noa@example.com\tNoa\t\tBees\nzed@example.com\tZed\t\tTeam 02\n"
    looked = look(olga, rows)
    assert "Into the event come 3 people, 2 teams." in text_of(looked)
    apply(olga, looked)
    page = text_of(olga.get("/events/q4/people"))
    assert "Imported: 3 new, 0 changed, 0 unchanged. In the event by it:" in page
    assert '<a class="fw-semibold" href="/events/q4/people">3 people</a>,' in page
    assert '<a class="fw-semibold" href="/events/q4/teams">2 teams</a>.' in page
    assert "In the event by it" not in text_of(olga.get("/events/q4/people"))
    cards = (
        "title\tteam\tchallenge\tmembers\nBuzz\tBees\tSafer docks\t\nNew\tElks\t\teve@example.com\n"
    )
    apply(olga, look(olga, cards, kind="projects"), kind="projects")
    page = text_of(olga.get("/events/q4/projects"))
    for words in ("2 projects", "1 team", "1 challenge", "1 person"):
        assert re.search(rf'<a class="fw-semibold" href="[^"]+">{words}</a>', page), words


def test_an_import_that_makes_nothing_new_says_nothing_of_it(app, stage, sign_in):
    olga = sign_in(stage.olga)
    apply(olga, look(olga, PASTED))
    olga.get("/")
    changed = look(olga, PASTED.replace("data scientist", "ML engineer"))
    assert "Into the event come" not in text_of(changed)
    apply(olga, changed)
    assert "Imported: 0 new, 1 changed, 0 unchanged.</div>" in text_of(olga.get("/"))


def test_each_wrong_cell_is_corrected_in_place(app, stage, sign_in):
    olga, before = sign_in(stage.olga), everybody(app)
    pasted = PASTED + "noa@example\tNoa\twizard\t\nzed at example.com\tZed\t\t\n\tNobody\t\t\n"
    looked = look(olga, pasted)
    page = text_of(looked)
    assert looked.status_code == 422
    assert "3 rows are wrong; nothing is written yet." in page
    assert 'name="cell-3-2" aria-invalid="true"' in page
    assert "A role is one of" in page
    assert 'name="cell-4-0"' in page
    refused = apply(olga, looked)
    assert refused.status_code == 422
    assert everybody(app) == before
    corrected = {"cell-3-2": "ML engineer", "cell-4-0": "zed@example.com", "leave": "5"}
    looked = look(olga, rows=kept(refused), **corrected)
    assert looked.status_code == 200
    assert apply(olga, looked).status_code == 303
    assert everybody(app) == before + 3
    assert address(app, "zed@example.com").name == "Zed"


def test_ninety_people_of_a_spreadsheet_come_in_with_few_corrections(app, stage, sign_in):
    """Roles of the company's own, a note over two lines, a wrong address: eighty rows stay right."""
    olga, before = sign_in(stage.olga), everybody(app)
    own = {0: "Developer", 1: "data scientist", 2: "ML Engineer", 3: "Developer", 4: ""}
    rows = [f"p{n}@example.com\tPerson {n}\t{own[n % 5]}\tTeam {n // 5}\t" for n in range(90)]
    rows[7] = 'p7 at example.com\tPerson 7\tML engineer\tTeam 1\t"likes maps,\nand owls"'
    pasted = "E-Mail\tName\tRole\tTeam\tNote\r\n" + "\r\n".join(rows) + "\r\n"
    looked = look(olga, pasted)
    page = text_of(looked)
    assert "37 rows are wrong; nothing is written yet." in page
    assert "A correction counts for every equal cell" in page
    assert page.count('list="roles"') == 36
    shown = dict(re.findall(r'name="(cell-\d+-\d)"[^>]*? value="([^"]*)"', page))
    roles = [name for name, text in shown.items() if text == "Developer"]
    (address_cell,) = [name for name, text in shown.items() if text == "p7 at example.com"]
    typed = {**shown, roles[0]: "data engineer", address_cell: "p7@example.com"}
    looked = look(olga, rows=kept(looked), **typed)
    assert looked.status_code == 200
    assert re.search(r"New</span><strong>90<", text_of(looked))
    assert apply(olga, looked).status_code == 303
    assert everybody(app) == before + 90
    with app.app_context():
        roles = reading().scalars(select(Registration.role)).all()
    assert roles.count("data engineer") == 36


def test_two_corrections_of_one_word_are_kept_apart(stage, sign_in):
    pasted = PASTED + "".join(f"{n}@example.com\tA {n}\twizard\t\n" for n in range(3))
    looked = look(sign_in(stage.olga), pasted)
    typed = {"cell-3-2": "ML engineer", "cell-4-2": "data engineer", "cell-5-2": "wizard"}
    looked = look(sign_in(stage.olga), rows=kept(looked), **typed)
    assert "1 row is wrong" in text_of(looked)


def test_a_paste_without_a_row_of_names_is_understood_when_it_begins_with_a_person(
    app, stage, sign_in
):
    olga = sign_in(stage.olga)
    looked = look(olga, "Mia Lind\tmia@example.com\tClaims\nNoa\tnoa@example.com\tSales\n")
    assert looked.status_code == 200
    looked = look(olga, rows=kept(looked), **{"cell-0-2": "department"})
    assert apply(olga, looked).status_code == 303
    assert address(app, "mia@example.com").name == "Mia Lind"
    assert address(app, "noa@example.com").department == "Sales"


def test_a_column_is_told_what_it_is(app, stage, sign_in):
    olga = sign_in(stage.olga)
    looked = look(olga, "Who\tWhere to reach\nMia\tmia@example.com\n")
    page = text_of(looked)
    assert "The columns need a look" in page
    assert "email: This column is missing." in page
    assert "such as <bdi>Mia</bdi>" in page
    named = {"cell-1-0": "name", "cell-1-1": "email"}
    looked = look(olga, rows=kept(looked), **named)
    assert looked.status_code == 200
    assert apply(olga, looked).status_code == 303
    assert address(app, "mia@example.com").name == "Mia"


def test_first_and_last_name_make_a_name(app, stage, sign_in):
    olga = sign_in(stage.olga)
    looked = look(olga, "First name,Last name,Mail\nMia,Lind,mia@example.com\n")
    assert apply(olga, looked).status_code == 303
    assert address(app, "mia@example.com").name == "Mia Lind"


def test_an_xlsx_file_comes_in_like_a_paste(app, stage, sign_in):
    data = xlsx_bytes(["email", "name"], [["mia@example.com", "=Mia"]])
    looked = look(sign_in(stage.olga), file=(io.BytesIO(data), "people.xlsx"))
    assert looked.status_code == 200
    assert apply(sign_in(stage.olga), looked).status_code == 303
    assert address(app, "mia@example.com").name == "=Mia"


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({}, 422, "Paste some rows, or choose a file."),
        ({"pasted": "  \n "}, 422, "Paste some rows, or choose a file."),
        ({"pasted": 'email,name\n"a'}, 422, "This is not CSV"),
        ({"file": (io.BytesIO(b"PK\x03\x04 no"), "a.xlsx")}, 422, "damaged or has a password"),
        ({"file": (io.BytesIO(b"\xff\xfe"), "a.csv")}, 422, "not UTF-8 text"),
        ({"rows": "nonsense"}, 422, "The rows got lost on the way"),
        ({"rows": "[]"}, 422, "The rows got lost on the way"),
        ({"rows": '[[1,["email"],2]]'}, 422, "The rows got lost on the way"),
        ({"rows": "[[1,[2]]]"}, 422, "The rows got lost on the way"),
        ({"pasted": "email,name\n" + ("z" * 90 + ",\n") * 9_500}, 422, "more than a page can carry"),
        ({"pasted": "x" * 1_100_000}, 413, "too large"),
        ({"kind": "money"}, 404, "Nothing of that kind"),
        ({"kind": "judges", "pasted": "email,name\na@example.com,A\n"}, 409, "no round yet"),
    ],
)  # fmt: skip
def test_what_cannot_come_in_is_refused_with_a_reason(stage, sign_in, given, code, words):
    answer = look(sign_in(stage.olga), **given)
    assert (answer.status_code, words in text_of(answer)) == (code, True)


def test_judges_and_sheets_go_into_a_round(app, stage, sign_in, clock):
    olga = sign_in(stage.olga)
    assert "this event has none yet" in text_of(olga.get(PAGE, query_string={"kind": "judges"}))
    with app.app_context():
        set_panel(stage, clock)
    olga = sign_in(stage.olga)
    looked = look(olga, "email,name,key\nmia@example.com,Mia,M1\n", kind="judges")
    assert apply(olga, looked, kind="judges").location == "/events/q4/judging"
    sheet = "project,judge,impact,works\nOwls at work,M1,4,x\n"
    looked = look(olga, sheet, kind="sheets")
    assert looked.status_code == 422
    assert 'name="cell-2-3"' in text_of(looked)
    looked = look(olga, kind="sheets", rows=kept(looked), **{"cell-2-3": "5"})
    assert apply(olga, looked, kind="sheets").status_code == 303


def test_projects_come_with_their_teams(app, stage, sign_in):
    olga = sign_in(stage.olga)
    looked = look(olga, "title\tteam\nNight Watch\tOwls\n", kind="projects")
    assert apply(olga, looked, kind="projects").status_code == 303
    with app.app_context():
        assert team_named(reading(), stage.event_id, "owls") is not None


def test_443_people_are_looked_over_and_applied_in_one_go(app, stage, sign_in):
    olga = sign_in(stage.olga)
    rows = [f"p{n}@example.com\tPerson {n}\tTeam {n // 5}" for n in range(443)]
    looked = look(olga, "email\tname\tteam\n" + "\n".join(rows))
    assert re.search(r"New</span><strong>443<", text_of(looked))
    assert apply(olga, looked).status_code == 303


def test_two_hundred_wrong_rows_fit_a_form_and_the_rest_comes_later(stage, sign_in):
    looked = look(sign_in(stage.olga), "email,name\n" + "wrong,A\n" * 300)
    page = text_of(looked)
    assert "300 rows are wrong" in page
    assert "100 more; they come when these are corrected." in page
    assert page.count("<input") + page.count("<select") < 500


def test_an_empty_table_has_the_right_columns(stage, sign_in):
    olga = sign_in(stage.olga)
    assert olga.get(PAGE + "/judges.csv").data.startswith(b'"email","name","key"')
    assert olga.get(PAGE + "/money.csv").status_code == 404


def test_the_pages_need_few_statements(app, stage, sign_in, clock):
    with app.app_context():
        set_panel(stage, clock)
        engine = db.engine
    olga, asked = sign_in(stage.olga), []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for kind in ("people", "projects", "judges", "sheets"):
        asked.clear()
        assert olga.get(PAGE, query_string={"kind": kind}).status_code == 200
        assert len([text for text in asked if text.startswith("SELECT")]) <= 12
