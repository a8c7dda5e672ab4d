"""Enrichment: takes an upload's film rows and returns them with TMDB's details of each film.

What belongs here: looking up many films at once, the columns made from TMDB's details, and finding
rows that are too old. What does not: requests to TMDB (`tmdb`), deciding which film a row is
(`matching`), the progress of a run (`status`).

Begin with `enrich`. To add a column of TMDB's details, add it in `columns` and `warehouse.tables`.
"""
