"""The warehouse: the tables of all uploads in one DuckDB database.

What belongs here: the tables' descriptions (`tables`), opening, writing and reading them
(`database`), values that DuckDB would misread (`frames`), and queries that several rooms need. What
does not: filling a table (`defs.assets`), the SQL of ``analytics.*`` (`analytics`), Dagster's IO
manager.

Begin with `tables`: a column is described there once; the DDL and the UI are derived from it. This
package imports nothing: `tables` needs neither DuckDB nor pandas, which `database` would load.
"""
