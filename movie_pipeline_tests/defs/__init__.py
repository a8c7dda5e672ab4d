"""Tests of `defs`: what Dagster sees of us."""
