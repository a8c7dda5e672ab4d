"""Analytics: every number that is shown of an upload's films, defined once.

What belongs here: the SQL of the tables ``analytics.*``, and formulas that SQL, pandas and the page
share. What does not: the tables' columns (`warehouse.tables`), running the SQL
(`defs.assets.analytics`), drawing.

Begin with `sql`: one query for each table.
"""
