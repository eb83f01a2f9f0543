"""A model server on loopback that decides by a function what to call and what to say."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Decision = str | Sequence[tuple[str, dict[str, Any]]]
"""Words, or calls by name and arguments."""
Decide = Callable[[list[dict[str, Any]]], Decision]


@contextmanager
def calling_server(decide: Decide) -> Iterator[tuple[str, ...]]:
    """Serve chat completions; gives the flags that have the assistant ask it."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send("application/json", json.dumps({"object": "list", "data": [MODEL]}))

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            made = [*_chunks(decide, request), END]
            chunks = "".join(f"data: {json.dumps(c)}\n\n" for c in made)
            self._send("text/event-stream", f"{chunks}data: [DONE]\n\n")

        def _send(self, kind: str, text: str) -> None:
            body = text.encode()
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/v1"
        yield ("-s", "llm.backend=openai", "-s", f"llm.base_url={url}", "-s", "llm.context=16000")
        server.shutdown()
        thread.join()


MODEL = {"id": "decider", "object": "model"}
END = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def _chunks(decide: Decide, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    decided = decide(request["messages"])
    if isinstance(decided, str):
        yield _chunk({"content": decided})
        return
    offered = {tool["function"]["name"] for tool in request.get("tools", ())}
    for index, (name, arguments) in enumerate(decided):
        assert name in offered, f"{name} was not offered: {offered}"
        function = {"name": name, "arguments": json.dumps(arguments)}
        call = {"index": index, "id": f"call_{index}", "type": "function", "function": function}
        yield _chunk({"tool_calls": [call]})


def _chunk(delta: dict[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "decider"} | {
        "choices": [choice]
    }
