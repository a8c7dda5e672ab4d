"""Tests of movie_pipeline."""
