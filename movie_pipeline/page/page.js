// The page's behaviour: select films, pass them to the charts, fill the table, and keep the selection
// in the address. Only films are counted here; all other aggregation is done by the charts'
// specifications and the dataflow of the numbers. Outside text is set as text, never as markup.

// How long charts out of view are drawn before the browser may show a frame (ms). It paints the whole
// page each time, which takes as long as a chart.
const BREATH = 100;

class Page {
  constructor(data, settings) {
    this.settings = settings;
    this.data = data;
    const lines = readLines(data);
    const [films, unseen] = [lines.slice(0, data.films), lines.slice(data.films, data.films + data.unseen)];
    this.others = lines.slice(data.films + data.unseen);
    this.views = {
      watched: films, watchlist: unseen.filter((film) => film.watchlisted), everything: [...films, ...unseen],
    };
    this.names = data.people.names;
    this.filters = makeFilters(this);
    this.table = new Table();
    this.next = new Next(data.next, this.views.everything);
    this.drawings = [];
    this.strip = new Strip(data.unknown_runtime, (film) => this.set("film", film));
    this.yearView = new YearView(this);
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

  // Show another view's films: those watched, those on the watchlist, or both and those on lists.
  turn(view) {
    this.view = view;
    this.films = this.views[view];
    this.directors = peopleOf(this.films, "director_of", this.data);
    this.actors = peopleOf(this.films, "cast_ids", this.data);
    this.byTitle = this.table.sorted(this.films, "title");
    this.order = null;
    this.fillFilters();
    this.strip.draw(this.films);
    for (const button of document.querySelectorAll("[data-view]")) {
      const of = this.views[button.dataset.view];
      button.setAttribute("aria-pressed", String(button.dataset.view === view));
      button.querySelector("span").textContent = whole(of.length);
      button.hidden = !of.length;
    }
    $("views").hidden = this.views.everything.length === this.views.watched.length;
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
    const byName = (a, b) => a[0].localeCompare(b[0]);
    const [lists, seen] = [this.views.everything, this.views.everything.filter((film) => film.seen)]
      .map((films) => counted(films.flatMap((film) => film.in_lists)));
    fillSelect("list", "Any list", [...lists].sort(byName).map(([name, n]) =>
      [name, `${name} (${whole(seen.get(name) || 0)} of ${whole(n)} seen)`]));
    const unseen = this.films.filter((film) => film.seen === false).length;
    fillSelect("seen", "Seen or not", this.view === "everything"
      ? [["yes", `Seen (${whole(this.films.length - unseen)})`], ["no", `Not seen (${whole(unseen)})`]] : []);
    const tags = counted(this.films.flatMap((film) => film.tags));
    fillSelect("tag", "Any tag", [...tags].sort(byName).map(option));
    const liked = this.films.filter((film) => film.liked).length;
    fillSelect("liked", "Liked or not", liked
      ? [["yes", `♥ Liked (${whole(liked)})`], ["no", `Not liked (${whole(this.films.length - liked)})`]] : []);
    $("director").disabled = !this.directors.length;
    $("actor").disabled = !this.actors.length;
  }

  listen() {
    let waiting;
    $("q").addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.set("q", $("q").value.trim()), 120);
    });
    choosePerson($("director"), () => this.directors, (id) => this.set("director", id));
    choosePerson($("actor"), () => this.actors, (id) => this.set("actor", id));
    for (const button of document.querySelectorAll("[data-view]")) {
      const { view } = button.dataset;
      button.addEventListener("click", () => this.set("show", view === "watched" ? "" : view));
    }
    for (const id of ["genre", "decade", "rating", "year", "list", "seen", "tag", "liked", "runtime"]) {
      $(id).addEventListener("change", () => this.set(id, $(id).value));
    }
    $("filters").addEventListener("submit", (event) => event.preventDefault());
    const clear = (event) => {
      event.preventDefault();
      clearTimeout(waiting);
      const { sort, show } = this.state;
      this.go({ sort, show });
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
    for (const button of document.querySelectorAll("[data-role]")) {
      button.addEventListener("click", () => {
        for (const drawing of this.drawings) drawing.role = Number(button.dataset.role);
        this.draw(performance.now());
      });
    }
    $("left").addEventListener("click", () =>
      this.go({ list: this.state.list, show: "everything", seen: "no" }));
    document.addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && $("panel").open) {
        $("panel").open = false;
        $("panel").querySelector("summary").focus();
      }
    });
    document.addEventListener("pointerdown", ({ target }) => {
      if (!$("filters").contains(target)) $("panel").open = false;
    });
    $("panel").addEventListener("toggle", () => {
      if ($("panel").open && $("filters").getBoundingClientRect().top > 0) $("filters").scrollIntoView();
    });
    $("done").addEventListener("click", () => { $("panel").open = false; });
    // Smooth scrolling would aim at where the films were before the charts above were drawn.
    document.querySelector(".skip").addEventListener("click", (event) => {
      event.preventDefault();
      $("films").scrollIntoView({ behavior: "instant" });
      $("films").focus({ preventScroll: true });
    });
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
    const names = [...Object.keys(this.filters), "sort", "show"];
    this.state = Object.fromEntries(names.filter((n) => meant(n, asked.get(n))).map((n) => [n, asked.get(n)]));
    const { show } = this.state; // from an address: it may be anything
    const view = Object.hasOwn(this.views, show ?? "") && this.views[show].length ? show : "watched";
    if (view !== this.view) this.turn(view);
    for (const id of Object.keys(this.filters)) {
      const value = this.state[id] || "";
      const people = { director: this.directors, actor: this.actors }[id];
      const text = people && value ? people.find((one) => one.id === value)?.label ?? value : value;
      if ($(id).options && !people && ![...$(id).options].some((option) => option.value === value)) {
        $(id).append(element("option", wordsOf(id, value), { value }));
      }
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
    this.unfound = this.view === "watchlist" ? [] : this.others.filter(chosen);
    this.every = this.views.everything.filter(chosen);
    this.unfiltered = !tests.length;
    const [n, all] = [this.selection.length, this.films.length];
    const on = this.view === "watchlist" ? " on the watchlist" : "";
    $("count").textContent = tests.length ? `${whole(n)} of ${films_(all)}${on}` : `All ${films_(all)}${on}`;
    $("clear").hidden = !filtered.length;
    const { list } = this.state;
    const left = list ? this.views.everything.filter((film) => !film.seen && film.in_lists.includes(list)) : [];
    $("left").hidden = !left.length || filtered.length > 1;
    $("left").textContent = `${films_(left.length)} of this list left to see`;
    for (const id of ["numbers", "charts", "about", "films"]) $(id).hidden = !n;
    $("empty").hidden = n > 0;
    $("filters").hidden = $("empty-clear").hidden = !all;
    if (!n) $("sentence").replaceChildren(all ? "No films match." : "No films.");
    if (!all) $("empty-what").textContent = this.settings.nothing;
    if (this.yearView.show(this.state, this.selection)) this.yearView.tell();
    this.strip.light(this.selection, !tests.length);
    this.showChips(filtered);
    this.table.show(this.selection);
    this.next.show(chosen);
    this.draw(start);
  }

  // What is chosen, each with a button that takes it back.
  showChips(filtered) {
    $("chips").replaceChildren(...filtered.map((id) => {
      const control = $(id);
      const named = { film: this.views.everything.find((film) => String(film.film) === this.state.film)?.title,
        seen: { yes: "Seen", no: "Not seen" }[this.state.seen] }[id];
      const shown = control.selectedOptions ? control.selectedOptions[0]?.textContent : control.value;
      const words = named || shown || this.state[id];
      const chip = element("button", `${words.replace(/ \([^()]*\)$/, "")} ×`, { type: "button", dir: "auto" });
      chip.setAttribute("aria-label", `Remove the filter ${words}`);
      chip.addEventListener("click", () => this.set(id, ""));
      return chip;
    }));
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
    const films = this.selection;
    const covered = { films, lines: [...films, ...this.unfound], everything: this.every };
    if (!films.length) return;
    const all = this.unfiltered && this.view;
    for (const drawing of this.drawings) drawing.take(covered[drawing.chart.covers]);
    for (const view of [showShelf, showRecords, showMilestones]) view(films);
    arrange(this.drawings);
    const show = (drawing) => drawing.show(all);
    await this.numbers.data("films", films.map(
      ({ runtime_minutes, viewings, seen_before, rating, released, earlier, origin_countries, original_language }) =>
        ({ runtime_minutes, viewings, seen_before, rating, released, earlier, origin_countries, original_language })))
      .runAsync();
    const numbers = Object.assign({}, ...["numbers", "days", "countries", "languages"]
      .map((name) => this.numbers.data(name)[0]));
    // Of a year, the hours are those of its viewings; else each film's, once.
    if (this.state.year) numbers.minutes = numbers.minutes_viewed;
    showNumbers(numbers, this.state);
    const told = this.yearView.of ? [...TOLD, "map"] : TOLD;
    const seen = this.drawings.filter((drawing) => drawing.inView() || told.includes(drawing.chart.name));
    await Promise.all(seen.map(show));
    arrange(this.drawings);
    showSentence(numbers, films, { view: this.view, year: this.state.year }, Object.fromEntries(seen.map((one) => [one.chart.name, one.rows])));
    const [taste, map] = ["taste", "map"].map((name) => this.drawings.find(({ chart }) => chart.name === name));
    this.yearView.tell(taste.rows, map.on ? map.plot.querySelector("svg") : null);
    performance.measure("filter", { start: asked });
    let since = -Infinity;
    for (const drawing of this.drawings) {
      if (seen.includes(drawing)) continue;
      if (performance.now() - since > BREATH) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        since = performance.now();
      }
      if (asked !== this.asked) return;
      await show(drawing);
    }
    arrange(this.drawings);
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
  const settings = JSON.parse(await unpack("specifications"));
  RULES = settings.rules;
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
