"""Tests of `movie_pipeline.matching`."""
