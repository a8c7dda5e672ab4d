// A film's picture: its poster where the page has one, else a typographic tile of title and year,
// which is meant to stand there: eight grounds by period of release, five sizes of type.

// The first year of each ground but the first.
const GROUNDS = [1940, 1950, 1960, 1970, 1985, 2000, 2012];
// For each size, largest first: how much fits on a line, in letters of middling width, and how many
// lines there are. The sizes are those of `.z1` to `.z5`.
const TYPE_SIZES = [[5.2, 4], [6.5, 5], [7.7, 6], [9.4, 7], [11, 8]];
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uff60]/u;

const letterWidth = (letter) => (WIDE.test(letter) ? 2 : /[MW]/.test(letter) ? 1.9 : /[mw@%&]/.test(letter) ? 1.6
  : /\p{Lu}/u.test(letter) ? 1.3 : /[iljtfr1'’.,:;!|() -]/.test(letter) ? 0.65 : /\p{M}/u.test(letter) ? 0 : 1);
const textWidth = (text) => [...text].reduce((sum, letter) => sum + letterWidth(letter), 0);

// The largest size at which no word breaks and all lines fit; the smallest where none is.
function typeSize(title) {
  const words = title.match(/[^\s\u2010-\u2015-]+[\u2010-\u2015-]*|[\u2010-\u2015-]+/g)?.flatMap((word) => (WIDE.test(word) ? [...word] : [word])) ?? [];
  const widths = words.map(textWidth);
  const fits = ([room, most]) => {
    let [lines, used] = [1, 0];
    for (const width of widths) {
      if (width > room) return false;
      const wrapped = used && used + 0.6 + width > room;
      lines += wrapped;
      used = wrapped || !used ? width : used + 0.6 + width;
    }
    return lines <= most;
  };
  const found = TYPE_SIZES.findIndex(fits);
  return found < 0 ? TYPE_SIZES.length : found + 1;
}

// Returns the picture as an element; a poster's alternative text is the title. Give `decorative` where
// the title stands beside it.
function tile(film, decorative = false) {
  const title = film.title || film.others?.[0] || "Untitled";
  if (film.poster) {
    return element("img", undefined, { class: "poster", src: film.poster, alt: decorative ? "" : title,
      width: 92, height: 138, decoding: "async" });
  }
  const year = film.released ?? "";
  const ground = known(film.released) ? GROUNDS.filter((from) => film.released >= from).length : 0;
  const made = element("span", undefined, { class: `tile t${ground} z${typeSize(title)}` });
  if (decorative) made.setAttribute("aria-hidden", "true");
  made.append(element("span", title, { dir: "auto" }), element("span", year));
  return made;
}
