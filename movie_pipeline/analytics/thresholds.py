"""The numbers by which films and people are told apart: from how many votes, films or days on.

What belongs here: each such number, once, for SQL, pictures and sentences. What does not: the rules
of one subject alone, which stand with it (`next`, `strip`).
"""

#: The number of films from which a person, or a pair of people, counts as recurring.
RECURRING = 2
#: How many of the cast, in billing order, count as working with the director.
BILLED = 10
#: Votes from which TMDB's mean counts as the public's opinion.
ENOUGH_VOTES = 10
#: A film is obscure below the first number of votes, and popular from the second.
OBSCURE, POPULAR = 100, 10_000
#: Minutes per step of runtime, and the start of the last step, "and longer".
RUNTIME_STEP, LONGEST = 10, 240
#: A rating from which a film is a favourite.
HIGH = 4.0
#: A favourite with fewer votes than this is little known.
LITTLE_KNOWN = 1_000
#: The number of rated films from which a person can be among the best rated.
ENOUGH_RATED = 3
#: So many days after its release, a film is no longer seen within a year of it.
A_YEAR = 365
#: The lower bounds, in days, of the steps between a film's release and your first viewing of it:
#: before it, in the first month, year, 5, 10, 20 and 40 years, and later.
DELAYS = (-1_000_000, 0, 31, A_YEAR, 1_826, 3_652, 7_305, 14_610)
