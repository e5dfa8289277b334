"""Readers without a window, who ask live questions over the route as a page does."""

import http.client
import json
import re
import time
from typing import Any, Self
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.sync.client import connect

TOKEN = re.compile(rb'\\?"token\\?":\s*\\?"(r\d+\.[\w-]{20,})')
ENDS = {"answer", "made", "replaced", "cancelled", "refused", "failed", "price"}


class Person:
    """One reader, with a websocket of the app and the token of their page.

    Args:
        address: of the app.
    """

    def __init__(self, address: str) -> None:
        self.address, self.host = address, urlsplit(address).netloc

    def __enter__(self) -> Self:
        self._http = http.client.HTTPConnection(self.host, timeout=60)
        self._http.request("GET", "/_stcore/health", headers={"Host": self.host})
        answer = self._http.getresponse()
        answer.read()
        self._cookie = re.search("_streamlit_xsrf=([^;]+)", answer.headers["Set-Cookie"])[1]
        self._socket = connect(
            f"{self.address.replace('http', 'ws')}/_stcore/stream", subprotocols=["streamlit"],
            origin=self.address, max_size=None, compression=None,
        )  # fmt: skip
        wish = BackMsg()
        wish.rerun_script.page_name = "landscape"
        wish.rerun_script.query_string = "problem=0"
        self._socket.send(wish.SerializeToString())
        until = time.monotonic() + 60
        while time.monotonic() < until:
            found = TOKEN.search(self._socket.recv(60))
            if found:
                self.token = found[1].decode()
                return self
        raise TimeoutError("no token came")

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._http.close()

    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """One request to the route."""
        headers = {
            "Host": self.host, "Origin": self.address, "Cookie": f"_streamlit_xsrf={self._cookie}",
            "X-Xsrftoken": self._cookie.strip('"'), "X-Ired-Live": self.token,
        }  # fmt: skip
        self._http.request("POST", "/live", json.dumps(body), headers)
        return json.loads(self._http.getresponse().read())

    def ask(self, verb: str, question: dict[str, Any]) -> dict[str, Any]:
        """Ask, and give the last word of it."""
        answer = self.post({"do": verb, "question": question})
        while True:
            ends = [one for one in answer["said"] if one["say"] in ENDS]
            if ends:
                return ends[-1]
            assert not answer.get("ended"), answer
            look = {"do": "look", "request": answer["request"], "at": answer["at"]}
            answer = self.post(look)
