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

// The lines of the list: matched films first, then unmatched lines.
function readLines(data) {
  const { names, ids } = data.people;
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
    line.director = line.director_of.map((p) => names[p]).join(", ");
    line.genre = line.genres.join(", ");
    lines.push(line);
  }
  return lines;
}

// The people in one role, most films first, each with a unique label.
function readPeople(data, role) {
  const films = new Map();
  for (const people of data[role]) for (const p of people) films.set(p, (films.get(p) || 0) + 1);
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
