"""Events: one hackathon each, its dates, its phase and who registered.

Words: an *event* runs through *phases* computed from its schedule, the moves an
organizer made and the current time; nothing waits for a job. A *registration* is a
person's acceptance of the event's one text, with role and skills. An *announcement* goes to
an *audience* and hangs over its pages; the *agenda* says what is when and where.
Promise: a deadline is one instant, the server's, the same for everybody.
Screens: /events, /events/<slug>, /events/<slug>/agenda, /events/<slug>/announcements,
/events/<slug>/people, /events/<slug>/settings, /join/<token>
"""
