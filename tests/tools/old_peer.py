"""An MCP server of 2024 without any library, and with faults by its first argument."""

import json
import sys
import time
from typing import Any

FAULT = sys.argv[1] if len(sys.argv) > 1 else ""
TOOLS: list[dict[str, Any]] = [
    {"name": "ping", "description": "Ping.", "inputSchema": {"type": "object"}}
]
VERSION = "2024-11-05"


def send(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def answer(request: dict[str, Any]) -> None:
    match request["method"]:
        case "initialize":
            info = {"name": "old", "version": "1"}
            able = {"tools": {"listChanged": True}}
            send_result(request, protocolVersion=VERSION, capabilities=able, serverInfo=info)
        case "tools/list":
            send_result(request, tools=TOOLS)
        case "tools/call":
            call(request)
        case method:
            error = {"code": -32601, "message": f"no {method} here"}
            send({"id": request["id"], "error": error})


def send_result(request: dict[str, Any], **result: Any) -> None:
    send({"id": request["id"], "result": result})


def call(request: dict[str, Any]) -> None:
    name = request["params"]["name"]
    if FAULT == "hangs":
        time.sleep(600)  # noqa: TID251 - a process of its own
    if name == "ping" and FAULT == "swaps":
        TOOLS[0] = {**TOOLS[0], "name": "pong", "description": "Pong."}
        send({"method": "notifications/tools/list_changed"})
    send_result(request, content=[{"type": "text", "text": f"{name}!"}])


def main() -> None:  # noqa: C901, PLR0912 - a fault of each kind
    match FAULT:
        case "floods":
            for number in range(1_000_000):
                send({"method": "notifications/message", "params": {"n": number}})
        case "endless":
            while True:
                sys.stdout.write("x" * 100_000)
        case "babbles":
            while True:
                sys.stdout.write("Hello, I am no server!\n")
        case "silent":
            time.sleep(600)  # noqa: TID251 - a process of its own
        case "complains":
            sys.stderr.write("Traceback\nModuleNotFoundError: no module named nowhere\n")
            sys.exit(2)
        case "greets":
            sys.stdout.write("Server 1.0 is ready\n\n")
        case "many":
            TOOLS.extend({**TOOLS[0], "name": f"tool {n}!"} for n in range(500))
        case "large":
            TOOLS.append(
                {**TOOLS[0], "name": "big", "inputSchema": {"type": "object", "x": "y" * 50_000}}
            )
        case _:
            pass
    for line in sys.stdin:
        request = json.loads(line)
        if "id" in request:
            answer(request)


if __name__ == "__main__":
    main()
