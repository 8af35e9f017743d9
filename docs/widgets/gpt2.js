// GPT-2 in plain JavaScript: byte-level BPE, decoder with a key-value cache, decoding.
// Layers and attention are those of bert.js.

// === Byte-level BPE ===

// A word is letters, digits or other characters, with the space before it.
const WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

class ByteLevelBPE {
  constructor({ vocabulary, merges }) {
    this.tokens = vocabulary;
    this.ids = new Map(vocabulary.map((token, id) => [token, id]));
    this.ranks = new Map(merges.map((pair, rank) => [pair, rank]));
    // A visible character for each byte: itself, or one from U+0100 on.
    let next = 0x100;
    this.characters = Array.from({ length: 256 }, (_, byte) =>
      String.fromCharCode(/[!-~¡-¬®-ÿ]/.test(String.fromCharCode(byte)) ? byte : next++));
    this.bytes = new Map(this.characters.map((character, byte) => [character, byte]));
  }

  encode(text) {
    return (text.match(WORDS) ?? []).flatMap((word) => {
      const bytes = new TextEncoder().encode(word);
      return this.merge(Array.from(bytes, (byte) => this.characters[byte]));
    });
  }

  // Joins the pair that was merged first in training, until no pair is left.
  merge(parts) {
    const rank = (i) => this.ranks.get(`${parts[i]} ${parts[i + 1]}`) ?? Infinity;
    for (;;) {
      let best = 0;
      for (let i = 1; i < parts.length - 1; i++) if (rank(i) < rank(best)) best = i;
      if (rank(best) === Infinity) return parts.map((part) => this.ids.get(part));
      parts.splice(best, 2, parts[best] + parts[best + 1]);
    }
  }

  // Returns the bytes of tokens; a syllable may need several tokens.
  decode(ids) {
    const characters = ids.map((id) => this.tokens[id]).join("");
    return Uint8Array.from(characters, (character) => this.bytes.get(character));
  }
}

// === GPT-2 ===

class Gpt2 {
  constructor(buffer, tables, config) {
    this.config = config;
    this.tokenizer = new ByteLevelBPE(tables);
    this.weights = readTensors(buffer, config.tensors);
    this.hidden = this.weights.norm.weight.length;
  }

  // A cache holds keys and values of the tokens so far. Copies share the old ones.
  start() {
    return { length: 0, layers: this.weights.blocks.map(() => ({ keys: [], values: [] })) };
  }

  copy(cache) {
    const layers = cache.layers.map(({ keys, values }) => ({
      keys: [...keys], values: [...values],
    }));
    return { length: cache.length, layers };
  }

  // Adds a token to a cache and returns its vector, from which `logits` follow.
  step(cache, id) {
    const { hidden, weights: w } = this, { heads, epsilon, activation } = this.config;
    const join = (rows) => {
      const all = new Float32Array(rows.length * hidden);
      rows.forEach((row, i) => all.set(row, i * hidden));
      return all;
    };
    let x = new Float32Array(hidden);
    for (let k = 0; k < hidden; k++)
      x[k] = w.tokens[id * hidden + k] + w.positions[cache.length * hidden + k];
    w.blocks.forEach((block, layer) => {
      const { keys, values } = cache.layers[layer];
      const normal = layerNorm(x, block.attentionNorm, epsilon);
      keys.push(dense(normal, block.key));
      values.push(dense(normal, block.value));
      const mixed = attend(dense(normal, block.query), join(keys), join(values), hidden,
        heads, () => keys.length);
      x = add(x, dense(mixed, block.output));
      const wide = dense(layerNorm(x, block.outputNorm, epsilon), block.widen);
      x = add(x, dense(wide.map(activations[activation]), block.narrow));
    });
    cache.length++;
    return layerNorm(x, w.norm, epsilon);
  }

  logits(vector) {
    return multiply(vector, this.weights.tokens, this.tokenizer.tokens.length);
  }

  // Reads tokens and returns the cache and the logits of the next token.
  read(ids) {
    const cache = this.start();
    let vector;
    for (const id of [this.config.end, ...ids]) vector = this.step(cache, id);
    return { cache, logits: this.logits(vector) };
  }
}

// === Decoding ===

const likeliest = (values, count) =>
  Array.from(values.keys()).sort((a, b) => values[b] - values[a]).slice(0, count);

// Returns the probabilities from which the next token is drawn, as in chapter 8.
function adjusted(logits, { temperature = 1, topK = 0, topP = 1 } = {}) {
  const shares = softmax(Float64Array.from(logits, (logit) => logit / temperature));
  let before = 0;
  likeliest(shares, shares.length).forEach((id, rank) => {
    const share = shares[id];
    if ((topK && rank >= topK) || (before >= topP && rank)) shares[id] = 0;
    before += share;
  });
  const sum = shares.reduce((a, b) => a + b, 0);
  return shares.map((share) => share / sum);
}

// Mulberry32: numbers from 0 to 1 that depend on the seed only.
function randomNumbers(seed) {
  return () => {
    seed = (seed + 0x6D2B79F5) | 0;
    let x = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Draws an id: the first at which the sum of the probabilities passes the number.
function draw(shares, number) {
  for (let id = 0; id < shares.length; id++) if ((number -= shares[id]) < 0) return id;
  return likeliest(shares, 1)[0];
}

// Returns the tree of a beam search: nodes { id, share, score, kept, children }. Each
// step continues the kept nodes and keeps the best of all; `best` marks the best path.
function beamTree(model, ids, beams, steps) {
  const root = { score: 0, kept: true, children: [], ...model.read(ids) };
  let kept = [root], finished = [];
  const most = Math.min(steps, model.config.maxTokens - root.cache.length + 1);
  for (let step = 1; step <= most && kept.length; step++) {
    for (const node of kept) {
      const shares = softmax(Float64Array.from(node.logits));
      node.children = likeliest(shares, beams).map((id) => ({
        id, share: shares[id], score: node.score + Math.log(shares[id]),
        kept: false, children: [], parent: node,
      }));
    }
    const candidates = kept.flatMap((node) => node.children);
    candidates.sort((a, b) => b.score - a.score);
    const best = candidates.slice(0, beams - finished.length);
    for (const node of best) node.kept = true;
    finished.push(...best.filter((node) => node.id === model.config.end));
    kept = best.filter((node) => node.id !== model.config.end);
    if (step === most) break;
    for (const node of kept) {
      node.cache = model.copy(node.parent.cache);
      node.logits = model.logits(model.step(node.cache, node.id));
    }
  }
  let node = [...finished, ...kept].sort((a, b) => b.score - a.score)[0];
  for (; node; node = node.parent) node.best = true;
  return root;
}
