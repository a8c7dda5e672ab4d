"""Tests of `charts`: the charts."""
