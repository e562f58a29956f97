# SPDX-License-Identifier: ISC
"""
Judges a history that desk-torture.py has written: python3 desk-history.py HISTORY

Each token must have lived by the table: there is an order of all that happened to it in which each
request takes effect at one moment between its call and its reply, each reply is the one that the
token's state at that moment gives, and a list shows its state at one moment. A request whose reply
was lost, or is "outcome unknown", has taken effect by the time of that, or never will.

All such orders are followed at once. A configuration is the token's state and the set of requests
under way that have taken effect; a reply drops the configurations that don't have it. If none is
left, that is a violation, and the token goes on from what the reply says.

The server's copy may be ahead of the host, but never behind an answer: what was answered before it
was read is in it, and nothing is in it that nobody asked for. At the end, after "settled", it is
what the list shows.

The last line has the counts as JSON; lines before it are the first violations. Exit status: 0: no
violation; 1: violations; 2: this is not such a history.
"""

import json
import sys

RANK = {"absent": 0, "pending": 1, "approved": 2, "consumed": 3, "revoked": 3, "expired": 3}
STATES = tuple(RANK)
SHOWN = 20  # violations

# Who can have made such a state.
ASKED = {"approved": "approve", "consumed": "retry", "revoked": "revoke"}

# What a request does to a token of which nothing is known but its state.
EFFECT = {
    ("issue", "absent"): "pending",
    ("approve", "pending"): "approved",
    ("revoke", "pending"): "revoked",
    ("revoke", "approved"): "revoked",
    ("retry", "approved"): "consumed",
}

# Every reply: in which states it is given, and the state after it.
REPLIES = {
    ("issue", "pending_hitl", "awaiting human approval"): {"absent": "pending"},
    ("approve", "ok"): {"pending": "approved", "approved": "approved"},
    ("approve", "already_consumed"): {"consumed": "consumed"},
    ("approve", "already_revoked"): {"revoked": "revoked"},
    ("approve", "not_found"): {"absent": "absent"},
    ("revoke", "ok"): {"pending": "revoked", "approved": "revoked", "revoked": "revoked"},
    ("revoke", "already_consumed"): {"consumed": "consumed"},
    ("revoke", "not_found"): {"absent": "absent"},
    ("retry", "pending_hitl", "awaiting human approval"): {"pending": "pending"},
    ("retry", "allow", "approved by an operator"): {"approved": "consumed"},
    ("retry", "deny", "approval token already consumed"): {"consumed": "consumed"},
    ("retry", "deny", "refused by an operator"): {"revoked": "revoked"},
    ("retry", "deny", "approval token not found"): {"absent": "absent"},
}

# Of an operator's request that was refused because the store is closed: it has no effect.
NO_EFFECT = {state: state for state in STATES}


class Fault(Exception):
    """The history can't be read."""


def words_of(reply):
    return reply.get("decision") or reply.get("outcome"), reply.get("reason", "")


def judge_reply(action, reply):
    """The states and what becomes of them; None: it may have had its effect."""
    word, reason = words_of(reply)
    known = REPLIES.get((action, word)) or REPLIES.get((action, word, reason))
    if known:
        return known
    if reason.startswith("outcome unknown: "):
        return None
    closed = reason.startswith(("closed: the store ", "the change could not be recorded: "))
    if closed and action in ("issue", "retry") and word == "deny":
        return None
    if reason.startswith("closed: the store ") and word == "unsupported_action":
        return NO_EFFECT
    raise Fault(f"{action} was answered {json.dumps(reply)}")


class Token:
    def __init__(self, number, host):
        self.number = number
        self.host = host
        self.id = None
        self.allowed = False
        self.configs = {("absent", frozenset())}
        self.under_way = {}  # number of the call -> (action, what becomes of states, or None)
        self.called = set()  # actions that were ever sent
        self.answered = "absent"  # what the last answers say at least

    def begin(self, call, action, outcome):
        self.under_way[call] = (action, outcome)
        if action != "list":
            self.called.add(action)

    def _steps(self, config):
        state, done = config
        for call, (action, outcome) in self.under_way.items():
            if call in done:
                continue
            if outcome is None:
                to = EFFECT.get((action, state))
            else:
                to = outcome.get(state)
            if to:
                yield (to, done | {call})

    def _reach(self):
        todo, found = list(self.configs), set(self.configs)
        while todo:
            for config in self._steps(todo.pop()):
                if config not in found:
                    found.add(config)
                    todo.append(config)
        return found

    def end(self, call):
        """Returns the states that were possible if what has ended can't be so."""
        action, outcome = self.under_way[call]
        found = self._reach()
        if outcome is None:
            kept = found
        else:
            kept = {config for config in found if call in config[1]}
        del self.under_way[call]
        self.configs = {(state, done - {call}) for state, done in kept}
        if self.configs:
            return None
        self.configs = {(state, frozenset()) for state in outcome.values()}
        return {state for state, _ in found}

    def is_settled(self, state):
        return not self.under_way and self.configs == {(state, frozenset())}


class History:
    def __init__(self):
        self.tokens = {}  # number -> Token
        self.calls = {}  # number of the call -> (host, action, Token)
        self.readings = {}  # number of the call -> (host, what was answered before, or tokens)
        self.settled = False
        self.lists = {}  # host -> number -> state, of the last list
        self.violations = 0
        self.counts = {}

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def complain(self, text):
        self.violations += 1
        if self.violations <= SHOWN:
            print(text)

    def violate(self, token, text):
        self.complain(f"token {token.number} {token.id} of host {token.host}: {text}")

    def of_host(self, host):
        return [token for token in self.tokens.values() if token.host == host]

    # --- requests

    def call(self, number, outcome, host, action, token):
        if action == "issue":
            if token in self.tokens:
                raise Fault(f"token {token} was issued twice")
            self.tokens[token] = Token(token, host)
        t = self.tokens[token]
        if t.host != host:
            raise Fault(f"token {token} is another host's")
        t.begin(number, action, outcome)
        self.calls[number] = (action, t)

    def learn_id(self, token, identifier):
        if token.id is None:
            token.id = identifier
        elif token.id != identifier:
            self.violate(token, f"is {identifier} now")

    def done(self, number, reply):
        action, token = self.calls.pop(number)
        word, reason = words_of(reply)
        outcome = token.under_way[number][1]
        could = token.end(number)
        if "approval_token" in reply:
            self.learn_id(token, reply["approval_token"])
        if could:
            self.violate(
                token,
                f"{action} was answered '{word}' '{reason}', and it could only be "
                + " or ".join(sorted(could)),
            )
        if word == "allow":
            if token.allowed:
                self.violate(token, "was consumed twice")
            token.allowed = True
        self.count(action + " " + word)
        if outcome and outcome is not NO_EFFECT:
            after = max(outcome.values(), key=RANK.get)
            if RANK[after] > RANK[token.answered]:
                token.answered = after

    def lost(self, number):
        _, token = self.calls.pop(number)
        token.end(number)
        self.count("lost")

    # --- lists

    def begin_list(self, number, host, found):
        tokens = []
        for token in self.of_host(host):
            state = found.get(token.number, [None, "absent"])[1]
            if token.is_settled(state):
                continue
            token.begin(number, "list", {state: state})
            tokens.append((token, state))
        self.readings[number] = (host, tokens)

    def end_list(self, number, found):
        host, tokens = self.readings.pop(number)
        asked = {token.number for token in self.of_host(host)}
        for name in found.keys() - asked:
            self.complain(f"token {name} {found[name][0]} of host {host}: nobody asked for it")
        for token in self.of_host(host):
            if token.number in found:
                self.learn_id(token, found[token.number][0])
        for token, state in tokens:
            could = token.end(number)
            if could:
                self.violate(
                    token, f"is listed as {state}, and could only be " + " or ".join(sorted(could))
                )
        self.lists[host] = {name: state for name, (_, state) in found.items()}
        self.count("lists")

    # --- the server's copy

    def begin_look(self, number, host):
        self.readings[number] = (host, {t.number: t.answered for t in self.of_host(host)})

    def end_look(self, number, found):
        host, answered = self.readings.pop(number)
        for token in self.of_host(host):
            state = found.get(token.id, "absent")
            if token.id is None:
                continue
            self.judge_copy(token, state, answered.get(token.number, "absent"))
            if self.settled and state != self.lists[host].get(token.number, "absent"):
                self.violate(token, f"the server has it as {state}, and the host has not")
        known = {token.id for token in self.of_host(host)}
        for identifier in found.keys() - known:
            self.count("unknown in the server")
            if self.settled:
                self.complain(f"token {identifier} of host {host}: is in the server alone")
        self.count("looks")

    def judge_copy(self, token, state, least):
        wanted = ASKED.get(state, "issue")
        behind = RANK[state] < RANK[least] or (RANK[least] == 3 and state != least)
        if behind:
            self.violate(token, f"the server has it as {state}, after {least} was answered")
        elif state != "absent" and wanted not in token.called:
            self.violate(token, f"the server has it as {state}, which nobody asked for")


def read(path):
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").split(" ", 2) for line in file]


def outcomes(lines):
    """Of each call, how it ended, since what it did is followed from its beginning."""
    ends, actions = {}, {}
    for kind, *rest in lines:
        if kind == "call":
            actions[rest[0]] = rest[1].split()[1]
        elif kind == "done":
            ends[rest[0]] = judge_reply(actions[rest[0]], json.loads(rest[1]))
        elif kind == "listed":
            ends[rest[0]] = json.loads(rest[1])
    return ends


def follow(lines, history):
    ends = outcomes(lines)
    for kind, *rest in lines:
        number = rest[0] if rest else None
        if kind == "call":
            history.call(number, ends.get(number), *rest[1].split())
        elif kind == "done":
            history.done(number, json.loads(rest[1]))
        elif kind == "lost":
            history.lost(number)
        elif kind == "listing" and number in ends:
            history.begin_list(number, rest[1], ends[number])
        elif kind == "listed":
            history.end_list(number, ends[number])
        elif kind == "looking":
            history.begin_look(number, rest[1])
        elif kind == "looked":
            history.end_look(number, json.loads(rest[1]))
        elif kind == "settled":
            history.settled = True
        elif kind == "kill":
            history.count("kills")
        elif kind not in ("start", "line", "listing"):
            raise Fault(f"not an event: {kind}")


def main():
    history = History()
    try:
        follow(read(sys.argv[1]), history)
    except (Fault, KeyError, ValueError, TypeError) as fault:
        print(f"{type(fault).__name__}: {fault}")
        return 2
    counts = {"violations": history.violations, "tokens": len(history.tokens)}
    print(json.dumps(counts | history.counts))
    return 1 if history.violations else 0


sys.exit(main())
