// BERT in plain JavaScript, without a library: WordPiece, encoder, heads.
// The sizes are read from the model: vocabulary, layers, heads, vectors.
"use strict";

// === Weights ===

// Returns the tensors of a model as { tokens, blocks: [{ query: { weight, bias } }] }.
// Vectors and small matrices are stored as float32, without columns. Large matrices have
// a float32 scale for each row, then the upper 8 of 10 bits of each number, then the
// lower 2 bits, four numbers in a byte.
function readTensors(buffer, entries) {
  const model = {};
  for (const { name, shape, offset } of entries) {
    const [rows, columns] = shape;
    let values = new Float32Array(buffer, offset, rows);
    if (columns) {
      const scales = values, start = offset + 4 * rows, count = rows * columns;
      const upper = new Int8Array(buffer, start, count);
      const lower = new Uint8Array(buffer, start + count, Math.ceil(count / 4));
      values = new Float32Array(count);
      for (let i = 0; i < count; i++) {
        const twoBits = (lower[i >> 2] >> (2 * (i % 4))) & 3;
        values[i] = (4 * upper[i] + twoBits) * scales[Math.floor(i / columns)];
      }
    }
    const keys = name.split("."), last = keys.pop();
    let place = model;
    for (const key of keys) place = place[key] ??= {};
    place[last] = values;
  }
  model.blocks = Object.values(model.blocks);
  return model;
}

// === WordPiece ===

const DELETED = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\p{Cf}\uFFFD\uE010-\uF8FF\u{F0000}-\u{FFFFD}\u{100000}-\u{10FFFD}]/gu;
const SPACES = /[\t\n\r\p{Z}]/gu;
const IDEOGRAPHS = /[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;
const PUNCTUATION = /([!-/:-@[-`{-~\p{P}])/u;

class WordPiece {
  constructor({ vocabulary, special }) {
    this.tokens = vocabulary;
    this.ids = new Map(vocabulary.map((token, id) => [token, id]));
    this.special = special;
  }

  // Returns the ids of a text. Special tokens such as [MASK] may stand in the text;
  // until the words are looked up, a character of private use stands for each.
  encode(text) {
    text = text.replace(/[\uE000-\uE00F]/g, "\uFFFD");
    this.special.forEach((token, i) => {
      text = text.replaceAll(token, ` ${String.fromCharCode(0xE000 + i)} `);
    });
    text = text.replace(DELETED, "").replace(SPACES, " ");
    const words = text.replace(IDEOGRAPHS, " $& ").split(" ");
    return words.flatMap((word) => word.split(PUNCTUATION)).flatMap((w) => this.word(w));
  }

  // Takes the longest token in the vocabulary from the front, again and again.
  word(word) {
    const placeholder = word.charCodeAt(0) - 0xE000;
    if (word.length === 1 && placeholder in this.special)
      return [this.ids.get(this.special[placeholder])];
    const letters = [...word], ids = [], unknown = [this.ids.get("[UNK]")];
    if (letters.length > 100) return unknown;
    for (let start = 0, end; start < letters.length; start = end) {
      let id;
      for (end = letters.length; end > start; end--) {
        const piece = letters.slice(start, end).join("");
        id = this.ids.get(start ? `##${piece}` : piece);
        if (id !== undefined) break;
      }
      if (end === start) return unknown;
      ids.push(id);
    }
    return ids;
  }
}

// === Layers ===

// Multiplies each row of x, (rows, inputs), with a matrix, (outputs, inputs).
// Four outputs at once, since one sum would wait for each addition. If their number is
// no multiple of four, what is too much is overwritten by the next row or ignored.
function multiply(x, matrix, outputs, bias) {
  const inputs = matrix.length / outputs, rows = x.length / inputs;
  const y = new Float32Array(rows * outputs);
  for (let row = 0; row < rows; row++)
    for (let output = 0; output < outputs; output += 4) {
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0, b = output * inputs;
      for (let a = row * inputs; a < (row + 1) * inputs; a++, b++) {
        const value = x[a];
        s0 += value * matrix[b];
        s1 += value * matrix[b + inputs];
        s2 += value * matrix[b + 2 * inputs];
        s3 += value * matrix[b + 3 * inputs];
      }
      const at = row * outputs + output;
      [y[at], y[at + 1], y[at + 2], y[at + 3]] = [s0, s1, s2, s3];
    }
  return bias ? y.map((value, i) => value + bias[i % outputs]) : y;
}

const dense = (x, { weight, bias }) => multiply(x, weight, bias.length, bias);

const add = (x, y) => x.map((value, i) => value + y[i]);

// Gives each row the mean 0 and the variance 1, then scale and bias of the layer.
function layerNorm(x, { weight, bias }, epsilon) {
  const size = weight.length, y = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += size) {
    const row = x.subarray(start, start + size);
    const mean = row.reduce((sum, value) => sum + value, 0) / size;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
    const factor = 1 / Math.sqrt(variance + epsilon);
    for (let i = 0; i < size; i++)
      y[start + i] = (row[i] - mean) * factor * weight[i] + bias[i];
  }
  return y;
}

function softmax(logits) {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const values = logits.map((logit) => Math.exp(logit - largest));
  const sum = values.reduce((a, b) => a + b, 0);
  return values.map((value) => value / sum);
}

const activations = {
  geluTanh: (x) =>
    0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  gelu(x) {
    // The error function of Abramowitz and Stegun, 7.1.26; its error is below 2e-7.
    const z = Math.abs(x) / Math.SQRT2, t = 1 / (1 + 0.3275911 * z);
    const polynomial = t * (0.254829592 + t * (-0.284496736 +
      t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    return 0.5 * x * (1 + Math.sign(x) * (1 - polynomial * Math.exp(-z * z)));
  },
};

// === Attention ===

// Returns the mixed values, (queries, hidden), of heads side by side. Query i sees the
// keys before `visible(i)`. `map`, (heads, queries, keys), receives the weights.
function attend(query, keys, values, hidden, heads, visible, map) {
  const queries = query.length / hidden, total = keys.length / hidden;
  const size = hidden / heads, output = new Float32Array(query.length);
  for (let head = 0; head < heads; head++)
    for (let i = 0; i < queries; i++) {
      const scores = new Float32Array(visible(i)), at = i * hidden + head * size;
      for (let j = 0; j < scores.length; j++) {
        let sum = 0;
        for (let k = 0, b = j * hidden + head * size; k < size; k++)
          sum += query[at + k] * keys[b + k];
        scores[j] = sum / Math.sqrt(size);
      }
      const weights = softmax(scores);
      if (map) map.set(weights, (head * queries + i) * total);
      for (let j = 0; j < weights.length; j++)
        for (let k = 0, b = j * hidden + head * size; k < size; k++)
          output[at + k] += weights[j] * values[b + k];
    }
  return output;
}

// === BERT ===

class Bert {
  constructor(buffer, tables, config) {
    this.config = config;
    this.tokenizer = new WordPiece(tables);
    this.weights = readTensors(buffer, config.tensors);
    this.hidden = this.weights.norm.weight.length;
  }

  // Returns the vectors of tokens, (tokens, hidden), and the attention weights of each
  // layer, (heads, tokens, tokens). A batch of one text needs no padding.
  encode(ids, segmentIds) {
    const { hidden, weights: w } = this, { heads, epsilon, activation } = this.config;
    const count = ids.length, maps = [];
    let x = new Float32Array(count * hidden);
    for (let i = 0; i < x.length; i++) {
      const token = Math.floor(i / hidden), k = i % hidden;
      x[i] = w.tokens[ids[token] * hidden + k] + w.positions[token * hidden + k] +
        w.segments[segmentIds[token] * hidden + k];
    }
    x = layerNorm(x, w.norm, epsilon);
    for (const block of w.blocks) {
      const map = new Float32Array(heads * count * count);
      const mixed = attend(dense(x, block.query), dense(x, block.key),
        dense(x, block.value), hidden, heads, () => count, map);
      x = layerNorm(add(x, dense(mixed, block.output)), block.attentionNorm, epsilon);
      const wide = dense(x, block.widen).map(activations[activation]);
      x = layerNorm(add(x, dense(wide, block.narrow)), block.outputNorm, epsilon);
      maps.push(map);
    }
    return { vectors: x, maps };
  }

  // Returns the logits of all tokens of the vocabulary for the mask at a position.
  maskLogits(vectors, position) {
    const { hidden, weights: w } = this, { headEpsilon } = this.config;
    const vector = vectors.slice(position * hidden, (position + 1) * hidden);
    const changed = dense(vector, w.maskHead.dense).map(activations.gelu);
    const normal = layerNorm(changed, w.maskHead.norm, headEpsilon);
    return multiply(normal, w.tokens, w.maskHead.bias.length, w.maskHead.bias);
  }

  // Returns the logits of the classes, from the vector of [CLS].
  classLogits(vectors) {
    const cls = vectors.slice(0, this.hidden);
    return dense(dense(cls, this.weights.pooler).map(Math.tanh), this.weights.classifier);
  }
}
