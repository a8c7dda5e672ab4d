"""Overrides: the user's own word on which film a line means, in ``data/overrides.csv``.

What belongs here: reading that file, what a line of it says, and the films that need a person, with
lines to copy. What does not: deciding without it (`matching`), and which uploads a change concerns
(`status.revisions`).

Begin with `file`.
"""
