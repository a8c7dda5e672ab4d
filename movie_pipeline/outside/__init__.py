"""Input from outside that nothing has checked yet: texts, numbers and files.

What belongs here: the rules that such input must meet, and opening and creating files safely. It
needs only the standard library, and every room may use it, `settings` and `sqlite` too. What does
not: what a value means (`exports`, `tmdb`), markdown (`charts.markdown`).

Use `untrusted` when a text or an id comes in and is going to be stored, `foreign` when a text is
about to be shown on a screen. Use `files` to create any file and to open one that someone else may
have replaced, and `os_errors` to turn an `OSError` into advice for the user.

Begin with `files` and `foreign`.
"""
