"""People: who is here, how they sign in and what they may do.

Words: a *person* has one e-mail address; an *actor* is the person acting, with roles
read afresh. *Roles* are a set: admin and program lead for the site; organizer, mentor
and participant for an event. A *sign-in link* works once.
Promise: a right taken away stops working within one second, sockets included.
Screens: /sign-in, /sign-in/<token>, /me, POST /sign-out
"""
