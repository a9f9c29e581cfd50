"""The export of Devpost, recognized by its header."""

from hackathon.events.models import Event
from hackathon.office.rules.devpost import is_devpost, more_members
from hackathon.office.rules.tables import read_table
from hackathon.office.service.imports.projects import import_projects
from hackathon.people.queries import by_email
from hackathon.people.rules import COMMAND_LINE
from hackathon.projects.queries import project_rows
from hackathon.shared.db import reading, transaction

HEADER = (
    "Project Title,Submission Url,Project Status,Judging Status,About The Project,"
    '"""Try it out"" Links",Video Demo Link,Built With,Submitter First Name,Submitter Last Name,'
    "Submitter Email,Team Member 1 First Name,Team Member 1 Last Name,Team Member 1 Email"
)
EXPORT = (
    HEADER
    + """
Night Watch,https://devpost.com/software/night-watch,Submitted (Gallery/Visible),Pending,"## Why
We see what moves at night. It works.","https://nightwatch.example.com, https://github.com/owls/watch",https://video.example.com/1,"python, pytorch",Mia,Lind,mia@example.com,Mia,Lind,mia@example.com,Noa,Berg,noa@example.com
Half Done,https://devpost.com/software/half-done,Draft,Pending,,,,,Zed,Zorn,zed@example.com
"""
)


def bring(text):
    with transaction() as session:
        return import_projects(session, COMMAND_LINE, slug="q4", table=read_table(text.encode()))


def counts(outcome):
    assert [str(problem) for problem in outcome.errors] == []
    return outcome.created, outcome.changed, outcome.unchanged


def test_projects_teams_and_members_come_out_of_the_export(cast):
    outcome = bring(EXPORT)
    assert counts(outcome) == (1, 0, 0)
    assert [str(warning) for warning in outcome.warnings] == [
        "line 4: A draft, never submitted; it was left out."
    ]
    event = reading().get(Event, cast.event_id)
    (row,) = project_rows(reading(), event)
    assert (row.team.name, row.project.key) == ("Night Watch", "night-watch")
    assert row.card.summary == "We see what moves at night."
    assert row.card.repo_url == "https://github.com/owls/watch"
    assert row.card.demo_url == "https://nightwatch.example.com"
    assert row.card.video_url == "https://video.example.com/1"
    assert row.card.approach.endswith("Built with: python, pytorch")
    assert by_email(reading(), "noa@example.com").name == "Noa Berg"
    assert by_email(reading(), "zed@example.com") is None
    assert counts(bring(EXPORT)) == (0, 0, 1)


def test_what_is_wrong_is_named_by_the_export_s_own_column(cast):
    (problem,) = bring(EXPORT.replace("mia@example.com", "mia at home")).errors
    assert str(problem) == (
        "line 2, column Submitter Email: That does not look like an e-mail address."
    )


def test_members_beyond_the_header_get_columns():
    names = ["Project Title", "Submission Url"]
    assert more_members(names, 4)[2:] == ["Team Member 1 First Name", "Team Member 1 Last Name"]
    assert more_members(["a"], 4) == ["a"]
    assert not is_devpost(read_table(b"title,team\nA,B\n").header)
