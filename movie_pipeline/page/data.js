// The data: unpacked into one object for each line of the list.
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

async function unpack(id) {
  const block = $(id);
  const bytes = Uint8Array.from(atob(block.textContent), (c) => c.charCodeAt(0));
  block.remove();
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

// The lines of the list: films that count first, then those not seen, then series and what is ignored.
function readLines(data) {
  const { names, ids } = data.people;
  // A person is "id, tab, name" in rankings, a pair is two of these: one object for each.
  const keys = names.map((name, p) => `${ids[p]}\t${name}`);
  const several = (role) => {
    const films = new Array(keys.length).fill(0);
    for (const people of data[role]) for (const p of people) films[p]++;
    return (people) => people.filter((p) => films[p] >= data.recurring).map((p) => keys[p]);
  };
  const [directed, acted] = [several("directors"), several("cast")];
  const met = new Map();
  for (const [d, a] of data.pairs) {
    if (!met.has(d)) met.set(d, new Map());
    met.get(d).set(a, `${keys[d]}\t${keys[a]}`);
  }
  const pairs = (directors, cast) => directors.flatMap((d) => met.has(d)
    ? cast.slice(0, data.billed).map((a) => met.get(d).get(a)).filter(Boolean) : []);
  const lines = [];
  for (let i = 0; i < data.length; i++) {
    const line = { others: data.others[i] };
    for (const column in data.values) line[column] = data.values[column][i];
    for (const column in data.lists) {
      const { values, of } = data.lists[column];
      line[column] = of[i].map((place) => values[place]);
    }
    line.director_of = data.directors[i];
    line.cast_ids = data.cast[i];
    line.director_ids = line.director_of.map((p) => ids[p]);
    line.directed = directed(line.director_of);
    line.acted = acted(line.cast_ids);
    line.pairs = pairs(line.director_of, line.cast_ids);
    for (const role in data.crew) line[`crew_${role}`] = data.crew[role][i].map((p) => keys[p]);
    line.director = line.director_of.map((p) => names[p]).join(", ");
    line.genre = line.genres.join(", ");
    line.heart = line.liked ? 1 : null;
    line.poster = data.posters?.[line.film]; // as an address that holds the picture itself
    lines.push(line);
  }
  return lines;
}

// A film with only its viewings of one year; `earlier` tells that it had been seen before these.
function within(film, year) {
  const viewings = film.viewings.filter((day) => day.startsWith(year));
  return Object.assign(Object.create(film), { viewings, earlier: film.viewings[0] < viewings[0] });
}

// The people in one role in these films, most films first, each with a unique label.
function peopleOf(films_, role, data) {
  const films = counted(films_.flatMap((film) => film[role]));
  const named = new Map();
  for (const p of films.keys()) {
    const name = data.people.names[p];
    named.set(name, (named.get(name) || 0) + 1);
  }
  return [...films].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([p, count]) => {
    const id = String(data.people.ids[p]);
    const name = data.people.names[p];
    const label = named.get(name) > 1 ? `${name} (TMDB ${id})` : name;
    return { index: p, id, label, key: plain(label), count };
  });
}
