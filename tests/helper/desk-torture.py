# SPDX-License-Identifier: ISC
"""
Kills the daemons of a desk and their server again and again, under load, and writes what happened:

    python3 desk-torture.py [OPTION...] DIRECTORY HISTORY -- DAEMON-COMMAND...

Three daemons share one server; in DIRECTORY each has a directory of its own. DAEMON-COMMAND is run
with a socket, a state directory and the store's options added. Clients issue, approve, revoke and
consume. After a random number of replies, one of the four, or a daemon and the server, gets SIGKILL
and is started again. Between kills, a daemon's line to the server is cut within an answer, or holds
it back (cut-proxy.py), or the server stands still; the daemon's status must tell that before it is
mended. All must be open again without help; the tests' clock ($FIRMA_TEST_CLOCK) is moved, so that
nothing waits for time to pass. Then each host's list is read, and the server's copy.

HISTORY has a line for each event, in the order of time; desk-history.py reads it:

    call N HOST ACTION TOKEN    a client sends a request; TOKEN is the number that it gave it
    done N REPLY                and has this reply, as JSON
    lost N                      and has none: its daemon was killed
    listing N HOST              the host's tokens are asked for
    listed N JSON               number -> [ID, state]
    looking N HOST              the copy in the server is read
    looked N JSON               ID -> state
    settled                     no request is on its way, and nothing is killed any more
    kill NAME, start NAME       a host or "server"
    line NAME WHAT              its line gets bad, see cut-proxy.py; or the server stands still

  --kills N      how many (default: 5)
  --seed N       which requests and moments (default: random)
  --server WORDS the command of the server, a word a line
  --client NAME  its client (default: redis-cli)
  --cheat WHAT   break a rule once: "copy" makes a consumed token approved in the server, as another
                 client may; "file" puts an older file of tokens back while a daemon is dead

The first line of the output is the seed, the last one the counts as JSON. Exit status: 0, whatever
the history says; 1: a daemon or the server did not come back by itself, or said nonsense.
"""

import argparse
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

HOSTS = ("a", "b", "c")
CLIENTS = 4  # of each host
BESIDES = 50  # replies after those that are waited for
RECENT = 6  # clients use the last tokens, so that they meet at the same ones
DESK = "ops"
PATIENCE = 120  # s, for what is on its way anyhow


def parse():
    at = sys.argv.index("--")
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--cheat", choices=("copy", "file"))
    parser.add_argument("--server", default="redis-server")
    parser.add_argument("--client", default="redis-cli")
    parser.add_argument("directory")
    parser.add_argument("history")
    options = parser.parse_args(sys.argv[1:at])
    options.command = sys.argv[at + 1 :]
    return options


class History:
    """The lines of all threads, and how many replies there were."""

    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")
        self.changed = threading.Condition()
        self.calls = 0
        self.replies = 0
        self.limit = 0  # clients pause after so many replies

    def say(self, *words):
        with self.changed:
            self._write(words)

    def _write(self, words):
        print(*words, file=self.file)

    def call(self, kind, *words):
        with self.changed:
            self.calls += 1
            self._write((kind, self.calls) + words)
            return self.calls

    def done(self, number, reply):
        with self.changed:
            self._write(("done", number, reply))
            self.replies += 1
            self.changed.notify_all()

    def let_go_on(self, count):
        with self.changed:
            self.limit = self.replies + count
            self.changed.notify_all()

    def await_limit(self, client):
        """Until the client may send its next request."""
        with self.changed:
            self.changed.wait_for(lambda: self.replies < self.limit or client.leaves)

    def await_replies(self, count):
        """So many more; some more may come afterwards, while daemons die and come back."""
        self.let_go_on(count + BESIDES)
        with self.changed:
            goal = self.replies + count
            self.changed.wait_for(lambda: self.replies >= goal, PATIENCE)
            if self.replies < goal:
                sys.exit("no reply any more")


def exchange(path, request):
    """The lines of the reply; None without a whole one; OSError if no daemon was there."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        data = b""
        try:
            line.sendall(json.dumps(request).encode() + b"\n")
            line.shutdown(socket.SHUT_WR)
            while part := line.recv(65536):
                data += part
        except (BrokenPipeError, ConnectionResetError):
            pass
    if not data.endswith(b"\n"):
        return None
    return data.decode().splitlines()


class Server:
    def __init__(self, options, history):
        self.command = options.server.split("\n")
        self.client = options.client
        self.directory = os.path.join(options.directory, "server")
        self.path = os.path.join(options.directory, "redis")
        self.history = history
        os.mkdir(self.directory)
        self.process = None

    def start(self):
        self.history.say("start server")
        self.process = subprocess.Popen(
            self.command
            + ["--port", "0", "--unixsocket", self.path, "--dir", self.directory]
            + ["--daemonize", "no", "--save", "", "--appendonly", "yes"]
            + ["--appendfsync", "always", "--logfile", os.path.join(self.directory, "log")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def await_answer(self):
        end = time.monotonic() + PATIENCE
        while self.ask("PING") != ["PONG"]:
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit("the server did not come back by itself")
            time.sleep(0.01)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.history.say("kill server")

    def ask(self, *words):
        """The lines of the answer, or None."""
        result = subprocess.run(
            [self.client, "-s", self.path, "--raw", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        lines = result.stdout.decode().splitlines()
        if result.returncode != 0 or (lines and lines[0].startswith(("LOADING", "Could not"))):
            return None
        return lines


class Line:
    """Between a host and the server."""

    def __init__(self, path, server):
        self.path = path
        self.control = path + ".control"
        self.server = server
        self.process = None

    def start(self):
        self.set("pass")
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cut-proxy.py")
        self.process = subprocess.Popen(
            [sys.executable, program, self.path, self.server.path, self.control],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        if self.process.stdout.readline() != b"ready\n":
            sys.exit("the line is not there")

    def set(self, what):
        with open(self.control + ".new", "w", encoding="ascii") as file:
            print(what, file=file)
        os.rename(self.control + ".new", self.control)


class Host:
    def __init__(self, name, options, server, history):
        self.name = name
        self.directory = os.path.join(options.directory, name)
        self.path = os.path.join(options.directory, name + ".sock")
        self.command = options.command + ["--socket", self.path, "--state-dir", self.directory]
        self.line = Line(os.path.join(options.directory, name + ".line"), server)
        self.address = "redis:unix:" + self.line.path
        self.command += ["--store", self.address, "--desk", DESK, "--host", name]
        self.log = os.path.join(options.directory, "log")
        self.server = server
        self.history = history
        self.process = None
        self.key = None  # of the copy in the server
        self.ids = {}  # of the tokens: number -> ID
        self.live = []  # numbers
        self.consumed = []  # IDs
        self.consumed_before = None  # how many were in the older file

    def start(self):
        self.history.say("start", self.name)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.history.say("kill", self.name)

    def state(self):
        """What `status` says, or why it says nothing."""
        try:
            lines = exchange(self.path, {"action": "local.exec.status"})
        except OSError as error:
            return {"state": str(error)}
        return json.loads(lines[0]) if lines else {"state": "no reply"}

    def find_key(self):
        for key in self.server.ask("KEYS", f"firma:{{{DESK}}}:*:host"):
            if self.server.ask("HGET", key, "name") == [self.name]:
                self.key = key[: -len("host")] + "t"

    def list(self):
        number = self.history.call("listing", self.name)
        try:
            lines = exchange(self.path, {"action": "local.exec.list"})
        except OSError:
            lines = None
        if not lines or lines[-1] != '{"outcome":"ok"}':
            return False
        items = [json.loads(line) for line in lines[:-1]]
        found = {item["args"][0]: [item["token_id"], item["state"]] for item in items}
        if len(found) != len(items):
            sys.exit("one question has two tokens")
        self.history.say("listed", number, json.dumps(found))
        return True

    def look(self):
        number = self.history.call("looking", self.name)
        lines = self.server.ask("HGETALL", self.key)
        if lines is not None:
            states = (value.split(" ")[0] for value in lines[1::2])
            self.history.say("looked", number, json.dumps(dict(zip(lines[::2], states))))


class Client(threading.Thread):
    """Asks one host, one thing after the other."""

    numbers = 0

    def __init__(self, host, history, seed):
        super().__init__(daemon=True)
        self.host = host
        self.history = history
        self.random = random.Random(seed)
        self.leaves = False

    def choose(self):
        live = self.host.live[-RECENT:]
        if not live or self.random.random() < 0.3:
            with self.history.changed:
                Client.numbers += 1
                return "issue", str(Client.numbers)
        action = self.random.choices(("approve", "retry", "revoke"), (9, 9, 2))[0]
        return action, self.random.choice(live)

    def request(self, action, token):
        request = {
            "action": "local.exec",
            "executable": "/usr/bin/git",
            "args": [token],
            "sandbox_id": "sbx",
            "session_id": "sess",
            "profile": "generic",
            "hitl_mode": "async_token",
        }
        if action == "retry":
            request["approval_token"] = self.host.ids[token]
        elif action != "issue":
            request = {"action": "local.exec." + action, "token_id": self.host.ids[token]}
        return request

    def learn(self, action, token, reply):
        word = reply.get("decision", reply.get("outcome"))
        if action == "issue" and word == "pending_hitl":
            self.host.ids[token] = reply["approval_token"]
            self.host.live.append(token)
        elif word == "allow":
            self.host.consumed.append(self.host.ids[token])

    def run(self):
        while True:
            self.history.await_limit(self)
            if self.leaves:
                return
            action, token = self.choose()
            number = self.history.call("call", self.host.name, action, token)
            try:
                lines = exchange(self.host.path, self.request(action, token))
            except OSError:
                lines = None
            if not lines:
                self.history.say("lost", number)
                time.sleep(0.002)
                continue
            reply = json.loads(lines[0])
            self.learn(action, token, reply)
            self.history.done(number, lines[0])
            if "closed: " in reply.get("reason", ""):
                time.sleep(0.002)


class Torture:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.history = History(options.history)
        self.server = Server(options, self.history)
        self.hosts = [Host(name, options, self.server, self.history) for name in HOSTS]
        self.clients = [
            Client(host, self.history, self.random.getrandbits(32))
            for host in self.hosts
            for _ in range(CLIENTS)
        ]
        self.cheated = options.cheat is None
        self.counts = {"host": 0, "server": 0, "both": 0, "line": 0, "freeze": 0}

    def move_clock(self, seconds):
        path = os.environ["FIRMA_TEST_CLOCK"]
        boot, wall = 0, 0
        if os.path.exists(path):
            with open(path, encoding="ascii") as file:
                boot, wall = map(int, file.read().split()[:2])
        with open(path + ".new", "w", encoding="ascii") as file:
            print(boot + seconds * 1000000, wall + seconds * 1000000, file=file)
        os.rename(path + ".new", path)

    def await_open(self):
        """The clock moves by more than the longest pause between two tries, and seldom."""
        end = time.monotonic() + PATIENCE
        for host in self.hosts:
            polls = 0
            while (status := host.state())["state"] != "answering":
                if host.process.poll() is not None or time.monotonic() > end:
                    sys.exit(f"host {host.name} did not come back by itself: {status}")
                if status["state"] == "closed":
                    if polls % 50 == 0:
                        self.move_clock(5)
                    polls += 1
                time.sleep(0.01)

    def look(self):
        for host in self.hosts:
            host.list()
            host.look()

    def look_only(self):
        for host in self.hosts:
            host.look()

    def prepare(self):
        program = self.options.command[: self.options.command.index("serve")]
        self.server.start()
        self.server.await_answer()
        subprocess.run(
            program + ["store", "install", "redis:unix:" + self.server.path],
            stdout=subprocess.DEVNULL,
            check=True,
        )
        for host in self.hosts:
            host.line.start()
            host.start()
        self.await_open()
        for host in self.hosts:
            host.find_key()

    def cheat_in_copy(self):
        host = self.random.choice([host for host in self.hosts if host.consumed])
        self.server.ask("HSET", host.key, host.consumed[-1], "approved {}")
        host.look()
        self.cheated = True

    def cheat_in_file(self, host):
        """The file as it was at an earlier kill of this host, before an approval was used."""
        older = host.directory + ".older"
        file = os.path.join(host.directory, "tokens.jsonl")
        mark = os.path.join(host.directory, "tokens.mark")
        if host.consumed_before is None:
            shutil.copy(file, older)
            host.consumed_before = len(host.consumed)
        elif len(host.consumed) > host.consumed_before + CLIENTS:  # replies may be on their way
            shutil.copy(older, file)
            if os.path.exists(mark):
                os.unlink(mark)
            self.cheated = True

    def await_closed(self, host):
        """It says why, and is asked while its clients ask, too."""
        why = "the store " + host.address + ": "
        end = time.monotonic() + PATIENCE
        while not (status := host.state()).get("closed", "").startswith(why):
            if host.process.poll() is not None or time.monotonic() > end:
                sys.exit(f"host {host.name} does not tell that its line is bad: {status}")
            self.history.let_go_on(BESIDES)
            time.sleep(0.002)

    def spoil_line(self):
        host = self.random.choice(self.hosts)
        what = self.random.choice(("hold", "drip", f"cut {self.random.randrange(16)}"))
        self.counts["line"] += 1
        self.history.say("line", host.name, what)
        host.line.set(what)
        self.await_closed(host)
        self.history.await_replies(self.random.randrange(20))
        host.line.set("pass")

    def freeze(self):
        """The server stands still. What it was told meanwhile, also by the dead, comes late."""
        self.counts["freeze"] += 1
        self.history.say("line server freeze")
        self.server.process.send_signal(signal.SIGSTOP)
        self.history.let_go_on(BESIDES)
        for host in self.hosts:
            self.await_closed(host)
        host = self.random.choice(self.hosts)
        if self.random.random() < 0.5:
            host.kill()
            host.start()
        self.server.process.send_signal(signal.SIGCONT)

    def kill_some(self):
        which = self.random.choices(("host", "server", "both"), (5, 3, 2))[0]
        self.counts[which] += 1
        host = self.random.choice(self.hosts) if which != "server" else None
        dead = [host] if host else []
        if which != "host":
            dead.insert(self.random.randrange(len(dead) + 1), self.server)

        for one in dead:
            one.kill()
        if host and self.options.cheat == "file" and not self.cheated:
            self.cheat_in_file(host)
        # The others go on for a while.
        self.history.await_replies(self.random.randrange(20))
        if self.server in dead:
            self.server.start()
            if self.random.random() < 0.5:
                # As it was, before the hosts send all once more.
                self.server.await_answer()
                self.look_only()
        elif self.random.random() < 0.5:
            self.look_only()
        if host:
            host.start()
        return len(dead)

    def run(self):
        killed = 0
        self.prepare()
        for client in self.clients:
            client.start()
        while killed < self.options.kills or not self.cheated:
            self.history.await_replies(self.random.randrange(1, 120))
            if self.counts["line"] == 0 or self.random.random() < 0.25:
                self.spoil_line()
            if self.counts["freeze"] == 0 or self.random.random() < 0.1:
                self.freeze()
            killed += self.kill_some()
            # Now and then the next kill comes while they still catch up.
            if self.random.random() < 0.25:
                continue
            self.server.await_answer()
            self.await_open()
            self.look()
            if self.options.cheat == "copy" and any(host.consumed for host in self.hosts):
                self.cheat_in_copy()
        self.finish(killed)

    def finish(self, killed):
        for client in self.clients:
            client.leaves = True
        self.history.let_go_on(0)
        for client in self.clients:
            client.join()
        self.server.await_answer()
        self.await_open()
        self.history.say("settled")
        for host in self.hosts:
            if not host.list():
                sys.exit(f"host {host.name} has no list")
            host.look()
        self.history.file.close()
        for one in self.hosts:
            one.process.send_signal(signal.SIGTERM)
            if one.process.wait() != 0:
                sys.exit(f"host {one.name} ended with status {one.process.returncode}")
        print(json.dumps({"kills": killed, **self.counts, "replies": self.history.replies}))

    def end(self):
        for one in self.hosts + [host.line for host in self.hosts] + [self.server]:
            if one.process and one.process.poll() is None:
                one.process.kill()
                one.process.wait()


def main():
    options = parse()
    print("seed", options.seed, flush=True)
    os.umask(0o077)
    torture = Torture(options)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("was told to stop"))
    try:
        torture.run()
    finally:
        torture.end()


main()
