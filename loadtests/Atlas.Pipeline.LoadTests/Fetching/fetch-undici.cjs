// As fetch-http.mjs, with undici, found by NODE_PATH. Arguments: folder, requests at once.
const fs = require('node:fs');
const { Agent, request } = require('undici');

const [folder, concurrency] = process.argv.slice(2);
const urls = [...new Set(fs.readFileSync(0, 'utf8').split('\n').filter(Boolean))];
const out = fs.createWriteStream(`${folder}/pages.jsonl`).setMaxListeners(0);
const dispatcher = new Agent({ connections: Number(concurrency), pipelining: 1, keepAliveTimeout: 60_000 });

let next = 0;
const work = async () => {
  while (next < urls.length) {
    const url = urls[next++];
    const { statusCode, body } = await request(url, { dispatcher });
    if (!out.write(JSON.stringify({ url, status: statusCode, body: await body.text() }) + '\n'))
      await new Promise((resolve) => out.once('drain', resolve));
  }
};
Promise.all(Array.from({ length: Number(concurrency) }, work)).then(() => out.end(() => process.exit(0)));
