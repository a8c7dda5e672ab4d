"""A small warehouse of each released shape, as SQL text (see `release`)."""
