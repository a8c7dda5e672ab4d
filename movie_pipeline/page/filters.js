// The filters: each turns its value into a predicate on films, or null for "any".

const RUNTIMES = [["0-59", "Under 1 h"], ["60-89", "1 h to 1 h 29"], ["90-119", "1 h 30 to 1 h 59"],
  ["120-149", "2 h to 2 h 29"], ["150-", "2 h 30 and longer"]];
const RATINGS = [["5-5", "★ 5"], ["4.5-5", "★ 4½ and up"], ["4-5", "★ 4 and up"],
  ["3-5", "★ 3 and up"], ["0-2.5", "★ 2½ and below"], ["none", "Not rated"]];

function between(column, value) {
  if (value === "none") return (film) => !known(film[column]);
  const [low, high] = value.split("-");
  const most = high === "" ? Infinity : Number(high);
  return (film) => known(film[column]) && film[column] >= Number(low) && film[column] <= most;
}

// What a value from the address must look like; another one is passed over.
const CHOICE = /^(yes|no)$/;
const FORMS = {
  film: /^\d+$/, decade: /^\d{3,4}$/, rating: /^(\d(\.\d+)?-\d(\.\d+)?|none)$/, runtime: /^(\d{1,4}-\d{0,4}|none)$/,
  year: /^\d{4}(-(0[1-9]|1[0-2])(-\d\d)?)?$/, seen: CHOICE, liked: CHOICE,
};
const meant = (name, value) => Boolean(value) && (FORMS[name]?.test(value) ?? true);

function makeFilters(page) {
  const person = (role, people) => (value) => {
    const found = people().find((one) => one.id === value);
    return found ? (film) => film[role].includes(found.index) : () => false;
  };
  return {
    q: (value) => {
      const words = plain(value).split(/\s+/).filter(Boolean);
      return words.length ? (film) => words.every((word) => page.text(film).includes(word)) : null;
    },
    film: (value) => (film) => film.film === Number(value),
    genre: (value) => (film) => film.genres.includes(value),
    director: person("director_of", () => page.directors),
    actor: person("cast_ids", () => page.actors),
    year: (value) => (film) => film.viewings.some((day) => day.startsWith(value)),
    list: (value) => (film) => film.in_lists.includes(value),
    seen: (value) => (film) => film.seen === (value === "yes"),
    tag: (value) => (film) => film.tags.includes(value),
    liked: (value) => (film) => Boolean(film.liked) === (value === "yes"),
    decade: (value) => (film) => Math.floor(film.released / 10) * 10 === Number(value),
    rating: (value) => between("rating", value),
    runtime: (value) => between("runtime_minutes", value),
  };
}

// A part of a scale that a chart's mark selects, and that its select control does not list: a month,
// half a star, ten minutes.
function wordsOf(id, value) {
  const [low, high] = value.split("-");
  if (id === "year") return date(value);
  if (id === "rating") return `★ ${stars(Number(low) + 0.25)}`;
  if (id === "runtime") return high ? `${hours(low)} to ${hours(high)}` : `${hours(low)} and longer`;
  return value;
}

function fillSelect(id, any, options) {
  const values = options.map(([value, label]) => element("option", label, { value }));
  $(id).replaceChildren(element("option", any, { value: "" }), ...values);
  $(id).disabled = !options.length;
  $(id).parentElement.hidden = !options.length && $(id).dataset.optional !== undefined;
}

function counted(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) || 0) + 1);
  return counts;
}

// A text field with suggestions, for thousands of people: it lists only the best matches.
function choosePerson(input, people, choose) {
  const list = input.list;
  const matching = (text) => {
    const key = plain(text.trim());
    return people().filter((one) => one.key.includes(key)).slice(0, 30);
  };
  const suggest = () => list.replaceChildren(...matching(input.value).map((one) =>
    element("option", films_(one.count), { value: one.label })));
  input.addEventListener("focus", suggest);
  input.addEventListener("input", () => {
    suggest();
    const exact = people().find((one) => one.label === input.value);
    if (exact || !input.value) choose(exact ? exact.id : "");
  });
  input.addEventListener("change", () => {
    const text = input.value.trim();
    const best = text && (people().find((one) => one.key === plain(text)) || matching(text)[0]);
    if (best || !text) return choose(best ? best.id : "");
    choose("nobody");
  });
}
