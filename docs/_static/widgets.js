// Widgets that run the models of the package in a page, without a server. Nothing is
// loaded before a reader asks for it. docs/widgets/ has the program with the models.
"use strict";

// === Models ===

const KoreanModels = (() => {
  const base = new URL("widgets/", document.currentScript.src);
  const received = {}; // arguments of the scripts, by function, name and number
  let index = {}, worker, calls = 0;
  const pending = new Map();

  // A page from a disk may load scripts and nothing else, so all files are scripts.
  function script(path) {
    return new Promise((resolve, reject) => {
      const element = document.createElement("script");
      element.src = new URL(path, base);
      element.onload = () => { element.remove(); resolve(); };
      element.onerror = () => {
        element.remove();
        reject(new Error("모델 파일을 읽지 못했습니다. 잠시 뒤에 다시 눌러 주세요."));
      };
      document.head.append(element);
    });
  }

  // Calls a function once for each value of its first argument, and again if it failed.
  function once(load) {
    const promises = new Map();
    return (name, ...more) => {
      if (!promises.has(name)) {
        const promise = load(name, ...more);
        promise.catch(() => promises.delete(name));
        promises.set(name, promise);
      }
      return promises.get(name);
    };
  }

  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

  const loadTables = once(async (name) => {
    await script(`${name}/tables.js?v=${index[name].version}`);
    return received[`tables ${name}`];
  });

  // Returns buffer, tables and config of a model, as the classes in docs/widgets want.
  async function load(name, progress = () => {}) {
    const { parts, bytes: size, version } = index[name];
    const { tables, config } = await loadTables(name);
    const buffer = new Uint8Array(size);
    let offset = 0;
    for (let i = 0; i < parts; i++) {
      await script(`${name}/${i}.js?v=${version}`);
      const part = bytes(received[`part ${name} ${i}`]);
      delete received[`part ${name} ${i}`];
      buffer.set(part, offset);
      progress((offset += part.length), size);
    }
    return { buffer: buffer.buffer, tables, config };
  }

  const start = once(async () => {
    await script(`program.js?v=${index.program.version}`);
    const url = URL.createObjectURL(new Blob([received.program], { type: "text/javascript" }));
    worker = new Worker(url);
    worker.onerror = ({ message }) => pending.forEach(({ reject }) => reject(new Error(message)));
    worker.onmessage = ({ data: { call, result, error, expected } }) => {
      const { resolve, reject } = pending.get(call);
      pending.delete(call);
      if (error === undefined) resolve(result);
      else reject(Object.assign(new Error(error), { expected }));
    };
  });

  function post(method, values, transferred = []) {
    return new Promise((resolve, reject) => {
      pending.set(++calls, { resolve, reject });
      worker.postMessage({ call: calls, method, values }, transferred);
    });
  }

  const useTables = once(async (name) => {
    await start("worker");
    const { tables } = await loadTables(name);
    await post("tables", { name, kind: index[name].kind, tables });
  });

  const listeners = {};
  const useWeights = once(async (name) => {
    await start("worker");
    const report = (done, size) => listeners[name].forEach((tell) => tell(done, size));
    const model = await load(name, report);
    await post("weights", { name, kind: index[name].kind, ...model }, [model.buffer]);
  });

  return {
    // The files call these.
    program: (source) => { received.program = source; },
    tables: (name, tables, config) => { received[`tables ${name}`] = { tables, config }; },
    part: (name, i, text) => { received[`part ${name} ${i}`] = text; },
    describe: (models) => { index = models; },
    has: (name) => name in index,
    size: (name, whole) => index[name].tableBytes + (whole ? (index[name].bytes * 4) / 3 : 0),
    load,
    useTables,
    useWeights(name, progress) {
      (listeners[name] ??= []).push(progress);
      return useWeights(name);
    },
    ask: post,
  };
})();

// === Parts of a page ===

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== undefined));
  return element;
};

const percent = (share) => `${(100 * share).toFixed(1)}%`;

// A token with its spaces made visible.
function token(text) {
  const parts = text.split(/([ \n])/).filter(Boolean).map((part) =>
    /^[ \n]$/.test(part)
      ? make("span", { class: "kw-space", title: "공백" }, part === " " ? "␣" : "↵")
      : part);
  return make("span", { class: "kw-token" }, parts);
}

// Bars of { text, share } and perhaps `after`, the probability that is drawn from.
function bars(rows, { choose, label } = {}) {
  const items = rows.map(({ text, share, after, id }) => {
    const now = after ?? share;
    const inside = [
      make("span", { class: "kw-name" }, choose ? token(text) : text),
      make("span", { class: "kw-track", "aria-hidden": "true" },
        after === undefined ? undefined
          : make("span", { class: "kw-before", style: `width:${100 * share}%` }),
        make("span", { class: "kw-fill", style: `width:${100 * now}%` })),
      make("span", { class: "kw-value" }, after === 0 ? "버림" : percent(now)),
    ];
    const kind = after === 0 ? "kw-bar kw-out" : "kw-bar";
    return make("li", {}, choose
      ? make("button", { type: "button", class: kind, onclick: () => choose(text, id) }, inside)
      : make("span", { class: kind }, inside));
  });
  return make("ol", { class: "kw-bars", "aria-label": label }, items);
}

let fields = 0;
function field(label, attributes) {
  const id = `kw-${++fields}`;
  const input = make("input", { id, autocomplete: "off", ...attributes });
  const row = make("div", { class: "kw-field" }, make("label", { for: id }, label), input);
  if (attributes.type === "range") {
    const output = make("output", { for: id }, input.value);
    input.addEventListener("input", () => { output.value = input.value; });
    row.append(output);
  }
  return { row, input };
}

const textField = (label, value) =>
  field(label, { type: "text", value: value ?? "", enterkeyhint: "go", spellcheck: "false" });

const button = (text, attributes = {}) =>
  make("button", { type: "button", class: "kw-button", ...attributes }, text);

const submit = (text) => button(text, { type: "submit", class: "kw-button kw-main" });

const examples = (widget, input, form) => {
  const texts = widget.dataset.examples?.split("|") ?? [];
  return texts.length && make("div", { class: "kw-examples" }, texts.map((text) =>
    button(text, { class: "kw-button kw-example", onclick: () => { input.value = text; form.requestSubmit(); } })));
};

// A form whose answer is shown below it. The last request wins.
function asking(body, rows, answer) {
  const result = make("div", { class: "kw-result", "aria-live": "polite" });
  const problem = make("p", { class: "kw-problem", role: "alert", hidden: true });
  let last = 0;
  const form = make("form", {
    class: "kw-form",
    async onsubmit(event) {
      event.preventDefault();
      const now = ++last;
      result.setAttribute("aria-busy", "true");
      try {
        const shown = await answer();
        if (now !== last) return;
        problem.hidden = true;
        if (shown) result.replaceChildren(...[shown].flat().filter(Boolean));
      } catch (error) {
        if (now !== last) return;
        if (!error.expected) console.error(error);
        problem.textContent = error.message;
        problem.hidden = false;
        result.replaceChildren();
      } finally {
        if (now === last) result.removeAttribute("aria-busy");
      }
    },
  }, rows);
  body.append(form, problem, result);
  return form;
}

// === Widgets ===

const WIDGETS = {
  tokens: {
    title: "문장을 토큰으로",
    about: "문장을 적으면 BERT의 워드피스와 GPT의 바이트 수준 BPE가 어떻게 쪼개는지 나란히 봅니다.",
    models: ["bert_mini_ko", "gpt2_mini_ko"],
    tablesOnly: true,
    build(widget, body) {
      const [bert, gpt] = this.models;
      const { row, input } = textField("문장", widget.dataset.text);
      const { row: secondRow, input: second } = textField("둘째 문장 (없어도 됩니다)", "");
      const list = (title, { tokens, ids, segments }) => make("div", { class: "kw-block" },
        make("p", { class: "kw-caption" }, `${title} · 토큰 ${tokens.length}개`),
        make("ol", { class: "kw-tokens" }, tokens.map((text, i) => make("li", {
          class: segments[i] ? "kw-second" : "",
        }, token(text), make("small", {}, `${ids[i]}`),
        segments.length ? make("small", {}, `세그먼트 ${segments[i]}`) : undefined))));
      const form = asking(body, [row, secondRow, submit("쪼개기")], async () => {
        const texts = [input.value, second.value].filter((text, i) => !i || text.trim());
        const answers = [
          await KoreanModels.ask("tokens", { name: bert, texts }),
          await KoreanModels.ask("tokens", { name: gpt, texts: [texts.join(" ")] }),
        ];
        return ["BERT의 워드피스", "GPT의 바이트 수준 BPE"].map((t, i) => list(t, answers[i]));
      });
      for (const each of [input, second])
        each.addEventListener("input", () => form.requestSubmit());
      return form;
    },
  },

  fill: {
    title: "빈칸 채우기",
    about: "빈칸 [MASK]에 올 토큰의 확률을 BERT가 앞뒤를 모두 보고 냅니다. 막대를 누르면 그 토큰이 들어갑니다.",
    models: ["bert_mini_ko"],
    build(widget, body) {
      const [name] = this.models;
      const { row, input } = textField("문장", widget.dataset.text);
      const insert = button("[MASK] 넣기", {
        onclick() {
          const { selectionStart: start, selectionEnd: end } = input;
          input.setRangeText("[MASK]", start, end, "end");
          input.focus();
        },
      });
      const put = (number) => (text) => {
        let seen = 0;
        const piece = text.replace(/^##/, "");
        const pattern = text.startsWith("##") ? / ?\[MASK\]/g : /\[MASK\]/g;
        input.value = input.value.replace(pattern, (mask) => (seen++ === number ? piece : mask));
        if (input.value.includes("[MASK]")) form.requestSubmit(); else input.focus();
      };
      const controls = make("div", { class: "kw-buttons" }, submit("채우기"), insert);
      const form = asking(body, [row, controls], async () => {
        const masks = await KoreanModels.ask("fill", { name, text: input.value, count: 5 });
        return masks.map((rows, i) => make("div", { class: "kw-block" },
          make("p", { class: "kw-caption" }, masks.length > 1 ? `${i + 1}번째 빈칸` : "빈칸에 올 토큰"),
          bars(rows, { choose: put(i), label: `${i + 1}번째 빈칸에 올 토큰` })));
      });
      return form;
    },
  },

  next: {
    title: "다음 단어 맞히기",
    about: "지금까지의 글 다음에 올 토큰의 확률을 GPT가 냅니다. 막대를 누르면 그 토큰을 붙이고 또 맞힙니다.",
    models: ["gpt2_mini_ko"],
    build(widget, body) {
      const [name] = this.models;
      const { row, input } = textField("글", widget.dataset.text);
      const form = asking(body, [row, submit("맞히기")], async () => {
        const rows = await KoreanModels.ask("next", { name, text: input.value, count: 6 });
        const choose = (text) => {
          if (/^<.*>$/.test(text)) return;
          input.value += text;
          form.requestSubmit();
        };
        return [make("p", { class: "kw-caption" }, "다음에 올 토큰"), bars(rows, { choose, label: "다음에 올 토큰" })];
      });
      return form;
    },
  },

  attention: {
    title: "어텐션 들여다보기",
    about: "문장을 적고 헤드를 고르면 토큰마다 어느 토큰을 얼마나 보는지 그립니다. 세로가 보는 토큰, 가로가 보이는 토큰입니다.",
    models: ["bert_mini_ko"],
    build(widget, body) {
      const [name] = this.models;
      const { row, input } = textField("문장", widget.dataset.text);
      let chosen = 0;
      return asking(body, [row, submit("보기")], async () => {
        const { tokens, heads, maps } = await KoreanModels.ask("attention", { name, text: input.value });
        const count = tokens.length, shown = make("div", { class: "kw-head" });
        const weights = (number) => {
          const map = maps[Math.floor(number / heads)];
          return map.subarray((number % heads) * count ** 2, (number % heads + 1) * count ** 2);
        };
        const title = (n) => `${Math.floor(n / heads) + 1}번째 레이어, 헤드 ${(n % heads) + 1}`;
        const choose = (number) => {
          chosen = number;
          small.forEach((each, i) => each.setAttribute("aria-pressed", i === number));
          shown.replaceChildren(...headView(title(number), tokens, weights(number)));
        };
        const small = Array.from({ length: maps.length * heads }, (_, number) =>
          make("button", {
            type: "button", class: "kw-map", "aria-label": title(number), title: title(number),
            onclick: () => choose(number),
          }, drawing(weights(number), count)));
        const grid = make("div", { class: "kw-maps", role: "group", "aria-label": "헤드 고르기" },
          Array.from({ length: maps.length }, (_, i) => [
            make("span", { class: "kw-layer" }, `레이어 ${i + 1}`),
            ...small.slice(i * heads, (i + 1) * heads)]).flat());
        grid.style.setProperty("--kw-heads", heads);
        choose(Math.min(chosen, small.length - 1));
        return [make("div", { class: "kw-attention" }, grid, shown)];
      });
    },
  },

  classify: {
    title: "리뷰 분류하기",
    about: "리뷰 한 줄을 적으면 4장의 모델이 긍정과 부정의 확률을 냅니다.",
    models: ["classifier"],
    build(widget, body) {
      const [name] = this.models;
      const { row, input } = textField("리뷰", widget.dataset.text);
      const form = asking(body, [row, submit("분류하기")], async () => {
        const rows = await KoreanModels.ask("classify", { name, text: input.value });
        const best = rows.reduce((a, b) => (b.share > a.share ? b : a));
        return [make("p", { class: "kw-answer" }, make("strong", {}, best.text), ` ${percent(best.share)}`),
          bars(rows, { label: "범주마다의 확률" })];
      });
      const texts = examples(widget, input, form);
      if (texts) form.append(texts);
      return form;
    },
  },

  generate: {
    title: "한 토큰씩 쓰기",
    about: "확률에서 토큰을 하나 뽑아 붙이는 일을 반복합니다. 옅은 막대가 원래 확률, 진한 막대가 top-k, top-p, 온도를 적용한 확률입니다. 막대를 누르면 그 토큰을 붙입니다.",
    models: ["gpt2_mini_ko"],
    build(widget, body) {
      const [name] = this.models, writing = `writing ${++fields}`;
      const prompt = textField("시작하는 글", widget.dataset.text);
      const topK = field("top-k (0은 전체)", { type: "number", min: 0, max: 1000, value: 0, inputmode: "numeric" });
      const topP = field("top-p", { type: "range", min: 0.05, max: 1, step: 0.01, value: 0.92 });
      const heat = field("온도", { type: "range", min: 0.1, max: 2, step: 0.1, value: 1 });
      const seed = field("시드", { type: "number", min: 0, max: 99999, value: 7, inputmode: "numeric" });
      const text = make("p", { class: "kw-text", "aria-live": "polite" });
      // What the next request does: "look" at the probabilities, "write" a token, or "run".
      let next = ["look"], begun, current = "", running = false, ended = false;
      const options = () => ({
        topK: Math.max(0, Math.round(topK.input.valueAsNumber || 0)),
        topP: topP.input.valueAsNumber, temperature: heat.input.valueAsNumber,
      });
      const show = (whole, note = "") => {
        const start = prompt.input.value;
        text.replaceChildren(whole.startsWith(start)
          ? start : "", make("mark", {}, whole.startsWith(start) ? whole.slice(start.length) : whole),
        note && make("span", { class: "kw-note" }, ` ${note}`));
      };
      const begin = async () => {
        const values = { name, writing, text: prompt.input.value, seed: seed.input.valueAsNumber || 0 };
        await KoreanModels.ask("begin", values);
        begun = `${values.text}\n${values.seed}`;
        ended = false;
        show((current = values.text));
      };
      const changed = () => begun !== `${prompt.input.value}\n${seed.input.valueAsNumber || 0}`;
      const look = async () => {
        const { choices, left } = await KoreanModels.ask("look", { writing, options: options(), count: 8 });
        return [make("p", { class: "kw-caption" }, `다음에 올 토큰 · 남은 후보 ${left.toLocaleString("ko")}개`),
          bars(choices, { choose: (_, id) => ask("write", id), label: "다음에 올 토큰" })];
      };
      const ask = (...action) => {
        if (running) return;
        next = action;
        form.requestSubmit();
      };
      const write = async (id) => {
        const { text: whole, ended: over, full } = await KoreanModels.ask("write", { writing, options: options(), id });
        ended = Boolean(over);
        if (whole !== undefined) current = whole;
        show(current, full ? "(이 모델이 볼 수 있는 길이를 다 썼습니다)" : over ? "(끝 토큰)" : "");
      };
      const one = submit("한 토큰 쓰기");
      const all = button("끝까지", {
        onclick() {
          if (running) running = false; else ask("run");
        },
      });
      const again = button("처음부터", {
        onclick() {
          running = false;
          begun = undefined;
          ask("look");
        },
      });
      const form = asking(body, [
        prompt.row,
        make("div", { class: "kw-settings" }, topK.row, topP.row, heat.row, seed.row),
        make("div", { class: "kw-buttons" }, one, all, again),
        text,
      ], async () => {
        const [action, id] = next;
        next = ["write"];
        if (changed()) await begin();
        if (action === "write" && !ended) await write(id);
        if (action === "run") {
          running = one.disabled = true;
          all.textContent = "멈추기";
          try {
            for (let i = 0; running && !ended && i < 60; i++) await write();
          } finally {
            running = one.disabled = false;
            all.textContent = "끝까지";
          }
        }
        return ended
          ? make("p", { class: "kw-caption" }, "글이 끝났습니다. ‘처음부터’를 누르면 다시 씁니다.")
          : await look();
      });
      for (const { input } of [topK, topP, heat])
        input.addEventListener("change", async () => {
          if (running || ended || changed()) return;
          form.nextElementSibling.nextElementSibling.replaceChildren(...await look());
        });
      return form;
    },
  },

  beams: {
    title: "빔 서치의 나무",
    about: "스텝마다 그럴듯한 글을 몇 개(빔)만 남기고 키웁니다. 흐린 것은 버린 토큰, 굵은 것은 확률의 곱이 가장 큰 글입니다.",
    models: ["gpt2_mini_ko"],
    build(widget, body) {
      const [name] = this.models;
      const prompt = textField("시작하는 글", widget.dataset.text);
      const beams = field("빔", { type: "range", min: 1, max: 4, step: 1, value: 2 });
      const steps = field("토큰 수", { type: "range", min: 1, max: 8, step: 1, value: 4 });
      const branch = (node) => make("li", {
        class: [node.kept && "kw-kept", node.best && "kw-best"].filter(Boolean).join(" "),
      }, make("span", { class: "kw-node" }, token(node.text),
        make("small", {}, percent(node.share)),
        make("small", {}, `곱 ${(100 * Math.exp(node.score)).toPrecision(2)}%`),
        node.kept ? undefined : make("small", {}, "버림")),
      node.children.length ? make("ul", {}, node.children.map(branch)) : undefined);
      return asking(body, [
        prompt.row,
        make("div", { class: "kw-settings" }, beams.row, steps.row),
        submit("키우기"),
      ], async () => {
        const { tree, text } = await KoreanModels.ask("beams", {
          name, text: prompt.input.value,
          beams: beams.input.valueAsNumber, steps: steps.input.valueAsNumber,
        });
        return [make("p", { class: "kw-text" }, prompt.input.value,
          make("mark", {}, text.slice(prompt.input.value.length))),
        make("ul", { class: "kw-tree" }, tree.children.map(branch))];
      });
    },
  },
};

// A head as a table, with how much it looks at neighbours on average.
function headView(title, tokens, weights) {
  const count = tokens.length, at = (i, j) => weights[i * count + j];
  const mean = (column) => {
    const rows = [...tokens.keys()].filter((i) => column(i) >= 0 && column(i) < count);
    return rows.reduce((sum, i) => sum + at(i, column(i)), 0) / rows.length;
  };
  const looks = { "바로 앞": (i) => i - 1, "자기": (i) => i, "바로 뒤": (i) => i + 1, "[CLS]": () => 0 };
  const summary = Object.entries(looks).map(([name, column]) => `${name} ${percent(mean(column))}`);
  const head = make("tr", {}, make("td"), tokens.map((text) =>
    make("th", { scope: "col" }, make("span", {}, text))));
  const rows = tokens.map((text, i) => make("tr", {}, make("th", { scope: "row" }, text),
    tokens.map((other, j) => {
      const say = `${text} → ${other} ${percent(at(i, j))}`;
      return make("td", { title: say, style: `--kw-weight:${(100 * at(i, j)).toFixed(1)}%` },
        make("span", { class: "kw-hidden" }, percent(at(i, j))));
    })));
  return [
    make("p", { class: "kw-caption" }, title),
    make("p", { class: "kw-summary" }, `평균해서 ${summary.join(", ")}를 봅니다.`),
    make("div", { class: "kw-scroll", tabindex: 0, role: "region", "aria-live": "off", "aria-label": `${title}의 어텐션` },
      make("table", { class: "kw-heat" }, make("thead", {}, head), make("tbody", {}, rows))),
  ];
}

// A small picture of a head; drawn again when the reader changes the theme.
function drawing(weights, count) {
  const canvas = make("canvas", { width: count, height: count, "aria-hidden": "true" });
  const draw = () => {
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, count, count);
    context.fillStyle = getComputedStyle(canvas.isConnected ? canvas : document.body)
      .getPropertyValue("--pst-color-primary") || "teal";
    weights.forEach((weight, i) => {
      context.globalAlpha = weight;
      context.fillRect(i % count, Math.floor(i / count), 1, 1);
    });
  };
  draw();
  canvas.redraw = draw;
  return canvas;
}

// === Start ===

function prepare(widget) {
  const kind = WIDGETS[widget.dataset.widget];
  if (!kind.models.every(KoreanModels.has)) return widget.remove();
  const size = kind.models.reduce((sum, name) => sum + KoreanModels.size(name, !kind.tablesOnly), 0);
  const body = make("div", { class: "kw-body" });
  const progress = make("progress", { max: 1, value: 0, "aria-label": "모델을 불러오는 정도", hidden: true });
  const problem = make("p", { class: "kw-problem", role: "alert", hidden: true });
  const megabytes = size < 1e6 ? `${Math.round(size / 1e3)} KB` : `${(size / 1e6).toFixed(1)} MB`;
  const start = button("여기서 해 보기", {
    class: "kw-button kw-main",
    async onclick() {
      start.disabled = true;
      problem.hidden = true;
      progress.hidden = kind.tablesOnly;
      try {
        for (const [i, name] of kind.models.entries())
          if (kind.tablesOnly) await KoreanModels.useTables(name);
          else await KoreanModels.useWeights(name, (done, all) => {
            progress.value = (i + done / all) / kind.models.length;
          });
        opening.remove();
        const form = kind.build(widget, body);
        form.querySelector("input").focus({ preventScroll: true });
        form.requestSubmit();
      } catch (error) {
        console.error(error);
        problem.textContent = error.message;
        problem.hidden = false;
        start.disabled = false;
        progress.hidden = true;
      }
    },
  });
  const opening = make("div", { class: "kw-opening" }, start,
    make("span", { class: "kw-size" }, `${kind.tablesOnly ? "어휘 집합" : "모델"} ${megabytes}를 한 번 내려받습니다.`),
    progress, problem);
  body.append(opening);
  const title = make("p", { class: "kw-title", role: "heading", "aria-level": "3" }, kind.title);
  widget.setAttribute("role", "group");
  widget.setAttribute("aria-label", `실습: ${kind.title}`);
  widget.replaceChildren(title, make("p", { class: "kw-about" }, kind.about), body,
    make("p", { class: "kw-private" }, "이 브라우저 안에서만 계산합니다. 적은 글은 어디로도 보내지 않습니다."));
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-widget]").forEach(prepare);
  new MutationObserver(() => {
    document.querySelectorAll(".kw-map canvas").forEach((canvas) => canvas.redraw());
  }).observe(document.documentElement, { attributeFilter: ["data-theme"] });
});
