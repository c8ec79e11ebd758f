// Everything Muster sent to Slack in a test run, judged by TypeScript: each call against the argument types of @slack/web-api, each list of
// blocks against KnownBlock[], each view against View, each answer to a command against Bolt's RespondArguments. node types.mjs CALLS TSC
// CALLS: lines of {"method", "args"} as the fake Slack recorded them (MUSTER_SLACK_CALLS). Calls of one shape are judged once.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

/// What the types do not know although Slack's own reference does; each with its reason.
const undocumented = {
  'chat.postMessage': ['client_msg_id'], // the reference lists errors and a response field worded in terms of it, the type leaves it out
};
const json = new Set(['blocks', 'view', 'metadata', 'attachments', 'files']);
const numbers = new Set(['limit', 'count', 'page', 'post_at']);
const keptText = new Set(['type', 'style', 'method', 'response_type', 'response_action', 'event_type', 'emoji', 'include']);

function argument(name, value) {
  if (json.has(name)) return JSON.parse(value);
  if (value === 'true' || value === 'false') return value === 'true';
  return numbers.has(name) ? Number(value) : value;
}

/// The same for calls that differ only in their words.
function shape(value, name = '') {
  if (Array.isArray(value)) return value.map((v) => shape(v, name));
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, shape(v, k)]));
  return typeof value === 'string' && !keptText.has(name) ? (value === '' ? 'empty' : 'text') : value;
}

const lines = ["import { WebClient, type KnownBlock, type View } from '@slack/web-api';", "import type { RespondArguments } from '@slack/bolt';", 'declare const web: WebClient;', ''];
const seen = new Map();
const methods = new Map();
let read = 0;
let n = 0;

function declared(kind, text) {
  n += 1;
  lines.push(`const v${n}: ${kind} = ${text}; void v${n};`);
  return `v${n}`;
}

/// The object as source text, its blocks and view named so that they are judged by their own types.
function source(args) {
  const parts = Object.entries(args).map(([name, value]) => {
    if (name === 'blocks') return `blocks: ${declared('KnownBlock[]', JSON.stringify(value))}`;
    if (name === 'view') return `view: ${declared('View', JSON.stringify(value))}`;
    return `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
  });
  return `{ ${parts.join(', ')} }`;
}

for (const line of fs.readFileSync(process.argv[2], 'utf8').split('\n')) {
  if (!line) continue;
  read += 1;
  const { method, args: form } = JSON.parse(line);
  let args;
  if (method.startsWith('(')) args = JSON.parse(form.body);
  else args = Object.fromEntries(Object.entries(form).filter(([name]) => !(undocumented[method] ?? []).includes(name)).map(([name, value]) => [name, argument(name, value)]));
  const key = method + JSON.stringify(shape(args));
  if (seen.has(key)) continue;
  seen.set(key, true);
  methods.set(method, (methods.get(method) ?? 0) + 1);
  lines.push(`// ${method}`);
  const text = source(args);
  if (method.startsWith('(')) declared('RespondArguments', text);
  else lines.push(`void web.${method}(${text === '{  }' ? '' : text});`);
}

fs.mkdirSync('types', { recursive: true });
fs.writeFileSync('types/sent.ts', `${lines.join('\n')}\n`);
fs.writeFileSync('types/tsconfig.json', JSON.stringify({
  compilerOptions: { strict: true, noEmit: true, skipLibCheck: true, target: 'es2022', module: 'nodenext', moduleResolution: 'nodenext', types: ['node'], exactOptionalPropertyTypes: false },
  files: ['sent.ts'],
}));
console.log(`types: ${read} calls recorded, ${seen.size} of different shape: ${[...methods].map(([m, c]) => `${m} ${c}`).join(', ')}`);
if (!methods.has('chat.postMessage') || !methods.has('conversations.create')) {
  console.log('types: the recording is too thin to judge anything');
  process.exit(1);
}
try {
  execFileSync(process.execPath, [process.argv[3], '-p', 'types'], { stdio: ['ignore', 'pipe', 'pipe'] });
} catch (failure) {
  console.log(String(failure.stdout ?? failure).split('\n').slice(0, 40).join('\n'));
  process.exit(1);
}
console.log('types: tsc --strict accepts all of them');
