"""People: each person's uploads as one history, and the club of those who want to be compared.

What belongs here: a person's films over all current uploads (`library`), and what two members of
the club have in common (`club`). What does not: whose an upload is (`uploads.persons`), the charts.

Begin with `library`. Nobody is compared who is not named in ``data/club.csv``.
"""
