"""Tests of `movie_pipeline.uploads`: the watched folder."""
