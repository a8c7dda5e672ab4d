// What next: the watchlist in the order of analytics/next.py, each film with its reason; and the series
// that you have begun. A selection, a runtime, a genre or a series leaves films out; the order stays.

const FIRST_SHOWN = 6;
const MORE_SHOWN = 12;
const MOST_SERIES = 12;
// What speaks for a film, by kind of reason.
const SPEAKS = { director: "its director", loved: "its director", actor: "its cast", writer: "its script",
  composer: "its music", cinematographer: "its camera", editor: "its editing", genre: "its genre",
  decade: "its decade", country: "its country", franchise: "its series", public: "the public’s praise" };
const seriesName = (name) => name.replace(/ Collection$/, "");

class Next {
  constructor(suggested, everything) {
    const films = new Map(everything.map((film) => [film.film, film]));
    this.everything = everything;
    this.ranked = suggested.map(([film, parts, kinds]) => ({ film: films.get(film), parts, kinds }));
    this.limit = FIRST_SHOWN;
    for (const button of document.querySelectorAll("[data-minutes]")) {
      button.addEventListener("click", () => {
        const pressed = button.getAttribute("aria-pressed") === "true";
        for (const one of document.querySelectorAll("[data-minutes]")) one.setAttribute("aria-pressed", "false");
        button.setAttribute("aria-pressed", String(!pressed));
        this.fill();
      });
    }
    for (const id of ["next-genre", "next-series"]) $(id).addEventListener("change", () => this.fill());
    $("next-more").addEventListener("click", () => {
      const from = this.limit;
      this.limit += MORE_SHOWN;
      this.list();
      $("next-films").children[from]?.querySelector("a, h4")?.focus();
    });
    $("tonight").addEventListener("click", () => this.pick());
  }

  // Show the films that fulfil a condition.
  show(chosen) {
    this.rows = this.ranked.filter(({ film }) => chosen(film));
    const option = ([name, n]) => [name, `${seriesName(name)} (${whole(n)})`];
    const byName = (a, b) => a[0].localeCompare(b[0]);
    for (const [id, any, column] of [["next-genre", "Any genre", "genres"], ["next-series", "Any series", "franchises"]]) {
      const before = $(id).value;
      const counts = [...counted(this.rows.flatMap(({ film }) => film[column]))].sort(byName);
      fillSelect(id, any, counts.map(option));
      $(id).value = counts.some(([name]) => name === before) ? before : "";
    }
    this.showSeries(chosen);
    $("next").hidden = !this.rows.length && $("series").hidden;
    $("next-view").hidden = !this.rows.length;
    this.fill();
  }

  // Leave out what the chips and menus of this part leave out.
  fill() {
    const minutes = Number(document.querySelector('[data-minutes][aria-pressed="true"]')?.dataset.minutes) || Infinity;
    const [genre, series] = [$("next-genre").value, $("next-series").value];
    this.fits = this.rows.filter(({ film }) => (minutes === Infinity || (known(film.runtime_minutes) && film.runtime_minutes <= minutes))
      && (!genre || film.genres.includes(genre)) && (!series || film.franchises.includes(series)));
    this.limit = FIRST_SHOWN;
    $("tonight-film").replaceChildren();
    this.list();
  }

  list() {
    $("next-films").replaceChildren(...this.fits.slice(0, this.limit).map((one) => this.row(one)));
    const [all, fits, shown] = [this.ranked.length, this.fits.length, Math.min(this.limit, this.fits.length)];
    const [first] = this.fits;
    const whole_ = fits === all;
    const reasons = first ? [...new Set(first.kinds.map((kind) => SPEAKS[kind]).filter(Boolean))] : [];
    $("next-finding").textContent = !first ? "No film fits" : all === 1 ? `One film waits: ${first.film.title}`
      : `${first.film.title} comes first${whole_ ? "" : ` of these ${whole(fits)}`}${reasons.length ? `, for ${LIST.format(reasons)}` : ""}`;
    const unknown = this.fits.filter(({ film }) => !known(film.tmdb_id)).length;
    const left = unknown ? `; ${whole(unknown)} not known to TMDB come${unknown === 1 ? "s" : ""} last` : "";
    $("next-basis").textContent = first
      ? `${shown === fits ? films_(fits) : `${whole(shown)} of ${films_(fits)}`}${whole_ ? "" : `, of ${whole(all)}`} to see${left}. `
        + "Ranked by your ratings of their people, genres, decades, countries and series, from three ratings on; the public’s count half."
      : "No film on the watchlist is like that.";
    $("next-more").hidden = shown === fits;
    $("next-more").textContent = `Show ${whole(Math.min(MORE_SHOWN, fits - shown))} more`;
    $("tonight").hidden = !first;
  }

  row({ film, parts }) {
    const row = element("li");
    const text = element("div");
    const title = element("h4", undefined, { dir: "auto" });
    title.append(titleLink(film), element("span", known(film.released) ? ` ${film.released}` : ""));
    const facts = [known(film.runtime_minutes) && hours(film.runtime_minutes), film.genres.slice(0, 2).join(", ")];
    const reason = element("p");
    reason.append(...parts.map((part, n) => (n % 2 ? element("b", part, { dir: "auto" }) : part)));
    text.append(title, element("p", facts.filter(Boolean).join(" · "), { class: "meta" }), reason);
    row.append(tile(film, true), text);
    return row;
  }

  // One random film of those that fit, never the same twice in a row.
  pick() {
    const others = this.fits.filter(({ film }) => film !== this.last);
    const from = others.length ? others : this.fits;
    const { film } = from[Math.floor(Math.random() * from.length)];
    this.last = film;
    const facts = [film.released, film.director, known(film.runtime_minutes) && hours(film.runtime_minutes)];
    $("tonight-film").replaceChildren(titleLink(film), facts.filter(Boolean).map((fact) => ` · ${fact}`).join(""));
  }

  // The series with a film that was seen and another one on the list: of a series, nothing else is known.
  showSeries(chosen) {
    const series = new Map();
    for (const film of this.everything) {
      for (const name of film.franchises) series.set(name, [...(series.get(name) || []), film]);
    }
    const rows = [...series].map(([name, of]) => {
      const missing = of.filter((film) => !film.seen).sort((a, b) => a.released - b.released);
      return { name: seriesName(name), of, missing, seen: of.length - missing.length };
    }).filter(({ of, seen }) => seen && of.length > 1 && of.some(chosen))
      .sort((a, b) => !a.missing.length - !b.missing.length || a.missing.length - b.missing.length || b.seen - a.seen || a.name.localeCompare(b.name));
    $("series").hidden = !rows.length;
    const begun = rows.filter(({ missing }) => missing.length);
    const nearest = begun.filter(({ missing }) => missing.length === begun[0].missing.length);
    const left = (n) => (n === 1 ? "One film is" : `${capital(inWords(n))} films are`);
    $("series-finding").textContent = !begun.length ? "You have seen all films of these series on your list"
      : nearest.length === 1 ? `${left(begun[0].missing.length)} missing from ${begun[0].name}`
        : `${left(begun[0].missing.length)} missing from each of ${inWords(nearest.length)} series`;
    $("series-rows").replaceChildren(...rows.slice(0, MOST_SERIES).map(({ name, of, missing, seen }) => {
      const row = element("li");
      const dots = element("span", undefined, { class: "dots", role: "img", "aria-label": `${seen} of ${of.length} seen` });
      dots.append(...of.map((_, n) => element("i", undefined, n < seen ? { class: "seen" } : {})));
      const named = missing.slice(0, 3).map((film) => [film.title, film.released].filter(Boolean).join(", "));
      if (missing.length > 3) named.push(`${inWords(missing.length - 3)} more`);
      row.append(element("span", name, { class: "name", dir: "auto" }), dots,
        element("span", named.join("; ") || (seen === 2 ? "both seen" : `all ${inWords(seen)} seen`), { class: "left", dir: "auto" }));
      return row;
    }));
    const over = rows.length - MOST_SERIES;
    $("series-basis").textContent = `Series (TMDB’s collections) with a film that you have seen and another one on your list; they may have films that your list doesn’t name.${over > 0 ? ` ${whole(over)} more.` : ""}`;
  }
}
