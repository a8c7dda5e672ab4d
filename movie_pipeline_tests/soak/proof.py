"""What a scenario did to the system, what was measured, and what was not as it must be."""

from dataclasses import dataclass, field


@dataclass
class Proof:
    """One row of the table that `make soak` prints.

    Attributes:
        done: what was done, in a few words.
        figures: what was measured, by name.
        problems: what was not as it must be; none is a proof.
    """

    done: str
    figures: dict[str, object] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def must(self, met: object, what: str) -> None:
        """Note a problem unless it is so; the scenario goes on."""
        if not met:
            self.problems.append(what)
