"""Tests of `movie_pipeline.exports`."""
