// The page's behaviour: select films, pass them to the charts, fill the table, and keep the selection
// in the address. Only films are counted here; all other aggregation is done by the charts'
// specifications and the dataflow of the numbers. Outside text is set as text, never as markup.

class Page {
  constructor(data, settings) {
    this.settings = settings;
    const lines = readLines(data);
    this.films = lines.slice(0, data.films);
    this.others = lines.slice(data.films);
    this.directors = readPeople(data, "directors");
    this.actors = readPeople(data, "cast");
    this.names = data.people.names;
    this.filters = makeFilters(this);
    this.table = new Table();
    this.tonight = new Tonight();
    this.byTitle = this.table.sorted(this.films, "title");
    this.drawings = [];
    this.fillFilters();
    this.listen();
    showUnmatched(lines.filter((line) => line.state !== "matched"), settings.states);
    this.readAddress();
  }

  text(film) {
    this.plainNames ??= this.names.map(plain);
    film.text ??= [plain([film.title, ...film.others].join("\n")),
      ...[...film.director_of, ...film.cast_ids].map((p) => this.plainNames[p])].join("\n");
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
    const option = ([value, n]) => [value, `${value} (${whole(n)})`];
    const years = counted(this.films.flatMap((film) =>
      [...new Set(film.viewings.map((day) => day.slice(0, 4)))]));
    fillSelect("year", "Any year", [...years].sort((a, b) => b[0] - a[0]).map(option));
    const lists = counted(this.films.flatMap((film) => film.in_lists));
    fillSelect("list", "Any list", [...lists].sort((a, b) => a[0].localeCompare(b[0])).map(option));
    choosePerson($("director"), this.directors, (id) => this.set("director", id));
    choosePerson($("actor"), this.actors, (id) => this.set("actor", id));
  }

  listen() {
    let waiting;
    $("q").addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.set("q", $("q").value.trim()), 120);
    });
    for (const id of ["genre", "decade", "rating", "year", "list", "runtime"]) {
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
        // The first click sorts numbers from the highest, words from A.
        const first = heading.classList.contains("number") ? `-${column}` : column;
        const other = first === column ? `-${column}` : column;
        this.set("sort", this.sort() === first ? other : first);
      });
    }
    window.addEventListener("hashchange", () => this.readAddress());
    window.addEventListener("beforeprint", () => this.drawings.forEach((drawing) => drawing.print()));
    // This makes Vega measure its container again.
    window.addEventListener("afterprint", () => window.dispatchEvent(new Event("resize")));
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
      const text = people && value ? people.find((one) => one.id === value)?.label ?? value : value;
      if (document.activeElement !== $(id) || $(id).value.trim() !== text) $(id).value = text;
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
    const chosen = (film) => tests.every((test) => test(film));
    const { year } = this.state;
    this.selection = this.ordered.filter(chosen).map((film) => (year ? within(film, year) : film));
    this.unfound = this.others.filter(chosen);
    this.unfiltered = !tests.length;
    const [n, all] = [this.selection.length, this.films.length];
    $("count").textContent = tests.length ? `${whole(n)} of ${films_(all)}` : `All ${films_(all)}`;
    $("clear").hidden = !filtered.length;
    for (const id of ["numbers", "charts", "films"]) $(id).hidden = !n;
    $("empty").hidden = n > 0;
    $("filters").hidden = $("empty-clear").hidden = !all;
    if (!all) $("empty-what").textContent = this.settings.nothing;
    this.table.show(this.selection);
    this.tonight.show(this.selection);
    this.draw(start);
  }

  // One drawing at a time, and then only the latest selection: typing never queues up work. Visible
  // charts come first; the others follow one by one, so that the page stays responsive.
  async draw(start) {
    this.asked = start;
    if (!this.drawings.length || this.drawing) return;
    this.drawing = true;
    let done;
    while (done !== this.asked) {
      done = this.asked;
      await this.drawAll(done);
    }
    this.drawing = false;
    performance.measure("drawn", { start: done });
    document.body.dataset.drawn = String(Number(document.body.dataset.drawn || 0) + 1);
  }

  async drawAll(asked) {
    const [films, lines] = [this.selection, [...this.selection, ...this.unfound]];
    if (!films.length) return;
    const all = this.unfiltered;
    const show = (drawing) => drawing.show(drawing.chart.lines ? lines : films, all);
    await this.numbers.data("films", films.map(
      ({ runtime_minutes, viewings, rating, released, earlier }) =>
        ({ runtime_minutes, viewings, rating, released, earlier }))).runAsync();
    showNumbers(this.numbers.data("numbers")[0]);
    const seen = this.drawings.filter((drawing) => drawing.inView());
    await Promise.all(seen.map(show));
    performance.measure("filter", { start: asked });
    for (const drawing of this.drawings) {
      if (seen.includes(drawing)) continue;
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (asked !== this.asked) return;
      await show(drawing);
    }
  }

  async start() {
    const { view } = await vegaEmbed(element("div"), this.settings.numbers, EMBED);
    this.numbers = view;
    const pick = (filter, value) => this.set(filter, value);
    this.drawings = this.settings.charts.map((chart) => new Drawing(chart, pick));
    this.apply();
    // The first search should not have to wait until 10,000 texts are prepared.
    const idle = window.requestIdleCallback || setTimeout;
    idle(() => this.films.forEach((film) => this.text(film)));
  }
}

async function main() {
  const settings = JSON.parse($("specifications").textContent);
  const page = new Page(JSON.parse(await unpack("data")), settings);
  performance.mark("table");
  // Let the browser paint the table before it parses the library, a megabyte of script.
  await new Promise((resolve) => setTimeout(resolve, 0));
  document.head.append(element("script", await unpack("library")));
  await page.start();
}

main().catch((error) => {
  $("count").textContent = "This browser could not draw the page. Use a current version of Chrome, Edge, Firefox or Safari.";
  console.error(error);
});
