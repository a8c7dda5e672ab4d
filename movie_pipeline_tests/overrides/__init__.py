"""Tests of `overrides`: the user's own decisions."""
