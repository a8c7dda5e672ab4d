"""Tests of `enrichment`: from rows to films."""
