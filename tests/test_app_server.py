"""The server round the page: names, headers, addresses, sessions, settings, log."""

import asyncio
import logging
import re
import socket
import tomllib
import urllib.request
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import browser
import fake_store
import pytest
import streamlit as st
from starlette.responses import HTMLResponse
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg

from app.live.bound import Bound
from app.server import hosts, log, pages, ready, sessions
from precompute.cli import open_app

SETTINGS = Path(__file__).parents[1] / "app" / ".streamlit" / "config.toml"


def ask(app, path="/", host="localhost", kind="http", query=b"", method="GET"):
    """What an ASGI application sends for one request."""
    sent = []
    headers = [(b"host", one.encode()) for one in ([host] if isinstance(host, str) else host)]
    scope = {"type": kind, "method": method, "path": path, "headers": headers}

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request"}

    asyncio.run(app({**scope, "query_string": query}, receive, send))
    return sent


def head(sent):
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


OURS = tomllib.loads(SETTINGS.read_text())["server"]["allowedHosts"]


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8501", "LocalHost.", "127.0.0.1:1", "[::1]:8501", "[::1]"],
)
def test_the_server_answers_to_its_own_names(host):
    assert hosts.answers_to([host], OURS)


@pytest.mark.parametrize(
    "given",
    [
        [], ["evil.example"], ["evil.example:8501"], ["localhost.evil.example"], ["127.0.0.2"],
        ["localhost", "x"], ["localhost@evil.example"], ["evil.example@localhost"], ["localhost/x"],
        ["localhost:x"], ["localhost:99999"], ["localhost?"], ["localhost#"], [""], ["[::1"],
        [":1"], ["localhost, evil.example"], ["xlocalhost"], ["0.0.0.0"], ["localhost\\@evil"],
    ],
)  # fmt: skip
def test_the_server_answers_to_no_other_name(given):
    assert not hosts.answers_to(given, OURS)


def test_names_of_ones_own_may_stand_for_many():
    assert hosts.answers_to(["a.lab.example"], ["*.lab.example"])
    assert not hosts.answers_to(["lab.example"], ["*.lab.example"])
    assert not hosts.answers_to(["evil-lab.example"], ["*.lab.example"])
    assert hosts.answers_to(["anything"], ["*"])


@pytest.fixture
def allowed(monkeypatch):
    options = {"server.allowedHosts": OURS, "server.baseUrlPath": ""}
    monkeypatch.setattr(st, "get_option", options.__getitem__)
    return options


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_another_name_gets_one_line_and_nothing_of_the_store(allowed, kind, caplog):
    sent = ask(hosts.AllowedHosts(None), host="evil.example\n", kind=kind)
    if kind == "websocket":
        assert sent == [{"type": "websocket.close", "code": 1008}]
    else:
        assert sent[0]["status"] == 400
        assert b"came: evil.example" in sent[1]["body"]
        assert b"--host NAME" in sent[1]["body"]
    assert "\n" not in caplog.records[0].getMessage()


def test_every_answer_says_what_a_browser_may_do_with_it():
    said = head(ask(hosts.OwnHeaders(HTMLResponse("x", headers={"referrer-policy": "unsafe-url"}))))
    assert said["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in said["content-security-policy"]
    assert "img-src 'self' data: blob:" in said["content-security-policy"]
    assert said["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "query", "status", "kept"),
    [
        ("/_stcore/bidi-components/ired.host_0123abcd/hub.js", b"", 200, True),
        ("/base/_stcore/bidi-components/ired.plotly/plotly.min.js", b"v=4.1.1", 200, True),
        ("/_stcore/bidi-components/ired.plotly/plotly.min.js", b"", 200, False),
        ("/_stcore/bidi-components/ired.host_0123abcd/hub.js", b"", 404, False),
        ("/landscape", b"v=1", 200, False),
    ],
)
def test_files_whose_address_has_their_version_are_kept_by_browsers(path, query, status, kept):
    answer = HTMLResponse("x", status, headers={"cache-control": "public"})
    said = head(ask(hosts.OwnHeaders(answer), path, query=query))["cache-control"]
    assert ("immutable" in said) == kept


streamlits = HTMLResponse("Streamlit's own page")


@pytest.mark.parametrize("path", ["/", "/problems", "/landscape", "/annealing", "/features"])
def test_the_page_of_a_view_knows_where_its_server_is(allowed, path):
    sent = ask(pages.Pages(streamlits), path)
    assert sent[0]["status"] == 200
    page = sent[1]["body"].decode()
    assert page.index("window.__streamlit=") < page.index('type="module"')


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/Landscape", "./landscape?t=3"), ("/overview", "./?t=3"), ("/OVERVIEW/", "./../?t=3"),
        ("/landscape/", "./../landscape?t=3"), ("/Problems.html", "./problems?t=3"),
        ("/index.html", "./?t=3"), ("/problems.", "./problems?t=3"), ("/ more ", "./more?t=3"),
    ],
)  # fmt: skip
def test_other_spellings_lead_to_the_view_with_all_they_ask(allowed, path, where):
    sent = ask(pages.Pages(streamlits), path, query=b"t=3")
    assert (sent[0]["status"], head(sent)["location"]) == (307, where)


@pytest.mark.parametrize("path", ["/nothing", "/landscape/x", "//evil.example", "/<b>"])
def test_no_view_is_shown_at_an_address_of_none(allowed, path):
    sent = ask(pages.Pages(streamlits), path)
    page = sent[1]["body"].decode()
    assert sent[0]["status"] == 404
    assert '/landscape">' in page
    assert "<b>" not in page
    assert "Streamlit" not in page


def test_streamlits_own_answers_pass(allowed):
    for path in ("/_stcore/health", "/media/x.html", "/component/x"):
        assert ask(pages.Pages(streamlits), path)[0]["status"] == 200
    assert ask(pages.Pages(streamlits), "/nothing", method="POST")[0]["status"] == 200


def test_pages_stand_below_the_base_that_the_server_has(allowed):
    allowed["server.baseUrlPath"] = "/lab/ired/"
    served = pages.Pages(streamlits)
    assert b"__streamlit" in ask(served, "/lab/ired/problems")[1]["body"]
    assert head(ask(served, "/lab/ired/Problems"))["location"] == "./problems"
    assert ask(served, "/problems")[1]["body"] == streamlits.body


def test_the_app_is_ready_when_its_catalog_opens(monkeypatch, tmp_path):
    root = fake_store.make(tmp_path / "store", count=2)
    monkeypatch.setenv("IRED_STORE", str(root))
    assert ready.ready(None).status_code == 200
    (root / "catalog" / "CURRENT").write_text("{")
    answer = ready.ready(None)
    assert answer.status_code == 503
    assert b"CURRENT is broken" in answer.body
    monkeypatch.delenv("IRED_STORE")
    assert ready.ready(None).status_code == 503


def test_no_second_has_more_messages_than_the_bound():
    bound = Bound(most=10, seconds=1.0)
    came = [step / 20 for step in range(200)]
    let_in = [now + bound.wait(now) for now in came]
    assert let_in[:10] == came[:10]
    assert all(later - first > 1 - 1e-9 for first, later in zip(let_in, let_in[10:], strict=False))
    quiet = let_in[-1] + 5
    assert [bound.wait(quiet) for _ in range(10)] == [0] * 10


def message(kind):
    sent = BackMsg()
    if kind == "rerun_script":
        sent.rerun_script.page_name = "problems"
    else:
        setattr(sent, kind, True)
    return {"type": "websocket.receive", "bytes": sent.SerializeToString()}


def talk(came, monkeypatch, headers=()):
    """What Streamlit sees of a browser's messages, the headers it sees, and how long it slept."""
    waiting, seen, slept = iter([*came, {"type": "websocket.disconnect"}]), [], []

    async def sleep(seconds):
        slept.append(seconds)

    async def receive():
        return next(waiting)

    async def streamlit(scope, receive, send):
        seen.append(scope["headers"])
        while (got := await receive())["type"] != "websocket.disconnect":
            seen.append(got)

    monkeypatch.setattr(sessions.asyncio, "sleep", sleep)
    asyncio.run(
        sessions.Sessions(streamlit)({"type": "websocket", "headers": [*headers]}, receive, None)
    )
    return seen[0], seen[1:], slept


def test_messages_over_the_bound_wait_and_none_is_lost(monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    _, seen, slept = talk([message("rerun_script")] * 25, monkeypatch)
    assert len(seen) == 25
    assert len(slept) == 15
    said = [record.getMessage() for record in caplog.records]
    assert sum("they wait" in line for line in said) == 1
    assert "25 messages, held back" in said[-1]


@pytest.mark.parametrize("kind", ["clear_cache", "load_git_info", "set_run_on_save"])
def test_nobody_empties_the_caches_of_all(monkeypatch, caplog, kind):
    caplog.set_level(logging.INFO)
    _, seen, slept = talk([*[message(kind)] * 30, message("rerun_script")], monkeypatch)
    assert [sessions.kind(one["bytes"]) for one in seen] == ["rerun_script"]
    assert slept  # they count
    assert sum(kind in record.getMessage() for record in caplog.records) == 1


def test_what_is_no_message_is_for_streamlit_to_end(monkeypatch):
    garbage = {"type": "websocket.receive", "bytes": b"\xff\xff"}
    text = {"type": "websocket.receive", "text": "hello"}
    assert talk([garbage, text], monkeypatch)[1] == [garbage, text]


def test_a_session_has_an_id_of_ours_which_nobody_chooses(monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    forged = [(b"X-Ired-Session", b"forged"), (b"cookie", b"a=b")]
    headers, _, _ = talk([], monkeypatch, forged)
    ids = [value.decode() for name, value in headers if name.lower() == sessions.HEADER]
    assert (b"cookie", b"a=b") in headers
    assert re.fullmatch(r"[0-9a-f]{8}", *ids)
    assert [record.session for record in caplog.records] == [ids[0]] * 2


def test_no_line_of_the_log_has_streamlits_id_of_a_session():
    record = logging.LogRecord(
        "streamlit", logging.WARNING, "", 0, "session id %s",
        ("0d8c51e4-7ff3-4c2a-9a2e-2d6a0c6a4f5b",), None,
    )  # fmt: skip
    line = log.Form().format(record)
    assert line.endswith(f"WARNING {log.NOBODY} session id (an id)")


def test_a_line_from_a_script_names_its_session(monkeypatch):
    monkeypatch.setattr(log, "get_script_run_ctx", lambda suppress_warning: object())
    monkeypatch.setattr(log.st, "context", SimpleNamespace(headers={"x-ired-session": "3f9a0c12"}))
    record = logging.LogRecord("app", logging.INFO, "", 0, "Overview in 61 ms", (), None)
    assert "INFO 3f9a0c12 Overview" in log.Form().format(record)


def test_every_setting_of_the_server_is_decided():
    settings = tomllib.loads(SETTINGS.read_text())
    section, decided = "", set()
    for line in SETTINGS.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif left := re.match(r"# ([a-zA-Z0-9, ]+): ", line):
            decided |= {f"{section}.{name}" for name in left[1].split(", ")}
    sections = ("server", "browser", "client", "runner", "logger", "global")
    made = {f"{name}.{key}" for name in sections for key in settings.get(name, {})}
    known = {
        key for key, option in config._config_options_template.items()
        if key.split(".")[0] in sections and not option.is_expired() and not option.deprecated
    }  # fmt: skip
    assert made <= known <= made | decided


def test_settings_that_others_rely_on():
    settings = tomllib.loads(SETTINGS.read_text())
    assert settings["runner"]["postScriptGC"] is False
    assert settings["server"]["enableXsrfProtection"]
    assert settings["server"]["enableAgentApi"] is False
    assert tuple(settings["server"]["allowedHosts"]) == open_app.LOCAL


def test_a_named_host_is_added_to_those_of_this_machine(monkeypatch, tmp_path):
    called = []
    monkeypatch.setattr(open_app, "exists", lambda root: None)
    monkeypatch.setattr(open_app.os, "execv", lambda program, words: called.append(words))
    monkeypatch.setenv("IRED_STORE", "")
    open_app.open_app(tmp_path, 8501, ["ired.lab.example"], ["--server.baseUrlPath", "x"])
    words = called[0]
    names = [words[i + 1] for i, word in enumerate(words) if word == "--server.allowedHosts"]
    assert names == [*open_app.LOCAL, "ired.lab.example"]
    assert words[-2:] == ["--server.baseUrlPath", "x"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return fake_store.make(tmp_path_factory.mktemp("server") / "store", count=2)


def handshake(url, host, origin=""):
    """The first line of the answer to a browser that opens a websocket."""
    port = urlsplit(url).port
    lines = (
        "GET /_stcore/stream HTTP/1.1", f"Host: {host}:{port}",
        f"Origin: http://{origin or host}:{port}",
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Protocol: streamlit",
    )  # fmt: skip
    with socket.create_connection(("127.0.0.1", port), timeout=30) as asked:
        asked.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return asked.recv(100).split(b"\r\n")[0].decode()


@pytest.mark.browser
def test_the_server_that_runs_is_this_one(url, page):
    assert "101" in handshake(url, "127.0.0.1")
    assert "403" in handshake(url, "evil.example")
    assert "403" in handshake(url, "127.0.0.1", origin="evil.example")
    for path in ("/_stcore/health", "/", "/ready"):
        with urllib.request.urlopen(url + path) as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    page.goto(f"{url}/Landscape?level=3.")  # the console of the window must stay empty
    browser.settled(page)
    assert urlsplit(page.url).path == "/landscape"
    page.locator(".st-key-nav-problems a").click()
    page.wait_for_url("**/problems?**level=3**")
    page.go_back()
    page.wait_for_url("**/landscape?**")
    browser.settled(page)
