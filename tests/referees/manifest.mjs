// The app manifest, both variants, against Slack's reference (slack_facts.json), the event types of @slack/types and what Muster really calls.
// node manifest.mjs MUSTER CALLS
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const [muster, calls] = process.argv.slice(2);
const facts = JSON.parse(fs.readFileSync(path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), 'slack_facts.json'), 'utf8'));
const wrong = [];
const must = (holds, words) => holds || wrong.push(words);
const only = (where, given, known) => Object.keys(given ?? {}).forEach((k) => must(known.includes(k), `${where} has "${k}", which Slack does not know`));

/// Every event that Slack's own types describe.
function typed_events() {
  const folder = path.join('node_modules', '@slack', 'types', 'dist', 'events');
  const all = fs.readdirSync(folder).filter((f) => f.endsWith('.d.ts')).map((f) => fs.readFileSync(path.join(folder, f), 'utf8')).join('\n');
  return new Set([...all.matchAll(/^\s+type: '([a-z_.]+)';/gm)].map((m) => m[1]));
}

const methods = new Set(fs.readFileSync(calls, 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l).method).filter((m) => !m.startsWith('(')));
const events = typed_events();
must(events.has('reaction_added') && events.size > 20, 'the event types of @slack/types were not understood');

function check(variant, manifest, socket) {
  only(`${variant}: the manifest`, manifest, facts.top);
  only(`${variant}: features`, manifest.features, Object.keys(facts.features));
  for (const [name, known] of Object.entries(facts.features)) for (const one of [manifest.features?.[name] ?? []].flat()) only(`${variant}: ${name}`, one, known);
  only(`${variant}: settings`, manifest.settings, facts.settings);
  const about = manifest.display_information;
  must(about.name.length <= 35 && about.description.length <= 140, `${variant}: name or description is too long`);
  const { shortcuts, slash_commands } = manifest.features;
  must(shortcuts.length <= 10 && shortcuts.every((s) => s.name.length <= 24 && s.description.length <= 150 && s.callback_id.length <= 255 && ['global', 'message'].includes(s.type)), `${variant}: a shortcut breaks the schema's limits`);
  must(slash_commands.every((c) => /^\/.{1,31}$/.test(c.command) && c.description.length <= 2000 && (c.usage_hint ?? '').length <= 1000 && c.should_escape === true), `${variant}: a slash command breaks the schema's limits`);
  must(manifest.settings.socket_mode_enabled === socket, `${variant}: socket_mode_enabled`);
  const addresses = [...slash_commands.map((c) => c.url), manifest.settings.event_subscriptions.request_url, manifest.settings.interactivity.request_url];
  must(addresses.every((a) => (socket ? a === undefined : /^https:\/\//.test(a ?? ''))), `${variant}: addresses ${addresses.join(' ')}`);

  const scopes = manifest.oauth_config.scopes.bot;
  must(new Set(scopes).size === scopes.length, `${variant}: a scope twice`);
  scopes.forEach((s) => must(facts.scopes.includes(s), `${variant}: scope "${s}" does not exist`));
  const granted = (needed) => needed.length === 0 || needed.some((s) => scopes.includes(s));
  const subscribed = manifest.settings.event_subscriptions.bot_events;
  for (const e of subscribed) {
    must(events.has(e) || (e.startsWith('message.') && events.has('message')), `${variant}: @slack/types knows no event "${e}"`);
    must(e in facts.events, `${variant}: event "${e}" is not in slack_facts.json`);
    must(granted(facts.events[e] ?? []), `${variant}: no scope for event "${e}"`);
  }
  for (const m of methods) {
    must(m in facts.methods, `Muster calls ${m}, which is not in slack_facts.json`);
    must(granted(facts.methods[m] ?? []), `${variant}: Muster calls ${m} and has no scope for it`);
  }
  // Least rights: each scope serves a method that is called or an event that is heard.
  const serving = new Set([...[...methods].flatMap((m) => facts.methods[m] ?? []), ...subscribed.flatMap((e) => facts.events[e] ?? []), ...facts.shared_scopes]);
  scopes.forEach((s) => must(serving.has(s), `${variant}: scope "${s}" is asked for, and nothing that Muster calls or hears needs it`));
}

const settings = path.join(fs.mkdtempSync(path.join(process.env.TMPDIR ?? '/tmp', 'muster-manifest-')), 'muster.yaml');
fs.writeFileSync(settings, 'server: {public_url: "https://muster.example.org"}\nslack: {bot_token: "xoxb-referee-0123456789", signing_secret: "8f742231b10e8888abcd99yyyzzz85a5"}\n');
for (const socket of [false, true]) {
  const variant = socket ? 'Socket Mode' : 'HTTP';
  try {
    check(variant, JSON.parse(execFileSync(muster, ['slack', 'manifest', ...(socket ? ['--socket'] : []), '--config', settings], { encoding: 'utf8' })), socket);
  } catch (failure) {
    must(false, `${variant}: ${failure.message}`);
  }
}
fs.rmSync(path.dirname(settings), { recursive: true });
wrong.forEach((w) => console.log(`manifest: ${w}`));
if (wrong.length > 0) process.exit(1);
console.log(`manifest: both variants name only what Slack knows; ${methods.size} methods and their scopes agree`);
