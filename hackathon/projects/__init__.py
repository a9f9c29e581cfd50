"""Projects: one card a team, saved as you type, every version kept.

Words: a *project* is what a team builds; its *card* has versions; the *submission* is
the last complete version saved by the deadline, found by query; its *locked copy* is
what judges see. A *challenge* is a business problem with an owner.
Promise: a saved version is never lost, and nobody has to press Submit.
Screens: /events/<slug>/projects, /events/<slug>/projects/<id>, .../edit
"""
