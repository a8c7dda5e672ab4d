"""`make docs`: the documentation as a site, with the page that the demo makes.

    python -m movie_pipeline_tests.docs_site

What belongs here: collecting what the site is made of, in the same folders as in the repository,
and building it. What does not: its looks and its contents (`docs/mkdocs.yml`).
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from movie_pipeline.uploads.persons import SAMPLE

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "build" / "site-source"
_PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "data/README.md")

_SAMPLE = """\
# The sample

What `make demo` makes of its sample export: {films} films watched between {first} and {last}.

[Open the page](sample/page.html){{ .md-button .md-button--primary target=_blank }}
[Its latest year](sample/page.html#year={last}){{ .md-button target=_blank }}

The cards beside it are pictures to share: of all films, and of each year.

{cards}
"""


def main() -> None:
    """Collect the pages, run the demo, and build the site; a broken link is an error."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    for name in (*_PAGES, *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))):
        _copy(name)
    for path in [*(ROOT / "docs" / "images").iterdir(), *(ROOT / "docs").glob("*-in-ci.yml")]:
        _copy(str(path.relative_to(ROOT)))
    _sample()
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet")
    subprocess.run([*command, "--config-file", str(ROOT / "docs" / "mkdocs.yml")], check=True)
    print(f"The site: {ROOT / 'build' / 'site' / 'index.html'}")


def _copy(name: str) -> None:
    target = SOURCE / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / name, target)


def _sample() -> None:
    """Run the demo in a folder of its own, and take its page and its cards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [str(Path(sys.executable).parent / "movie-pipeline"), "demo"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        pages = folder / "data" / "dashboard"
        with duckdb.connect(str(folder / "data" / "warehouse.duckdb"), read_only=True) as warehouse:
            films, first, last = warehouse.execute(_WATCHED).fetchone() or ()
        (SOURCE / "sample").mkdir()
        shutil.copy(pages / f"{SAMPLE}.html", SOURCE / "sample" / "page.html")
        pictures = []
        for card, shows in (("card", "all films"), (f"card-{last}", f"the films of {last}")):
            shutil.copy(pages / SAMPLE / f"{card}.png", SOURCE / "sample")
            pictures.append(f"![A card: {shows}](sample/{card}.png)")
    text = _SAMPLE.format(films=films, first=first, last=last, cards="\n\n".join(pictures))
    (SOURCE / "sample.md").write_text(text, encoding="utf-8")


_WATCHED = """
SELECT (SELECT watched FROM analytics.summary), year(min(watched_on)), year(max(watched_on))
FROM raw.viewings
"""


if __name__ == "__main__":
    main()
