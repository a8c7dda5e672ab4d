"""People: each person's uploads as one history, and the club of those who want to be compared.

What belongs here: a person's films over all current uploads (`library`), and what two members of
the club have in common (`club`). What does not: the owner of an upload (`uploads.persons`), and the
charts.

Begin with `library`. Only people named in ``data/club.csv`` are compared.
"""
