"""Office: where an organizer sets up and checks; doors that speak to several features.

It owns no table. Commands: `events add`, `verify`.
Promise: `verify` walks every chain and rebuilds every count, and says each difference.
"""
