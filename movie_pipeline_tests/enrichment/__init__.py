"""Tests of `enrichment`: from lines to films."""
