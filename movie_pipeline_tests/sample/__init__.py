"""Tests of `sample`: the bundled sample."""
