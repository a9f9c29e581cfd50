"""Judging: rubric, seats, marks, freeze, standings, reveal.

Words: a *round* has a *rubric* of weighted *criteria*, each level with an *anchor*. A
*seat* is a person who judges in it; a *visit* is a judge meeting a project; a *mark* is
one criterion's value; a *sheet* is a visit's marks and feedback. The *freeze* makes a
*result record*; the *reveal* shows it step by step.
Promises: marks are rows that are added, never changed; the current value of a cell is the
mark with the highest (seq, receipt). An acknowledged mark is stored once. Only a seat
scores, and nobody scores a project with a conflict. Before the freeze nobody sees values
without a recorded reason; from the freeze on every result comes from the record. What
arrives after the freeze is kept in the late tray and never counted by itself.
Screens: /events/<slug>/judging and below, /events/<slug>/results
"""
