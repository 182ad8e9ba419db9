// 128 workers over a list on stdin, pages as JSON lines in the folder given: node's own client. Arguments: folder, requests at once.
import fs from 'node:fs';
import http from 'node:http';

const [folder, concurrency] = process.argv.slice(2);
const urls = [...new Set(fs.readFileSync(0, 'utf8').split('\n').filter(Boolean))];
const out = fs.createWriteStream(`${folder}/pages.jsonl`).setMaxListeners(0);
const agent = new http.Agent({ keepAlive: true, maxSockets: Number(concurrency) });

const get = (url) => new Promise((resolve, reject) => {
  http.get(url, { agent }, (response) => {
    const parts = [];
    response.on('data', (part) => parts.push(part)).on('error', reject);
    response.on('end', () => resolve({ url, status: response.statusCode, body: Buffer.concat(parts).toString() }));
  }).on('error', reject);
});

let next = 0;
const work = async () => {
  while (next < urls.length) {
    const page = await get(urls[next++]);
    if (!out.write(JSON.stringify(page) + '\n'))
      await new Promise((resolve) => out.once('drain', resolve));
  }
};
await Promise.all(Array.from({ length: Number(concurrency) }, work));
await new Promise((resolve) => out.end(resolve));
process.exit(0);
