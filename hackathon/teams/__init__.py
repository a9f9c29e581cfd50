"""Teams: who works with whom, and how one gets in.

Words: a *team* has a *captain* and *members*; an *invitation* is bound to an address and
works once; a *join request* asks the captain; an *opening* is a role a team looks for; a
*help request* waits in the queue of mentors and organizers until one of them claims it.
Promise: one team a person an event, never above its size, held by the database.
Screens: /events/<slug>/teams, /events/<slug>/teams/<id>, /events/<slug>/help, /invitations/<token>
"""
