"""Tests of `page`: the page and the files beside it."""
