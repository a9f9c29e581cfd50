"""Importers: what a file becomes, what is refused, and that twice is once."""

import contextlib
import csv
import io
import json
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

import hackathon.demo
from hackathon.events.models import Event, Registration
from hackathon.events.rules import ROLES
from hackathon.judging.models import Mark, Round, Seat, Visit
from hackathon.judging.queries.results import live_standings
from hackathon.judging.queries.rounds import entries_of
from hackathon.judging.rules import State, Verb, read_rubric
from hackathon.judging.service import rounds as judging
from hackathon.judging.service.seats import declare_conflict
from hackathon.office.rules.tables import read_table
from hackathon.office.service.imports.judges import import_judges
from hackathon.office.service.imports.people import import_people
from hackathon.office.service.imports.projects import import_projects
from hackathon.office.service.imports.sheets import import_sheets
from hackathon.people.access import load_actor
from hackathon.people.models import Person
from hackathon.people.queries import by_email
from hackathon.people.rules import COMMAND_LINE
from hackathon.projects import service as projects
from hackathon.projects.queries import project_rows, submissions, versions_of
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, NotAllowed, NotFound
from hackathon.shared.facts import FactRow
from hackathon.teams.queries import team_named, team_rows

CIVIC = Path(hackathon.demo.__file__).parent / "civic"
RUBRIC = (CIVIC / "rubric.json").read_text("utf-8")


class UndoneError(Exception):
    """Ends the transaction of a file with errors."""


def bring(importer, text, *, by=None, slug="q4", **given):
    """Import as the door does: nothing stays when anything is wrong."""
    data = text.encode() if isinstance(text, str) else text
    made = []

    def work(session):
        actor = load_actor(session, by.id) if by else COMMAND_LINE
        made.append(importer(session, actor, slug=slug, table=read_table(data), **given))
        if made[0].errors:
            raise UndoneError

    with contextlib.suppress(UndoneError), transaction() as session:
        work(session)
    return made[0]


def counts(outcome):
    assert [str(problem) for problem in outcome.errors] == []
    return outcome.created, outcome.changed, outcome.unchanged


def errors(outcome):
    return [(problem.line, problem.column, problem.message) for problem in outcome.errors]


def facts():
    return reading().scalar(select(func.count()).select_from(FactRow))


def add_round(event_id):
    with transaction() as session:
        rubric = read_rubric(RUBRIC)
        return judging.add_round(session, COMMAND_LINE, event_id=event_id, rubric=rubric).id


def move(event_id, round_id, verb):
    with transaction() as session:
        judging.move(session, COMMAND_LINE, event_id=event_id, round_id=round_id, verb=verb)


def event_of(cast):
    return reading().get_one(Event, cast.event_id)


# --- people ---------------------------------------------------------------------------

PEOPLE = """email;name;department;role;skills;zone;dietary;team;shirt
Mia@Example.com;Mia;Claims;ml engineer;Python, SQL;Europe/Berlin;vegan;Owls;M
noa@example.com;Noa;;;;;;Owls;L
paul@example.com;Paul;Claims;;;;;;S
"""


def test_people_come_with_registration_and_team(cast):
    outcome = bring(import_people, PEOPLE, by=cast.olga)
    assert counts(outcome) == (2, 1, 0)
    assert outcome.made == {"people": 2, "teams": 1}
    assert [str(warning) for warning in outcome.warnings] == [
        "line 1, column shirt: Not a column of this import; it was left out."
    ]
    mia = by_email(reading(), "mia@example.com")
    row = reading().scalar(select(Registration).filter_by(person_id=mia.id))
    assert (mia.department, mia.zone) == ("Claims", "Europe/Berlin")
    assert (row.role, row.skills, row.dietary) == ("ML engineer", "Python, SQL", "vegan")
    assert row.terms_version is None
    (owls,) = team_rows(reading(), cast.event_id)
    assert [member.name for member in owls.members] == ["Mia", "Noa"]
    assert load_actor(reading(), mia.id).takes_part(cast.event_id)


def test_the_same_people_again_change_nothing(cast):
    bring(import_people, PEOPLE, by=cast.olga)
    before = facts()
    assert counts(bring(import_people, PEOPLE, by=cast.olga)) == (0, 0, 3)
    assert facts() == before


def test_a_blank_cell_leaves_what_is_there_and_a_full_one_changes_it(cast):
    bring(import_people, PEOPLE)
    text = "email,name,skills,dietary\nmia@example.com,Mia,,none\nnoa@example.com,Noa,,\n"
    assert counts(bring(import_people, text)) == (0, 1, 1)
    mia = by_email(reading(), "mia@example.com")
    row = reading().scalar(select(Registration).filter_by(person_id=mia.id))
    assert (row.skills, row.dietary) == ("Python, SQL", "none")


def test_program_leads_correct_an_account_and_organizers_only_fill_it_in(cast):
    text = "email,name,department\npaul@example.com,Paul M.,Claims\n"
    outcome = bring(import_people, text, by=cast.olga)
    assert counts(outcome) == (0, 1, 0)
    assert [str(word) for word in outcome.warnings] == [
        "line 2, column name: This address belongs to Paul; that stays."
    ]
    assert reading().get(Person, cast.paul.id).department == "Claims"
    assert counts(bring(import_people, text, by=cast.lena)) == (0, 1, 0)
    assert reading().get(Person, cast.paul.id).name == "Paul M."


def test_every_error_of_people_is_named_and_nothing_is_saved(cast):
    bring(import_people, PEOPLE)
    text = """email,name,role,zone,team
no address,A,,,
a@example.com,,,,
b@example.com,B,wizard,,
c@example.com,C,,Middle/Earth,
d@example.com,D,,,
D@EXAMPLE.com,D,,,
mia@example.com,Mia,,,Bees
e@example.com,E,,,Bees
"""
    outcome = bring(import_people, text)
    assert errors(outcome) == [
        (2, "email", "That does not look like an e-mail address."),
        (3, "name", "This must not be empty."),
        (4, "role", f"A role is one of: {', '.join(ROLES)}."),
        (5, "zone", "Choose a time zone such as Europe/Berlin."),
        (7, "email", "Line 6 says this already."),
        (8, "team", "Is in the team Owls already."),
    ]  # fmt: skip
    assert by_email(reading(), "d@example.com") is None
    assert team_named(reading(), cast.event_id, "Bees") is None


def test_a_full_team_refuses_the_line(cast):
    rows = "".join(f"p{n}@example.com,P{n},Owls\n" for n in range(6))
    assert errors(bring(import_people, "email,name,team\n" + rows)) == [
        (7, "team", "The team is full.")
    ]


def test_a_text_that_is_too_long_is_refused_not_cut(cast):
    text = f"email,name,skills\na@example.com,{'A' * 201},\nb@example.com,B,{'x' * 501}\n"
    assert errors(bring(import_people, text)) == [
        (2, "name", "At most 200 characters, please."),
        (3, "skills", "At most 500 characters, please."),
    ]


def test_a_missing_column_is_one_error(cast):
    assert errors(bring(import_people, "name\nMia\n")) == [(1, "email", "This column is missing.")]


@pytest.mark.parametrize("importer", [import_people, import_projects, import_judges, import_sheets])
def test_only_organizers_of_the_event_import(cast, importer):
    for person in (cast.paul, cast.rita):
        with pytest.raises(NotAllowed):
            bring(importer, "email,name\n", by=person)
    with pytest.raises(NotFound):
        bring(importer, "email,name\n", slug="no-such")


def test_people_and_teams_come_before_the_event_is_published(cast):
    with transaction() as session:
        session.get_one(Event, cast.event_id).published_at = None
    assert counts(bring(import_people, PEOPLE, by=cast.olga)) == (2, 1, 0)


def test_the_same_file_twice_at_once_comes_once(cast, database):
    barrier, outcomes = threading.Barrier(2), []

    def work():
        with database.app_context():
            barrier.wait()
            outcomes.append(counts(bring(import_people, PEOPLE)))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [(0, 0, 3), (2, 1, 0)]


# --- projects -------------------------------------------------------------------------

PROJECTS = """title,team,key,summary,challenge,repo_url,demo_url,video_url,members
Night Watch,Owls,owls,See what moves.,Safety,https://git.example.com/owls,,,paul@example.com; mia@example.com
Hive Mind,Bees,,,,,,,
"""


def test_projects_come_with_team_members_and_challenge_and_count_as_submitted(cast):
    assert counts(bring(import_projects, PROJECTS, by=cast.olga)) == (2, 0, 0)
    found = {entry.title: entry for entry in submissions(reading(), event_of(cast))}
    assert set(found) == {"Night Watch", "Hive Mind"}
    assert found["Night Watch"].key == "owls"
    assert found["Night Watch"].card.repo_url == "https://git.example.com/owls"
    teams = {row.team.name: [m.name for m in row.members] for row in team_rows(reading(), 1)}
    assert teams == {"Owls": ["Paul", "mia"], "Bees": []}
    before = facts()
    assert counts(bring(import_projects, PROJECTS, by=cast.olga)) == (0, 0, 2)
    assert facts() == before


def test_projects_come_with_every_field_a_card_needs(cast):
    said = ("title", "summary", "problem", "approach", "question", "metric", "adopter")
    text = f"team,{','.join(said)}\nOwls,{','.join(f'the {name}' for name in said)}\n"
    assert counts(bring(import_projects, text)) == (1, 0, 0)
    (entry,) = submissions(reading(), event_of(cast))
    assert entry.card.missing == []
    assert entry.card.adopter == "the adopter"


def test_an_incomplete_card_of_the_team_becomes_a_submission(cast):
    bring(import_people, "email,name,team\npaul@example.com,Paul,Owls\n")
    owls = team_named(reading(), cast.event_id, "Owls")
    with transaction() as session:
        paul = load_actor(session, cast.paul.id)
        values = {"title": "Night Watch", "problem": "It is dark."}
        projects.save_card(
            session, paul, event_id=cast.event_id, team_id=owls.id, values=values, version=0
        )
    assert submissions(reading(), event_of(cast)) == []
    text = "title,team,summary\nNight Watch,owls,See.\n"
    assert counts(bring(import_projects, text)) == (0, 1, 0)
    (entry,) = submissions(reading(), event_of(cast))
    assert (entry.card.problem, entry.card.summary) == ("It is dark.", "See.")


def test_after_the_deadline_an_import_is_a_submission_and_says_when_it_came(cast, clock):
    closes = event_of(cast).submissions_close_at
    clock.set(closes + timedelta(hours=1))
    assert counts(bring(import_projects, PROJECTS, by=cast.olga)) == (2, 0, 0)
    entries = submissions(reading(), event_of(cast))
    assert {entry.saved_at for entry in entries} == {closes + timedelta(hours=1)}
    kinds = Counter(reading().scalars(select(FactRow.kind)))
    assert kinds["project.reopened"] == 2
    assert counts(bring(import_projects, PROJECTS, by=cast.olga)) == (0, 0, 2)
    owls = team_named(reading(), cast.event_id, "Owls")
    clock.forward(timedelta(minutes=5))
    with pytest.raises(Conflict, match="Submissions closed"), transaction() as session:
        paul = load_actor(session, cast.paul.id)
        projects.save_card(
            session, paul, event_id=cast.event_id, team_id=owls.id, values={}, version=1
        )
    text = "title,team\nNight Watch 2,Owls\n"
    assert counts(bring(import_projects, text)) == (0, 1, 0)
    assert {e.title for e in submissions(reading(), event_of(cast))} == {
        "Night Watch 2", "Hive Mind",
    }  # fmt: skip
    assert [row.number for row in versions_of(reading(), cast.event_id, entries[1].project_id)] == [
        2,
        1,
    ]


def test_an_open_round_takes_a_project_that_comes_late(cast, clock):
    clock.set(event_of(cast).submissions_close_at)
    bring(import_projects, PROJECTS)
    round_id = add_round(cast.event_id)
    bring(import_judges, "email,name\njudith@example.com,Judith\n")
    move(cast.event_id, round_id, Verb.OPEN)
    bring(import_projects, "title,team\nThird,Cats\n")
    assert [e.submission.title for e in entries_of(reading(), event_of(cast), round_id)] == [
        "Hive Mind", "Night Watch", "Third",
    ]  # fmt: skip
    assert reading().scalar(select(func.count()).select_from(Visit)) == 3


def test_every_error_of_projects_is_named_and_nothing_is_saved(cast):
    bring(import_projects, PROJECTS)
    with transaction() as session:
        (row,) = [r for r in project_rows(session, event_of(cast)) if r.team.name == "Bees"]
        projects.take_out(
            session, COMMAND_LINE, event_id=cast.event_id, project_id=row.project.id,
            disqualify=False, reason="They went home",
        )  # fmt: skip
    text = """title,team,key,repo_url,members
,Cats,,,
A,,,,
B,Dogs,owls,,
C,Hens,,ftp://x,
D,Rats,,,no address
E,Mice,,,
F,mice,,,
G,Bees,,,
H,Ants,,,paul@example.com
"""
    assert errors(bring(import_projects, text)) == [
        (2, "title", "This must not be empty."),
        (3, "team", "This must not be empty."),
        (4, "key", "This key is the project of Owls."),
        (5, "repo_url", "A link begins with http:// or https://."),
        (6, "members", "That does not look like an e-mail address."),
        (8, "team", "Line 7 says this already."),
        (9, None, "This project is no longer in the event."),
        (10, "members", "paul@example.com: Is in the team Owls already."),
    ]
    assert team_named(reading(), cast.event_id, "Mice") is None


def test_results_that_are_out_stay_as_they_are(cast, clock):
    with transaction() as session:
        session.get_one(Event, cast.event_id).revealed_at = clock.moment
    outcome = bring(import_projects, "title,team\nA,Owls\n")
    assert "this needs draft or registration" in outcome.errors[0].message


# --- judges ---------------------------------------------------------------------------

JUDGES = """email,name,key,group,tracks,max_load
judith@example.com,Judith,J1,A,data,12
new@example.com,New Judge,J2,,,
"""


def test_judges_get_accounts_and_seats(cast):
    round_id = add_round(cast.event_id)
    assert counts(bring(import_judges, JUDGES, by=cast.olga)) == (2, 0, 0)
    seat = reading().scalar(select(Seat).filter_by(person_id=cast.judith.id))
    assert (seat.round_id, seat.key, seat.group_label, seat.tracks, seat.max_load) == (
        round_id, "J1", "A", "data", 12,
    )  # fmt: skip
    before = facts()
    assert counts(bring(import_judges, JUDGES, by=cast.olga, round_id=round_id)) == (0, 0, 2)
    assert facts() == before
    text = "email,name,group\njudith@example.com,Judith,B\n"
    assert counts(bring(import_judges, text)) == (0, 1, 0)


def test_every_error_of_judges_is_named(cast):
    with pytest.raises(Conflict, match="has no round yet"):
        bring(import_judges, JUDGES)
    round_id = add_round(cast.event_id)
    with pytest.raises(NotFound):
        bring(import_judges, JUDGES, round_id=round_id + 1)
    bring(import_judges, JUDGES)
    text = """email,name,key,max_load
x,X,,
a@example.com,,,
b@example.com,B,,0
c@example.com,C,,many
d@example.com,D,J1,
e@example.com,E,K,
f@example.com,F,K,
e@example.com,E,,
"""
    assert errors(bring(import_judges, text)) == [
        (2, "email", "That does not look like an e-mail address."),
        (3, "name", "This must not be empty."),
        (4, "max_load", "A whole number from 1 to 1,000, please."),
        (5, "max_load", "A whole number from 1 to 1,000, please."),
        (6, "key", "Another judge of this round is J1."),
        (8, "key", "Line 7 says this already."),
        (9, "email", "Line 7 says this already."),
    ]


# --- sheets ---------------------------------------------------------------------------


@pytest.fixture
def civic(cast, clock):
    """The civic projects and judges in a round, in phase judging."""
    clock.set(event_of(cast).submissions_close_at)
    bring(import_people, (CIVIC / "people.csv").read_bytes())
    bring(import_projects, (CIVIC / "projects.csv").read_bytes())
    cast.round_id = add_round(cast.event_id)
    bring(import_judges, (CIVIC / "judges.csv").read_bytes())
    return cast


SHEETS = (CIVIC / "sheets.csv").read_bytes()


def test_sixty_six_real_sheets_come_once(civic):
    assert counts(bring(import_sheets, SHEETS)) == (66, 0, 0)
    before = facts()
    assert counts(bring(import_sheets, SHEETS, round_id=civic.round_id)) == (0, 0, 66)
    assert facts() == before
    rows = list(csv.DictReader(io.StringIO(SHEETS.decode())))
    given = [cell for row in rows for cell in list(row.values())[2:] if cell]
    values = reading().scalars(select(Mark.value)).all()
    assert Counter(values) == Counter(round(float(cell) * 10) for cell in given)
    assert len(values) == 386
    assert reading().scalar(select(func.count(Visit.submitted_at))) == 64
    assert reading().scalar(select(func.count()).select_from(Visit)) == 66
    found = reading().get_one(Round, civic.round_id)
    standings = live_standings(reading(), event_of(civic), found)
    assert sum(row.sheets for row in standings) == 64
    assert standings[0].title == "Mirrulations CLI"


def test_sheets_come_while_the_round_is_open_and_count(civic):
    move(civic.event_id, civic.round_id, Verb.OPEN)
    assert counts(bring(import_sheets, SHEETS, by=civic.olga)) == (65, 0, 1)
    assert counts(bring(import_sheets, SHEETS, by=civic.olga)) == (0, 0, 66)


def test_a_changed_cell_is_one_new_row(civic):
    bring(import_sheets, SHEETS)
    text = """project;judge;impact;NOVELTY;note
canOfSpam;judith@example.com;3,5;3;second look
comment bot detection;J2;;;
"""
    assert counts(bring(import_sheets, text)) == (0, 1, 1)
    newest = reading().scalars(select(Mark).order_by(Mark.id.desc()).limit(1)).one()
    assert (newest.value, newest.seq) == (35, 2)
    assert counts(bring(import_sheets, text)) == (0, 0, 2)


def test_a_sheet_makes_the_seat_it_needs(civic):
    text = "project,judge,impact\ncanOfSpam,lena@example.com,4\n"
    assert counts(bring(import_sheets, text)) == (1, 0, 0)
    assert reading().scalar(select(Seat).filter_by(person_id=civic.lena.id)) is not None


def test_every_error_of_sheets_is_named_and_nothing_is_saved(civic):
    bring(import_projects, "title,team\nEntity resolution,Twins\n")
    with transaction() as session:
        found = session.get_one(Round, civic.round_id)
        seat = session.scalar(select(Seat).filter_by(key="J1"))
        project = next(e for e in submissions(session, event_of(civic)) if e.key == "uspf1")
        declare_conflict(
            session, COMMAND_LINE, found=found, project_id=project.project_id, seat_id=seat.id,
            reason="Mentored them",
        )  # fmt: skip
    text = """project,judge,impact,novelty
,J1,1,1
canOfSpam,,1,1
nobody,J1,1,1
Entity Resolution,J1,1,1
canOfSpam,J9,1,1
canOfSpam,no@example.com,1,1
canOfSpam,J1,5.5,1
canOfSpam,J3,1,four
llmgov,J1,1,1
llmgov,judith@example.com,1,1
uspf1,J1,1,1
canOfSpam,paul@example.com,1,1
"""
    scale = "Scores go from 0 to 5 in steps of 0.5. Nothing was saved."
    assert errors(bring(import_sheets, text)) == [
        (2, "project", "This must not be empty."),
        (3, "judge", "This must not be empty."),
        (4, "project", "No project of this round has that key or title."),
        (5, "project", "2 projects have this title; use their keys."),
        (6, "judge", "No judge of this round has that key."),
        (7, "judge", "Nobody here has this address."),
        (8, "impact", scale),
        (9, "novelty", scale),
        (11, "judge", "Line 10 says this already."),
        (12, None, "That judge has a conflict with that project."),
        (13, None, "That judge has a conflict with that project."),
    ]
    assert reading().scalar(select(func.count()).select_from(Mark)) == 0


def test_columns_that_are_no_criterion_and_criteria_without_a_column_are_named(civic):
    outcome = bring(import_sheets, "project,judge,impact,mood\ncanOfSpam,J1,4,9\n")
    assert counts(outcome) == (1, 0, 0)
    assert [(word.column, word.message[:12]) for word in outcome.warnings] == [
        ("mood", "Not a column"),
        *((label, "The file has") for label in (
            "Novelty", "Amplification", "Open Source Practices", "Usability & Design",
            "Continuity Potential",
        )),
    ]  # fmt: skip


def test_a_judge_does_not_bring_sheets_and_nobody_does_after_the_freeze(civic):
    bring(import_judges, "email,name\nolga@example.com,Olga\n")
    with pytest.raises(NotAllowed, match="You judge in this round"):
        bring(import_sheets, SHEETS, by=civic.olga)
    move(civic.event_id, civic.round_id, Verb.OPEN)
    move(civic.event_id, civic.round_id, Verb.FREEZE)
    with pytest.raises(Conflict, match="Judging is closed"):
        bring(import_sheets, SHEETS)
    assert reading().get_one(Round, civic.round_id).state == State.FROZEN


def test_the_shipped_rubric_weighs_as_the_event_did():
    weights = [line["weight"] for line in json.loads(RUBRIC)["criteria"]]
    assert weights == [20, 20, 15, 15, 15, 15]
    labels = [line["label"] for line in json.loads(RUBRIC)["criteria"]]
    assert labels == next(csv.reader(io.StringIO(SHEETS.decode())))[2:]
