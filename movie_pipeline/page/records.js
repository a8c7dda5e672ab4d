// Films that stand out: a shelf of those rated highest, the ends of every scale, and milestones. The
// orders are those of `analytics.film_facts`, in which a test finds the same films.

const byFilm = (a, b) => a.film - b.film;
const most = (column) => (a, b) => b[column] - a[column] || byFilm(a, b);
const least = (column) => (a, b) => a[column] - b[column] || byFilm(a, b);
const latest = (film) => film.viewings[film.viewings.length - 1];
const later = (a, b) => (latest(a) === latest(b) ? 0 : latest(a) > latest(b) ? -1 : 1);

// What a record is called, which films can hold it, which comes first, and what is said of it.
const RECORDS = {
  oldest: ["Oldest", (film) => known(film.released), least("released"), (film) => film.released],
  newest: ["Newest", (film) => known(film.released), most("released"), (film) => film.released],
  longest: ["Longest", (film) => known(film.runtime_minutes), most("runtime_minutes"), (film) => hours(film.runtime_minutes)],
  shortest: ["Shortest", (film) => known(film.runtime_minutes), least("runtime_minutes"), (film) => hours(film.runtime_minutes)],
  most_rewatched: ["Seen most often", (film) => film.viewings.length > 1,
    (a, b) => b.viewings.length - a.viewings.length || later(a, b) || byFilm(a, b), (film) => `${whole(film.viewings.length)} times`],
  gem: ["Loved, little known", (film) => film.rating >= 4 && film.vote_count >= 1 && film.vote_count < 1000,
    (a, b) => b.rating - a.rating || a.vote_count - b.vote_count || byFilm(a, b),
    (film) => `★ ${film.rating}, ${whole(film.vote_count)} ${film.vote_count === 1 ? "vote" : "votes"}`],
};

function first(films, holds, before) {
  let found = null;
  for (const film of films) if (holds(film) && (!found || before(film, found) < 0)) found = film;
  return found;
}

function showRecords(films) {
  const entries = Object.entries(RECORDS).map(([name, [words, holds, before, said]]) => {
    const film = first(films, holds, before);
    if (!film) return null;
    const entry = element("div", undefined, { "data-record": name });
    const title = element("dd", undefined, { dir: "auto" });
    title.append(titleLink(film));
    entry.append(element("dt", words), title, element("dd", String(said(film))));
    return entry;
  }).filter(Boolean);
  $("records").hidden = films.length < 3 || !entries.length;
  $("records").querySelector(".records").replaceChildren(...entries);
}

// A film's picture, with its title and a fact.
function figure(film, fact) {
  const made = element("figure", undefined, { "data-film": film.film });
  const caption = element("figcaption");
  caption.append(titleLink(film), element("span", fact));
  made.append(tile(film, true), caption);
  return made;
}

const ON_SHELF = 9;

function showShelf(films) {
  const rated = films.filter((film) => known(film.rating));
  const top = rated.reduce((best, film) => Math.max(best, film.rating), 0);
  const loved = rated.filter((film) => film.rating === top).sort((a, b) =>
    b.viewings.length - a.viewings.length || later(a, b) || byFilm(a, b));
  const place = $("shelf");
  place.hidden = top < 4 || rated.length < 5;
  const fact = (film) => [`★ ${film.rating}`, film.viewings.length > 1 && `${film.viewings.length} times`].filter(Boolean).join(", ");
  place.querySelector(".tiles").replaceChildren(...loved.slice(0, ON_SHELF).map((film) => figure(film, fact(film))));
  const given = top === 5 ? "all five stars" : `★ ${stars(top)}, your best rating`;
  place.querySelector("h3").textContent = loved.length === 1
    ? `${loved[0].title} has ${given}` : `${films_(loved.length)} have ${given}`;
  const order = loved.length > ON_SHELF ? `${ON_SHELF} of ${whole(loved.length)}, those seen most often first; ` : "";
  place.querySelector(".basis").textContent = `${order}${whole(rated.length)} films are rated`;
}

const ordinal = (n) => `${whole(n)}${n % 100 > 10 && n % 100 < 14 ? "th" : { 1: "st", 2: "nd", 3: "rd" }[n % 10] || "th"}`;

function showMilestones(films) {
  const dated = films.filter((film) => film.viewings.length).sort((a, b) =>
    (a.viewings[0] === b.viewings[0] ? byFilm(a, b) : a.viewings[0] < b.viewings[0] ? -1 : 1));
  const n = dated.length;
  const place = $("milestones");
  place.hidden = n < 10;
  if (place.hidden) return;
  let each = milestoneStep(n);
  while (each * 4 <= n) each *= 2; // the row has room for three between the first and the latest
  const places = [1, ...[1, 2, 3].map((k) => k * each).filter((k) => k < n), n];
  place.querySelector(".tiles").replaceChildren(...places.map((k) => {
    const made = figure(dated[k - 1], date(dated[k - 1].viewings[0]));
    made.prepend(element("b", k === n ? "Latest" : ordinal(k)));
    return made;
  }));
  place.querySelector("h3").textContent = `From ${dated[0].title} to ${dated[n - 1].title}`;
  place.querySelector(".basis").textContent = `${films_(n)} with a dated viewing, by the first of these`;
}
