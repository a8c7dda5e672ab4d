"""The guard in front of Dagster's web server: which requests pass, tested on the real server."""

import http.client
import inspect
import io
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import dagster_webserver
import pytest
from click.testing import CliRunner
from dagster._cli import dev as dagster_dev
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from movie_pipeline import settings as environment
from movie_pipeline.commands import dev, guarded
from movie_pipeline.commands.cli import main
from movie_pipeline.commands.guard import POLICY, refusal
from movie_pipeline.settings import SettingsError
from movie_pipeline_tests.commands.test_dev import free_port

pytestmark = pytest.mark.xdist_group("guard")  # one web server for all of it

NAMED = "films.example:8443,https://shared.example"
QUERY = json.dumps({"query": "mutation { setNuxSeen }"})
PICTURE = "image/avif,image/webp,image/*,*/*;q=0.8"
PAGE = "text/html,application/xhtml+xml,*/*;q=0.8"
JSON = {"Content-Type": "application/json"}
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "graphql-ws",
}
MUTATION = "/graphql?query=mutation%20%7B%20setNuxSeen%20%7D"
REPORT = "/report_asset_materialization/raw/movies"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """`movie-pipeline web`: Dagster's web server with the guard, on an empty project: its port."""
    home, port = tmp_path_factory.mktemp("home"), free_port()
    (home / "workspace.yaml").write_text("load_from: []")
    command = [str(Path(sys.executable).with_name("movie-pipeline")), "web", "--port", str(port)]
    with serving(command, home, port):
        yield port


@contextmanager
def serving(command, home, port):
    with subprocess.Popen(
        command,
        cwd=home,
        env={"DAGSTER_HOME": str(home), "MOVIE_PIPELINE_HOSTS": NAMED, "PATH": ""},
        stderr=subprocess.PIPE,
    ) as process:
        try:
            while guarded.is_guarding("127.0.0.1", port) is None:
                assert process.poll() is None, process.stderr.read().decode()
                time.sleep(0.1)
            yield process
        finally:
            process.terminate()


def ask(port, method, path, body=None, headers=()):
    """Send exactly these headers, including `Host`; return the status, headers and text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body.encode() if body is not None else None)
        answer = connection.getresponse()
        switched = answer.status == 101
        return answer.status, answer.headers, "" if switched else answer.read().decode()
    finally:
        connection.close()


def page(site="same-origin", mode="cors", dest="empty"):
    """The headers by which a browser says where a request comes from."""
    return {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}


OWN = "http://{host}"
ASKED = [
    ("the UI's page in a new tab", 200, "GET", "/runs", None, None, page("none", "navigate", "document") | {"Accept": PAGE}),
    ("a link to it in a mail", 200, "GET", "/runs", None, None, page("cross-site", "navigate", "document") | {"Accept": PAGE}),
    ("its script", 200, "GET", "/manifest.json", None, None, page(dest="script")),
    ("its questions", 200, "POST", "/graphql", QUERY, None, JSON | page() | {"Origin": OWN}),
    ("its WebSocket", 101, "GET", "/graphql", None, None, UPGRADE | {"Origin": OWN}),
    ("its playground", 200, "GET", "/graphql", None, None, page("none", "navigate", "document") | {"Accept": PAGE}),
    ("a mutation in the playground's address is a page", 200, "GET", MUTATION, None, None, page("cross-site", "navigate", "document") | {"Accept": PAGE}),
    ("localhost", 200, "POST", "/graphql", QUERY, "localhost:{port}", JSON | {"Origin": OWN}),
    ("IPv6's own host", 200, "POST", "/graphql", QUERY, "[::1]:{port}", JSON | {"Origin": OWN}),
    ("upper case", 200, "GET", "/server_info", None, "LOCALHOST:{port}", {}),
    ("a tunnel with another port", 200, "POST", "/graphql", QUERY, "localhost:9999", JSON | {"Origin": OWN}),
    ("a named host", 200, "POST", "/graphql", QUERY, "films.example:8443", JSON | {"Origin": OWN}),
    ("a named host behind TLS", 200, "POST", "/graphql", QUERY, "films.example:8443", JSON | {"Origin": "https://films.example:8443"}),
    ("a named origin", 200, "POST", "/graphql", QUERY, "shared.example", JSON | {"Origin": "https://shared.example"}),
    ("a program", 200, "POST", "/graphql", QUERY, None, JSON),
    ("a program's WebSocket", 101, "GET", "/graphql", None, None, UPGRADE),
    ("a program's report", 400, "POST", REPORT + "?metadata=x", None, None, {}),
    # What a foreign page can do.
    ("a foreign image", 403, "GET", MUTATION, None, None, page("cross-site", "no-cors", "image") | {"Accept": PICTURE}),
    ("a foreign image of an older browser", 403, "GET", MUTATION, None, None, {"Accept": PICTURE}),
    ("an image on a page of ours", 403, "GET", MUTATION, None, None, page(mode="no-cors", dest="image") | {"Accept": PICTURE}),
    ("a HEAD request", 403, "HEAD", MUTATION, None, None, {"Accept": PICTURE}),
    ("a trailing slash", 403, "GET", MUTATION.replace("?", "/?"), None, None, {"Accept": PICTURE}),
    ("an encoded path", 403, "GET", MUTATION.replace("g", "%67", 1), None, None, {"Accept": PICTURE}),
    ("a foreign script", 403, "GET", "/server_info", None, None, page("cross-site", "no-cors", "script")),
    ("a page of another port", 403, "GET", "/server_info", None, None, page("same-site", "no-cors", "image")),
    ("a foreign frame", 403, "GET", "/runs", None, None, page("cross-site", "navigate", "iframe") | {"Accept": PAGE}),
    ("a foreign form", 403, "POST", MUTATION, "a=b", None, page("cross-site", "navigate", "document") | {"Origin": "http://evil.example", "Content-Type": "application/x-www-form-urlencoded", "Accept": PAGE}),
    ("a form of an older browser", 403, "POST", MUTATION, "a=b", None, {"Content-Type": "application/x-www-form-urlencoded"}),
    ("a form in a sandbox", 403, "POST", MUTATION, "a=b", None, {"Origin": "null", "Content-Type": "application/json"}),
    ("JSON labelled as text", 403, "POST", "/graphql", QUERY, None, {"Content-Type": "text/plain; application/json"}),
    ("an unknown type", 403, "POST", MUTATION, "", None, {"Content-Type": "x/y"}),
    ("a beacon without a type", 403, "POST", MUTATION, "", None, {}),
    ("a foreign fetch", 403, "POST", "/graphql", QUERY, None, JSON | page("cross-site", "no-cors") | {"Origin": "http://evil.example"}),
    ("a foreign fetch of a browser without Sec-Fetch", 403, "POST", "/graphql", QUERY, None, JSON | {"Origin": "http://evil.example"}),
    ("Sec-Fetch alone", 403, "POST", "/graphql", QUERY, None, JSON | page("cross-site")),
    ("another program's page on this machine", 403, "POST", "/graphql", QUERY, None, JSON | {"Origin": "http://127.0.0.1:8000"}),
    ("this machine under its other name", 403, "POST", "/graphql", QUERY, None, JSON | {"Origin": "http://localhost:{port}"}),
    ("a foreign WebSocket", 403, "GET", "/graphql", None, None, UPGRADE | {"Origin": "http://evil.example"}),
    ("a sandbox's WebSocket", 403, "GET", "/graphql", None, None, UPGRADE | {"Origin": "null"}),
    ("a foreign report", 403, "POST", REPORT, "", None, {"Origin": "http://evil.example"}),
    ("a form's report", 403, "POST", REPORT, "a=b", None, {"Content-Type": "text/plain"}),
    ("a foreign check", 403, "POST", "/report_asset_check/raw/movies", "{}", None, JSON | {"Origin": "http://evil.example"}),
    ("a foreign observation", 403, "POST", "/report_asset_observation/raw/movies", "{}", None, JSON | {"Origin": "null"}),
    ("a named host's other scheme", 403, "POST", "/graphql", QUERY, "shared.example", JSON | {"Origin": "http://shared.example"}),
    # DNS rebinding: the foreign page's own host name resolves to this machine.
    ("a foreign host", 403, "POST", "/graphql", QUERY, "evil.example:{port}", JSON | {"Origin": OWN} | page()),
    ("a foreign host's page", 403, "GET", "/runs", None, "evil.example", page("none", "navigate", "document") | {"Accept": PAGE}),
    ("a foreign host's WebSocket", 403, "GET", "/graphql", None, "evil.example:{port}", UPGRADE | {"Origin": OWN}),
    ("a name that begins like ours", 403, "GET", "/server_info", None, "127.0.0.1.evil.example", {}),
    ("a name that ends like ours", 403, "GET", "/server_info", None, "evil.localhost:{port}", {}),
    ("every address", 403, "GET", "/server_info", None, "0.0.0.0:{port}", {}),
    ("a named host's other port", 403, "GET", "/server_info", None, "films.example:3000", {}),
    ("a user before the host", 403, "GET", "/server_info", None, "127.0.0.1:80@evil.example", {}),
    ("no host at all", 403, "GET", "/server_info", None, "", {}),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked[0])
def test_which_requests_pass(server, asked):
    _, status, method, path, body, host, headers = asked
    named = (host if host is not None else "127.0.0.1:{port}").format(port=server)
    sent = [(name, one.format(host=named, port=server)) for name, one in headers.items()]
    seen, answer, text = ask(server, method, path, body, [("Host", named), *sent])
    assert seen == status, text
    if status == 403:
        assert method == "HEAD" or text.startswith("Refused: ")
    if status == 200:
        assert POLICY in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "DENY"
    if status == 200 and path == MUTATION:
        assert "<title>GraphiQL</title>" in text


@pytest.mark.slow
def test_a_refusal_names_the_host_and_the_variable_to_set(server):
    _, _, text = ask(server, "GET", "/", headers=[("Host", "films.home:3000")])
    assert "films.home:3000" in text
    assert "MOVIE_PIPELINE_HOSTS" in text


@pytest.mark.slow
@pytest.mark.parametrize("twice", ["Host", "Origin", "Sec-Fetch-Site", "Content-Type"])
def test_a_header_sent_twice_is_not_accepted_for_its_harmless_value(server, twice):
    own, foreign = {
        "Host": (f"127.0.0.1:{server}", "evil.example"),
        "Origin": (f"http://127.0.0.1:{server}", "http://evil.example"),
        "Sec-Fetch-Site": ("same-origin", "cross-site"),
        "Content-Type": ("application/json", "text/plain"),
    }[twice]
    given = {"Host": f"127.0.0.1:{server}", **JSON}
    given.pop(twice, None)
    for pair in ((own, foreign), (foreign, own)):
        sent = [*given.items(), *((twice, one) for one in pair)]
        assert ask(server, "POST", "/graphql", QUERY, sent)[0] in {400, 403}


ANY = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)


@given(
    origin=ANY | st.builds("http://{}".format, ANY),
    socket=st.booleans(),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT"]),
    path=st.sampled_from(["/graphql", "/", REPORT]),
)
def test_no_foreign_origin_passes(origin, socket, method, path):
    scope = {
        "type": "websocket" if socket else "http",
        "method": method,
        "path": path,
        "headers": [
            (b"host", b"127.0.0.1:3000"),
            (b"origin", origin.encode()),
            (b"content-type", b"application/json"),
            (b"accept", b"text/html"),
        ],
    }
    own = origin.lower() in {"http://127.0.0.1:3000", "https://127.0.0.1:3000"}
    assert (refusal(scope, ()) is None) == own


@given(host=ANY)
def test_no_foreign_host_passes(host):
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", host.encode())]}
    name = host.lower().rpartition(":")[0] if ":" in host.rpartition("]")[2] else host.lower()
    assert refusal(scope, ()) is not None or name in {"127.0.0.1", "localhost", "[::1]"}


# What the guard relies on in Dagster --------------------------------------------------------------


def test_dagster_dev_starts_its_web_server_as_the_guard_expects(monkeypatch):
    """The contract with `dagster._cli.dev`: a web server started in any other way is unguarded."""
    source = inspect.getsource(dagster_dev.dev_command_impl)
    assert source.count("open_ipc_subprocess(") == 2
    assert '"dagster_webserver"' in source and '"dagster._daemon"' in source
    assert "Popen" not in source
    started = []
    start = guarded.opener(lambda parts, **_: started.append(parts), "a.example")
    start([sys.executable, "-m", "dagster_webserver", "--port", "1"])
    start([sys.executable, "-m", "dagster._daemon", "run"])
    with pytest.raises(guarded.UnguardedError, match="dagster_ui"):
        start([sys.executable, "-m", "dagster_ui"])
    assert started[0] == [
        *(sys.executable, "-m", guarded.MODULE, "webserver", "a.example", "--port", "1")
    ]
    assert len(started) == 2


def test_dagsters_own_policy_leaves_frames_and_images_to_ours():
    """The contract with its web server: the first directive of a name wins, and must be ours."""
    policy = Path(dagster_webserver.__file__).with_name("webapp") / "build" / "csp-header.txt"
    directives = {one.split()[0] for one in policy.read_text().split(";") if one.strip()}
    assert "script-src" in directives
    assert not directives & {"frame-ancestors", "img-src", "default-src"}


def test_a_web_server_without_the_guard_is_stopped(project, monkeypatch):
    """In case Dagster ever starts it in a way that the contract tests miss."""
    monkeypatch.chdir(project)
    port, started = free_port(), []

    def unguarded(port, *_):
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return started[0]

    monkeypatch.setattr(dev, "_start", unguarded)
    said = io.StringIO()
    assert dev.dev(environment.load(), port, Console(file=said)) == 1
    assert "answers requests from foreign pages" in said.getvalue()
    assert started[0].poll() is not None


# The variable -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("", ()),
        ("films.example:8443", ("films.example:8443",)),
        (" Films.example:8443 , https://b.example:443/ ", ("films.example:8443", "https://b.example")),
        ("http://[fe80::1]:80", ("http://[fe80::1]",)),
    ],
)  # fmt: skip
def test_hosts_are_normalized_as_a_browser_writes_them(text, hosts):
    assert environment.load({"MOVIE_PIPELINE_HOSTS": text}).hosts == hosts


@pytest.mark.parametrize("text", ["*", "ftp://a.example", "https://", "a.example:port", "a b", "https://a.example/x"])  # fmt: skip
def test_an_invalid_host_is_reported(text):
    with pytest.raises(SettingsError, match="MOVIE_PIPELINE_HOSTS"):
        environment.load({"MOVIE_PIPELINE_HOSTS": text})


@pytest.mark.parametrize(
    ("host", "reached"),
    [("127.0.0.1", False), ("127.0.0.2", False), ("::1", False), ("localhost", False)]
    + [(one, True) for one in ("0.0.0.0", "::", "10.0.0.7", "films-hub")],
)
def test_it_is_said_that_dagster_has_no_login_where_others_reach_it(host, reached):
    said = guarded.open_to_others(host)
    assert bool(said) == reached
    assert not said or ("no login" in said and host in said)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_web_says_so_before_it_serves(host, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.execv", lambda *_: None)
    said = CliRunner().invoke(main, ["web", "--host", host])
    assert said.exit_code == 0, said.output
    assert ("no login" in said.output) == (host != "127.0.0.1")
