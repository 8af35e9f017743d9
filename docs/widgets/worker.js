// What the widgets ask of the models, in a worker, so that the page stays responsive.

const kinds = { bert: [WordPiece, Bert], gpt2: [ByteLevelBPE, Gpt2] };
const tokenizers = {}, models = {}, writings = {};

// As in the package: decomposed syllables are composed, everything else stays.
const compose = (text) =>
  text.replace(/[가-힣]?[\u1100-\u11FF]+/g, (run) => run.normalize("NFC"));

// A token as a reader sees it; pieces of a syllable are shown as bytes.
function shown(tokenizer, id) {
  if (!(tokenizer instanceof ByteLevelBPE)) return tokenizer.tokens[id];
  if (tokenizer.tokens[id].startsWith("<|")) return tokenizer.tokens[id];
  const bytes = tokenizer.decode([id]);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return `<${Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(" ")}>`;
  }
}

const decoded = (tokenizer, ids) =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(tokenizer.decode(ids));

function checkLength(count, most) {
  if (count > most)
    throw new RangeError(`글이 깁니다. 토큰 ${most}개까지 읽을 수 있는데 ${count}개입니다.`);
}

// [CLS] and [SEP] around one text or two, with the segment of each token.
function bertInput(tokenizer, texts, most = Infinity) {
  const [cls, sep] = ["[CLS]", "[SEP]"].map((token) => tokenizer.ids.get(token));
  const ids = [cls], segments = [0];
  texts.forEach((text, segment) => {
    const part = [...tokenizer.encode(compose(text)).slice(0, most - 2), sep];
    ids.push(...part);
    segments.push(...part.map(() => segment));
  });
  return { ids, segments };
}

const best = (tokenizer, shares, count) =>
  likeliest(shares, count).map((id) => ({ id, text: shown(tokenizer, id), share: shares[id] }));

const answers = {
  tables({ name, kind, tables }) {
    tokenizers[name] = new kinds[kind][0](tables);
  },

  weights({ name, kind, buffer, tables, config }) {
    models[name] = new kinds[kind][1](buffer, tables, config);
  },

  tokens({ name, texts }) {
    const tokenizer = tokenizers[name];
    const { ids, segments } = tokenizer instanceof WordPiece
      ? bertInput(tokenizer, texts)
      : { ids: tokenizer.encode(compose(texts[0])), segments: [] };
    return { ids, segments, tokens: ids.map((id) => shown(tokenizer, id)) };
  },

  fill({ name, text, count }) {
    const model = models[name], { tokenizer } = model;
    const { ids, segments } = bertInput(tokenizer, [text]);
    checkLength(ids.length, model.config.maxTokens);
    const mask = tokenizer.ids.get("[MASK]");
    const positions = [...ids.keys()].filter((i) => ids[i] === mask);
    if (!positions.length) throw new RangeError("문장에 [MASK]를 하나 이상 넣어 주세요.");
    const { vectors } = model.encode(ids, segments);
    return positions.map((position) =>
      best(tokenizer, softmax(model.maskLogits(vectors, position)), count));
  },

  next({ name, text, count }) {
    const model = models[name], ids = model.tokenizer.encode(compose(text));
    checkLength(ids.length + 1, model.config.maxTokens);
    return best(model.tokenizer, softmax(model.read(ids).logits), count);
  },

  attention({ name, text }) {
    const model = models[name], { ids, segments } = bertInput(model.tokenizer, [text]);
    checkLength(ids.length, model.config.maxTokens);
    const tokens = ids.map((id) => shown(model.tokenizer, id));
    return { tokens, heads: model.config.heads, maps: model.encode(ids, segments).maps };
  },

  classify({ name, text }) {
    const model = models[name], { labels, maxTokens } = model.config;
    const { ids, segments } = bertInput(model.tokenizer, [text], maxTokens);
    const shares = softmax(model.classLogits(model.encode(ids, segments).vectors));
    return labels.map((label, i) => ({ text: label, share: shares[i] }));
  },

  // A writing goes on token by token, with options that may change in between.
  begin({ name, writing, text, seed }) {
    const model = models[name], ids = model.tokenizer.encode(compose(text));
    checkLength(ids.length + 1, model.config.maxTokens);
    const { cache, logits } = model.read(ids);
    writings[writing] = { model, ids, added: [], cache, logits, random: randomNumbers(seed) };
  },

  look({ writing, options, count }) {
    const { model, logits, cache } = writings[writing];
    const before = softmax(Float64Array.from(logits)), after = adjusted(logits, options);
    const choices = best(model.tokenizer, before, count);
    return {
      choices: choices.map((choice) => ({ ...choice, after: after[choice.id] })),
      left: after.reduce((sum, share) => sum + (share > 0), 0),
      full: cache.length >= model.config.maxTokens,
    };
  },

  // Adds a token: the given one, or one that is drawn.
  write({ writing, options, id }) {
    const state = writings[writing], { model, cache } = state;
    if (cache.length >= model.config.maxTokens) return { ended: true, full: true };
    id ??= draw(adjusted(state.logits, options), state.random());
    if (id === model.config.end) return { ended: true };
    state.added.push(id);
    state.logits = model.logits(model.step(cache, id));
    return {
      token: shown(model.tokenizer, id),
      text: decoded(model.tokenizer, [...state.ids, ...state.added]),
    };
  },

  beams({ name, text, beams, steps }) {
    const model = models[name], ids = model.tokenizer.encode(compose(text));
    checkLength(ids.length + 1, model.config.maxTokens);
    const view = ({ id, share, score, kept, best, children }) => ({
      text: id === undefined ? text : shown(model.tokenizer, id),
      share, score, kept, best, children: children.map(view),
    });
    const tree = beamTree(model, ids, beams, steps), path = [];
    for (let node = tree; node; node = node.children.find((child) => child.best))
      if (node.id !== undefined && node.id !== model.config.end) path.push(node.id);
    return { tree: view(tree), text: decoded(model.tokenizer, [...ids, ...path]) };
  },
};

onmessage = ({ data: { call, method, values } }) => {
  try {
    postMessage({ call, result: answers[method](values) });
  } catch (error) {
    postMessage({ call, error: error.message, expected: error instanceof RangeError });
  }
};
