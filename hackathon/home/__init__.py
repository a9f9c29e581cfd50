"""Home: what needs you, first. It reads across features and owns no table.

Promise: one sentence computed from the rows below it.
Screens: /, /start, /site, /help, /healthz
"""
