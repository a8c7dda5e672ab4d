"""Analytics: every number shown about films, defined once, in SQL.

What belongs here: which lines of an upload are films and which of them count (`films`), the SQL of
the numbers (`dimensions`, `contributors`, `sql`), and reading them for those who draw or tell them
(`numbers`). What does not: the tables' columns (`warehouse.tables`), storing the numbers of an
upload (`defs.assets.analytics`), drawing, and words around a number (`charts`, `page`, `people`).

Begin with `films`: all other SQL reads its two temporary tables, so that an upload, a selection of
its films, and a person's uploads together are counted by the same lines. The page, where a reader
filters films, counts in Vega; a test finds its numbers equal to these.
"""
