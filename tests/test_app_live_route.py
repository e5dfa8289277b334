"""The route of live questions: who may ask, what is refused, and what is said of a request."""

import asyncio
import dataclasses
import json
import time
from types import SimpleNamespace

import pytest
import store_cases as cases
from starlette.applications import Starlette
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

from app.live import allowed, desk, drafts, route
from ired_interp_core.messages import Ask, Cancel, Leave, Price, Said, pack, unpack
from store import LiveAnswers, handed

HOST = "localhost:8501"
QUESTION = {
    "analysis": "descent",
    "model": "fa41",
    "problems": {"task": "inverse", "variant": "same", "size": 20, "seed": 0},
    "problem": 3,
    "parameters": {},
    "inputs": {},
}


class Pipe:
    """Takes requests down, and says what a test wants."""

    def __init__(self, here):
        self.sent, self.here, self.takes = [], here, True

    def send(self, request):
        if self.takes:
            self.sent.append(request)
        return self.takes

    def say(self, word, **more):
        asked = next(r for r in reversed(self.sent) if isinstance(r, Ask))
        self.here._hear(Said(word, asked.session, asked.request, **more))


@pytest.fixture
def here(monkeypatch):
    """A desk with a pipe of the test's."""
    made = desk.Desk()
    made._pipe = Pipe(made)
    monkeypatch.setattr(route, "DESK", made)
    monkeypatch.setenv("IRED_LIVE", "local")
    return made


def scope(peer="127.0.0.1", **headers):
    sent = {"host": HOST, "origin": f"http://{HOST}"} | headers
    raw = [(n.replace("_", "-").encode(), v.encode()) for n, v in sent.items() if v is not None]
    return {"type": "http", "client": (peer, 1), "headers": raw}


async def post(body, token, method="POST", peer="127.0.0.1", pieces=None, **headers):
    """Status and what the route answers."""
    cookie = generate_xsrf_token_string()
    given = {"cookie": f"_streamlit_xsrf={cookie}", "x-xsrftoken": cookie, "x-ired-live": token}
    said = []
    whole = body if isinstance(body, bytes) else json.dumps(body).encode()
    content = [whole] if pieces is None else pieces

    async def receive():
        piece = content.pop(0) if content else b""
        return {"type": "http.request", "body": piece, "more_body": bool(content)}

    async def send(message):
        said.append(message)

    where = {
        **scope(peer, **given | headers), "method": method, "path": "/live", "query_string": b"",
        "root_path": "", "http_version": "1.1", "scheme": "http", "server": ("localhost", 8501),
    }  # fmt: skip
    await Starlette(routes=route.ROUTES)(where, receive, send)
    text = b"".join(m.get("body", b"") for m in said[1:])
    try:
        return said[0]["status"], json.loads(text)
    except ValueError:
        return said[0]["status"], text.decode()


@pytest.mark.parametrize(
    ("changed", "local"),
    [
        ({}, True),
        ({"host": "127.0.0.1:1", "origin": "http://[::1]:2"}, True),
        ({"origin": None}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"host": "lab.example"}, False),
        ({"host": "localhost.evil.example"}, False),
        ({"x_forwarded_for": "1.2.3.4"}, False),
        ({"x_forwarded_user": "me"}, False),
        ({"forwarded": "for=1.2.3.4"}, False),
        ({"x_real_ip": "127.0.0.1"}, False),
        ({"via": "1.1 proxy"}, False),
        ({"peer": "10.0.0.7"}, False),
        ({"peer": "::1"}, True),
    ],
)
def test_only_this_machine_is_local(changed, local):
    assert allowed.is_local(scope(**changed)) is local


def test_the_environment_says_who_may_ask(monkeypatch):
    guest = scope(origin="http://lab.example", host="lab.example")
    for mode, here_may, guest_may in (("off", 0, 0), ("local", 1, 0), ("on", 1, 1), ("", 1, 0)):
        monkeypatch.setenv("IRED_LIVE", mode)
        assert (not allowed.why_not(scope()), not allowed.why_not(guest)) == (here_may, guest_may)
    monkeypatch.setenv("IRED_LIVE", "yes")
    assert "expected: local, off, on" in allowed.why_not(scope())


def test_a_question_is_asked_and_its_answer_told(here):
    async def run():
        reader = here.open()
        asking = asyncio.create_task(post({"do": "ask", "question": QUESTION}, reader.token))
        await asyncio.sleep(0.05)
        here._pipe.say("running", seconds=0.3)
        status, first = await asking
        assert status == 200
        assert [s["say"] for s in first["said"]] == ["running"]
        assert not first["ended"]
        look = {"do": "look", "request": first["request"], "at": first["at"]}
        looking = asyncio.create_task(post(look, reader.token))
        await asyncio.sleep(0.05)
        assert not looking.done()  # it waits for news
        here._pipe.say("progress", words="level 3")
        _, second = await looking
        assert [s["say"] for s in second["said"]] == ["progress"]
        here._pipe.say("answer", key="a" * 24, seconds=0.2)
        _, last = await post({**look, "at": second["at"]}, reader.token)
        assert last["ended"]
        assert last["said"][-1]["key"] == "a" * 24
        (asked,) = here._pipe.sent
        assert (asked.session, asked.problem, type(asked)) == (reader.name, 3, Ask)

    asyncio.run(run())


def test_an_answer_is_told_as_soon_as_it_is_handed_over(here, tmp_path, monkeypatch):
    here.root = tmp_path
    asked, problem = cases.question("descent"), QUESTION["problem"]
    part = pack(cases.answer(asked, problem, 1))
    kept = handed.of(LiveAnswers(tmp_path).folder)

    async def run():
        here._loop = asyncio.get_running_loop()
        reader = here.open()

        def say(word, key, **more):
            (request,) = here._pipe.sent
            about = {"analysis": "descent", "key": key, "problem": problem, **more}
            here._heard(Said(word, request.session, request.request, **about))

        asking = asyncio.create_task(post({"do": "ask", "question": QUESTION}, reader.token))
        await asyncio.sleep(0.05)
        say("running", asked.key, seconds=0.3)
        say("draft", asked.key, name="walk", question=asked.as_dict(), part=part)
        assert not kept.about(problem)  # a part is no answer
        other = dataclasses.replace(asked, inputs={**asked.inputs, "model": "0" * 24})
        say("draft", other.key, name="answer", question=other.as_dict(), part=part)
        say("draft", asked.key, name="answer", question=asked.as_dict(), part=part)
        _, first = await asking
        assert [s["say"] for s in first["said"]] == ["running", "draft", "handed"]
        assert first["said"][1].keys() == {"say", "analysis", "key", "problem", "name"}
        assert first["said"][-1] == {
            "say": "handed", "analysis": "descent", "key": asked.key, "problem": problem,
        }  # fmt: skip
        assert not first["ended"]
        assert {one.question.key for one in kept.about(problem)} == {asked.key, other.key}
        say("answer", other.key, saved=False, words="no room left")
        monkeypatch.setattr(drafts, "PUBLISHING_SECONDS", 0.2)
        keep = {"do": "keep", "analysis": "descent", "problem": problem}
        _, lost = await post({**keep, "key": other.key}, reader.token)
        assert lost["said"][0]["words"].startswith("answer is not saved")
        keeping = asyncio.create_task(post({**keep, "key": asked.key}, reader.token))
        await asyncio.sleep(0.05)
        LiveAnswers(tmp_path).publish(asked, problem, unpack(part), cases.PROVENANCE)
        say("answer", asked.key)
        assert (await keeping)[1]["said"] == [{"say": "kept"}]
        assert [one.question.key for one in kept.about(problem)] == [other.key]

    asyncio.run(run())


def test_a_price_is_asked_without_computing(here):
    async def run():
        reader = here.open()
        asking = asyncio.create_task(post({"do": "price", "question": QUESTION}, reader.token))
        await asyncio.sleep(0.05)
        here._pipe.say("price", seconds=0.4)
        _, found = await asking
        assert found["said"][-1]["seconds"] == 0.4
        assert [type(r) for r in here._pipe.sent] == [Price]

    asyncio.run(run())


REFUSED = {
    "a foreign origin": ({"origin": "http://evil.example"}, 403, "page of this server"),
    "no origin": ({"origin": None}, 403, "page of this server"),
    "another cookie": ({"x-xsrftoken": generate_xsrf_token_string()}, 403, "cookie"),
    "no cookie": ({"cookie": ""}, 403, "cookie"),
    "no token": ({"x-ired-live": ""}, 403, "not known"),
    "a guessed token": ({"x-ired-live": "r1.AAAA"}, 403, "not known"),
    "a token of letters that no page has": ({"x-ired-live": "r1.é"}, 403, "not known"),
    "a guest": ({"peer": "10.0.0.7"}, 403, "own machine"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_who_is_no_page_of_ours_is_refused_in_one_line(here, why):
    changed, status, words = REFUSED[why]
    changed = {n: v.encode().decode("latin-1") if v else v for n, v in changed.items()}
    reader = here.open()
    came, said = asyncio.run(post({"do": "ask", "question": QUESTION}, reader.token, **changed))
    assert came == status
    assert words in said["said"][0]["words"]
    assert "\n" not in said["said"][0]["words"]
    assert here._pipe.sent == []


def test_one_tab_has_no_say_in_the_requests_of_another(here):
    async def run():
        mine, other = here.open(), here.open()
        _, asked = await post({"do": "ask", "question": QUESTION}, mine.token)
        status, said = await post({"do": "look", "request": asked["request"], "at": 0}, other.token)
        assert status == 400
        assert "no such request" in said["said"][0]["words"]
        await post({"do": "cancel", "request": asked["request"]}, other.token)
        assert not [r for r in here._pipe.sent if isinstance(r, Cancel)]
        forged = f"{mine.name}.{other.secret}"
        assert (await post({"do": "leave"}, forged))[0] == 403
        await post({"do": "cancel", "request": asked["request"]}, mine.token)
        assert [r.session for r in here._pipe.sent if isinstance(r, Cancel)] == [mine.name]

    asyncio.run(run())


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b"{}", b'"ask"', b"[" * 5000, b'{"do": "ask"}', b'{"do": ["ask"]}',
        b'{"do": "ask", "question": []}', b'{"do": "ask", "question": {"analysis": 7}}',
        b'{"do": "look", "request": "q1"}', b'{"do": "look", "request": 1, "at": 0}',
        b'{"do": "clear"}', b'{"do": "keep", "analysis": "../x", "key": "y", "problem": "z"}',
        b"\xff\xfe", json.dumps({"do": "ask", "question": {**QUESTION, "problem": 1e9}}).encode(),
        json.dumps({"do": "ask", "question": {**QUESTION, "extra": 1}}).encode(),
        json.dumps({"do": "ask", "question": {**QUESTION, "inputs": {"descent": 7}}}).encode(),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused_in_one_line(here, body):
    status, said = asyncio.run(post(body, here.open().token))
    assert status == 400
    assert "\n" not in said["said"][0]["words"]
    assert here._pipe.sent == []


def test_nothing_is_read_beyond_the_limit_and_a_get_computes_nothing(here):
    read = 0

    async def run():
        nonlocal read
        token = here.open().token
        piece = b"x" * 2**16

        class Endless(list):
            def pop(self, _):
                nonlocal read
                read += len(piece)
                return piece

        status, said = await post(b"", token, pieces=Endless([b"x", b"x"]))
        assert status == 413
        assert str(route.MOST_BYTES) in said["said"][0]["words"]
        assert (await post(b"", token, method="GET"))[0] == 405

    asyncio.run(run())
    assert read <= route.MOST_BYTES + 2**17


def test_a_reader_who_is_no_longer_heard_of_leaves(here, monkeypatch):
    monkeypatch.setattr(desk, "GRACE_SECONDS", 0.2)

    async def run():
        gone, there = here.open(), here.open()
        for reader in (gone, there):
            await post({"do": "ask", "question": QUESTION}, reader.token)
        there.seen = time.monotonic()
        cleaning = asyncio.create_task(here.keep_clean())
        for _ in range(8):
            await asyncio.sleep(0.05)
            there.seen = time.monotonic()
        cleaning.cancel()
        left = {r.session for r in here._pipe.sent if isinstance(r, Leave)}
        assert left == {gone.name}

    asyncio.run(run())


def test_whoever_waits_is_told_that_the_server_is_gone(here):
    async def run():
        reader = here.open()
        _, asked = await post({"do": "ask", "question": QUESTION}, reader.token)
        here._fail("The server of live answers stopped; it is started again. Ask again")
        look = {"do": "look", "request": asked["request"], "at": 0}
        _, said = await post(look, reader.token)
        assert said["ended"]
        assert said["said"][-1]["say"] == "failed"
        here._pipe.takes = False
        _, said = await post({"do": "ask", "question": QUESTION}, reader.token)
        assert said["said"][-1] == {
            "say": "failed", "words": "The server of live answers is being started. Ask again",
        }  # fmt: skip

    asyncio.run(run())


def test_what_is_remembered_is_bounded(here, monkeypatch):
    monkeypatch.setattr(desk, "MOST_READERS", 5)

    async def run():
        first = here.open()
        first.asked["q"] = desk.Asked("q")  # it waits, so that it is not forgotten
        readers = [here.open() for _ in range(20)]
        assert len(here._readers) == 5
        assert here.reader(first.token) is first
        assert here.reader(readers[0].token) is None
        reader = readers[-1]
        for _ in range(3 * desk.MOST_REQUESTS):
            here.ask(reader, "ask", QUESTION)
            here._pipe.say("cancelled")
        assert len(reader.asked) <= desk.MOST_REQUESTS + 1

    asyncio.run(run())


def test_of_a_word_that_is_said_again_the_last_is_kept():
    async def run():
        asked = desk.Asked("q1")
        for share in range(100):
            asked.hear({"say": "progress", "words": str(share)})
        asked.hear({"say": "draft", "name": "level 3"})
        asked.hear({"say": "draft", "name": "level 2"})
        said = await asked.after(0, 0.0)
        assert [(s["say"], s.get("name", s.get("words"))) for _, s in said] == [
            ("progress", "99"), ("draft", "level 3"), ("draft", "level 2"),
        ]  # fmt: skip
        assert await asked.after(said[-1][0], 0.01) == []

    asyncio.run(run())


def test_a_token_is_compared_whole_and_unknown_names_cost_the_same(here):
    reader = here.open()
    assert here.reader(reader.token) is reader
    for wrong in (reader.name, reader.secret, f"{reader.name}.", f".{reader.secret}", ".", ""):
        assert here.reader(wrong) is None
    assert SimpleNamespace(token=reader.token).token.startswith("r")
