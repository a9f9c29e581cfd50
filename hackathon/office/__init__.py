"""Office: where an organizer sets up and checks; doors that speak to several features.

It owns no table. Commands: `events add`, `import`, `export`, `verify`, `backup`, `restore`.
Screens: /events/<slug>/import, /events/<slug>/cards, /api/v1/facts
Promises: a file comes in whole or not at all, every error has its line, and twice is once;
the same state is exported as the same bytes. A rehearsal is discarded whole. `verify` walks every chain and rebuilds every
count, and says each difference.
"""
