"""The result of a scenario: what it did to the system, what it measured, and any problems."""

from dataclasses import dataclass, field


@dataclass
class Proof:
    """One row of the table that `make soak` prints.

    Attributes:
        done: what was done, in a few words.
        figures: what was measured, by name.
        problems: requirements that were not met; the proof holds if there are none.
    """

    done: str
    figures: dict[str, object] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def must(self, met: object, what: str) -> None:
        """Record a problem unless the requirement is met; the scenario continues."""
        if not met:
            self.problems.append(what)
