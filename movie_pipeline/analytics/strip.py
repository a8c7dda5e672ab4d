"""The strip of all films: a frame for each, as wide as it is long, in the colour of its rating.

What belongs here: the SQL of its frames. What does not: drawing it (`charts.card`, `page.outline`).
"""

#: The width of a film whose runtime is unknown on a strip of all films, in minutes.
UNKNOWN_RUNTIME = 90
#: How many frames a strip of all films has at most.
FRAMES = 400
#: The strip of all films, from a relation like ``analytics.film_facts``: for each frame, in the
#: order in which the films were first seen, its minutes and its mean rating.
STRIP = f"""
SELECT sum(coalesce(runtime_minutes, {UNKNOWN_RUNTIME})) AS minutes,
    sum(round(rating * 1000)) / (1000 * count(rating)) AS rating
FROM (
    SELECT *, ntile({FRAMES}) OVER (
        ORDER BY first_viewing NULLS FIRST, released NULLS FIRST, film
    ) AS frame
    FROM {{film_facts}}
) GROUP BY frame ORDER BY frame
"""
