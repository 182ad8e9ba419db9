// The peer for canonical forms where Node is installed: its URL class (ada), alone and with the same duties. Argument: a file of URLs, a line each.
import { readFileSync } from 'node:fs';

const lines = readFileSync(process.argv[2], 'utf8').split('\n').filter(line => line.length > 0);

function parsed(line) {
  return URL.canParse(line) ? new URL(line).href.length : 0;
}

function canonical(line) {
  if (!URL.canParse(line))
    return 0;
  const url = new URL(line);
  url.hash = '';
  const parts = url.search.slice(1).split('&').filter(part => part.length > 0 && !/^(utm_.+|gclid|fbclid|msclkid|mc_eid)(=|$)/i.test(part));
  parts.sort((a, b) => { const x = a.split('=', 1)[0], y = b.split('=', 1)[0]; return x < y ? -1 : x > y ? 1 : 0; });
  url.search = parts.join('&');
  if (url.protocol === 'https:' && url.port === '')
    url.protocol = 'http:';
  return url.href.length;
}

for (const [name, work] of [['parse', parsed], ['same duties', canonical]]) {
  let sum = 0, rounds = 0;
  for (const line of lines)
    sum += work(line);
  const start = process.hrtime.bigint();
  while (process.hrtime.bigint() - start < 2_000_000_000n) {
    for (const line of lines)
      sum += work(line);
    rounds++;
  }
  console.log(`${name}\t${rounds * lines.length / (Number(process.hrtime.bigint() - start) / 1e9)}\t${sum}`);
}
