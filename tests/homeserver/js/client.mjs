// A person with matrix-js-sdk, the library under Element: signs in, declares, enters the room, reads the pinned card, presses a button, types.
// Place: started by the scenario in the folder where the packages are. client.mjs HOMESERVER USER ANNOUNCEMENTS BOT; the password is in the
// environment. Prints what it saw; exit 1 with words when something does not come.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const sdk = await import(pathToFileURL(resolve("node_modules/matrix-js-sdk/lib/index.js")).href);
const { logger } = await import(pathToFileURL(resolve("node_modules/matrix-js-sdk/lib/logger.js")).href);
logger.disableAll?.();
for (const noise of ["debug", "info", "warn"]) console[noise] = () => {};
const [baseUrl, user, announcements, bot] = process.argv.slice(2);

async function comes(what, look) {
  for (const until = Date.now() + 30000; Date.now() < until; await new Promise((done) => setTimeout(done, 50))) {
    const seen = await look();
    if (seen) {
      console.log(`seen: ${what}`);
      return seen;
    }
  }
  throw new Error(`never seen: ${what}`);
}

const messages = (room) => room.getLiveTimeline().getEvents().filter((e) => e.getType() === "m.room.message" && e.getSender() === bot);
/// Keys that the client shows under an event, by who put them there.
const keys = (room, id, from) =>
  [...(room.relations.getChildEventsForEvent(id, "m.annotation", "m.reaction")?.getRelations() ?? [])].filter((e) => e.getSender() === from).map((e) => e.getRelation().key);

let client;
try {
  const entry = sdk.createClient({ baseUrl });
  const signedIn = await entry.loginRequest({ type: "m.login.password", identifier: { type: "m.id.user", user }, password: process.env.MUSTER_TEST_PASSWORD });
  client = sdk.createClient({ baseUrl, accessToken: signedIn.access_token, userId: signedIn.user_id, deviceId: signedIn.device_id });
  const ready = new Promise((done) => client.on(sdk.ClientEvent.Sync, (state) => state === "PREPARED" && done()));
  await client.startClient({ initialSyncLimit: 50, pollTimeout: 10000 });
  await ready;
  console.log("seen: the first sync");

  const hall = await comes("the room for announcements", () => client.getRoom(announcements));
  const declared = (await client.sendTextMessage(announcements, "!incident declare sev1 seen by another client")).event_id;
  await comes("the answer, as a reply to what was typed", () => messages(hall).find((e) => e.replyEventId === declared));
  const room = await comes("the invitation", () => client.getRooms().find((r) => r.getMyMembership() === "invite"));
  await client.joinRoom(room.roomId);
  await comes("the room's name", () => room.name === "INC-1 seen by another client");
  await comes("the topic", () => room.currentState.getStateEvents("m.room.topic", "")?.getContent().topic?.startsWith("INC-1 SEV1"));
  const pinned = await comes("a pinned event", () => room.currentState.getStateEvents("m.room.pinned_events", "")?.getContent().pinned?.[0]);
  const card = await comes("the card", () => room.findEventById(pinned));
  if (!card.getContent().formatted_body?.includes("INC-1")) throw new Error("the card is no HTML of INC-1: " + JSON.stringify(card.getContent()));
  await comes("the card's button, as a reaction of the bot", () => keys(room, pinned, bot).includes("🙋"));
  await client.sendEvent(room.roomId, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: pinned, key: "🙋" } });
  // The client draws the newest edit in the card's place.
  await comes("the card with its commander", () => /Commander\W+.*Alice/i.test(card.getContent().body));
  const note = (await client.sendTextMessage(room.roomId, "!incident note typed in another client")).event_id;
  await comes("the check mark", () => keys(room, note, bot).includes("✅"));
  const question = (await client.sendTextMessage(room.roomId, "!incident show")).event_id;
  const answer = await comes("an answer in words", () => messages(room).find((e) => e.replyEventId === question));
  if (answer.getContent().msgtype !== "m.notice") throw new Error("the answer notifies: " + JSON.stringify(answer.getContent()));
} catch (problem) {
  console.log(String(problem?.stack ?? problem));
  process.exitCode = 1;
}
client?.stopClient();
process.exit();
