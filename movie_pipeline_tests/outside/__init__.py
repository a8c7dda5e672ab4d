"""Tests of `outside`: texts and files from outside."""
