// The peer of the benchmark: a bare Bolt app that verifies the signature and acknowledges, storing nothing.
const { App, HTTPReceiver, LogLevel } = require('@slack/bolt');
const receiver = new HTTPReceiver({ signingSecret: process.env.SECRET, logLevel: LogLevel.ERROR });
const app = new App({ receiver, authorize: async () => ({ botToken: 'xoxb-none', botId: 'B1', botUserId: 'U0BOT' }), logLevel: LogLevel.ERROR });
app.command('/incident', async ({ ack }) => { await ack({ response_type: 'ephemeral', text: 'ok' }); });
app.start({ port: Number(process.env.PORT), host: '127.0.0.1' }).then(() => console.log('ready'));
