"""Backlog: what becomes of projects after the event.

Words: a *proposal* is one page with versions, and its life in the backlog; its fourteen
states are shown as four *stages*: idea, prototype, pilot, production. A *check-in* is three
fields on a date; a *learning card* is what a stopped proposal leaves; *evidence* is what a
promotion carries along, with its SHA-256. A *wish* is a team's asking that its project goes on.
Promises: chosen winners become proposals all together or not at all, one a project. Only
the listed transitions pass, each by whom its row names, and the history is added to, never
changed. Evidence never changes. Conversion counts production only, over all valid projects.
Screens: /events/<slug>/results/promote, .../results/teams/<id>/further, /backlog, /backlog/<id>, /backlog/<id>/calendar.ics
"""
