"""People on a real Matrix homeserver, played by matrix-nio: one line of JSON in, one line of JSON out.

Place: started by people.cpp with the homeserver's address; each person is a client with its own /sync. Ends when its input ends.
Every question has "do" and "who"; the answer is {"ok": true, ...} or {"ok": false, "why": "..."}.
"""
import asyncio
import json
import sys
import uuid

import nio


class Person:
    def __init__(self, homeserver, user_id, device_id, token):
        config = nio.AsyncClientConfig(encryption_enabled=False, max_limit_exceeded=20, max_timeouts=5)
        self.client = nio.AsyncClient(homeserver, user_id, device_id=device_id, config=config)
        self.client.restore_login(user_id, device_id, token)
        self.events = {}  # room -> [event source], in the order of /sync
        self.seen = set()
        self.client.add_event_callback(self.heard, nio.Event)
        self.syncing = None

    async def heard(self, room, event):
        if event.event_id in self.seen:
            return
        self.seen.add(event.event_id)
        self.events.setdefault(room.room_id, []).append(event.source)

    async def begin(self):
        await self.client.sync(timeout=0, full_state=True)
        self.syncing = asyncio.create_task(self.client.sync_forever(timeout=10000))

    async def end(self):
        if self.syncing:
            self.syncing.cancel()
        await self.client.close()


def failed(response):
    return isinstance(response, nio.ErrorResponse)


class People:
    def __init__(self, homeserver):
        self.homeserver = homeserver
        self.all = {}

    async def answer(self, question):
        what, who = question["do"], question.get("who", "")
        if what == "enter":
            person = Person(self.homeserver, question["user_id"], question["device_id"], question["token"])
            await person.begin()
            self.all[who] = person
            return {}
        person = self.all[who]
        client = person.client
        if what == "join":
            response = await client.join(question["room"])
            return {"why": str(response)} if failed(response) else {"room": response.room_id}
        if what == "send":
            content = question["content"]
            response = await client.room_send(question["room"], question.get("type", "m.room.message"), content, tx_id=question.get("txn") or uuid.uuid4().hex,
                                              ignore_unverified_devices=True)
            return {"why": str(response)} if failed(response) else {"event": response.event_id}
        if what == "redact":
            response = await client.room_redact(question["room"], question["event"])
            return {"why": str(response)} if failed(response) else {"event": response.event_id}
        if what == "events":
            return {"events": person.events.get(question["room"], [])}
        if what == "state":
            response = await client.room_get_state_event(question["room"], question["type"], question.get("key", ""))
            return {"why": str(response)} if failed(response) else {"content": response.content}
        raise ValueError("unknown question " + what)


async def main():
    people = People(sys.argv[1])
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        try:
            answer = await people.answer(json.loads(line))
            answer.setdefault("ok", "why" not in answer)
        except Exception as problem:  # one bad question must not end the play
            answer = {"ok": False, "why": repr(problem)}
        print(json.dumps(answer), flush=True)
    for person in people.all.values():
        await person.end()


asyncio.run(main())
