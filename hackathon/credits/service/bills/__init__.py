"""Bills: FOCUS files are read, shared among teams, checked and booked as differences.

Reading: `stream` unfolds and bounds the bytes, `reader` goes through them (`crew` with several
processes), `lines` takes usual lines apart, `focus` knows columns and values, `values` numbers
what repeats, `cells` adds rows up exactly, `scan` is what a file holds besides, `stage` keeps
all of it beside the file.

Booking: `share` says whose each cell is, `gate` what needs a second look, `book` posts,
`mapping` keeps the rules. A file is a source of scopes (billing account, billing period); a
scope's newest snapshot is the truth, and only differences to what was booked before are posted.
"""
