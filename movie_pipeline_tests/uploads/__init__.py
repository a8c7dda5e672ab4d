"""Tests of `uploads`: the watched folder."""
