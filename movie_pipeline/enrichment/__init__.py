"""Enrichment: an upload's film lines in, the same lines out with what TMDB knows of each film.

What belongs here: asking for many films at once, the columns made of TMDB's details, and which rows
have grown too old. What does not: how TMDB is asked (`tmdb`), which film a line means (`matching`),
how far a run is (`status`).

Begin with `enrich`. A column of TMDB's details is added in `columns` and in `warehouse.tables`.
"""
