/* Search of the site: see docs/_ext/site_search.py. */
"use strict";

var koreanSearch = (() => {
  const HANGUL = "[가-힣]";
  // Endings of a word of the query, of which one is left away; the longest first.
  const ENDINGS = (
    "으로부터 에서부터 이라는 으로써 으로서 이란 란 에게서 한테서 이라고 에서는 에서도 " +
    "으로는 으로도 까지는 에서 에게 한테 으로 부터 까지 처럼 보다 이나 라는 라고 만큼 마다 " +
    "조차 밖에 입니다 합니다 됩니다 습니다 하는법 하는 하기 하고 하면 하여 해서 했다 한다 " +
    "된다 되는 이에요 예요 인가요 인가 들은 들을 들이 들의 은 는 이 가 을 를 의 에 와 과 " +
    "도 로 만 나 랑 들 요"
  ).split(" ").sort((a, b) => b.length - a.length);
  const FEW = 3; // sections shown of a page

  let index = null;
  const waiting = [];

  // === Words and patterns ===

  const normalize = (text) => text.normalize("NFC").toLowerCase().trim();
  const compact = (text) => normalize(text).replace(/[\s\-·_.]+/g, "");

  /** The word without its ending, or null if too little would be left. */
  const stem = (word) => {
    if (!/[가-힣]$/.test(word)) return null;
    const ending = ENDINGS.find((e) => word.endsWith(e) && word.length - e.length >= 2);
    return ending ? word.slice(0, -ending.length) : null;
  };

  const escapeRegExp = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

  /**
   * A pattern of a name, with any space between syllables. A Latin name stands by
   * itself, unless `loose`: NER is no part of generation.
   */
  const pattern = (name, loose) => {
    const characters = [...compact(name)];
    let source = "";
    characters.forEach((character, i) => {
      const before = characters[i - 1];
      if (/[ㄱ-ㅣ]/.test(character) && before === character) return; // ㅋㅋㅋ
      if (i) source += "[\\s\\-·_.]*";
      source += escapeRegExp(character);
      if (/[ㄱ-ㅣ]/.test(character)) {
        source += characters[i + 1] === character ? "{2,}" : "+";
      }
    });
    const isLatin = (c) => /[a-z0-9]/.test(c);
    if (isLatin(characters[0])) source = (loose ? "" : "(?<![a-z0-9])") + source;
    if (isLatin(characters.at(-1))) source += loose ? "" : "(?![a-z0-9])";
    return new RegExp(source, "g");
  };

  /** The names that are searched for together with a name, itself included. */
  const namesOf = (name) => {
    const key = compact(name);
    const names = new Set();
    for (const group of index.groups) {
      if (group.keys.includes(key)) group.names.forEach((n) => names.add(n));
    }
    names.delete(name);
    // A name of one syllable, such as 층, is in too many words.
    return [...names].filter((other) => compact(other) !== key && compact(other).length > 1);
  };

  /**
   * Units of a query, each a list of [pattern, weight, length]: a known name of several
   * words is one unit, any other word another.
   */
  const parse = (query) => {
    const words = normalize(query).match(/[\p{L}\p{N}_+#.\-]+/gu) || [];
    const units = [];
    for (let i = 0; i < words.length; ) {
      let size = Math.min(4, words.length - i);
      let name = "";
      for (; size > 1; size--) {
        name = words.slice(i, i + size).join(" ");
        const bare = stem(name);
        if (namesOf(name).length) break;
        if (bare && namesOf(bare).length) {
          name = bare;
          break;
        }
      }
      if (size <= 1) name = words[i];
      i += Math.max(size, 1);
      if (compact(name)) units.push(alternatives(name));
    }
    return units;
  };

  const alternatives = (name) => {
    const unit = { name, choices: [], loose: [] };
    const add = (text, weight) => {
      if (!compact(text)) return;
      unit.choices.push([pattern(text), weight, compact(text).length]);
      unit.loose.push([pattern(text, true), weight / 4, compact(text).length]);
    };
    const bare = stem(name);
    add(name, 1);
    namesOf(name).forEach((other) => add(other, 0.8));
    if (bare) {
      // An ending, or the end of a word such as 정확도: both may be meant.
      add(bare, namesOf(name).length ? 0.3 : 0.7);
      if (!namesOf(name).length) namesOf(bare).forEach((other) => add(other, 0.6));
    }
    return unit;
  };

  // === Scores ===

  const count = (text, expression, limit) => {
    let number = 0;
    expression.lastIndex = 0;
    while (number < limit && expression.exec(text)) number++;
    return number;
  };

  /** How well a title says a name: all of it best, then at its start or end. */
  const titleScore = (title, [expression, weight, length]) => {
    expression.lastIndex = 0;
    const match = expression.exec(title);
    if (!match) return 0;
    const whole = length / Math.max(compact(title).length, 1);
    const starts = match.index === 0 || /[\s·:(]/.test(title[match.index - 1]);
    return weight * (8 + 12 * whole + (starts ? 3 : 0));
  };

  const textScore = (entry, [expression, weight, length]) => {
    const short = length < 2 ? 0.2 : 1;
    const prose = count(entry.prose, expression, 8);
    const code = count(entry.code, expression, 3);
    return short * weight * (1.6 * Math.sqrt(prose) + 0.4 * Math.sqrt(code));
  };

  const scoreUnit = (entry, choices) => {
    let best = 0;
    for (const choice of choices) {
      const score = titleScore(entry.lowerTitle, choice) + textScore(entry, choice);
      best = Math.max(best, score);
    }
    return best;
  };

  /**
   * Find the pages with all words of a query, or, if there are none, with some of them.
   * Returns a list of {page, url, title, score, sections}, the best first.
   */
  const find = (query) => {
    const units = parse(query);
    if (!units.length) return [];
    const pages = index.pages.map((page) => ({ page, units: new Set(), sections: [] }));
    units.forEach((unit, number) => {
      let hits = 0;
      for (const choices of [unit.choices, unit.loose]) {
        for (const entry of index.entries) {
          const score = scoreUnit(entry, choices);
          if (!score) continue;
          hits++;
          const result = pages[entry.page];
          result.units.add(number);
          let section = result.sections.find((s) => s.entry === entry);
          if (!section) result.sections.push((section = { entry, score: 0, units: 0 }));
          section.score += score;
          section.units++;
        }
        if (hits) break; // parts of words only where no word is found
      }
    });
    const most = Math.max(...pages.map((page) => page.units.size));
    return pages
      .filter((page) => most && page.units.size === most)
      .map(({ page, sections }) => {
        for (const section of sections) {
          section.score *= section.units / units.length;
        }
        sections.sort((a, b) => b.score - a.score);
        const rest = sections.slice(1).reduce((sum, s) => sum + s.score, 0);
        // The page that is called like the query is what a reader looks for, also by
        // another name: 개체명 인식 for NER.
        const title = page.title.toLowerCase().replace(/^\d+장 /, "");
        const size = compact(title).length;
        const isCalled = ([expression, , length]) => {
          expression.lastIndex = 0;
          return length === size && expression.test(title);
        };
        const isName = units.length === 1 && units[0].choices.some(isCalled);
        const named = isName || compact(title) === compact(query) ? 40 : 0;
        const score = named + page.weight * (sections[0].score + 2 * Math.log1p(rest));
        return { page, url: page.url, title: page.title, score, sections };
      })
      .sort((a, b) => b.score - a.score || a.title.localeCompare(b.title, "ko"))
      .map((result) => ({ ...result, patterns: units.flatMap((u) => [...u.choices, ...u.loose]) }));
  };

  /** A part of an entry's text around the first match, and the matched words in it. */
  const excerpt = (entry, patterns) => {
    const places = (text) =>
      patterns.map(([expression]) => {
        expression.lastIndex = 0;
        return expression.exec(text.toLowerCase());
      }).filter(Boolean);
    const text = places(entry.text).length || !places(entry.source).length
      ? entry.text : entry.source;
    const found = places(text).sort((a, b) => a.index - b.index);
    const start = found.length ? Math.max(0, found[0].index - 40) : 0;
    const cut = text.slice(start, start + 140);
    return (start ? "… " : "") + cut + (start + 140 < text.length ? " …" : "");
  };

  // === Data ===

  const load = (data) => {
    const pages = data.pages.map(([url, title, weight]) => ({ url, title, weight }));
    index = {
      pages,
      entries: data.entries.map(([page, anchor, title, text, source]) => ({
        page, anchor, title, text, source,
        lowerTitle: normalize(title),
        prose: normalize(text),
        code: normalize(source),
      })),
      groups: data.aliases.map((names) => ({ names, keys: names.map(compact) })),
    };
    waiting.splice(0).forEach((call) => call());
  };

  /** Load the data, once, when a reader opens the search; a script, also over file://. */
  const ready = (call) => {
    if (index) return call();
    waiting.push(call);
    if (waiting.length > 1) return;
    const script = document.createElement("script");
    script.src = root() + "_static/search-data.js";
    script.onerror = () => {
      waiting.length = 0;
      script.remove();
      say("검색 자료를 읽지 못했습니다. 잠시 뒤에 다시 해 보세요.");
    };
    document.head.append(script);
  };

  // === Page ===

  const root = () => document.documentElement.dataset.content_root || "./";
  const output = () => document.querySelector("#search-results");

  const say = (text) => {
    const status = document.querySelector("#search-status");
    if (status) status.textContent = text;
  };

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  };

  /** Append a text with its matched words marked. */
  const append = (parent, text, patterns) => {
    const marks = [];
    for (const [expression] of patterns) {
      expression.lastIndex = 0;
      for (let m; (m = expression.exec(text.toLowerCase())); ) {
        if (!m[0].length) break;
        marks.push([m.index, m.index + m[0].length]);
      }
    }
    marks.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
    let end = 0;
    for (const [from, to] of marks) {
      if (from < end) continue;
      parent.append(text.slice(end, from), make("mark", "", text.slice(from, to)));
      end = to;
    }
    parent.append(text.slice(end));
  };

  const link = (page, entry, patterns) => {
    const anchor = entry && entry.anchor ? `#${entry.anchor}` : "";
    const element = make("a");
    element.href = root() + page.url + anchor;
    append(element, entry ? entry.title : page.title, patterns);
    return element;
  };

  const show = (query) => {
    const list = output();
    if (!list) return;
    list.replaceChildren();
    if (!compact(query)) return say("");
    const results = find(query);
    const number = results.reduce((sum, result) => sum + result.sections.length, 0);
    say(
      results.length
        ? `‘${query.trim()}’ 검색 결과: 문서 ${results.length}개, ${number}곳`
        : `‘${query.trim()}’에 맞는 글이 없습니다. 낱말을 줄이거나 용어집을 보세요.`,
    );
    for (const result of results) list.append(item(result));
  };

  const item = (result) => {
    const element = make("li", "search-page");
    element.append(link(result.page, null, result.patterns));
    const own = result.sections.find((section) => !section.entry.anchor);
    if (own && own.entry.text) {
      const text = make("p", "search-excerpt");
      append(text, excerpt(own.entry, result.patterns), result.patterns);
      element.append(text);
    }
    const sections = result.sections.filter((section) => section.entry.anchor);
    const list = make("ul", "search-sections");
    sections.slice(0, FEW).forEach(({ entry }) => {
      const line = make("li");
      line.append(link(result.page, entry, result.patterns));
      const text = make("p", "search-excerpt");
      append(text, excerpt(entry, result.patterns), result.patterns);
      line.append(text);
      list.append(line);
    });
    if (sections.length) element.append(list);
    if (sections.length > FEW) {
      const more = make("p", "search-more", `이 문서에서 ${sections.length - FEW}곳 더`);
      element.append(more);
    }
    return element;
  };

  const start = () => {
    const onPage = document.querySelector("#search-page");
    const dialog = document.querySelector("#pst-search-dialog");
    document.querySelectorAll("form.bd-search input").forEach((input) => {
      let timer;
      input.addEventListener("focus", () => ready(() => {}));
      input.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(() => ready(() => show(input.value)), 120);
      });
    });
    const query = new URLSearchParams(location.search).get("q");
    if (onPage) {
      const input = onPage.querySelector("input");
      input.value = query || "";
      input.focus();
      onPage.querySelector("form").addEventListener("submit", (event) => {
        event.preventDefault();
        history.replaceState(null, "", `?q=${encodeURIComponent(input.value)}`);
        ready(() => show(input.value));
      });
      if (query) ready(() => show(query));
    } else if (dialog) {
      output().addEventListener("click", (event) => {
        if (event.target.closest("a")) dialog.close();
      });
    }
  };

  if (typeof document !== "undefined") {
    if (document.readyState === "loading") {
      document.addEventListener("DOMContentLoaded", start);
    } else start();
  }
  return { find, load };
})();
