#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A model on loopback: wants to run one line after the other, with one call of a shell tool in each
answer, whatever became of those before; then it closes with a word. Speaks what each of the agents
speaks.

model.py PORTFILE LINE..."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LINES = sys.argv[2:]


def sse(events):
    out = ""
    for name, data in events:
        if name:
            out += f"event: {name}\n"
        out += f"data: {json.dumps(data)}\n\n"
    return out.encode()


def claude(body):
    done = sum(
        isinstance(c, dict) and c.get("type") == "tool_result"
        for m in body.get("messages", []) if isinstance(m.get("content"), list)
        for c in m["content"]
    )
    shell = any(t.get("name") == "Bash" for t in body.get("tools") or [])
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": body.get("model", "m"),
        "content": [], "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    if shell and done < len(LINES):
        block = {"type": "tool_use", "id": f"toolu_{done}", "name": "Bash", "input": {}}
        text = json.dumps({"command": LINES[done], "description": "test"})
        delta = {"type": "input_json_delta", "partial_json": text}
        stop = "tool_use"
        full = dict(block, input=json.loads(text))
    else:
        block = {"type": "text", "text": ""}
        delta = {"type": "text_delta", "text": "finished"}
        stop = "end_turn"
        full = {"type": "text", "text": "finished"}
    if not body.get("stream"):
        return "application/json", json.dumps(
            dict(message, content=[full], stop_reason=stop)).encode()
    return "text/event-stream", sse([
        ("message_start", {"type": "message_start", "message": message}),
        ("content_block_start", {"type": "content_block_start", "index": 0, "content_block": block}),
        ("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}),
        ("content_block_stop", {"type": "content_block_stop", "index": 0}),
        ("message_delta", {"type": "message_delta",
                           "delta": {"stop_reason": stop, "stop_sequence": None},
                           "usage": {"output_tokens": 1}}),
        ("message_stop", {"type": "message_stop"}),
    ])


def codex_tool(tools, line):
    names = [t.get("name") for t in tools]
    if "exec_command" in names:
        return "exec_command", {"cmd": line}
    if "shell_command" in names:
        return "shell_command", {"command": line}
    return "shell", {"command": ["bash", "-lc", line]}


def codex(body):
    done = sum(i.get("type") == "function_call_output" for i in body.get("input", [])
               if isinstance(i, dict))
    if done >= len(LINES):
        item = {"type": "message", "id": "m1", "role": "assistant",
                "content": [{"type": "output_text", "text": "finished"}]}
    else:
        name, arguments = codex_tool(body.get("tools") or [], LINES[done])
        item = {"type": "function_call", "id": f"f{done}", "call_id": f"call_{done}", "name": name,
                "arguments": json.dumps(arguments)}
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2,
             "input_tokens_details": None, "output_tokens_details": None}
    return "text/event-stream", sse([
        ("response.created", {"type": "response.created", "response": {"id": "r1"}}),
        ("response.output_item.done",
         {"type": "response.output_item.done", "output_index": 0, "item": item}),
        ("response.completed",
         {"type": "response.completed", "response": {"id": "r1", "usage": usage}}),
    ])


SHELLS = {
    "bash": lambda line: {"command": line, "description": "test"},
    "run_shell_command": lambda line: {
        "command": line, "description": "test", "is_background": False},
    "run_commands": lambda line: {"commands": [line]},
}


def chat(body):
    """qwen, opencode, copilot, cline: OpenAI's older protocol."""
    done = sum(m.get("role") == "tool" for m in body.get("messages", []))
    names = [t.get("function", {}).get("name") for t in body.get("tools") or []]
    shell = next((n for n in names if n in SHELLS), None)
    if shell and done < len(LINES):
        call = {"index": 0, "id": f"call_{done}", "type": "function",
                "function": {"name": shell, "arguments": json.dumps(SHELLS[shell](LINES[done]))}}
        message, reason = {"role": "assistant", "tool_calls": [call]}, "tool_calls"
    else:
        message, reason = {"role": "assistant", "content": "finished"}, "stop"
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    answer = {"id": "c1", "created": 0, "model": body.get("model", "m"), "usage": usage}
    if not body.get("stream"):
        return "application/json", json.dumps(dict(
            answer, object="chat.completion",
            choices=[{"index": 0, "message": message, "finish_reason": reason}])).encode()
    chunk = dict(answer, object="chat.completion.chunk")
    return "text/event-stream", sse([
        (None, dict(chunk, choices=[{"index": 0, "delta": message, "finish_reason": None}])),
        (None, dict(chunk, choices=[{"index": 0, "delta": {}, "finish_reason": reason}])),
    ]) + b"data: [DONE]\n\n"


def gemini(body, stream):
    parts = [p for c in body.get("contents", []) for p in c.get("parts", [])]
    done = sum("functionResponse" in p for p in parts)
    if done >= len(LINES) or not body.get("tools"):
        part = {"text": "finished"}
    else:
        part = {"functionCall": {"id": f"call_{done}", "name": "run_shell_command",
                                 "args": {"command": LINES[done], "description": "test"}}}
    answer = {"candidates": [{"content": {"role": "model", "parts": [part]},
                              "finishReason": "STOP", "index": 0}],
              "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1,
                                "totalTokenCount": 2}}
    if stream:
        return "text/event-stream", sse([(None, answer)])
    return "application/json", json.dumps(answer).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        print(self.command, self.path, file=sys.stderr, flush=True)

    def reply(self, kind, data, status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.reply("application/json", b'{"data":[],"models":[]}')

    def do_HEAD(self):
        self.reply("application/json", b"")

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        data = self.rfile.read(length)
        try:
            body = json.loads(data or b"{}")
        except ValueError:
            body = {}
        path = self.path.split("?")[0]
        if path.endswith("/messages"):
            self.reply(*claude(body))
        elif path.endswith("/count_tokens"):
            self.reply("application/json", b'{"input_tokens":1}')
        elif path.endswith("/responses"):
            self.reply(*codex(body))
        elif path.endswith("/chat/completions"):
            self.reply(*chat(body))
        elif path.endswith(":streamGenerateContent"):
            self.reply(*gemini(body, True))
        elif path.endswith(":generateContent"):
            self.reply(*gemini(body, False))
        elif path.endswith(":countTokens"):
            self.reply("application/json", b'{"totalTokens":1}')
        else:
            self.reply("application/json", b"{}", 404)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1], "w") as f:
    f.write(str(server.server_port))
server.serve_forever()
