// The table of the selected films, with rows added on scrolling, and the list of lines that TMDB did not identify.

const ON_PAPER = 1000;

class Table {
  constructor() {
    this.body = $("rows");
    this.films = [];
    this.collator = new Intl.Collator("en", { numeric: true, ignorePunctuation: true });
    new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.grow(100);
    }, { rootMargin: "600px" }).observe($("more"));
    window.addEventListener("beforeprint", () => this.grow(ON_PAPER - this.body.childElementCount));
  }

  show(films) {
    this.films = films;
    this.body.replaceChildren();
    this.grow(60);
  }

  grow(number) {
    const made = this.body.childElementCount;
    const to = made + Math.max(number, 0);
    const rows = this.films.slice(made, to).map((film) => this.row(film));
    this.body.append(...rows);
    const shown = made + rows.length;
    $("more").replaceChildren();
    if (shown === this.films.length) return;
    $("more").append(`The first ${whole(shown)} of ${films_(this.films.length)}`,
      element("span", "; scroll for more", { class: "screen" }), ".");
  }

  row(film) {
    const row = element("tr");
    const title = element("th", undefined, { scope: "row", dir: "auto" });
    title.append(titleLink(film));
    if (film.seen === false) title.append(element("small", film.watchlisted ? "on the watchlist" : "on a list"));
    const cell = (text, kind) => element("td", text, kind ? { class: kind } : { dir: "auto" });
    row.append(title,
      cell(film.released ?? "", "number year"),
      cell(film.director),
      cell(film.genre, "genres"),
      cell(known(film.runtime_minutes) ? hours(film.runtime_minutes) : "", "number runtime"),
      cell(known(film.rating) ? `★ ${film.rating}` : "", "number you"),
      cell(film.liked ? "♥" : "", "heart"),
      cell(film.vote_average ? film.vote_average.toFixed(1) : "", "number"));
    return row;
  }

  // Returns all films sorted; unknown values always come last, ties stay sorted by title.
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

function titleLink(film) {
  const title = film.title || film.others[0] || "Untitled";
  if (!known(film.tmdb_id)) return element("span", title, { dir: "auto" });
  return element("a", title, {
    href: `https://www.themoviedb.org/movie/${Number(film.tmdb_id)}`,
    rel: "noopener noreferrer",
    target: "_blank",
    dir: "auto",
  });
}

function showUnmatched(lines, states) {
  const total = lines.length;
  if (!total) return;
  const details = $("unmatched");
  details.hidden = false;
  details.querySelector("summary").textContent = `${whole(total)} ${total === 1 ? "title" : "titles"} not identified`;
  const fill = () => {
    const lists = $("unmatched-lists");
    if (lists.childElementCount) return;
    for (const [state, words] of Object.entries(states)) {
      const of = lines.filter((line) => line.state === state);
      if (!of.length) continue;
      const list = element("ul");
      list.append(...of.map((line) => {
        const item = element("li", line.title || "Untitled", { dir: "auto" });
        if (known(line.released)) item.append(element("span", ` ${line.released}`));
        return item;
      }));
      lists.append(element("h3", `${whole(of.length)} ${words}`), list);
    }
  };
  details.addEventListener("toggle", fill);
  let opened;
  window.addEventListener("beforeprint", () => {
    fill();
    opened ??= details.open;
    details.open = true;
  });
  window.addEventListener("afterprint", () => {
    details.open = opened ?? details.open;
    opened = undefined;
  });
}
