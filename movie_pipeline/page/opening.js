// The opening: a sentence, the strip of all films, and six numbers.

// Over this many films, neighbours on the strip share a frame.
const MOST_FRAMES = 1400;
const step = (rating) => (known(rating) ? `r${Math.max(1, Math.min(10, Math.round(rating * 2)))}` : "r0");

// Every film end to end: width is its runtime, colour your rating, order your diary.
class Strip {
  constructor(unknown, pick) {
    this.unknown = unknown;
    this.place = $("strip");
    this.place.addEventListener("click", (event) => {
      const film = this.frames?.get(event.target);
      if (film) pick(String(film.film));
    });
  }

  // Draw the films of a view; those not selected are dimmed by `light`.
  draw(films) {
    const dated = films.some((film) => film.viewings.length);
    const timed = films.some((film) => known(film.runtime_minutes));
    const date = (film) => film.viewings[0] || "";
    const ordered = [...films].sort((a, b) => date(a).localeCompare(date(b))
      || (a.released || 0) - (b.released || 0) || a.film - b.film);
    const size = Math.ceil(ordered.length / MOST_FRAMES);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const width = (film) => (timed ? film.runtime_minutes || this.unknown : 1);
    const total = ordered.reduce((sum, film) => sum + width(film), 0) || 1;
    svg.setAttribute("viewBox", "0 0 1000 100");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `A strip of ${films_(films.length)}`);
    this.frames = new Map();
    const years = [];
    let x = 0;
    for (let i = 0; i < ordered.length; i += size) {
      const group = ordered.slice(i, i + size);
      const wide = group.reduce((sum, film) => sum + width(film), 0) / total * 1000;
      const rated = group.filter((film) => known(film.rating));
      const mean = rated.length ? rated.reduce((sum, film) => sum + film.rating, 0) / rated.length : null;
      const rect = document.createElementNS(svg.namespaceURI, "rect");
      for (const [name, value] of Object.entries({ x, y: 0, width: Math.max(wide - Math.min(wide * 0.12, 0.8), 0.4), height: 100, class: step(mean) })) {
        rect.setAttribute(name, value);
      }
      const title = document.createElementNS(svg.namespaceURI, "title");
      const [film] = group;
      title.textContent = size > 1 ? films_(group.length)
        : `${film.title}${film.released ? `, ${film.released}` : ""}${known(film.rating) ? ` ★ ${film.rating}` : ""}`;
      rect.append(title);
      svg.append(rect);
      this.frames.set(rect, size > 1 ? null : film);
      rect.films = group;
      const year = date(group[0]).slice(0, 4);
      if (year && years.at(-1)?.[0] !== year) years.push([year, x]);
      x += wide;
    }
    const ticks = document.createElementNS(svg.namespaceURI, "svg");
    ticks.setAttribute("class", "ticks");
    ticks.setAttribute("aria-hidden", "true");
    for (const [n, [year, at]] of years.entries()) {
      if (n && at - years[n - 1][1] < 55) continue;
      const text = document.createElementNS(svg.namespaceURI, "text");
      text.setAttribute("x", `${at / 10}%`);
      text.setAttribute("y", "1em");
      text.textContent = year;
      ticks.append(text);
    }
    this.place.replaceChildren(svg, ticks);
    this.place.hidden = !films.length;
    $("strip-basis").hidden = !films.length;
    const some = films.some((film) => !film.viewings.length);
    const order = !dated ? "in order of release"
      : `${some ? "those without a date first, the others " : ""}in the order you first saw them`;
    const rated = films.some((film) => known(film.rating));
    const reading = [timed && "wider is longer", rated && "the stronger the colour, the better rated"].filter(Boolean).join("; ");
    $("strip-words").textContent = `${this.words(films)}, end to end, ${order}.`
      + (reading ? ` ${reading[0].toUpperCase()}${reading.slice(1)}.` : "");
    $("strip-basis").querySelector(".scale").hidden = !rated;
  }

  words(films) {
    const seen = films.filter((film) => film.seen !== false).length;
    return seen === films.length ? "Every film you watched" : seen ? "Every film, seen or not" : "Every film on the list";
  }

  light(selection, all) {
    const chosen = new Set(selection.map((film) => film.film));
    for (const rect of this.frames.keys()) {
      rect.classList.toggle("dim", !all && !rect.films.some((film) => chosen.has(film.film)));
    }
  }
}

const MONTH = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });

// The sentence: facts in `<b>`, the words between them plain.
function showSentence(numbers, selection, { view, year }, rows) {
  const said = [];
  const say = (text, fact) => said.push(fact ? element("b", text, { dir: "auto" }) : text);
  const days = selection.map((film) => film.viewings[0]).sort();
  say(films_(numbers.films), true);
  if (view === "watchlist") say(" on the watchlist");
  else if (selection.every((film) => film.seen === false)) say(" on this list");
  else if (year) say(` ${year.length > 7 ? "on" : "in"} ${date(year)}`);
  else if (days.every(Boolean)) say(` since ${MONTH.format(new Date(days[0]))}`);
  const hours_ = Math.round(numbers.minutes / 60);
  if (hours_) {
    say(": ");
    say(`${whole(hours_)} ${hours_ === 1 ? "hour" : "hours"}`, true);
    if (hours_ >= 72) say(`, about ${whole(Math.round(hours_ / 24))} days`);
  }
  say(".");
  const directors = rows.directors ? leaders(rows.directors, "films") : null;
  if (directors && directors.first >= 2 && directors.few) {
    const genre = rows.genres ? leaders(rows.genres, "films") : null;
    if (genre?.tied.length === 1) {
      say(genre.tied[0].share > 0.5 ? " Mostly " : " Above all ");
      say(genre.tied[0].label, true);
      say(", most often by ");
    } else say(" Most often by ");
    directors.tied.forEach((row, n) => {
      if (n) say(n === directors.tied.length - 1 ? " and " : ", ");
      say(bare(row.label), true);
    });
    const fond = rows.taste?.find((row) => row.above === 1 && row.difference >= 1);
    if (fond) {
      say(". You are fonder of ");
      say(fond.title, true);
      say(" than the public is");
    }
    say(".");
  }
  $("sentence").replaceChildren(...said);
}

function showNumbers(numbers, { year }) {
  const entries = [films_(numbers.films).split(" ")];
  if (numbers.timed) {
    const again = Math.round(numbers.minutes_again / 60);
    const of = numbers.timed < numbers.films ? ` in ${films_(numbers.timed)}` : "";
    const more = again ? (year ? `, ${whole(again)} of them rewatches` : `, and ${whole(again)} of rewatches`) : "";
    entries.push([whole(Math.round(numbers.minutes / 60)), `hours${of}${more}`]);
  }
  if (numbers.rated) {
    const ratings = numbers.rated === 1 ? "1 rating" : `${whole(numbers.rated)} ratings`;
    entries.push([`★ ${numbers.mean_rating.toFixed(2)}`, `your mean of ${ratings}`, "rating"]);
  }
  if (numbers.rewatches) {
    entries.push([whole(numbers.rewatches), `${numbers.rewatches === 1 ? "rewatch" : "rewatches"} among ${whole(numbers.viewings)} viewings`]);
  } else if (numbers.viewings) {
    entries.push([whole(numbers.viewings), numbers.viewings === 1 ? "dated viewing" : "dated viewings"]);
  }
  if (numbers.countries) {
    const languages = numbers.languages === 1 ? "1 language" : `${whole(numbers.languages)} languages`;
    entries.push([whole(numbers.countries), `${numbers.countries === 1 ? "country" : "countries"}, ${languages}`]);
  }
  if (numbers.longest_run > 1) entries.push([whole(numbers.longest_run), "days in a row with a film"]);
  if (numbers.timed) entries.push([hours(numbers.mean_runtime), "mean runtime"]);
  if (numbers.first_year) {
    const years = [...new Set([numbers.first_year, numbers.last_year])];
    entries.push([years.join("–"), years.length === 1 ? "year of release" : "years of release", "range"]);
  }
  $("numbers").replaceChildren(...entries.slice(0, 6).map(([value, word, kind]) => {
    const entry = element("div");
    entry.append(element("dt", word), element("dd", value, kind ? { class: kind } : {}));
    return entry;
  }));
}
