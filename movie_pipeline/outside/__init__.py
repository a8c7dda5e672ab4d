"""What comes from outside, before anything is known of it: texts, numbers and files.

What belongs here: the rules that these are held to where they come in, and opening and making files
safely. It needs the standard library alone, and every room may use it, `settings` and `sqlite`
too. What does not: what a value means (`exports`, `tmdb`), markdown (`charts.markdown`).

Begin with `files` and `foreign`.
"""
