"""`make bench`: every benchmark in turn, each printing its own small table.

Figures are of this machine and this moment; compare ratios within one run. What needs the real
catalogue says so and is skipped without it.
"""

import importlib
import sys
from pathlib import Path


def main(names: list[str]) -> None:
    """Run the named benchmarks (`bench_job` and so on), or all of them."""
    folder = Path(__file__).parent
    known = sorted(path.stem for path in folder.glob("bench_*.py"))
    for name in names or known:
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"{__package__}.{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
