"""What every feature stands on: settings, time, money, refusals, the database, facts, doors.

One topic a file. Nothing here knows a feature; features import from here, never the
other way round. `db.transaction()` is the one way to write, `facts.record()` the one
way to say what happened, `errors.Refusal` the one way to say no.
"""
