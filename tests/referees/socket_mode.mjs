// Slack's own Socket Mode client works with the fake's: opens, hears, answers, comes again when asked to, leaves well. node socket_mode.mjs FAKE_SLACK_SERVER
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as later } from 'node:timers/promises';

import { startFakeSlack } from './fake_slack.mjs';

const require = createRequire(path.join(process.cwd(), 'package.json'));
const { SocketModeClient, LogLevel } = require('@slack/socket-mode');

async function until(what, check, seconds = 20) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await later(20)) {
    const found = await check();
    if (found) return found;
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}

const fake = await startFakeSlack(process.argv[2], '--sockets');
const client = new SocketModeClient({ appToken: fake.app_token, logLevel: LogLevel.ERROR, clientOptions: { slackApiUrl: fake.url } });
const heard = [];
client.on('slash_commands', async ({ body, ack }) => {
  heard.push(body.text);
  await ack({ text: `heard ${body.text}` });
});
client.on('app_mention', async ({ event, ack }) => {
  heard.push(event.text);
  await ack();
});
let held = 0;
try {
  await client.start();
  assert.equal(await fake.ask('links'), 1);
  held += 1;
  const command = await fake.ask('slash declare sev1 checkout');
  const back = await until('the command is answered', () => fake.ask(`acknowledged ${command}`));
  assert.ok(JSON.stringify(back.answer).includes('heard declare sev1 checkout'));
  held += 1;
  const event = await fake.ask('event hello');
  await until('the event is acknowledged', () => fake.ask(`acknowledged ${event}`));
  assert.deepEqual(heard, ['declare sev1 checkout', 'hello']);
  held += 1;
  await fake.ask('disconnect');
  await until('the client comes again', async () => (await fake.ask('opened')) >= 2);
  await until('there is a connection', async () => (await fake.ask('links')) >= 1);
  await later(100);
  const again = await fake.ask('slash list');
  await until('the new connection is heard', () => fake.ask(`acknowledged ${again}`));
  held += 1;
  await client.disconnect();
  await until('the client leaves well', async () => (await fake.ask('closed')) >= 1);
  held += 1;
} finally {
  await fake.stop();
}
console.log(`socket-mode: @slack/socket-mode agrees with the fake Slack on ${held} points`);
process.exit(0);
