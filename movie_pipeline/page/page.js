// The page's behaviour: choose the films, hand them to the charts, fill the table, keep the choice
// in the address. Nothing is aggregated here but counts of films: the charts' specifications and
// the dataflow of the numbers do that. Text from outside is set as text, never as markup.

const $ = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat("en").format;
const films_ = (n) => `${whole(n)} ${n === 1 ? "film" : "films"}`;
const known = (value) => value !== null && value !== undefined && value.length !== 0;
// Searching ignores case and accents: "amelie" finds "Amélie".
const plain = (text) => (/^[ -~]*$/.test(text) ? text
  : text.normalize("NFKD").replace(/\p{M}/gu, "")).toLowerCase();
const hours = (minutes) => {
  const m = Math.round(minutes);
  return m < 60 ? `${m} min` : `${Math.floor(m / 60)} h ${String(m % 60).padStart(2, "0")}`;
};

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// -- The data ------------------------------------------------------------------------------------

async function unpack(id) {
  const block = $(id);
  const bytes = Uint8Array.from(atob(block.textContent), (c) => c.charCodeAt(0));
  block.remove();
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

function readFilms(data) {
  const { names, ids } = data.people;
  const films = [];
  for (let i = 0; i < data.length; i++) {
    const film = { others: data.others[i], cast: data.cast[i], director_of: data.directors[i] };
    for (const column in data.values) film[column] = data.values[column][i];
    film.genres = data.genres.of[i].map((g) => data.genres.names[g]);
    film.directors = data.directors[i].map((p) => names[p]);
    film.director_ids = data.directors[i].map((p) => ids[p]);
    film.director = film.directors.join(", ");
    film.genre = film.genres.join(", ");
    films.push(film);
  }
  return films;
}

// The people of one role, most films first, each under a label that no other has.
function readPeople(data, role) {
  const films = new Map();
  for (const people of data[role]) for (const p of people) films.set(p, (films.get(p) || 0) + 1);
  const namesakes = new Map();
  for (const p of films.keys()) {
    const name = data.people.names[p];
    namesakes.set(name, (namesakes.get(name) || 0) + 1);
  }
  return [...films].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([p, count]) => {
    const id = String(data.people.ids[p]);
    const name = data.people.names[p];
    const label = namesakes.get(name) > 1 ? `${name} (TMDB ${id})` : name;
    return { index: p, id, label, key: plain(label), count };
  });
}

// -- The filters: each turns its value into a test of a film, or into null for "any" -------------

const RUNTIMES = [["0-59", "Under 1 h"], ["60-89", "1 h to 1 h 29"], ["90-119", "1 h 30 to 1 h 59"],
  ["120-149", "2 h to 2 h 29"], ["150-", "2 h 30 and longer"]];
const RATINGS = [["5-5", "★ 5"], ["4.5-5", "★ 4½ and up"], ["4-5", "★ 4 and up"],
  ["3-5", "★ 3 and up"], ["0-2.5", "★ 2½ and below"], ["none", "Not rated"]];

function between(column, value) {
  if (value === "none") return (film) => !known(film[column]);
  const [low, high] = value.split("-");
  const most = high === "" ? Infinity : Number(high);
  return (film) => known(film[column]) && film[column] >= Number(low) && film[column] <= most;
}

function makeFilters(page) {
  const person = (role, people) => (value) => {
    const found = people.find((one) => one.id === value);
    return found ? (film) => film[role].includes(found.index) : () => false;
  };
  return {
    q: (value) => {
      const words = plain(value).split(/\s+/).filter(Boolean);
      return words.length ? (film) => words.every((word) => page.text(film).includes(word)) : null;
    },
    genre: (value) => (film) => film.genres.includes(value),
    director: person("director_of", page.directors),
    actor: person("cast", page.actors),
    decade: (value) => (film) => Math.floor(film.released / 10) * 10 === Number(value),
    rating: (value) => between("rating", value),
    runtime: (value) => between("runtime_minutes", value),
  };
}

function fillSelect(id, any, options) {
  const values = options.map(([value, label]) => element("option", label, { value }));
  $(id).replaceChildren(element("option", any, { value: "" }), ...values);
  $(id).disabled = !options.length;
}

function counted(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) || 0) + 1);
  return counts;
}

// A text field with suggestions, for thousands of people: the list holds the best matches only.
function choosePerson(input, people, choose) {
  const list = input.list;
  const matching = (text) => {
    const key = plain(text.trim());
    return people.filter((one) => one.key.includes(key)).slice(0, 30);
  };
  const suggest = () => list.replaceChildren(...matching(input.value).map((one) =>
    element("option", films_(one.count), { value: one.label })));
  input.addEventListener("focus", suggest);
  input.addEventListener("input", () => {
    suggest();
    const exact = people.find((one) => one.label === input.value);
    if (exact || !input.value) choose(exact ? exact.id : "");
  });
  input.addEventListener("change", () => {
    const text = input.value.trim();
    const best = text && (people.find((one) => one.key === plain(text)) || matching(text)[0]);
    if (best || !text) return choose(best ? best.id : "");
    choose("nobody");
  });
  input.disabled = !people.length;
}

// -- The charts ----------------------------------------------------------------------------------

class Drawing {
  constructor(chart, pick) {
    Object.assign(this, { chart, pick });
    const section = $(`chart-${chart.name}`);
    this.plot = section.querySelector(".plot");
    this.basis = section.querySelector(".basis");
    this.nothing = section.querySelector(".nothing");
  }

  async show(films) {
    const usable = films.filter((film) => known(film[this.chart.needs]));
    const without = films.length - usable.length;
    this.basis.textContent = films_(usable.length)
      + (without ? `; left out: ${whole(without)} ${this.chart.lacking}` : "");
    this.nothing.textContent = `Every film here is ${this.chart.lacking}.`;
    this.nothing.hidden = usable.length > 0;
    this.plot.hidden = !usable.length;
    if (!usable.length) return;
    // Each view gets objects of its own: Vega writes into what it is given.
    const rows = usable.map((film) => {
      const row = {};
      for (const column of this.chart.columns) row[column] = film[column];
      return row;
    });
    if (this.view) await this.view.data("films", rows).resize().runAsync();
    else await this.embed(rows);
  }

  async embed(rows) {
    const { specification } = this.chart;
    specification.data.find((dataset) => dataset.name === "films").values = rows;
    const { view } = await vegaEmbed(this.plot, specification, EMBED);
    this.view = view;
    const choice = this.chart.pick;
    if (choice) view.addEventListener("click", (_, item) => {
      if (item && item.datum && item.datum[choice.field] !== undefined) {
        this.pick(choice.filter, String(item.datum[choice.field]));
      }
    });
  }
}

// `ast`: expressions are interpreted, so that the policy of this page needs no unsafe-eval.
// Level 1 keeps errors: Vega warns of every chart that a choice of films leaves without a bar.
const EMBED = {
  mode: "vega", ast: true, logLevel: 1, actions: false, renderer: "svg", defaultStyle: false,
  tooltip: { disableDefaultStyle: true },
};

function showNumbers(numbers) {
  const entries = [films_(numbers.films).split(" ")];
  if (numbers.minutes) entries.push([whole(Math.round(numbers.minutes / 60)), "hours"]);
  if (numbers.mean_runtime_minutes) entries.push([hours(numbers.mean_runtime_minutes), "average runtime"]);
  if (numbers.rated) {
    const ratings = numbers.rated === 1 ? "1 rating" : `${whole(numbers.rated)} ratings`;
    entries.push([`★ ${numbers.mean_rating.toFixed(2)}`, `average of ${ratings}`, "rating"]);
  }
  if (numbers.first_year) {
    const years = [...new Set([numbers.first_year, numbers.last_year])];
    entries.push([years.join("–"), years.length === 1 ? "year of release" : "years of release"]);
  }
  $("numbers").replaceChildren(...entries.map(([value, word, kind]) => {
    const entry = element("div");
    entry.append(element("dt", word), element("dd", value, kind ? { class: kind } : {}));
    return entry;
  }));
}

// -- The table: rows are made as one scrolls to them ---------------------------------------------

class Table {
  constructor() {
    this.body = $("rows");
    this.films = [];
    this.collator = new Intl.Collator("en", { numeric: true, ignorePunctuation: true });
    new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.grow(100);
    }, { rootMargin: "600px" }).observe($("more"));
    window.addEventListener("beforeprint", () => this.grow(400));
  }

  show(films) {
    this.films = films;
    this.body.replaceChildren();
    this.grow(60);
  }

  grow(number) {
    const made = this.body.childElementCount;
    const rows = this.films.slice(made, made + number).map((film) => this.row(film));
    this.body.append(...rows);
    const shown = made + rows.length;
    $("more").textContent = shown < this.films.length
      ? `The first ${whole(shown)} of ${films_(this.films.length)}; scroll for more.` : "";
  }

  row(film) {
    const row = element("tr");
    const title = element("th", undefined, { scope: "row", dir: "auto" });
    title.append(element("a", film.title || film.others[0] || "Untitled", {
      href: `https://www.themoviedb.org/movie/${Number(film.tmdb_id)}`,
      rel: "noopener noreferrer",
      target: "_blank",
    }));
    const cell = (text, kind) => element("td", text, kind ? { class: kind } : { dir: "auto" });
    row.append(title,
      cell(film.released ?? "", "number"),
      cell(film.director),
      cell(film.genre, "genres"),
      cell(known(film.runtime_minutes) ? hours(film.runtime_minutes) : "", "number runtime"),
      cell(known(film.rating) ? `★ ${film.rating}` : "", "number you"),
      cell(film.vote_average ? film.vote_average.toFixed(1) : "", "number"));
    return row;
  }

  // Returns all films in order; what is unknown comes last either way, ties keep the title's order.
  sorted(films, by) {
    const down = by.startsWith("-");
    const column = by.replace("-", "");
    const text = typeof films.find((film) => known(film[column]))?.[column] === "string";
    const compare = text ? this.collator.compare : (a, b) => a - b;
    return [...films].sort((a, b) => {
      if (!known(a[column]) || !known(b[column])) return known(b[column]) - known(a[column]);
      return down ? compare(b[column], a[column]) : compare(a[column], b[column]);
    });
  }
}

function showUnmatched(unmatched, states) {
  const total = unmatched.title.length;
  if (!total) return;
  const details = $("unmatched");
  details.hidden = false;
  details.querySelector("summary").textContent = `${films_(total)} not in the charts`;
  const fill = () => {
    const lists = $("unmatched-lists");
    if (lists.childElementCount) return;
    for (const [state, words] of Object.entries(states)) {
      const of = unmatched.title.map((_, i) => i).filter((i) => unmatched.status[i] === state);
      if (!of.length) continue;
      const list = element("ul");
      list.append(...of.map((i) => {
        const item = element("li", unmatched.title[i] || "Untitled", { dir: "auto" });
        if (known(unmatched.released[i])) item.append(element("span", ` ${unmatched.released[i]}`));
        return item;
      }));
      lists.append(element("h3", `${whole(of.length)} ${words}`), list);
    }
  };
  details.addEventListener("toggle", fill);
  window.addEventListener("beforeprint", fill);
}

// -- The page ------------------------------------------------------------------------------------

class Page {
  constructor(data, settings) {
    this.settings = settings;
    this.films = readFilms(data);
    this.directors = readPeople(data, "directors");
    this.actors = readPeople(data, "cast");
    this.names = data.people.names;
    this.filters = makeFilters(this);
    this.table = new Table();
    this.byTitle = this.table.sorted(this.films, "title");
    this.drawings = [];
    this.fillFilters();
    this.listen();
    showUnmatched(data.unmatched, settings.states);
    this.readAddress();
  }

  text(film) {
    this.plainNames ??= this.names.map(plain);
    film.text ??= [plain([film.title, ...film.others].join("\n")),
      ...[...film.director_of, ...film.cast].map((p) => this.plainNames[p])].join("\n");
    return film.text;
  }

  fillFilters() {
    const genres = counted(this.films.flatMap((film) => film.genres));
    fillSelect("genre", "Any genre", [...genres].sort((a, b) => a[0].localeCompare(b[0]))
      .map(([genre, n]) => [genre, `${genre} (${whole(n)})`]));
    const decades = counted(this.films.filter((film) => known(film.released))
      .map((film) => Math.floor(film.released / 10) * 10));
    fillSelect("decade", "Any decade", [...decades].sort((a, b) => b[0] - a[0])
      .map(([decade, n]) => [decade, `${decade}s (${whole(n)})`]));
    const used = (options, column) => options.map(([value, label]) =>
      [value, label, this.films.filter(between(column, value)).length])
      .filter(([, , n]) => n).map(([value, label, n]) => [value, `${label} (${whole(n)})`]);
    const rated = this.films.some((film) => known(film.rating));
    fillSelect("rating", rated ? "Any rating" : "No ratings here", rated ? used(RATINGS, "rating") : []);
    fillSelect("runtime", "Any runtime", used(RUNTIMES, "runtime_minutes"));
    choosePerson($("director"), this.directors, (id) => this.set("director", id));
    choosePerson($("actor"), this.actors, (id) => this.set("actor", id));
  }

  listen() {
    let waiting;
    $("q").addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.set("q", $("q").value.trim()), 120);
    });
    for (const id of ["genre", "decade", "rating", "runtime"]) {
      $(id).addEventListener("change", () => this.set(id, $(id).value));
    }
    $("filters").addEventListener("submit", (event) => event.preventDefault());
    const clear = (event) => {
      event.preventDefault();
      clearTimeout(waiting);
      this.go(this.state.sort ? { sort: this.state.sort } : {});
      $("q").focus();
    };
    $("clear").addEventListener("click", clear);
    $("empty-clear").addEventListener("click", clear);
    for (const heading of document.querySelectorAll("[data-sort]")) {
      heading.addEventListener("click", () => {
        const column = heading.dataset.sort;
        // Numbers are asked for from the top, words from A.
        const first = heading.classList.contains("number") ? `-${column}` : column;
        const other = first === column ? `-${column}` : column;
        this.set("sort", this.sort() === first ? other : first);
      });
    }
    window.addEventListener("hashchange", () => this.readAddress());
  }

  sort() {
    const column = (this.state.sort || "").replace("-", "");
    return document.querySelector(`[data-sort="${CSS.escape(column)}"]`) ? this.state.sort : "title";
  }

  set(name, value) {
    if ((this.state[name] || "") === value) return;
    this.go({ ...this.state, [name]: value });
  }

  go(state) {
    const chosen = Object.entries(state).filter(([, value]) => value);
    const address = new URLSearchParams(chosen).toString();
    history.replaceState(null, "", address ? `#${address}` : "#");
    this.readAddress();
  }

  readAddress() {
    const asked = new URLSearchParams(location.hash.slice(1));
    const names = [...Object.keys(this.filters), "sort"];
    this.state = Object.fromEntries(names.filter((n) => asked.get(n)).map((n) => [n, asked.get(n)]));
    for (const id of Object.keys(this.filters)) {
      const value = this.state[id] || "";
      const people = { director: this.directors, actor: this.actors }[id];
      const text = people && value ? people.find((one) => one.id === value)?.label : value;
      if (text !== undefined && (document.activeElement !== $(id) || $(id).value.trim() !== text)) $(id).value = text;
      $(id).parentElement.classList.toggle("chosen", Boolean(value));
    }
    this.apply();
  }

  apply() {
    const start = performance.now();
    const filtered = Object.keys(this.filters).filter((name) => this.state[name]);
    const tests = filtered.map((name) => this.filters[name](this.state[name])).filter(Boolean);
    if (this.order !== this.sort()) {
      this.order = this.sort();
      this.ordered = this.table.sorted(this.byTitle, this.order);
      for (const heading of document.querySelectorAll("[data-sort]")) {
        const mine = heading.dataset.sort === this.order.replace("-", "");
        if (mine) heading.setAttribute("aria-sort", this.order.startsWith("-") ? "descending" : "ascending");
        else heading.removeAttribute("aria-sort");
      }
    }
    this.selection = this.ordered.filter((film) => tests.every((test) => test(film)));
    const [n, all] = [this.selection.length, this.films.length];
    $("count").textContent = tests.length ? `${whole(n)} of ${films_(all)}` : `All ${films_(all)}`;
    $("clear").hidden = !filtered.length;
    for (const id of ["numbers", "charts", "films"]) $(id).hidden = !n;
    $("empty").hidden = n > 0;
    $("filters").hidden = $("empty-clear").hidden = !all;
    if (!all) $("empty-what").textContent = this.settings.nothing;
    this.table.show(this.selection);
    this.draw(start);
  }

  // One drawing at a time, and then the newest choice: typing never queues up work.
  async draw(start) {
    this.asked = start;
    if (!this.drawings.length || this.drawing) return;
    this.drawing = true;
    let done;
    while (done !== this.asked) {
      done = this.asked;
      const films = this.selection;
      if (!films.length) continue;
      await this.numbers.data("films", films.map(({ runtime_minutes, rating, released }) =>
        ({ runtime_minutes, rating, released }))).runAsync();
      showNumbers(this.numbers.data("numbers")[0]);
      await Promise.all(this.drawings.map((drawing) => drawing.show(films)));
    }
    this.drawing = false;
    performance.measure("filter", { start: done });
    document.body.dataset.drawn = String(Number(document.body.dataset.drawn || 0) + 1);
  }

  async start() {
    const { view } = await vegaEmbed(element("div"), this.settings.numbers, EMBED);
    this.numbers = view;
    this.drawings = this.settings.charts.map((chart) =>
      new Drawing(chart, (filter, value) => this.set(filter, value)));
    this.apply();
    // The first search should not wait for 10,000 texts to be made.
    const idle = window.requestIdleCallback || setTimeout;
    idle(() => this.films.forEach((film) => this.text(film)));
  }
}

async function main() {
  const settings = JSON.parse($("specifications").textContent);
  const page = new Page(JSON.parse(await unpack("data")), settings);
  performance.mark("table");
  // Let the table be painted before the library, a megabyte of script, is read.
  await new Promise((resolve) => setTimeout(resolve, 0));
  document.head.append(element("script", await unpack("library")));
  await page.start();
}

main().catch((error) => {
  $("count").textContent = "This browser could not draw the page; a current Chrome, Edge, Firefox or Safari can.";
  console.error(error);
});
