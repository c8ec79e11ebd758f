// Bolt's verdict on every request of referee_requests, beside Muster's. node verifiers.mjs REQUESTS
// Known difference: Bolt accepts timestamps from the future; Slack's documentation asks for the absolute difference, as Muster does.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(process.cwd(), 'package.json'));
const { isValidSlackRequest } = require(path.join(path.dirname(require.resolve('@slack/bolt')), 'receivers', 'verify-request.js'));

const counts = { asked: 0, accepted: 0, future: 0 };
const differences = [];
for (const line of fs.readFileSync(process.argv[2], 'utf8').split('\n')) {
  if (!line) continue;
  const r = JSON.parse(line);
  const bolt = isValidSlackRequest({
    signingSecret: r.secret,
    // Bolt's receivers hand on the body as a string and the timestamp as a number.
    body: Buffer.from(r.body, 'hex').toString('utf8'),
    headers: { 'x-slack-signature': r.signature, 'x-slack-request-timestamp': Number.parseInt(r.stamp, 10) },
    nowMilliseconds: r.now * 1000,
  });
  counts.asked += 1;
  if (r.muster) counts.accepted += 1;
  if (bolt === r.muster) continue;
  if (bolt && !r.muster && Number(r.stamp) > r.now + 300) counts.future += 1;
  else differences.push(`${line} bolt=${bolt}`);
}
console.log(`bolt: ${counts.asked} requests, ${counts.accepted} accepted by Muster, ${counts.future} from the future refused by Muster alone, ${differences.length} other differences`);
for (const d of differences.slice(0, 10)) console.log(`  ${d}`);
if (differences.length > 0 || counts.accepted < counts.asked / 10 || counts.accepted > counts.asked * 0.9) process.exit(1);
