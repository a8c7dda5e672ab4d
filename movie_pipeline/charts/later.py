"""Altair, imported when a chart is first built.

Charts are built once per installed version (`specifications`), and importing Altair takes as long
as importing Dagster. So modules that build charts import `alt` from here, and write their
annotations unevaluated (``from __future__ import annotations``).
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt
else:

    class _Later:
        def __getattr__(self, name: str) -> Any:
            return getattr(importlib.import_module("altair"), name)

    alt = _Later()

__all__ = ["alt"]
