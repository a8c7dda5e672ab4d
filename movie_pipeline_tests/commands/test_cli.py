"""The command line as a whole: what its help tells a newcomer."""

import re
import shlex

from click.testing import CliRunner

from movie_pipeline.commands.cli import main


def test_the_help_lists_demo_and_dev_each_with_an_example_that_works() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output
    commands, examples = shown.split("Commands:")[1].split("Examples:")
    for name in ("demo", "dev"):
        assert re.search(rf"^  {name} +[A-Z]", commands, re.MULTILINE)
        (line,) = re.findall(rf"^ +movie-pipeline ({name}\b.*?)(?:   |$)", examples, re.MULTILINE)
        assert main.commands[name].make_context(name, shlex.split(line)[1:]) is not None
