"""Tests of `movie_pipeline.analytics`."""
