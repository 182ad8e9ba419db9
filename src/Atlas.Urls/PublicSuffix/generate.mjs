// Writes public-suffixes.txt anew: `make public-suffixes`. Arguments: the folder of an unpacked tldts package, the file to write.
// The package is built from the Public Suffix List every time the list changes and carries it as a trie; here it becomes one rule per line.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { domainToASCII } from 'node:url';

const [folder, target] = process.argv.slice(2);
const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const trie = await import(pathToFileURL(join(folder, 'dist/es6/src/data/trie.js')).href);

const labels = [];
let offset = 0;
for (const length of trie.edgeLength)
  labels.push(trie.labelText.slice(offset, (offset += length)));

const rules = new Set();
collect(trie.rulesRoot, '', '');
collect(trie.exceptionsRoot, '', '!');

const lines = [...rules].sort();
if (lines.length < 9000 || !['com', 'co.uk', '*.ck', '!www.ck', 'github.io', 'xn--p1ai'].every(rule => rules.has(rule)))
  throw new Error(`This is not the list: ${lines.length} rules.`);
writeFileSync(target, `# The Public Suffix List, https://publicsuffix.org/list/, Mozilla Public License 2.0; as in tldts ${version}.\n${lines.join('\n')}\n`);
console.log(`${lines.length} rules, from tldts ${version}`);

// A node's flag is 0 unless a rule ends in it. International names stand in the trie in both their forms; the ASCII one is kept.
function collect(node, name, mark) {
  for (let edge = trie.edgeStart[node]; edge < trie.edgeStart[node + 1]; edge++) {
    // Only what is not ASCII already: a label of digits by itself would be read as an address.
    const label = /^[\x20-\x7e]*$/.test(labels[edge]) ? labels[edge] : domainToASCII(labels[edge]);
    if (!label)
      throw new Error(`No ASCII form: ${labels[edge]}`);
    const below = name ? `${label}.${name}` : label;
    const child = trie.edgeChild[edge];
    if (trie.nodeFlags[child] !== 0)
      rules.add(mark + below);
    collect(child, below, mark);
  }
}
