// The findings: what a chart's heading says of the rows that it draws. A template whose guard fails
// gives null, and the chart's title stays. Ties are said. Nothing is counted here. In pictures,
// `charts/findings.py` says the same; a test compares them.
let RULES; // the numbers that these rest on, as the page is given them
const LIST = new Intl.ListFormat("en-GB", { type: "conjunction" });
const bare = (name) => String(name).split("\t").pop();

// The first rows, and how many share the first one's value.
function leaders(rows, field, most = 3) {
  const sorted = [...rows].sort((a, b) => b[field] - a[field] || (a.place ?? 0) - (b.place ?? 0));
  const first = sorted.length ? sorted[0][field] : 0;
  const tied = sorted.filter((row) => row[field] === first);
  return { first, tied, sorted, few: tied.length <= most };
}

function leading(words, noun) {
  return (rows) => {
    const { first, tied, few } = leaders(rows, "films");
    if (first < 2) return null;
    if (!few) return `Several ${noun}s have ${films_(first)}, none has more`;
    const names = LIST.format(tied.map((row) => bare(row.label)));
    const each = tied.length > 1 ? " each" : "";
    if (words !== "%") return `${words.replace("%", () => names)}: ${whole(first)}${each}`;
    return each || rows.length === 1 ? `${names}: ${films_(first)}${each}` : `${names} leads with ${films_(first)}`;
  };
}

const percent = (share) => `${Math.floor(share * 100 + 0.5)}%`;
// 3.5 as 3½, which is how people write ratings.
const stars = (rating) => String(rating).replace(/^0?\.5$/, "½").replace(/\.5$/, "½");
const ARTICLE = /^(United|Netherlands|Philippines|Czech Republic|Soviet Union|Bahamas|Dominican|Maldives)/;
const land = (name) => (ARTICLE.test(name) ? `the ${name}` : name);
const capital = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;
const sum = (rows, field) => rows.reduce((total, row) => total + row[field], 0);
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September",
  "October", "November", "December"];
const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
// "2025-10-31", or only its month or year, for people.
function date(key) {
  const [year, month, day] = String(key).split("-").map(Number);
  return [day, MONTHS[month - 1], year].filter(Boolean).join(" ");
}

// Milestones are every so many films.
const milestoneStep = (all) => RULES.milestones.find(([least]) => all >= least)[1];

function bestRated(rows) {
  const rated = rows.filter((row) => row.rated >= RULES.enough);
  const { tied } = leaders(rated, "mean_rating");
  return rated.length >= 3 && tied.length === 1 ? tied[0] : null;
}

const FINDINGS = {
  directors: leading("%", "director"),
  actors: leading("%", "actor"),
  writers: leading("Most films written by %", "writer"),
  composers: leading("Most scores by %", "composer"),
  cinematographers: leading("Most films shot by %", "cinematographer"),
  editors: leading("Most films edited by %", "editor"),
  studios: leading("Most films from %", "studio"),
  best: (rows) => {
    const [first] = [...rows].sort((a, b) => a.place - b.place);
    const low = first.ratings[first.ratings.length - 1];
    return low >= 4 ? `${bare(first.label)} never gets less than ${stars(low)}`
      : `${bare(first.label)} is rated best: ★ ${first.mean_rating.toFixed(2)}`;
  },
  women: (rows) => {
    const of = (who) => sum(rows.filter((row) => row.who === who), "films");
    const [women, others, unknown] = [of("women"), of("others"), of("unknown")];
    if (women + others < 5) return null;
    return `${whole(women)} of ${films_(women + others)} directed by women${unknown ? `; ${whole(unknown)} not known` : ""}`;
  },
  pairs: (rows) => {
    const { first, tied } = leaders(rows, "films");
    if (!tied.length) return null;
    if (tied.length > 1) return `${whole(tied.length)} pairs lead with ${films_(first)} each`;
    const [director, actor] = tied[0].label.split("\t");
    return director === actor ? `${director} plays in ${films_(first)} of their own`
      : `${director} and ${actor} met in ${films_(first)}`;
  },
  genres: (rows, films) => {
    const [first, second, third, fourth] = leaders(rows, "films").sorted;
    if (!second || first.films === second.films) return null;
    const share = first.films > films / 2 ? "More than half are" : "Most often";
    const best = bestRated(rows);
    if (best) return `${share} ${first.label}; ${best.label} gets your best ratings`;
    if (!third || second.films > third.films && third.films === fourth?.films) return `${share} ${first.label}, then ${second.label}`;
    if (third.films === fourth?.films) return `${share} ${first.label}`;
    return `${share} ${first.label}, then ${second.label} and ${third.label}`;
  },
  decades: (rows, films) => {
    const decades = rows.filter((row) => !String(row.key).includes(":"));
    const { first, tied, few } = leaders(decades, "films");
    if (decades.length < 2 || !few || first < 2) return null;
    const best = bestRated(decades);
    if (tied.length === 1 && best) {
      return best.key === tied[0].key ? `You watch the ${best.key}s most, and rate them best`
        : `You watch the ${tied[0].key}s most and rate the ${best.key}s best`;
    }
    const names = LIST.format(tied.map((row) => `${row.key}s`));
    return tied.length === 1 ? `The ${names} lead: ${whole(first)} of ${films_(films)}`
      : `The ${names} lead with ${films_(first)} each`;
  },
  years: (rows, films) => {
    const counts = new Map();
    for (const { key, films: n } of rows) {
      const year = Number(String(key).split(":")[0]);
      counts.set(year, (counts.get(year) || 0) + n);
    }
    const years = [...counts.keys()].sort((a, b) => b - a);
    if (years.length < 2) return null;
    if (films < 10) return `From ${years[years.length - 1]} to ${years[0]}`;
    let since = 0;
    return `Half of these films were made since ${years.find((year) => (since += counts.get(year)) * 2 >= films)}`;
  },
  ratings: (rows) => {
    const yours = rows.filter((row) => row.side === "you");
    const { first, tied, few } = leaders(yours, "films");
    const all = sum(yours, "films");
    if (all < 5) return null;
    if (!few) return `No rating is given ${first > 1 ? `more than ${whole(first)} times` : "twice"}`;
    if (tied.length > 1) {
      const named = tied.map((row) => Number(row.key)).sort((a, b) => a - b).map((key) => `★ ${stars(key)}`);
      return `${LIST.format(named)} most often: ${whole(first)} each of ${whole(all)} ratings`;
    }
    return `${stars(tied[0].key)} ${Number(tied[0].key) > 1 ? "stars" : "star"} most often: ${whole(first)} of ${whole(all)} ratings`;
  },
  agreement: (rows, films, { compared, rated_higher }) => {
    if (compared < 10) return null;
    const share = rated_higher / compared;
    if (share > 0.55) return `Kinder than the public: ${percent(share)} rated higher`;
    return share < 0.45 ? `Harder than the public: ${percent(share)} rated higher`
      : `About as kind as the public: ${percent(share)} rated higher`;
  },
  taste: (rows) => {
    const above = rows.find((row) => row.above === 1);
    const below = rows.find((row) => row.below === 1);
    const [fond, hard] = [above?.difference >= 1, below?.difference <= -1];
    if (fond && hard) return `Fonder of ${above.title} than the public, harder on ${below.title}`;
    if (fond) return `Fonder of ${above.title} than the public`;
    return hard ? `Harder on ${below.title} than the public` : null;
  },
  quarters: (rows) => {
    const rated = rows.filter((row) => row.rated > 0);
    if (rated.length < 2) return null;
    const means = rated.map((row) => row.mean_rating);
    return `Between ★ ${Math.min(...means).toFixed(2)} and ★ ${Math.max(...means).toFixed(2)} in every quarter`;
  },
  runtime: (rows, films, { mean_runtime }) => {
    const { tied } = leaders(rows, "films");
    if (films < 5) return null;
    if (tied.length !== 1) return `${hours(mean_runtime)} on average`;
    const from = Number(tied[0].key);
    if (from >= RULES.longest) return `${from} minutes and longer is the most common length`;
    return `${from} to ${from + RULES.runtime_step - 1} minutes is the most common length`;
  },
  delay: (rows, films) => {
    const soon = sum(rows.filter((row) => row.key < RULES.a_year), "films");
    if (films < 5) return null;
    return soon ? `${whole(soon)} of ${films_(films)} seen within a year of release` : "None seen within a year of release";
  },
  calendar: (rows) => {
    const days = rows.map((row) => row.key).sort();
    const numbers = days.map((day) => Date.parse(day) / 86400000);
    let [run, longest, ended] = [0, 0, null];
    numbers.forEach((day, n) => {
      run = n && day - numbers[n - 1] === 1 ? run + 1 : 1;
      if (run >= longest) [longest, ended] = [run, days[n]];
    });
    if (longest >= 3) return `${whole(longest)} days in a row, until ${date(ended)}`;
    return days.length > 1 ? `A film on ${whole(days.length)} days` : null;
  },
  total: (rows) => {
    const all = sum(rows, "films");
    const each = milestoneStep(all);
    const last = Math.floor(all / each) * each;
    const days = [...rows].sort((a, b) => (a.key < b.key ? -1 : 1));
    if (!last) return days.length > 1 ? `${films_(all)} since ${date(days[0].key.slice(0, 7))}` : null;
    let seen = 0;
    return `Film number ${whole(last)} came in ${date(days.find((day) => (seen += day.films) >= last).key.slice(0, 7))}`;
  },
  months: (rows) => {
    const { first, tied, few } = leaders(rows, "viewings");
    if (rows.length < 2) return null;
    if (first === 1 || !few) return `Never more than ${whole(first)} ${first === 1 ? "viewing" : "viewings"} in a month`;
    if (tied.length > 1) {
      return `${LIST.format(tied.map((row) => row.key).sort().map(date))} were the busiest months, with ${whole(first)} viewings each`;
    }
    return `${date(tied[0].key)} was the busiest month, with ${whole(first)} viewings`;
  },
  weekdays: (rows) => {
    const counts = WEEKDAYS.map((name, n) =>
      ({ name, viewings: sum(rows.filter((row) => row.key.startsWith(`${n + 1}:`)), "viewings") }));
    const { first, tied } = leaders(counts, "viewings");
    const all = sum(rows, "viewings");
    return tied.length === 1 && all >= 10 ? `Most often on a ${tied[0].name}: ${whole(first)} of ${whole(all)} viewings` : null;
  },
  map: (rows) => {
    const { sorted } = leaders(rows, "films");
    if (sorted.length < 4 || sorted[2].films === sorted[3].films) return null;
    return `${capital(LIST.format(sorted.slice(0, 3).map((row) => land(row.label))))} above all`;
  },
  countries: (rows) => {
    const { sorted: [first], tied, few } = leaders(rows, "films");
    if (rows.length < 2 || !few) return null;
    if (tied.length === 1) return `${percent(first.share)} are from ${land(first.label)}`;
    return `${capital(LIST.format(tied.map((row) => land(row.label))))} lead with ${films_(first.films)} each`;
  },
  languages: (rows) => {
    const { sorted: [first, ...others], tied, few } = leaders(rows, "films");
    const next = leaders(others, "films");
    if (!others.length) return `All in ${first.label}`;
    if (tied.length > 1 && few) return `${LIST.format(tied.map((row) => row.label))} most often, with ${films_(first.films)} each`;
    if (!few || !next.few) return null;
    return `${first.label} most often, then ${LIST.format(next.tied.map((row) => row.label))}`;
  },
  lists: (rows) => {
    const [first] = [...rows].sort((a, b) => b.total - a.total || (a.key < b.key ? -1 : 1));
    if (first.total === 1) return `The one film on ${first.key} ${first.films ? "seen" : "not seen yet"}`;
    const which = first.films === first.total ? `All ${films_(first.total)}` : `${whole(first.films)} of the ${films_(first.total)}`;
    return `${which} on ${first.key} seen`;
  },
  popularity: (rows, films) => {
    const few = sum(rows.filter((row) => row.key < 5), "films");
    if (few) return `${whole(few)} of ${films_(films)} have fewer than 100 votes`;
    if (films === 1) return null;
    const step = Math.min(...rows.map((row) => row.key)) - 1;
    return `None of ${films_(films)} has fewer than ${whole((step % 2 ? 3 : 1) * 10 ** Math.floor(step / 2))} votes`;
  },
  coverage: (rows) => {
    const [matched, all] = [sum(rows.filter((row) => row.key === "matched"), "films"), sum(rows, "films")];
    return matched === all ? "Every title identified" : `${whole(matched)} of ${whole(all)} titles identified`;
  },
};
