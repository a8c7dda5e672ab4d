"""Tests of `outside`: texts and files that come from outside."""
