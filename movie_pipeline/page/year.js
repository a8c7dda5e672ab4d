// A year in review: panels of one statement each, with its picture and what it rests on. They stand
// in place of the opening while a year is all that is chosen. The numbers of a year are counted in
// `analytics.years`; here are its films, its days, and the words.

const WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
const inWords = (n) => WORDS[n] ?? whole(n);
const hoursOf = (n) => whole(Math.round(n));
const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function statement(...parts) {
  const made = element("h3", undefined, { class: "statement" });
  made.append(...parts.map((part) => (part instanceof Node ? part : document.createTextNode(part))));
  return made;
}

// "From 18 to 28 October": two days, each as short as possible.
function span(from, to) {
  const [one, other] = [date(from), date(to)].map((text) => text.replace(/ \d{4}$/, ""));
  const [day, month] = one.split(" ");
  return other.endsWith(` ${month}`) ? `${day} to ${other}` : `${one} to ${other}`;
}

class YearView {
  constructor(page) {
    this.page = page;
    this.place = $("year-view");
    this.now = Number(document.querySelector("footer time").dateTime.slice(0, 4));
    this.years = new Map(page.data.years.map((one) => [String(one.year), one]));
    const link = (words, address) => element("a", words, { href: address });
    const names = [...this.years.keys()].reverse();
    $("years").append(link("All time", "#"), ...names.map((year) => link(this.name(year), `#year=${year}`)));
    $("years").hidden = !names.length;
  }

  name(year) {
    return Number(year) === this.now ? `${year} so far` : year;
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

  // `rows`: those of the chart of taste, for this year.
  tell(rows) {
    if (!this.of) return;
    const panels = [this.opening(), this.days(), this.people(), this.taste(rows), this.world()].filter(Boolean);
    panels.forEach((panel, n) => {
      const mark = element("p", undefined, { class: "mark" });
      mark.append(element("span", this.name(String(this.of.year))), element("span", `${n + 1} of ${panels.length}`));
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
    return this.panel("first", element("h2", String(of.year), { class: "numeral" }), this.strip(), this.base(
      "Every viewing, end to end. Wider is longer; the stronger the colour, the better rated; a shorter frame is a rewatch."), list);
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
    if (of.viewings < 5) return null;
    const month = MONTHS[of.month - 1];
    const runMonth = MONTHS[Number(of.run_ended.slice(5, 7)) - 1];
    const lead = of.longest_run >= 3 ? `${capital(inWords(of.longest_run))} days in a row in ${runMonth}.`
      : of.months_as_busy === 1 ? `${month} was the busiest month.` : `A film on ${inWords(of.days)} days.`;
    const said = element("p", undefined, { class: "told" });
    const say = (text, fact) => said.append(fact ? element("b", text) : text);
    if (of.longest_run >= 3) {
      say("From ");
      say(span(of.run_began, of.run_ended), true);
      say(", a film every day. ");
    }
    if (of.months_as_busy === 1) {
      say(`${month} had `);
      say(`${whole(of.month_viewings)} viewings`, true);
      say(of.month_viewings * 3 > of.viewings ? ", more than a third of the year. " : ". ");
    }
    if (of.weeks_as_busy === 1 && of.week_viewings > 2) {
      say("The busiest week, from ");
      say(date(of.week).replace(/ \d{4}$/, ""), true);
      say(`, had ${inWords(of.week_viewings)}.`);
    }
    return this.panel("amber", statement(lead), said, this.calendar(),
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
    const roles = ["actor", "director"].map((role) => of.people.filter((one) => one.role === role && one.films > 1));
    const leading_ = roles.map(([one]) => one).filter((one) => one && one.as_many <= 3).sort((a, b) => b.films - a.films || a.as_many - b.as_many)[0];
    if (!leading_) return null;
    const tied = of.people.filter((one) => one.role === leading_.role && one.films === leading_.films);
    const names = LIST.formatToParts(tied.map((one) => one.name)).map(({ type, value }) =>
      (type === "element" ? element("b", value, { dir: "auto" }) : value));
    const how = leading_.role === "director" ? "directed by" : "with";
    const told = element("p", undefined, { class: "told" });
    told.append(element("b", `${films_(leading_.films)}${tied.length > 1 ? " each" : ""}`), ` ${how} them, of ${whole(of.films)}. `);
    if (of.again) told.append(element("b", `${whole(of.again)} of ${whole(of.viewings)}`), ` ${of.again === 1 ? "viewing was" : "viewings were"} of a film you knew.`);
    const lists = element("div", undefined, { class: "halves" });
    const people_ = element("div");
    for (const [n, words] of [[1, "Directed by"], [0, "With"]]) {
      if (!roles[n].length) continue;
      const list = element("ul", undefined, { class: "credits" });
      list.append(...roles[n].slice(0, 4).map((one) => {
        const row = element("li");
        const dots = element("span", "●".repeat(Math.min(one.films, 12)), { class: "dots", "aria-hidden": "true" });
        row.append(element("span", one.name, { dir: "auto" }), dots, element("b", whole(one.films)));
        return row;
      }));
      people_.append(element("h4", words), list);
    }
    const months = element("div");
    months.append(element("h4", "New, and again (outlined), by month"), this.months());
    lists.append(people_, months);
    return this.panel("", statement("Most of all, ", ...names, "."), told, lists,
      this.base(`${films_(of.films)}, each once; people with two or more`));
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
    return this.panel("teal", statement(`${lead}.`), far, best.length ? element("h4", `Five stars, first seen in ${of.year}`) : null, best.length ? shelf : null,
      this.base(`Points of ten, against TMDB's public; ${films_(of.compared)} with both marks`));
  }

  world() {
    const { of } = this;
    const before = of.viewings_before;
    const more = of.viewings - (before ?? 0);
    const whole_ = Number(of.year) === this.now ? "so far than in all of " : "than in ";
    const change = before === null ? "" : more === 0 ? `as many viewings as in ${of.year - 1}`
      : `${inWords(Math.abs(more))} ${more > 0 ? "more" : "fewer"} ${Math.abs(more) === 1 ? "viewing" : "viewings"} ${whole_}${of.year - 1}`;
    const lands = of.countries > 1 ? `${inWords(of.countries)} countries` : "";
    if (!lands && !change) return null;
    const percent_ = (part, all) => (all ? percent(part / all) : "–");
    const rows = [["viewings", whole(before), whole(of.viewings)], ["films", whole(of.films_before), whole(of.films)],
      ["hours", hoursOf(of.hours_before), hoursOf(of.hours)],
      ["your mean", ...[of.mean_rating_before, of.mean_rating].map((mean) => (known(mean) ? `★ ${mean.toFixed(2)}` : "–"))],
      ["not in English", percent_(of.not_english_before, of.with_language_before), percent_(of.not_english, of.with_language)],
      ["countries", whole(of.countries_before), whole(of.countries)]];
    const halves = element("div", undefined, { class: "halves" });
    if (before !== null) {
      const table = element("table", undefined, { class: "change" });
      const head = element("tr");
      head.append(element("td"), element("th", String(of.year - 1), { scope: "col" }), element("th", this.name(String(of.year)), { scope: "col" }));
      table.append(head, ...rows.map(([words, ...values]) => {
        const row = element("tr");
        row.append(element("th", words, { scope: "row" }), ...values.map((value) => element("td", value)));
        return row;
      }));
      halves.append(table);
    }
    const ends = element("div", undefined, { class: "ends" });
    for (const [words, id, day] of [["First", of.first_film, of.first_day], ["Last", of.last_film, of.last_day]]) {
      const film = this.films.find((one) => one.film === id);
      if (!film) continue;
      const made = element("div");
      const told = element("p");
      told.append(element("span", `${words === "Last" && Number(of.year) === this.now ? "Latest" : words}, ${date(day).replace(/ \d{4}$/, "")}`), titleLink(film));
      made.append(tile(film, true), told);
      ends.append(made);
    }
    halves.append(ends);
    return this.panel("", statement(`${capital([lands, change].filter(Boolean).join(", and "))}.`), halves,
      this.base(`${whole(of.viewings)} viewings of ${films_(of.films)}${Number(of.year) === this.now ? ", so far" : ""}`));
  }
}
