"""Tests of `defs`: everything that Dagster sees of this project."""
