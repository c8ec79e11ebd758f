// Starts the test suite's fake Slack (fake_slack_server) and asks it questions; ends it with the process that asked.
import { spawn } from 'node:child_process';
import readline from 'node:readline';

export async function startFakeSlack(program, ...args) {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = [];
  let ended = null;
  readline.createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)));
  child.once('exit', (code) => {
    ended = new Error(`the fake Slack ended with ${code}`);
    waiting.splice(0).forEach(({ reject }) => reject(ended));
  });
  const next = () => new Promise((resolve, reject) => {
    if (ended) reject(ended);
    else waiting.push({ resolve, reject });
  });
  const about = await next();
  return {
    ...about,
    ask(question) {
      child.stdin.write(`${question}\n`);
      return next();
    },
    stop: () => new Promise((resolve) => {
      child.once('exit', resolve);
      child.stdin.end();
    }),
  };
}
