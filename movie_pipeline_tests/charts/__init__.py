"""Tests of `charts`."""
