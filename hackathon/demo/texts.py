"""The words of the demo: invented people, teams, a rubric, what judges say."""

from __future__ import annotations

ZONE = "Europe/Berlin"
TERMS = (
    "Be kind and give credit. Use only data you may use. What you build belongs to the "
    "company; what you learn is yours to tell."
)
GOALS = (
    "Find out in three days where machine learning would help the people we serve. "
    "A working slice counts more than a finished deck."
)

SOURCE = (
    "The projects and the scores are those of Civic Hack DC 2025 (civictechdc/hackdc2025, "
    "CC BY 4.0); people, cards and dates are invented."
)
"""Says where the present event's data come from, where they are shown."""

CAST = (
    ("Olga", "Program office", "organizer"),
    ("Judith", "Data science", ""),
    ("Jonas", "Platform", ""),
    ("Paul", "Claims", "ML engineer"),
    ("Pia", "Logistics", "data scientist"),
    ("Owen", "Operations", ""),
    ("Ada", "IT", "admin"),
)

TEAMS = (
    ("Night Post", "Letter Sorter", "Find letters that need an answer today."),
    ("Two of a Kind", "Twin Finder", "Tell which names mean the same customer."),
    ("Page Turners", "Ask the Manual", "Ask a manual questions and get the paragraph."),
    ("Dock Seven", "Quiet Warehouse", "Predict tomorrow's busy docks."),
    ("Wide Angle", "Topic Lens", "Show what ten thousand letters are about."),
    ("Groundwork", "Clean Layers", "A shared, tested layer over our raw tables."),
    ("فريق النور", "Three Scripts", "Read handwritten forms in three languages."),
    ("North Star", "Claim Compass", "Route a claim to the right desk at once."),
)
"""(team, title of its project, what it is about)"""

AGENDA = (
    (0, 9, 0, 60, "Kick-off: the challenges, the rules, the teams", "Big hall"),
    (0, 12, 30, 60, "Lunch", "Canteen"),
    (0, 17, 0, 30, "First stand-up: one sentence a team", "Big hall"),
    (1, 9, 0, 30, "Mentors walk from table to table", "Floor 2"),
    (1, 12, 30, 60, "Lunch", "Canteen"),
    (1, 16, 0, 60, "Pitch rehearsal for who wants it", "Small hall"),
)
"""(day, hour, minute, minutes, what, where) of the present event's agenda."""
ANNOUNCED = (
    "The pitches run in the big hall, five minutes a team. Come in by the back door, please."
)
HELP = ("pitch", "The projector does not like our laptop.", "Table 4")
"""What a team asks help for: topic, wish, place."""

CARD = {
    "problem": "People read by hand what a machine could sort, and the queue grows.",
    "approach": "A small model on our own data, checked against two hundred labeled cases.",
    "question": "Can a clerk spend the day on the hard cases only?",
    "metric": "Share of cases handled without a second look, from 55 to 75 percent.",
    "adopter": "The operations desk",
    "data_used": "Letters of the last two years",
    "data_class": "internal",
    "needed_next": "A week with the desk and a reviewed sample",
    "repo_url": "https://git.example.com/hackathon/slice",
}
SKILLS = (
    "Python, forecasting", "vision models", "SQL, pipelines", "interviews, roadmaps",
    "claims handling", "LLM evaluation",
)  # fmt: skip

PAST_RUBRIC = """{
  "name": "Final", "min": 1, "max": 5, "step": 1,
  "criteria": [
    {"key": "value", "label": "Business value", "weight": 40, "anchors": {
      "1": "Nobody would miss it.", "3": "Saves a team hours a week.",
      "5": "Changes a number the board reads."}},
    {"key": "feasible", "label": "Feasibility", "weight": 25, "anchors": {
      "1": "Needs data we do not have.", "3": "A pilot in a quarter.", "5": "Runs today."}},
    {"key": "craft", "label": "Craft", "weight": 20, "anchors": {
      "1": "Held together by hand.", "3": "Sound where it matters.", "5": "Others would copy it."}},
    {"key": "story", "label": "Pitch", "weight": 15, "anchors": {
      "1": "We did not understand it.", "3": "Clear.", "5": "We retold it at dinner."}}
  ]
}"""

STRENGTHS = (
    "You showed it running on real records, and the wrong answers too.",
    "A small thing, finished. I could use it tomorrow.",
    "The number you want to move is one that somebody already watches.",
    "Very honest about what the sample does not cover.",
    "The person who would use it was on the team.",
)
QUESTIONS = (
    "Who keeps it running in six months?",
    "What happens with the cases it is unsure about?",
    "How would we notice that it has become worse?",
    "Which of the two data sources could you live without?",
    "What would you cut to be ready in four weeks?",
)
AWARDS = (
    ("Most useful", "Two desks asked for it before the pitches were over."),
    ("Boldest try", "Nobody else would have dared, and half of it works."),
)
