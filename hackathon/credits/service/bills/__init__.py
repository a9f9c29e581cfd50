"""Bills: FOCUS files are read, shared among teams, checked and booked as differences.

`focus` knows the columns and values, `stream` the bytes, `reader` adds rows up to cells,
`stage` keeps them beside the file, `share` says whose each cell is, `gate` what needs a
second look, `book` posts, `mapping` keeps the rules. A file is a source of scopes (billing
account, billing period); a scope's newest snapshot is the truth, and only differences to
what was booked before are posted.
"""
