"""Importers: a file becomes people, projects, judges or sheets; all of it or nothing.

Each takes an open transaction and a table, goes through every line by the services that
the screens use, and returns an outcome; whoever opened the transaction undoes it when
there are errors. The same file again changes nothing.
"""
