"""Report: one honest page a quarter, and what is left when an event is over.

Words: a *quarter report* is drafted from the history as of a day and signed off; it is
never frozen: a correction is the next version, and every version stays.
A *survey* asks an event's people once; a *certificate* is printed after the reveal. The lines
of the retrospective are the event's own (`events`); their page is here.
Promises: of an anonymous survey nobody learns whose an answer is; a number comes from rows that can be counted again; rehearsals never count; what
is signed holds its values, its inputs and a hash over both, and never changes.
Screens: /quarters, /quarters/<year>-Q<n>, /events/<slug>/retrospective, .../survey,
.../survey/questions, .../certificates
"""
