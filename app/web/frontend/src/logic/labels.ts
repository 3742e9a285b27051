/** Short words for cities, distances and people. */

const REGIONAL_A = 0x1f1e6;
const COLOURS = 8;

/** What a label is made of; both of the API's cities have it. */
interface Named {
  name: string;
  country: string | { code: string };
  region: string | { code: string } | null;
}

/** `Name, CC`; for the United States, where names repeat, `Name, State, US`. */
export function cityLabel(city: Named): string {
  const country = codeOf(city.country);
  const state = country === "US" && city.region ? [codeOf(city.region)] : [];
  return [city.name, ...state, country].join(", ");
}

/** The country's flag, made of two letters: no picture has to be fetched. */
export function flag(city: Pick<Named, "country">): string {
  const code = codeOf(city.country);
  if (!/^[A-Z]{2}$/.test(code)) return "";
  return [...code].map((letter) => String.fromCodePoint(REGIONAL_A + letter.charCodeAt(0) - 65)).join("");
}

/** How far two people are from one another. */
export function writeDistance(metres: number | null): string {
  if (metres === null) return "nobody knows how far apart";
  return metres ? `${Math.max(1, Math.round(metres / 1000))} km apart` : "in the same city";
}

/** How team mates call somebody. */
export function nameOf(user: { first_name: string; email: string }): string {
  return user.first_name || (user.email.split("@")[0] ?? "");
}

/** The text in somebody's round mark: the one or two signs that they chose, else their initial. */
export function markOf(avatar: string, name: string): string {
  const chosen = signs(avatar.trim());
  if (chosen.length >= 1 && chosen.length <= 2) return chosen.join("");
  return signs(name.trim())[0]?.toLocaleUpperCase() ?? "?";
}

/** One of a few colours, always the same for the same person. */
export function colourOf(id: string): number {
  let sum = 0;
  for (const letter of id) sum += letter.charCodeAt(0);
  return sum % COLOURS;
}

/** `1 person`, `3 people`. */
export function countPeople(count: number): string {
  return count === 1 ? "1 person" : `${count} people`;
}

/** What people see as one sign each, be it an emoji of many code points. */
function signs(text: string): string[] {
  return [...new Intl.Segmenter().segment(text.slice(0, 64))].map(({ segment }) => segment);
}

function codeOf(value: string | { code: string }): string {
  return typeof value === "string" ? value : value.code;
}
