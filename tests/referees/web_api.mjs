// Slack's own client works with the fake Slack as it does with Slack: calls, errors, pages, waits. node web_api.mjs FAKE_SLACK_SERVER
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';

import { startFakeSlack } from './fake_slack.mjs';

const require = createRequire(path.join(process.cwd(), 'package.json'));
const { WebClient, WebClientEvent } = require('@slack/web-api');

let held = 0;
async function holds(what, check) {
  await check();
  held += 1;
  if (process.env.VERBOSE) console.log(`  ${what}`);
}
const refuses = (call, word) => assert.rejects(call, (e) => e.code === 'slack_webapi_platform_error' && e.data.error === word);

const modal = (title) => ({
  type: 'modal',
  callback_id: 'declare',
  title: { type: 'plain_text', text: title },
  submit: { type: 'plain_text', text: 'Declare' },
  blocks: [{ type: 'input', block_id: 'title', label: { type: 'plain_text', text: 'Title' }, element: { type: 'plain_text_input', action_id: 'title' } }],
});

const fake = await startFakeSlack(process.argv[2]);
const web = new WebClient(fake.token, { slackApiUrl: fake.url, allowAbsoluteUrls: false });
try {
  await holds('it knows who we are', async () => assert.equal((await web.auth.test()).user_id, fake.bot));
  await holds('it refuses other tokens', async () => refuses(new WebClient('xoxb-other', { slackApiUrl: fake.url }).auth.test(), 'invalid_auth'));
  const { channel } = await web.conversations.create({ name: 'inc-1-checkout' });
  await holds('a channel has what was asked for', async () => assert.equal(channel.name, 'inc-1-checkout'));
  await holds('a name is taken once', () => refuses(web.conversations.create({ name: 'inc-1-checkout' }), 'name_taken'));
  await holds('a name has rules', () => refuses(web.conversations.create({ name: 'Inc 2' }), 'invalid_name_specials'));
  await holds('the topic stays', async () => {
    await web.conversations.setTopic({ channel: channel.id, topic: 'INC-1 sev1' });
    assert.equal((await web.conversations.info({ channel: channel.id })).channel.topic.value, 'INC-1 sev1');
  });
  await holds('a hundred can be invited at a time', () => refuses(web.conversations.invite({ channel: channel.id, users: Array.from({ length: 101 }, (_, i) => `U${1000 + i}`).join(',') }), 'invalid_arguments'));
  await holds('with force the good ones come in', async () => {
    await web.conversations.invite({ channel: channel.id, users: 'U01,UNOBODY', force: true });
    assert.ok((await web.conversations.members({ channel: channel.id })).members.includes('U01'));
  });
  const posted = await web.chat.postMessage({
    channel: channel.id,
    text: 'INC-1',
    unfurl_links: false,
    unfurl_media: false,
    blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '*INC-1* checkout' } }],
    metadata: { event_type: 'muster_message', event_payload: { op: 'op-1' } },
  });
  await holds('metadata is read back', async () => {
    const { messages } = await web.conversations.history({ channel: channel.id, include_all_metadata: true });
    assert.equal(messages[0].metadata.event_payload.op, 'op-1');
    assert.equal(messages[0].ts, posted.ts);
  });
  await holds('bad blocks are refused', () => refuses(web.chat.postMessage({ channel: channel.id, text: 'x', unfurl_links: false, unfurl_media: false, blocks: [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }] }), 'invalid_blocks'));
  await holds('a message can be edited, and a stranger\'s cannot be found', async () => {
    await web.chat.update({ channel: channel.id, ts: posted.ts, text: 'INC-1 resolved' });
    await refuses(web.chat.update({ channel: channel.id, ts: '1.000001', text: 'x' }), 'message_not_found');
  });
  await holds('it is pinned once', async () => {
    await web.pins.add({ channel: channel.id, timestamp: posted.ts });
    await refuses(web.pins.add({ channel: channel.id, timestamp: posted.ts }), 'already_pinned');
    assert.equal((await web.pins.list({ channel: channel.id })).items.length, 1);
  });
  await holds('bookmarks are listed', async () => {
    await web.bookmarks.add({ channel_id: channel.id, title: 'Timeline', type: 'link', link: 'https://muster.example.org/' });
    assert.equal((await web.bookmarks.list({ channel_id: channel.id })).bookmarks[0].title, 'Timeline');
  });
  await holds('reactions come and go', async () => {
    await web.reactions.add({ channel: channel.id, timestamp: posted.ts, name: 'pushpin' });
    await refuses(web.reactions.add({ channel: channel.id, timestamp: posted.ts, name: 'pushpin' }), 'already_reacted');
    await web.reactions.remove({ channel: channel.id, timestamp: posted.ts, name: 'pushpin' });
  });
  await holds('a message has an address', async () => assert.match((await web.chat.getPermalink({ channel: channel.id, message_ts: posted.ts })).permalink, /^https:\/\/test\.slack\.com\/archives\//));
  await holds('a private word reaches members only', async () => {
    await web.chat.postEphemeral({ channel: channel.id, user: 'U01', text: 'only you' });
    await refuses(web.chat.postEphemeral({ channel: channel.id, user: 'U02', text: 'only you' }), 'user_not_in_channel');
  });
  await holds('a trigger opens one view, and an old hash changes none', async () => {
    const trigger_id = await fake.ask('trigger');
    const { view } = await web.views.open({ trigger_id, view: modal('Declare') });
    await refuses(web.views.open({ trigger_id, view: modal('Declare') }), 'exchanged_trigger_id');
    await web.views.update({ view_id: view.id, hash: view.hash, view: modal('Declare it') });
    await refuses(web.views.update({ view_id: view.id, hash: view.hash, view: modal('Again') }), 'hash_conflict');
    await web.views.publish({ user_id: 'U01', view: { type: 'home', blocks: [{ type: 'divider' }] } });
  });
  await holds('lists come in pages', async () => {
    for (let i = 0; i < 5; i += 1) await web.conversations.create({ name: `inc-2-${i}` });
    const names = [];
    for await (const page of web.paginate('users.conversations', { limit: 2 })) names.push(...page.channels.map((c) => c.name));
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.includes('inc-2-4'));
  });
  await holds('people are found', async () => {
    assert.equal((await web.users.info({ user: 'U01' })).user.id, 'U01');
    assert.equal((await web.users.lookupByEmail({ email: 'u01@example.org' })).user.id, 'U01');
    await refuses(web.users.lookupByEmail({ email: 'nobody@example.org' }), 'users_not_found');
  });
  await holds('an archived channel is closed, and no bot opens it again', async () => {
    await web.conversations.archive({ channel: channel.id });
    await refuses(web.chat.postMessage({ channel: channel.id, text: 'x', unfurl_links: false, unfurl_media: false }), 'is_archived');
    await refuses(web.conversations.unarchive({ channel: channel.id }), 'not_allowed_token_type');
  });
} finally {
  await fake.stop();
}

const limited = await startFakeSlack(process.argv[2], '--limits');
try {
  const patient = new WebClient(limited.token, { slackApiUrl: limited.url });
  let told = 0;
  patient.on(WebClientEvent.RATE_LIMITED, (seconds) => {
    told = seconds;
  });
  await holds('who is told to wait comes back after Retry-After and gets through', async () => {
    const message = { channel: limited.announce, text: 'one', unfurl_links: false, unfurl_media: false };
    await patient.chat.postMessage(message);
    assert.ok((await patient.chat.postMessage({ ...message, text: 'two' })).ok);
    assert.equal(told, 1);
  });
} finally {
  await limited.stop();
}
console.log(`web-api: @slack/web-api agrees with the fake Slack on ${held} points`);
