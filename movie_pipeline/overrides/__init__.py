"""Overrides: the user's own decisions on which film a row is, in ``data/overrides.csv``.

What belongs here: reading that file, the meaning of its lines, and the films that need the user's
decision, with lines to copy. What does not: matching without it (`matching`), and which uploads a
change affects (`status.revisions`).

Begin with `file`.
"""
