"""Tests of `people`: people's libraries and the club."""
