"""Tests of which film a line means."""
