"""Report: one honest page a quarter.

Words: a *quarter report* is drafted from the history as of a day and signed off; it is
never frozen: a correction is the next version, and every version stays.
Promises: a number comes from rows that can be counted again; rehearsals never count; what
is signed holds its values, its inputs and a hash over both, and never changes.
Screens: /quarters, /quarters/<year>-Q<n>
"""
