// A year in review: panels of one statement each, with its picture and what it rests on. They stand
// in place of the opening while a year is all that is chosen. The numbers of a year are counted in
// `analytics.years` and said in `charts.annual`; here are its films, its days, and the pictures.

const hoursOf = (n) => whole(Math.round(n));
const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Sentences of pieces of text: facts are emphasized.
function said(name, class_, sentences) {
  const made = element(name, undefined, { class: class_ });
  sentences.forEach((pieces, n) => made.append(n ? " " : "", ...pieces.map(([text, fact]) =>
    (fact ? element("b", text, { dir: "auto" }) : text))));
  return made;
}

const statement = (sentence) => said("h3", "statement", [sentence]);

// A copy of the map's picture, without its legend and notes, which are read where the chart stands.
function pictured(map) {
  const made = element("div", undefined, { class: "plot map", "aria-hidden": "true" });
  const copy = map.cloneNode(true);
  for (const part of copy.querySelectorAll(".role-legend, .mark-text")) part.remove();
  copy.removeAttribute("id");
  made.append(copy);
  return made;
}

class YearView {
  constructor(page) {
    this.page = page;
    this.place = $("year-view");
    this.years = new Map(page.data.years.map((one) => [String(one.year), one]));
    const link = (words, address) => element("a", words, { href: address });
    const years = [...this.years.values()].reverse();
    $("years").append(link("All time", "#"), ...years.map(({ name, year }) => link(name, `#year=${year}`)));
    $("years").hidden = !years.length;
  }

  // Whether the year was not over when the page was made.
  get soFar() {
    return this.of.name !== String(this.of.year);
  }

  // Show the year if nothing else is chosen; say whether it is shown.
  show(state, films) {
    const { year } = state;
    const only = Object.keys(state).every((name) => name === "year" || name === "sort");
    this.of = only ? this.years.get(year) : undefined;
    for (const link of $("years").children) {
      const mine = link.hash === (year ? `#year=${year.slice(0, 4)}` : "");
      if (mine) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    document.body.classList.toggle("of-year", Boolean(this.of));
    this.place.hidden = !this.of;
    this.films = films;
    if (!this.of) this.place.replaceChildren();
    return Boolean(this.of);
  }

  // `rows`: those of the chart of taste, for this year; `map`: the picture of its chart, once drawn.
  tell(rows, map) {
    if (!this.of) return;
    const panels = [this.opening(), this.days(), this.people(), this.taste(rows), this.world(map)].filter(Boolean);
    panels.forEach((panel, n) => {
      const mark = element("p", undefined, { class: "mark" });
      mark.append(element("span", this.of.name), element("span", `${n + 1} of ${panels.length}`));
      panel.prepend(mark);
    });
    this.place.replaceChildren(...panels);
  }

  panel(kind, ...children) {
    const made = element("section", undefined, { class: `panel ${kind}` });
    made.append(...children.filter(Boolean));
    return made;
  }

  base(text) {
    return element("p", text, { class: "basis" });
  }

  // Every viewing of the year: its day, its film, and whether the film had been seen before.
  viewings() {
    return this.films.flatMap((film) => film.viewings.map((day, n) =>
      ({ film, day, again: n > 0 || film.earlier || film.seen_before })))
      .sort((a, b) => (a.day === b.day ? a.again - b.again || byFilm(a.film, b.film) : a.day < b.day ? -1 : 1));
  }

  opening() {
    const { of } = this;
    const numbers = [[whole(of.viewings), `${of.viewings === 1 ? "viewing" : "viewings"} of ${films_(of.films)}`]];
    if (of.timed) numbers.push([`${hoursOf(of.hours)} h`, of.timed < of.viewings ? `of film, in ${whole(of.timed)} viewings` : "of film"]);
    if (of.rated) numbers.push([`★ ${of.mean_rating.toFixed(2)}`, `your mean of ${of.rated === 1 ? "1 film" : `${whole(of.rated)} films`}`]);
    if (of.countries > 1) numbers.push([whole(of.countries), "countries"]);
    numbers.push([whole(of.again), of.again === 1 ? "rewatch" : "rewatches"]);
    const list = element("dl", undefined, { class: "numbers" });
    list.append(...numbers.map(([value, words]) => {
      const entry = element("div");
      entry.append(element("dt", words), element("dd", value));
      return entry;
    }));
    const reading = [of.timed && "wider is longer", of.rated && "the stronger the colour, the better rated",
      of.again && "a shorter frame is a rewatch"].filter(Boolean).join("; ");
    return this.panel("first", element("h2", String(of.year), { class: "numeral" }), this.strip(),
      this.base(`Every viewing, end to end.${reading && ` ${capital(reading)}.`}`), list);
  }

  strip() {
    const all = this.viewings();
    const width = ({ film }) => film.runtime_minutes || this.page.data.unknown_runtime;
    const total = all.reduce((sum_, one) => sum_ + width(one), 0);
    let x = 0;
    const frames = all.map((one) => {
      const wide = width(one) / total * 1000;
      const rect = svg("rect", { x, y: one.again ? 22 : 0, width: Math.max(wide - Math.min(wide * 0.12, 0.8), 0.4), height: one.again ? 78 : 100, class: step(one.film.rating) },
        svg("title", {}, document.createTextNode(`${one.film.title}, ${date(one.day)}${one.again ? ", again" : ""}`)));
      x += wide;
      return rect;
    });
    return svg("svg", { viewBox: "0 0 1000 100", preserveAspectRatio: "none", class: "frames", role: "img", "aria-label": `A strip of ${whole(all.length)} viewings` }, ...frames);
  }

  days() {
    const { of } = this;
    if (!of.said.days) return null;
    const [lead, ...others] = of.said.days;
    return this.panel("amber", statement(lead), said("p", "told", others), this.calendar(),
      this.base(`${whole(of.viewings)} dated viewings on ${whole(of.days)} ${of.days === 1 ? "day" : "days"}, weeks from Monday; the stronger, the more in a day`));
  }

  // A square for each day, in two halves, which a narrow screen stacks.
  calendar() {
    const counts = counted(this.viewings().map(({ day }) => day));
    const most_ = Math.max(...counts.values());
    const halves = [[0, 6], [6, 12]].map(([from, to]) => {
      const start = Date.UTC(this.of.year, from, 1);
      const end = Date.UTC(this.of.year, to, 1);
      const offset = (new Date(start).getUTCDay() + 6) % 7;
      const squares = [];
      for (let day = start, n = offset; day < end; day += 86400000, n++) {
        const key = new Date(day).toISOString().slice(0, 10);
        const times = counts.get(key) || 0;
        const shade_ = !times ? "" : times === 1 ? "one" : times * 2 > most_ && times > 2 ? "many" : "two";
        squares.push(svg("rect", { x: Math.floor(n / 7) * 10, y: n % 7 * 10 + 12, width: 9, height: 9, rx: 1, class: `day ${shade_}` },
          ...(times ? [svg("title", {}, document.createTextNode(`${date(key)}: ${times}`))] : [])));
        if (key.endsWith("-01")) {
          squares.push(svg("text", { x: Math.floor(n / 7) * 10, y: 7 }, document.createTextNode(MONTHS[Number(key.slice(5, 7)) - 1].slice(0, 3))));
        }
      }
      return svg("svg", { viewBox: "0 0 270 82", class: "half", "aria-hidden": "true" }, ...squares);
    });
    const made = element("div", undefined, { class: "calendar" });
    made.append(...halves);
    return made;
  }

  people() {
    const { of } = this;
    if (!of.said.people) return null;
    const [lead, ...others] = of.said.people;
    const lists = element("div", undefined, { class: "halves" });
    const people_ = element("div");
    for (const [role, words] of [["director", "Directed by"], ["actor", "With"]]) {
      const several = of.people.filter((one) => one.role === role && one.films > 1);
      if (!several.length) continue;
      const list = element("ul", undefined, { class: "credits" });
      list.append(...several.slice(0, 4).map((one) => {
        const row = element("li");
        const dots = element("span", "●".repeat(one.films), { class: "dots", "aria-hidden": "true" });
        row.append(element("span", one.name, { dir: "auto" }), dots, element("b", whole(one.films)));
        return row;
      }));
      people_.append(element("h4", words), list);
    }
    const months = element("div");
    months.append(element("h4", "New, and again (outlined), by month"), this.months());
    lists.append(people_, months);
    return this.panel("people", statement(lead), said("p", "told", others), lists,
      this.base(`${films_(of.films)}, each once; at most four people in each list, with two films or more`));
  }

  months() {
    const counts = MONTHS.map(() => [0, 0]);
    for (const { day, again } of this.viewings()) counts[Number(day.slice(5, 7)) - 1][again ? 1 : 0]++;
    const most_ = Math.max(...counts.map(([a, b]) => a + b));
    const bars = counts.flatMap(([fresh, again], n) => {
      const [tall, on] = [fresh / most_ * 90, again / most_ * 90];
      const x = n * 25 + 3;
      return [
        svg("rect", { x, y: 104 - tall, width: 19, height: tall, class: "fresh" }),
        ...(again ? [svg("rect", { x: x + 0.6, y: 104 - tall - on + 0.6, width: 17.8, height: Math.max(on - 1.2, 0.5), class: "again" })] : []),
        ...(fresh + again ? [svg("text", { x: x + 9.5, y: 100 - tall - on, class: "count" }, document.createTextNode(fresh + again))] : []),
        svg("text", { x: x + 9.5, y: 117 }, document.createTextNode(MONTHS[n].slice(0, 1))),
      ];
    });
    return svg("svg", { viewBox: "0 0 300 122", class: "months", role: "img", "aria-label": "Viewings by month" }, ...bars);
  }

  taste(rows) {
    const { of } = this;
    const lead = of.compared >= 5 && rows?.length ? FINDINGS.taste(rows) : null;
    const best = this.films.filter((film) => film.rating === 5 && !film.earlier && !film.seen_before)
      .sort((a, b) => (a.viewings[0] < b.viewings[0] ? -1 : 1)).slice(0, 6);
    if (!lead) return null;
    const ends = [[rows.find((row) => row.above === 1), 1], [rows.find((row) => row.below === 1), -1]]
      .filter(([row, sign]) => row && row.difference * sign >= 1);
    const far = element("div", undefined, { class: "halves far" });
    far.append(...ends.map(([row]) => {
      const film = this.films.find((one) => one.film === row.film);
      const made = element("div");
      const words = element("div");
      const public_ = (row.rating * 2 - row.difference).toFixed(1);
      const told = element("p", undefined, { class: "told" });
      told.append(element("b", row.title, { dir: "auto" }), `: your ★ ${row.rating}, the public's ${public_} of ten.`);
      words.append(element("p", `${row.difference > 0 ? "+" : "−"}${Math.abs(row.difference).toFixed(1)}`, { class: "much" }), told);
      made.append(tile(film, true), words);
      return made;
    }));
    const shelf = element("div", undefined, { class: "tiles" });
    shelf.append(...best.map((film) => figure(film, date(film.viewings[0]).replace(/ \d{4}$/, ""))));
    return this.panel("teal", statement([[`${lead}.`, false]]), far, best.length ? element("h4", `Five stars, first seen in ${of.year}`) : null, best.length ? shelf : null,
      this.base(`Points of ten, against TMDB's public; ${films_(of.compared)} with both marks`));
  }

  world(map) {
    const { of } = this;
    const before = of.viewings_before;
    if (!of.said.world) return null;
    const percent_ = (part, all) => (all ? percent(part / all) : "–");
    const rows = [["viewings", whole(before), whole(of.viewings)], ["films", whole(of.films_before), whole(of.films)],
      ["hours", ...[of.hours_before, of.hours].map((one) => (one ? hoursOf(one) : "–"))],
      ["your mean", ...[of.mean_rating_before, of.mean_rating].map((mean) => (known(mean) ? `★ ${mean.toFixed(2)}` : "–"))],
      ["not in English", percent_(of.not_english_before, of.with_language_before), percent_(of.not_english, of.with_language)],
      ["countries", whole(of.countries_before), whole(of.countries)]];
    const halves = element("div", undefined, { class: "halves" });
    const beside = map ? element("div") : halves;
    if (map) halves.append(pictured(map), beside);
    if (before !== null) {
      const table = element("table", undefined, { class: "change" });
      const head = element("tr");
      head.append(element("td"), element("th", String(of.year - 1), { scope: "col" }), element("th", of.name, { scope: "col" }));
      table.append(head, ...rows.map(([words, ...values]) => {
        const row = element("tr");
        row.append(element("th", words, { scope: "row" }), ...values.map((value) => element("td", value)));
        return row;
      }));
      beside.append(table);
    }
    const ends = element("div", undefined, { class: "ends" });
    for (const [words, id, day] of [["First", of.first_film, of.first_day], ["Last", of.last_film, of.last_day]]) {
      const film = this.films.find((one) => one.film === id);
      if (!film) continue;
      const made = element("div");
      const told = element("p");
      told.append(element("span", `${words === "Last" && this.soFar ? "Latest" : words}, ${date(day).replace(/ \d{4}$/, "")}`), titleLink(film));
      made.append(tile(film, true), told);
      ends.append(made);
    }
    beside.append(ends);
    return this.panel("", statement(of.said.world[0]), halves,
      this.base(`${whole(of.viewings)} ${of.viewings === 1 ? "viewing" : "viewings"} of ${films_(of.films)}${this.soFar ? ", so far" : ""}`));
  }
}
