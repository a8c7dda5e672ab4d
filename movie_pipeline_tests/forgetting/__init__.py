"""Tests of `forgetting`: forgetting an upload."""
