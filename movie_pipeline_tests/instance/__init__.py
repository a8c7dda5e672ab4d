"""Tests of `instance`: what dagster.yaml names."""
