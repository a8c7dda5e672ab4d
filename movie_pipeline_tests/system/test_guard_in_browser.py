"""A foreign page open in the same browser as the UI: what it can do to a running system."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, urlsplit

import pytest
from playwright import sync_api

from movie_pipeline_tests.browser import launch, require
from movie_pipeline_tests.soak.system import film_list
from movie_pipeline_tests.system.conftest import ON_ONE_UI

pytestmark = [pytest.mark.browser, ON_ONE_UI]
UPLOAD = "attacked.csv"


def launch_of(job: str, config: str) -> str:
    """The mutation that the Launchpad sends."""
    selector = f'repositoryLocationName: "movie_pipeline", repositoryName: "__repository__", pipelineName: "{job}"'
    tags = f'{{key: "dagster/partition", value: "{UPLOAD}"}}'
    return (
        f'mutation {{ launchRun(executionParams: {{selector: {{{selector}}}, runConfigData: "{config}",'
        f" executionMetadata: {{tags: [{tags}]}}}}) {{ __typename }} }}"
    )


ATTACKS = [
    launch_of("forget_upload", "{ops: {forget: {config: {sure: yes}}}}"),
    launch_of("enrich_upload", "{}"),
]
PAGES = (
    "/overview/activity",
    "/runs",
    "/assets",
    f"/assets/raw/movies?partition={UPLOAD}&view=partitions",
    f"/assets/dashboard/genres?partition={UPLOAD}&view=partitions",
    "/assets/enriched/movies?view=checks",
    "/locations/movie_pipeline/jobs/enrich_upload/playground",
    "/locations/movie_pipeline/sensors/uploads_sensor",
    "/automation",
    "/deployment/daemons",
    "/graphql",
)


def page_of_an_attacker(root: str) -> str:
    """Every way in which a page can send requests to another server without permission."""
    addresses = [f"{root}/graphql?query={quote(one)}" for one in ATTACKS]
    report = f"{root}/report_asset_materialization/raw/movies"
    pictures = "".join(f'<img src="{one}">' for one in addresses)
    frames = "".join(f'<iframe src="{one}"></iframe>' for one in [*addresses, root + "/runs"])
    forms = "".join(
        f'<iframe name="f{number}"></iframe>'
        f'<form method="post" enctype="text/plain" target="f{number}" action="{one}"></form>'
        for number, one in enumerate([*addresses, report])
    )
    bodies = json.dumps([json.dumps({"query": one}) for one in ATTACKS])
    socket = root.replace("http", "ws", 1) + "/graphql"
    return f"""<!doctype html><title>Kittens</title>{pictures}{frames}{forms}<script>
      for (const one of document.forms) one.submit();
      const tried = [];
      const question = JSON.stringify({{query: "{{runsOrError{{__typename}}}}"}});
      for (const body of {bodies}) for (const type of ["text/plain", "application/json"])
        tried.push(fetch("{root}/graphql", {{method: "POST", mode: "no-cors", body,
          headers: {{"Content-Type": type}}}}));
      tried.push(fetch("{report}", {{method: "POST", mode: "no-cors"}}));
      for (const one of {json.dumps(addresses)}) tried.push(fetch(one, {{mode: "no-cors"}}));
      for (const one of {json.dumps(addresses)}) navigator.sendBeacon(one);
      tried.push(new Promise(end => {{
        const socket = new WebSocket("{socket}", "graphql-ws");
        socket.onopen = () => end(window.opened = true);
        socket.onerror = socket.onclose = end;
      }}));
      Promise.allSettled(tried)
        .then(() => fetch("{root}/graphql", {{method: "POST", body: question}}))
        .then(answer => answer.text()).then(text => {{ window.read = text; }}, () => {{}})
        .finally(() => {{ document.title = "done"; }});
    </script>"""


@contextmanager
def foreign(html: str):
    """A foreign web server; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = html.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


def touched(system):
    """What the attacks would change: the upload's runs and its rows."""
    rows = system.sql("SELECT count(*) FROM raw.movies WHERE upload = ?", UPLOAD)
    return [run["id"] for run in system.ui.runs_of(UPLOAD)], rows


def test_a_foreign_page_starts_no_run_and_reads_nothing_while_the_ui_works(system):
    """The two attacks found in a review, and similar ones; then the UI itself, page by page."""
    require()
    system.drop(UPLOAD, film_list(5))
    system.wait_until(lambda: system.have_completed(UPLOAD))
    with sync_api.sync_playwright() as playwright:
        own = f"http://127.0.0.1:{system.port}"
        before = touched(system)
        browser = launch(playwright, "--host-resolver-rules=MAP *.example 127.0.0.1")
        # Two roots: a foreign page that calls the UI, and one whose own name resolves to the UI.
        for root in (own, f"http://rebound.example:{system.port}"):
            with foreign(page_of_an_attacker(root)) as port:
                tab = browser.new_page()
                statuses = []
                tab.on("response", lambda one, to=statuses: to.append((one.status, one.url)))
                tab.goto(f"http://evil.example:{port}/")
                tab.wait_for_function("document.title === 'done'", timeout=60_000)
                asked = [status for status, url in statuses if not url.startswith("http://evil")]
                assert len(asked) > 10
                assert set(asked) == {403}
                assert tab.evaluate("[window.opened, window.read]") == [None, None]
                tab.close()
        tab = browser.new_page()
        assert tab.goto(f"http://rebound.example:{system.port}/runs").status == 403
        tab.goto(f"{own}/graphql?query={quote(ATTACKS[0])}")  # a link in a mail
        tab.locator(".graphiql-container").first.wait_for(timeout=60_000)
        tab.close()
        assert touched(system) == before
        assert (system.uploads / UPLOAD).exists()

        troubles: list[str] = []
        sockets: list[str] = []
        tab = browser.new_page(viewport={"width": 1400, "height": 1000})
        tab.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        tab.on("pageerror", lambda error: troubles.append(str(error)))
        tab.on("response", lambda one: troubles.append(one.url) if one.status == 403 else None)
        tab.on("websocket", lambda one: sockets.append(urlsplit(one.url).path))
        for page in PAGES:
            tab.goto(own + page)
            tab.wait_for_load_state("networkidle", timeout=60_000)
        browser.close()
    assert troubles == []
    assert "/graphql" in sockets
