"""Tests of `overrides`: the user's own word."""
