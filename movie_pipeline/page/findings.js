// The findings: what a chart's heading says of the rows that it draws. A template whose guard fails
// gives null, and the chart's title stays. Ties are said. Nothing is counted here.
const LIST = new Intl.ListFormat("en-GB", { type: "conjunction" });
const bare = (name) => String(name).split("\t").pop();

// The first rows, and how many share the first one's value.
function leaders(rows, field, most = 3) {
  const sorted = [...rows].sort((a, b) => b[field] - a[field] || (a.place ?? 0) - (b.place ?? 0));
  const first = sorted.length ? sorted[0][field] : 0;
  const tied = sorted.filter((row) => row[field] === first);
  return { first, tied, sorted, few: tied.length <= most };
}

function leading(words) {
  return (rows) => {
    const { first, tied, few } = leaders(rows, "films");
    if (first < 2 || !few) return null;
    const names = LIST.format(tied.map((row) => bare(row.label)));
    const each = tied.length > 1 ? " each" : "";
    if (words !== "%") return `${words.replace("%", names)}: ${whole(first)}${each}`;
    return each || rows.length === 1 ? `${names}: ${films_(first)}${each}` : `${names} leads with ${films_(first)}`;
  };
}

const percent = (share) => `${Math.round(share * 100)}%`;
// 3.5 as 3½, which is how people write ratings.
const stars = (rating) => String(rating).replace(/^0?\.5$/, "½").replace(/\.5$/, "½");
const ARTICLE = /^(United|Netherlands|Philippines|Czech Republic|Soviet Union|Bahamas|Dominican|Maldives)/;
const land = (name) => (ARTICLE.test(name) ? `the ${name}` : name);

const FINDINGS = {
  directors: leading("%"),
  actors: leading("%"),
  writers: leading("Most films written by %"),
  composers: leading("Most scores by %"),
  cinematographers: leading("Most films shot by %"),
  editors: leading("Most films edited by %"),
  women: (rows) => {
    const of = (who) => rows.filter((row) => row.who === who).reduce((sum, row) => sum + row.films, 0);
    const [women, others, unknown] = [of("women"), of("others"), of("unknown")];
    if (women + others < 5) return null;
    return `${whole(women)} of ${films_(women + others)} directed by women${unknown ? `; ${whole(unknown)} not known` : ""}`;
  },
  pairs: (rows) => {
    const { first, tied } = leaders(rows, "films");
    if (tied.length !== 1) return null;
    const [, director, , actor] = tied[0].label.split("\t");
    return `${director} and ${actor} met in ${films_(first)}`;
  },
  genres: (rows, films) => {
    const [first, second, third, fourth] = leaders(rows, "films").sorted;
    if (!second || first.films === second.films) return null;
    const share = first.films > films / 2 ? "More than half are" : "Most often";
    if (!third || second.films > third.films && third.films === fourth?.films) return `${share} ${first.label}, then ${second.label}`;
    if (third.films === fourth?.films) return `${share} ${first.label}`;
    return `${share} ${first.label}, then ${second.label} and ${third.label}`;
  },
  decades: (rows, films) => {
    const { first, tied, few } = leaders(rows, "films");
    if (rows.length < 2 || !few || first < 2) return null;
    const names = LIST.format(tied.map((row) => `${row.key}s`));
    return tied.length === 1 ? `The ${names} lead: ${whole(first)} of ${films_(films)}`
      : `The ${names} lead with ${films_(first)} each`;
  },
  years: (rows) => {
    const years = rows.filter((row) => row.films).map((row) => Number(row.key));
    if (years.length < 2) return null;
    return `From ${Math.min(...years)} to ${Math.max(...years)}`;
  },
  ratings: (rows, films) => {
    const { first, tied } = leaders(rows, "films");
    if (tied.length !== 1 || films < 5) return null;
    return `${stars(tied[0].key)} ${Number(tied[0].key) > 1 ? "stars" : "star"} most often: ${whole(first)} of ${whole(films)} ratings`;
  },
  taste: (rows) => {
    const first = rows.find((row) => row.above === 1);
    return first && first.difference >= 1 ? `Fonder of ${first.title} than the public` : null;
  },
  runtime: (rows, films) => {
    const { first, tied } = leaders(rows, "films");
    if (tied.length !== 1 || films < 5) return null;
    const from = Number(tied[0].key);
    return `${from} to ${from + 9} minutes is the most common length`;
  },
  months: (rows) => {
    const { first, tied } = leaders(rows, "viewings");
    if (tied.length !== 1 || rows.length < 2) return null;
    const [year, month] = String(tied[0].key).split("-").map(Number);
    const name = new Date(Date.UTC(year, month - 1)).toLocaleString("en", { month: "long", timeZone: "UTC" });
    return `${name} ${year} was the busiest month, with ${whole(first)} viewings`;
  },
  map: (rows) => {
    const { sorted } = leaders(rows, "films");
    if (sorted.length < 4 || sorted[2].films === sorted[3].films) return null;
    const first = LIST.format(sorted.slice(0, 3).map((row) => land(row.name)));
    return `${first[0].toUpperCase()}${first.slice(1)} above all`;
  },
  countries: (rows) => {
    const [first, second] = leaders(rows, "films").sorted;
    return first && rows.length > 1 && first.films > second.films ? `${percent(first.share)} are from ${land(first.name)}` : null;
  },
  languages: (rows) => {
    const [first, ...others] = leaders(rows, "films").sorted;
    const next = leaders(others, "films");
    if (!others.length || next.first === first.films || !next.few) return null;
    return `${first.name} most often, then ${LIST.format(next.tied.map((row) => row.name))}`;
  },
  lists: (rows) => {
    const [first] = leaders(rows, "total").sorted;
    return first ? `${whole(first.films)} of the ${films_(first.total)} on ${first.key} seen` : null;
  },
};

const COUNTED = ["films", "viewings", "total", "above"];

// The rows that a drawn chart's marks show; the shapes behind a map are none.
function rowsOf(view, marks) {
  for (const mark of marks || []) {
    const rows = mark.from?.data ? view.data(mark.from.data) : null;
    if (rows?.length && COUNTED.some((field) => field in rows[0])) return rows;
    const within_ = rowsOf(view, mark.marks);
    if (within_) return within_;
  }
  return null;
}
