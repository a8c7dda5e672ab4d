"""The warehouse: the tables of all uploads in one DuckDB database.

What belongs here: what tables there are (`tables`), opening, writing and reading them (`database`),
values that DuckDB would misread (`frames`), and queries that several rooms need. What does not:
what fills a table (`defs.assets`), the SQL of ``analytics.*`` (`analytics`), Dagster's IO manager.

Begin with `tables`: a column is described there once, and DDL and UI follow. Nothing is imported
here: `tables` needs neither DuckDB nor pandas, which `database` brings.
"""
