"""Tests of `sample`."""
