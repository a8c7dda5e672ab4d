"""Responses, read without a network: any response gives a reply or an error of ours."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from movie_pipeline.tmdb.budget import LONGEST_PAUSE
from movie_pipeline.tmdb.replies import (
    FatalError,
    Fault,
    Heard,
    KeyRefused,
    NoAnswer,
    Reply,
    json_object,
    reply,
    retry_after,
)


def anything() -> st.SearchStrategy:
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    return st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


BODIES = st.binary() | st.one_of(
    anything(), st.fixed_dictionaries({"status_code": anything()})
).map(lambda value: json.dumps(value).encode())
HEADERS = st.dictionaries(
    st.sampled_from(["Content-Type", "Location", "Retry-After"]), st.text(), max_size=3
)


HEARD = st.builds(Heard, st.integers(100, 999), HEADERS, BODIES)


@given(HEARD, st.booleans(), st.booleans(), st.booleans())
def test_any_response_gives_a_reply_or_an_error_of_ours(heard, fits, search, trusted):
    said: object
    try:
        said = reply(
            heard,
            lambda _: fits,
            base_url="https://tmdb.invalid/3",
            search=search,
            trusted=trusted,
        )
    except (Fault, NoAnswer, FatalError) as error:
        said = error
    if isinstance(said, Reply):
        assert said.status == heard.status
        assert said.status in {200, 404}
    if isinstance(said, KeyRefused):
        assert heard.status in {401, 403}
        assert json.loads(heard.body)["status_code"] in range(1, 100)
    assert str(said)


# Texts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"He\u0000at", "He at"),
        (r"\u001b[31mHeat", "[31mHeat"),
        (r"Heat\ufffe", "Heat"),
        (r"Heat\uffff2", "Heat 2"),
        (r"Heat \ud800", "Heat"),
        (r"\udc00\ud800Heat", "Heat"),
        (r"\ud83c\udfac Heat", "🎬 Heat"),
        (r"He\u202eat", "He at"),
        (r"He\nat", "He at"),
        ("Ame\u0301lie", "Amélie"),
        (r"\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "می‌خواهم"),
        (r"Tom \u0026amp; Jerry", "Tom &amp; Jerry"),
        ("x" * 5000, "x" * 1000),
        (r"\u0001", ""),
    ],
)
def test_every_text_of_an_answer_is_one_printable_line(written, read):
    inner = f'{{"name": "{written}"}}'
    body = f'{{"title": "{written}", "list": ["{written}", {inner}], "inner": {inner}}}'
    record = json_object(body.encode())
    assert record == {
        "title": read,
        "list": [read, {"name": read}],
        "inner": {"name": read},
    }


def test_half_a_surrogate_pair_in_utf_8_bytes_is_cleaned_too():
    """Python decodes such bytes leniently."""
    assert json_object(b'{"title": "Heat \xed\xa0\x80"}') == {"title": "Heat"}


@given(st.text(st.characters(), max_size=50))
def test_a_text_from_an_answer_can_be_drawn_stored_and_read_again(text):
    record = json_object(json.dumps({"title": text}).encode())
    assert record is not None
    title = record["title"]
    assert title.encode().decode() == title
    assert all(letter.isprintable() or letter in "\u200c\u200d" for letter in title)
    assert json_object(json.dumps(record).encode()) == record


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[1]",
        b'"text"',
        b"7",
        b"NaN",
        b'{"a": 1',
        b'{"a": 1} {"b": 2}',
        b"\xff\xfe",
        b'{"a": "\xff"}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"[" * 2000 + b"]" * 2000 + b"}",
        b'{"a": "\t\x00"}',
    ],
)
def test_anything_but_a_json_object_is_none(body):
    assert json_object(body) is None


def test_byte_order_marks_are_understood():
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        assert json_object('{"title": "七人"}'.encode(encoding)) == {"title": "七人"}


# Retry-After --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 1.0),
        ("", 1.0),
        ("7", 7.0),
        (" 7.5 ", 7.5),
        ("0", 1.0),
        ("-5", 1.0),
        ("-inf", 1.0),
        ("NaN", 1.0),
        ("inf", LONGEST_PAUSE),
        ("1e400", LONGEST_PAUSE),
        ("9" * 5000, LONGEST_PAUSE),
        ("3600", LONGEST_PAUSE),
        ("soon", 1.0),
        ("5, 10", 1.0),
        ("5 seconds", 1.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_PAUSE),
        ("Fri, 31 Dec 9999 23:59:59 -2359", LONGEST_PAUSE),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 1.0),
        ("Sat, 01 Jan 10000 00:00:00 GMT", 1.0),
        ("Mon, 01 Jan 99999 00:00:00 GMT", 1.0),
        ("Tue, 01 Jan 2030 00:00:00 -99999999999999", 1.0),
        ("Tue, 01 Jan 2030 00:00:00 +" + "9" * 40, 1.0),
        ("Tue, 32 Jan 2030 25:61:61 GMT", 1.0),
        ("2999-01-01T00:00:00Z", 1.0),
    ],
)
def test_a_retry_after_is_a_wait_within_bounds_whatever_it_says(header, seconds):
    assert retry_after(header) == seconds


DATES = st.builds(
    "{}, {} {} {} {}:{}:{} {}".format,
    st.sampled_from(["Mon", "", "x"]),
    *[st.integers(-1, 10**6), st.sampled_from(["Jan", "Dec", "13"]), st.integers(-1, 10**12)],
    *[st.integers(-1, 100)] * 3,
    st.sampled_from(["GMT", "", "+9999", "-0000", "EST"]) | st.integers().map("{:+}".format),
)


@given(st.text() | DATES | st.floats().map(str))
def test_any_retry_after_gives_a_finite_wait_within_bounds(header):
    seconds = retry_after(header)
    assert 1.0 <= seconds <= LONGEST_PAUSE
    assert math.isfinite(seconds)
