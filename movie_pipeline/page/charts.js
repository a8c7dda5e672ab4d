// The charts: each passes the selected films to its own specification, which does the rest.

// Charts whose rows the opening's sentence needs, also while they are not shown.
const TOLD = ["directors", "genres", "taste"];

class Drawing {
  constructor(chart, pick) {
    Object.assign(this, { chart, pick, role: 0 });
    this.section = $(`chart-${chart.name}`);
    this.plot = this.section.querySelector(".plot");
    this.basis = this.section.querySelector(".basis");
    this.heading = this.section.querySelector("h3");
    this.plot.addEventListener("keydown", (event) => this.press(event));
  }

  // Take the films, and say what the chart rests on; without a film that it can use, it is not shown.
  take(films) {
    const { chart } = this;
    this.films = films;
    this.usable = films.filter((film) => chart.needs.every((column) => known(film[column])));
    const unknown = chart.identified ? films.filter((film) => !known(film.tmdb_id)).length : 0;
    const without = films.length - this.usable.length - unknown;
    const left = [[unknown, "not identified"], [without, chart.lacking]].filter(([n]) => n > 0)
      .map(([n, words]) => `${whole(n)} ${words}`);
    const covered = { films: films_, lines: (n) => `${whole(n)} titles`, everything: (n) => `${films_(n)}, seen or not` };
    this.basis.textContent = covered[chart.covers](this.usable.length)
      + (chart.covers !== "everything" && left.length ? `; left out: ${left.join(", ")}` : "");
    this.rows = null;
    this.heading.textContent = this.heading.dataset.title;
    const [column] = chart.columns;
    const single = RANKED.test(column) && !recurs(this.usable.map((film) => film[column]));
    this.nothing = !this.usable.length ? (unknown === films.length ? "no film here was identified" : `every film here is ${chart.lacking}`)
      : single ? "none has two films here" : null;
    this.section.hidden = !this.on;
  }

  // Whether it has something to show, and the switch above it shows its role.
  get on() {
    return this.nothing === null && (this.chart.role ?? this.role) === this.role;
  }

  inView() {
    if (this.section.hidden) return false;
    const { top, bottom } = this.plot.parentElement.getBoundingClientRect();
    return bottom > 0 && top < window.innerHeight;
  }

  // `all`: the view's name if nothing is filtered. Drawing all films takes longest, and people return
  // to that, so it is cached.
  async show(all) {
    const { chart, films, usable } = this;
    if (!this.on && !(this.nothing === null && TOLD.includes(chart.name))) return;
    if (all && this.whole && this.whole.of === all) await this.bringBack(this.whole.view);
    else await this.embed(usable, films);
    if (all && this.whole?.of !== all) {
      if (this.whole) this.whole.view.finalize();
      this.whole = { of: all, view: this.view };
    }
    this.hideEmptyMarks();
    this.reach();
    this.rows = this.view.data("rows");
    if (this.rows.length < chart.least) {
      this.nothing = chart.least > 1 ? `fewer than ${chart.least} to compare` : "none has two films here";
    }
    this.section.hidden = !this.on;
    const totals = chart.totals ? this.view.data("totals")[0] : {};
    const finding = this.nothing ? null : FINDINGS[chart.name]?.(this.rows, usable.length, totals);
    if (finding) this.heading.textContent = finding;
  }

  // Paper is narrower than a screen. Each view is redrawn before the browser prints.
  async print() {
    if (!this.view || this.section.hidden) return;
    await this.view.signal("width", PAPER).runAsync();
    this.hideEmptyMarks();
  }

  // To screen readers, Vega presents a layer without marks as an image without a name.
  hideEmptyMarks() {
    for (const layer of this.plot.querySelectorAll(".role-mark, [class*='_marks']")) {
      const empty = !layer.childElementCount;
      if (empty) layer.setAttribute("aria-hidden", "true");
      else if (layer.hasAttribute("data-empty")) layer.removeAttribute("aria-hidden");
      layer.toggleAttribute("data-empty", empty);
    }
  }

  // The marks that a click picks: one of them can be reached by Tab, the others from it by arrows.
  reach() {
    const { pick } = this.chart;
    this.marks = pick ? [...this.plot.querySelectorAll("[aria-label]")]
      .filter((mark) => known(mark.__data__?.datum?.[pick.field])) : [];
    this.marks.forEach((mark, n) => mark.setAttribute("tabindex", n ? "-1" : "0"));
    if (this.pressed && document.activeElement === document.body) this.marks[0]?.focus({ preventScroll: true });
    this.pressed = false;
  }

  press(event) {
    const at = this.marks?.indexOf(event.target) ?? -1;
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: this.marks?.length - 1 }[event.key];
    if (at < 0 || (to === undefined && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    if (to === undefined) {
      this.pressed = true;
      event.target.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    } else if (this.marks[to]) {
      event.target.setAttribute("tabindex", "-1");
      this.marks[to].setAttribute("tabindex", "0");
      this.marks[to].focus();
    }
  }

  // Vega gets copies, since it writes into its input. It also gets a new view: removing the previous
  // films from the old one, actor by actor, takes as long as counting the new ones.
  async embed(usable, films) {
    const { specification } = this.chart;
    const overall = this.chart.columns.includes("overall") ? meanOf(films) : null;
    specification.data.find((dataset) => dataset.name === "films").values = usable.map((film) => {
      const row = {};
      for (const column of this.chart.columns) row[column] = film[column];
      row.overall = overall;
      return row;
    });
    this.leave();
    const place = element("div");
    this.plot.replaceChildren(place);
    const { view } = await vegaEmbed(place, specification, EMBED);
    this.view = view;
    const choice = this.chart.pick;
    if (choice) view.addEventListener("click", (_, item) => {
      if (item && item.datum && known(item.datum[choice.field])) {
        this.pick(choice.filter, String(item.datum[choice.field]));
      }
    });
  }

  async bringBack(view) {
    const place = view.container();
    if (view !== this.view) {
      this.leave();
      this.view = view;
      this.plot.replaceChildren(place);
    }
    // While detached or hidden, a view does not notice a resized window, or sees a width of 0.
    if (view.signal("width") !== place.clientWidth) {
      await view.signal("width", place.clientWidth).runAsync();
    }
  }

  leave() {
    if (this.view && this.view !== this.whole?.view) this.view.finalize();
  }
}

// Columns of people, of whom a ranking shows those with several films.
const RANKED = /^(directed|acted|pairs|crew_.*)$/;

function recurs(lists) {
  const met = new Set();
  return lists.some((people) => people.some((one) => met.size === met.add(one).size));
}

// Lay out the charts that are shown in two columns without a gap, and say why the others are not.
function arrange(drawings) {
  for (const part of document.querySelectorAll(".charts .part")) {
    const shown = [...part.querySelectorAll(".chart")].filter((section) => !section.hidden);
    part.hidden = !shown.length;
    let left = false;
    shown.forEach((section, n) => {
      const next = shown[n + 1];
      const wide = section.classList.contains("wide");
      const alone = !wide && !left && (!next || next.classList.contains("wide"));
      section.classList.toggle("alone", alone);
      left = !left && !wide && !alone;
    });
  }
  for (const button of document.querySelectorAll("[data-role]")) {
    const role = Number(button.dataset.role);
    const of = drawings.filter(({ chart }) => chart.role === role);
    button.setAttribute("aria-pressed", String(of.some((drawing) => drawing.role === role)));
    button.hidden = of.every((drawing) => drawing.nothing);
  }
  const dark = new Map();
  for (const { nothing, heading } of drawings) {
    if (nothing) dark.set(nothing, [...(dark.get(nothing) || []), heading.dataset.title]);
  }
  $("dark").replaceChildren(...[...dark].map(([why, titles]) => element("li", `${LIST.format(titles)}: ${why}.`)));
  $("dark").parentElement.hidden = !dark.size;
}

// The width of a chart in pixels on paper: one of two columns of A4 or Letter (page.css).
const PAPER = 425;

// `ast`: expressions are interpreted, so this page's policy needs no unsafe-eval.
// Log level 1 shows only errors: Vega would warn about every chart that a selection leaves empty.
const EMBED = {
  mode: "vega", ast: true, logLevel: 1, actions: false, renderer: "svg", defaultStyle: false,
  tooltip: { disableDefaultStyle: true },
};

// The mean rating of the rated films in thousandths of a star, toward which rankings shrink.
function meanOf(films) {
  const points = films.filter((film) => known(film.rating)).map((film) => Math.round(film.rating * 1000));
  return points.length ? points.reduce((sum, one) => sum + one, 0) / points.length : null;
}
