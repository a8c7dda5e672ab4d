"""Tests of `status`: where uploads stand."""
