"""Analytics: every number shown about an upload's films, defined once.

What belongs here: the SQL of the tables ``analytics.*``, and formulas shared by SQL, pandas and the
page. What does not: the tables' columns (`warehouse.tables`), running the SQL
(`defs.assets.analytics`), and drawing.

Begin with `sql`: one query for each table.
"""
